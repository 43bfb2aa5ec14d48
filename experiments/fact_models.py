"""Tables of facts beside the events: exchange rates, and sources that more facts are pulled from."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import JSON, Column, Date, Index, Text, UniqueConstraint
from sqlmodel import Field

from experiments.db import UtcDateTime, utc_now
from experiments.models import Table


class ExchangeRate(Table, table=True):
    """How many of `currency` make one of `base` on a UTC day; it stands until `ended_at`.

    Attributes:
        value: Decimal text as it was entered.
        reason: Why it took the place of an earlier one; empty for the first.
    """

    __tablename__ = "exchange_rates"
    __table_args__ = (Index(None, "base", "currency", "day"),)

    id: int | None = Field(default=None, primary_key=True)
    base: str = Field(max_length=3)
    currency: str = Field(max_length=3)
    day: date = Field(sa_column=Column(Date, nullable=False))
    value: str = Field(max_length=40)
    reason: str = Field(default="", sa_column=Column(Text, nullable=False))
    actor: str = Field(max_length=254)
    created_at: datetime = Field(default_factory=utc_now, sa_column=Column(UtcDateTime(), nullable=False))
    ended_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime(), nullable=True))


def _moment() -> Any:
    return Field(default=None, sa_column=Column(UtcDateTime(), nullable=True))


class Source(Table, table=True):
    """A table that the retailer already has; what was pulled from it lies in the lake.

    Attributes:
        definition: Its form as JSON, without any secret.
        marks: How far each part has been read.
        counts: What became of the rows, in all and in the last pull.
        requested_at: When somebody asked for a pull that has not begun.
        started_at: When the last pull began.
        pulled_at: When the last pull ended well.
        failed_at: When the last pull failed, if that was after `pulled_at`.
        error: Why.
    """

    __tablename__ = "sources"

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True, max_length=63)
    definition: dict[str, Any] = Field(sa_column=Column(JSON(none_as_null=True), nullable=False))
    marks: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON(), nullable=False))
    counts: dict[str, Any] = Field(default_factory=dict, sa_column=Column(JSON(), nullable=False))
    actor: str = Field(max_length=254)
    created_at: datetime = Field(default_factory=utc_now, sa_column=Column(UtcDateTime(), nullable=False))
    updated_at: datetime = Field(default_factory=utc_now, sa_column=Column(UtcDateTime(), nullable=False))
    requested_at: datetime | None = _moment()
    started_at: datetime | None = _moment()
    pulled_at: datetime | None = _moment()
    failed_at: datetime | None = _moment()
    error: str | None = Field(default=None, sa_column=Column(Text, nullable=True))


class SourceRefusal(Table, table=True):
    """A row of a source that could not be taken; asked for again at every pull until it can.

    Only the row's id is kept, and the reason: not what it says of anybody.

    Attributes:
        part: `orders` or `refunds`.
        row_id: Id of the row; empty for all that have none.
        count: Rows of the last pull that this stands for.
    """

    __tablename__ = "source_refusals"
    __table_args__ = (UniqueConstraint("source_key", "part", "row_id"),)

    id: int | None = Field(default=None, primary_key=True)
    source_key: str = Field(max_length=63, index=True)
    part: str = Field(max_length=10)
    row_id: str = Field(max_length=200)
    reason: str = Field(sa_column=Column(Text, nullable=False))
    count: int = 1
    first_at: datetime = Field(default_factory=utc_now, sa_column=Column(UtcDateTime(), nullable=False))
    last_at: datetime = Field(default_factory=utc_now, sa_column=Column(UtcDateTime(), nullable=False))
