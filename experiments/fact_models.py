"""Tables of facts that the shop keeps beside its events: exchange rates."""

from datetime import date, datetime

from sqlalchemy import Column, Date, Index, Text
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
