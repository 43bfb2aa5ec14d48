"""The table of erasures: whom somebody asked to forget, and what came of it."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Text
from sqlmodel import Field

from experiments.db import UtcDateTime, utc_now
from experiments.models import Table


class Erasure(Table, table=True):
    """Somebody wants a person erased; the scheduler does it, then takes the ids out of here too.

    Attributes:
        ids: As they were given; `None` once it is done or refused.
        alone: Whether ids that links tie to them stay.
        result: What was erased, without any id.
        error: Why it was refused.
    """

    __tablename__ = "erasures"

    id: int | None = Field(default=None, primary_key=True)
    ids: list[str] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True), nullable=True))
    alone: bool = False
    actor_kind: str = Field(max_length=20)
    actor: str = Field(max_length=254)
    requested_at: datetime = Field(default_factory=utc_now, sa_column=Column(UtcDateTime(), nullable=False))
    finished_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime(), nullable=True))
    result: dict[str, Any] | None = Field(
        default=None, sa_column=Column(JSON(none_as_null=True), nullable=True)
    )
    error: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
