"""The table of the shop's calendar: what may change what shoppers do, from a day to a day."""

from datetime import date, datetime
from enum import StrEnum

from sqlalchemy import Column
from sqlmodel import Field

from experiments.db import UtcDateTime, utc_now
from experiments.models import Table


class CalendarKind(StrEnum):
    """What an entry of the calendar is about."""

    HOLIDAY = "holiday"
    SALE = "sale"
    PROMOTION = "promotion"
    RELEASE = "release"
    STOCK = "stock"
    NOTE = "note"


class CalendarEntry(Table, table=True):
    """Something that happens in the shop, or around it, on some days.

    Attributes:
        kind: One of `CalendarKind`.
        starts_on: First day, on the shop's clock.
        ends_on: Last day, inclusive.
        experiment_key: The one experiment that it concerns; `None` for the whole shop.
        factor: Traffic that is expected on each of the days, against an ordinary day; `None` for as usual.
    """

    __tablename__ = "calendar"

    id: int | None = Field(default=None, primary_key=True)
    kind: str = Field(max_length=20)
    name: str = Field(max_length=200)
    starts_on: date = Field(index=True)
    ends_on: date
    experiment_key: str | None = Field(
        default=None, max_length=63, foreign_key="experiments.key", ondelete="CASCADE", index=True
    )
    factor: float | None = None
    actor: str = Field(max_length=254)
    created_at: datetime = Field(default_factory=utc_now, sa_column=Column(UtcDateTime(), nullable=False))
