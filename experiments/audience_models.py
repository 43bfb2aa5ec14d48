"""The table of saved audiences: conditions on shoppers under names that people know."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Text
from sqlmodel import Field

from experiments.db import UtcDateTime, utc_now
from experiments.models import Table


class Audience(Table, table=True):
    """A condition on shoppers to start experiments from; they take a copy, and keep it.

    Attributes:
        condition: In the condition language of an experiment's audience.
        owner: Who made it.
        archived_at: Since when it is no longer offered; `None` while it is.
    """

    __tablename__ = "audiences"

    id: int | None = Field(default=None, primary_key=True)
    key: str = Field(unique=True, max_length=63)
    name: str = Field(max_length=200)
    description: str = Field(sa_column=Column(Text, nullable=False))
    condition: dict[str, Any] = Field(sa_column=Column(JSON(none_as_null=True), nullable=False))
    owner: str = Field(max_length=254)
    created_at: datetime = Field(default_factory=utc_now, sa_column=Column(UtcDateTime(), nullable=False))
    updated_at: datetime = Field(default_factory=utc_now, sa_column=Column(UtcDateTime(), nullable=False))
    archived_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime(), nullable=True))
