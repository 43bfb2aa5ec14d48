"""People and keys, as the screens see them."""

from __future__ import annotations

import hashlib

from dash_ui.gateway.base import Base
from dash_ui.records import Person
from experiments.auth import authenticate
from experiments.models import User


class Access(Base):
    """Who may come in."""

    def sign_in(self, email: str, password: str) -> Person | None:
        """The person with this address and password."""
        with self._reading() as session:
            user = authenticate(session, email, password)
            return None if user is None else _person(user)

    def person(self, ident: int) -> Person | None:
        """The person with this number."""
        with self._reading() as session:
            user = session.get(User, ident)
            return None if user is None else _person(user)


def _person(user: User) -> Person:
    stamp = hashlib.sha256(user.password_hash.encode()).hexdigest()[:16]
    return Person(user.id or 0, user.email, user.name, user.role, user.disabled_at is None, stamp)
