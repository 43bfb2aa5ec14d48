"""What screens show of metrics beside their definition: where they are used, and what they were lately."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class MetricUse:
    """An experiment that names a metric.

    Attributes:
        key: Of the experiment.
        name: Of the experiment.
        role: `primary`, `secondary` or `guardrails`.
        holds: Whether it runs or pauses, so that the metric may not change its meaning.
    """

    key: str
    name: str
    status: str
    role: str
    holds: bool


@dataclass(frozen=True, slots=True)
class MetricLately:
    """What a definition gives for the shop's own events, as they came in.

    Attributes:
        value: Over the last days together; `None` where that cannot be told.
        shoppers: How many were seen in these days.
        did: How many of them did what the metric counts.
        days: How many days.
        until: Their end.
        trend: By day, oldest first: the day's end and its value.
        code: Why there is no value: `unseen` (an event, or an amount in it), `kind` (sums do not tell it).
        missing: The event, or the amount, that was not seen.
        seen: Events that were, the frequent ones first.
    """

    value: float | None
    shoppers: int
    did: int
    days: int
    until: datetime
    trend: tuple[tuple[datetime, float], ...] = ()
    code: str | None = None
    missing: str = ""
    seen: tuple[str, ...] = ()
