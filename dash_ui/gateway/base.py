"""Transactions of the gateway, with refusals in the screens' own words for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sqlmodel import Session, select

from assignment.errors import ProefwerkError
from dash_ui.records import FieldProblem, Person, Refused
from dash_ui.refusal_words import refusal_words
from experiments.auth import Actor, Role
from experiments.db import Database
from experiments.models import User
from experiments.order_uploads import OrderUploads


class Base:
    """What every part of the gateway shares.

    Attributes:
        database: The control database.
        analyse: Runs the analysis of an experiment now and returns its report.
        published: Told after a change that the doors must know at once.
        uploads: Where files of orders are kept; `None` where none are.
    """

    def __init__(
        self,
        database: Database,
        analyse: Callable[[str], dict[str, Any]],
        published: Callable[[], None],
        uploads: OrderUploads | None = None,
    ) -> None:
        self.database = database
        self.analyse = analyse
        self.published = published
        self.uploads = uploads

    @contextmanager
    def _reading(self) -> Iterator[Session]:
        with refusals(), self.database.reading() as session:
            yield session

    @contextmanager
    def _changing(self) -> Iterator[Session]:
        with refusals(), self.database.session() as session:
            yield session


@contextmanager
def refusals() -> Iterator[None]:
    """Turns the product's refusals into the screens' exception, which pages may know."""
    try:
        yield
    except ProefwerkError as error:
        words = refusal_words(error.code)
        fields = tuple(FieldProblem(item.field, words or item.message) for item in error.fields)
        raise Refused(error.status, error.code, words or error.detail, fields) from error


def names_of_people(session: Session) -> dict[str, str]:
    """Everybody's name by address; empty where they gave none."""
    return dict(session.exec(select(User.email, User.name)).all())


def actor(person: Person) -> Actor:
    """The person as the maker of a change."""
    return Actor("user", person.email, Role(person.role))
