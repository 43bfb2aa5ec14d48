"""The screens' only way to the product: use cases in, plain records out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from dash_ui.records import Person
from experiments.auth import Actor, Role, authenticate
from experiments.db import Database
from experiments.models import User


class Gateway:
    """What the screens may ask, on behalf of a person.

    Attributes:
        database: The control database.
        analyse: Runs the analysis of an experiment now and returns its report.
        published: Told after a change that the doors must know at once.
    """

    def __init__(
        self, database: Database, analyse: Callable[[str], dict[str, Any]], published: Callable[[], None]
    ) -> None:
        self.database = database
        self.analyse = analyse
        self.published = published

    def sign_in(self, email: str, password: str) -> Person | None:
        """The person with this address and password."""
        with self.database.reading() as session:
            user = authenticate(session, email, password)
            return None if user is None else _person(user)

    def person(self, ident: int) -> Person | None:
        """The person with this number."""
        with self.database.reading() as session:
            user = session.get(User, ident)
            return None if user is None else _person(user)


def actor(person: Person) -> Actor:
    """The person as the maker of a change."""
    return Actor("user", person.email, Role(person.role))


def _person(user: User) -> Person:
    stamp = hashlib.sha256(user.password_hash.encode()).hexdigest()[:16]
    return Person(user.id or 0, user.email, user.name, user.role, user.disabled_at is None, stamp)
