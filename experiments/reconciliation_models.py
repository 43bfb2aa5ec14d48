"""The table of reconciliations; the orders themselves are never in the control database."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column, Text
from sqlmodel import Field

from experiments.db import UtcDateTime, utc_now
from experiments.models import Table


class Reconciliation(Table, table=True):
    """Somebody reconciles a file of orders; the scheduler sets `body` (sums only) or `error`.

    Attributes:
        file: Name that the file had where it came from.
        stored: Where it lies, and beside it what became of each order; `None` once both are gone.
        form: How it is read, and with which metric it is reconciled.
        refused: HTTP status that fits the error.
    """

    __tablename__ = "reconciliations"

    id: int | None = Field(default=None, primary_key=True)
    experiment_key: str = Field(foreign_key="experiments.key", max_length=63, index=True)
    file: str = Field(max_length=200)
    stored: str | None = Field(default=None, max_length=200)
    form: dict[str, Any] = Field(sa_column=Column(JSON(none_as_null=True), nullable=False))
    actor: str = Field(max_length=254)
    requested_at: datetime = Field(default_factory=utc_now, sa_column=Column(UtcDateTime(), nullable=False))
    started_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime(), nullable=True))
    finished_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime(), nullable=True))
    body: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    error: str | None = Field(default=None, sa_column=Column(Text, nullable=True))
    refused: int | None = None
