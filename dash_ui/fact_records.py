"""What screens show of facts beside the events: exchange rates and sources."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class RateRow:
    """An exchange rate.

    Attributes:
        base: Currency of which one is priced.
        currency: In which it is priced.
        day: UTC day.
        rate: Decimal text.
        actor: Who entered it.
    """

    base: str
    currency: str
    day: date
    rate: str
    actor: str


@dataclass(frozen=True, slots=True)
class RatesKept:
    """What became of rates that somebody entered.

    Attributes:
        new: For a day that had none.
        known: As they were.
        changed: In place of others.
        refused: Why others were not taken, each with its line.
    """

    new: int
    known: int
    changed: int
    refused: tuple[tuple[int, str], ...]


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A row of a source that could not be taken.

    Attributes:
        part: `orders` or `refunds`.
        id: Of the row; empty where it has none.
        reason: In a sentence.
        since: When that was first found.
    """

    part: str
    id: str
    reason: str
    since: datetime


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A table that events are pulled from.

    Attributes:
        key: Of the source.
        name: As people call it.
        kind: `postgresql`, `parquet` or `ibis`.
        event: Name of its events.
        document: All that was declared.
        status: `new`, `ok` or `failed`.
        pulled_at: When the last pull ended well.
        error: Why the last one did not.
        events: Events from it so far.
        last: What became of the rows of the last pull, by word.
        refused: Rows that could not be taken.
        refusals: The latest of these.
    """

    key: str
    name: str
    kind: str
    event: str
    document: dict[str, Any]
    status: str
    pulled_at: datetime | None
    error: str | None
    events: int
    last: dict[str, int]
    refused: int
    refusals: tuple[RefusedRow, ...]


@dataclass(frozen=True, slots=True)
class LookedAt:
    """One of the first rows of a source.

    Attributes:
        part: `orders` or `refunds`.
        row: Its columns as text.
        reads: What it means; `None` where it is not taken.
        refused: Why not; `None` for a row that is passed over.
    """

    part: str
    row: dict[str, str | None]
    reads: dict[str, Any] | None
    refused: str | None
