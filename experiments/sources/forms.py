"""What people declare of a table that they already have: where it lies, and what its columns mean."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, Field, field_validator, model_validator

from experiments.form import FieldValueError, Form
from experiments.forms import Title
from experiments.requests import CurrencyCode

VARIABLE = re.compile(r"PROEFWERK_SOURCE_[A-Z0-9_]{1,80}")
ID_ROOM = 60
"""Characters of an id of an order: with what stands before it, it is the id of an event."""


class SourceKind(StrEnum):
    """Through what a source is read."""

    POSTGRESQL = "postgresql"
    PARQUET = "parquet"
    IBIS = "ibis"


def _as_zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (OSError, ValueError, LookupError) as error:
        raise ValueError(f"'{name:.60}' is not a time zone such as Europe/Amsterdam") from error
    return name


def _as_variable(name: str) -> str:
    if not VARIABLE.fullmatch(name):
        raise ValueError(f"'{name:.100}' must begin with PROEFWERK_SOURCE_, then capitals, digits and _")
    return name


def _as_address(url: str) -> str:
    try:
        parts = urlsplit(url)
        password = parts.password
    except ValueError as error:
        raise ValueError("this is no URL") from error
    if not parts.scheme:
        raise ValueError("this is no URL: it begins with a scheme such as postgresql://")
    if password or "password=" in parts.query:
        raise ValueError(
            "this URL holds a password, which is not kept here: put the URL into an environment variable "
            "PROEFWERK_SOURCE_... of the server and give its name as 'url_variable'"
        )
    return url


ColumnName = Annotated[str, Field(min_length=1, max_length=200)]
Words = Annotated[str, Field(min_length=1, max_length=200)]
SourceKey = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,19}$")]
EventName = Annotated[str, Field(min_length=1, max_length=80)]


class OnlyForm(Form):
    """Rows of one sort: those with one of these values in a column."""

    column: ColumnName
    values: Annotated[list[Words], Field(min_length=1, max_length=50)]


class PlaceForm(Form):
    """Where rows lie: a table or a query of a database, or a path of Parquet files; and what all have."""

    table: Annotated[str, Field(min_length=1, max_length=300)] | None = None
    query: Annotated[str, Field(min_length=1, max_length=20_000)] | None = None
    path: Annotated[str, Field(min_length=1, max_length=1_000)] | None = None
    id: ColumnName
    time: ColumnName
    value: ColumnName
    currency: ColumnName | None = None
    updated: ColumnName | None = None
    properties: Annotated[list[ColumnName], Field(max_length=30)] = Field(default_factory=list)
    only: OnlyForm | None = None

    @field_validator("properties")
    @classmethod
    def _check_properties(cls, properties: list[str]) -> list[str]:
        for index, name in enumerate(properties):
            if name in ("value", "order_id") or name in properties[:index]:
                message = f"'{name}' is a name that every event has already, or is named twice"
                raise FieldValueError((index,), message)
        return properties

    @property
    def relation(self) -> tuple[str | None, str | None, str | None]:
        """Table, query and path, of which at most one is given."""
        return self.table, self.query, self.path


class OrdersForm(PlaceForm):
    """The rows that are events: one per order, say."""

    unit: ColumnName


class RefundsForm(PlaceForm):
    """The rows that take back a part of an event; without a place of their own they stand among the orders.

    There, `only` tells them apart; without it, those with a value below 0 are refunds.
    """

    order: ColumnName


class SourceForm(Form):
    """A table that the retailer already has, and the events that it feeds."""

    key: SourceKey
    name: Title
    kind: SourceKind
    url: Annotated[str, Field(max_length=1_000), AfterValidator(_as_address)] | None = None
    url_variable: Annotated[str, AfterValidator(_as_variable)] | None = None
    event: EventName = "order"
    orders: OrdersForm
    refunds: RefundsForm | None = None
    refund_time: Literal["order", "refund"] = "order"
    currency: CurrencyCode | None = None
    time_zone: Annotated[str, AfterValidator(_as_zone)] = "UTC"
    since: AwareDatetime | None = None
    overlap_minutes: Annotated[int, Field(ge=0, le=60 * 24 * 60)] = 60
    every_minutes: Annotated[int, Field(ge=1, le=60 * 24 * 7)] = 15
    active: bool = True

    @model_validator(mode="after")
    def _check_address(self) -> Self:
        given = [name for name in ("url", "url_variable") if getattr(self, name) is not None]
        if self.kind is SourceKind.PARQUET:
            if given:
                raise FieldValueError((given[0],), "a Parquet source has no URL; its 'path' says where it is")
        elif len(given) != 1:
            raise FieldValueError(
                ("url_variable",),
                "name the environment variable with the URL, or give a 'url' without password",
            )
        return self

    @model_validator(mode="after")
    def _check_places(self) -> Self:
        allowed = ("path",) if self.kind is SourceKind.PARQUET else ("table", "query")
        for part, place, least in (("orders", self.orders, 1), ("refunds", self.refunds, 0)):
            if place is None:
                continue
            given = [name for name in ("table", "query", "path") if getattr(place, name) is not None]
            wrong = [name for name in given if name not in allowed]
            if wrong:
                raise FieldValueError((part, wrong[0]), f"a source of kind '{self.kind}' has no '{wrong[0]}'")
            if not least <= len(given) <= 1:
                raise FieldValueError((part, allowed[0]), f"give one of {' and '.join(allowed)}")
        return self


def relation_of(form: SourceForm, part: PlaceForm) -> tuple[str | None, str | None, str | None]:
    """Where the rows of a part lie; refunds without a place of their own lie among the orders."""
    return part.relation if any(part.relation) else form.orders.relation
