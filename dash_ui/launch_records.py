"""What screens show of a draft before its start."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class EventArrival:
    """How one event comes in that a metric counts.

    Attributes:
        metric: Name of the metric.
        event: Name of the event.
        hour: How many came in within the hour before the count.
        last: When the last one came in; `None` for none within a week.
        as_of: When they were counted.
    """

    metric: str
    event: str
    hour: int
    last: datetime | None
    as_of: datetime


@dataclass(frozen=True, slots=True)
class RehearsedReading:
    """What a rehearsal says of the measure that decides.

    Attributes:
        experiment: On whose shoppers it was; where there was none yet, on whose it could be, if any.
        kept: Whether the promised error rate may have been kept; `None` without an answer.
        as_of: When it was; `None` where there was none.
    """

    experiment: str | None
    kept: bool | None
    as_of: datetime | None


@dataclass(frozen=True, slots=True)
class Meeting:
    """Another experiment that shoppers of this one would meet.

    Attributes:
        same_placement: Whether both change the same place of the shop.
        layer: Layer that the other is in; `None` where it cannot be kept apart any more.
        units: Shoppers a week who would be in both; `None` where that cannot be told.
        share: Of this experiment's shoppers, the part that would be in the other too; likewise.
    """

    key: str
    name: str
    placement: str
    same_placement: bool
    layer: str | None
    units: int | None
    share: float | None
