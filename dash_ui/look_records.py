"""Planned looks as plain records, and how they are read from a report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ScheduledLook:
    """A look of the plan.

    Attributes:
        number: From 1.
        units: Shoppers at which it is due.
        share: The same as a share of the plan.
        state: `taken`, `skipped`, `due` or `cut_off`.
        taken_at: When it was.
    """

    number: int
    units: int
    share: float
    state: str
    taken_at: datetime | None


@dataclass(frozen=True, slots=True)
class Looks:
    """The looks of a report.

    Attributes:
        schedule: All of them.
        windows: Whether shoppers count as far as their window has passed.
        completed: Shoppers so far, counted that way.
        futility: Whether a look may stop for futility.
        next: The next one; `None` when none is to come.
        next_at: When it is due, or expected at this pace; `None` when that cannot be told.
    """

    schedule: tuple[ScheduledLook, ...]
    windows: bool
    completed: float
    futility: bool
    next: ScheduledLook | None
    next_at: datetime | None

    @property
    def taken(self) -> int:
        """How many were taken."""
        return sum(look.state == "taken" for look in self.schedule)


@dataclass(frozen=True, slots=True)
class Bound:
    """What z must reach at a share of the plan; `futility` is where too little is left, if anywhere."""

    share: float
    critical: float
    futility: float | None


@dataclass(frozen=True, slots=True)
class TakenLook:
    """One comparison at a look.

    Attributes:
        number: Of the look.
        rate: Information then over information planned.
        z: Difference over its standard error; `None` where it could not be compared.
        decision: `better`, `worse`, `futility` or `continue`.
    """

    number: int
    rate: float
    z: float | None
    critical: float
    futility: float | None
    spent: float
    decision: str


@dataclass(frozen=True, slots=True)
class FinalEstimate:
    """The difference, corrected for stopping early, in the metric's unit."""

    estimate: float | None
    lower: float | None
    upper: float | None
    p_value: float | None


@dataclass(frozen=True, slots=True)
class EffectLooks:
    """The looks of one comparison; `decided` is the number of the look that stopped it."""

    planned: tuple[Bound, ...]
    taken: tuple[TakenLook, ...]
    decided: int | None
    final: FinalEstimate | None


def read_looks(document: Document | None) -> Looks | None:
    """The report's `looks`; `None` for plans without, and for reports from before there were any."""
    if not document:
        return None
    schedule = tuple(
        ScheduledLook(
            int(row["look"]),
            int(row["units"]),
            float(row["share"]),
            str(row["state"]),
            _moment(row.get("taken_at")),
        )
        for row in document["schedule"]
    )
    following = document.get("next")
    return Looks(
        schedule=schedule,
        windows=document["information"] == "completed_windows",
        completed=float(document.get("completed") or 0.0),
        futility=document.get("futility") is not None,
        next=schedule[int(following["look"]) - 1] if following else None,
        next_at=_moment(following.get("due_at") or following.get("expected_at")) if following else None,
    )


def read_effect_looks(document: Document | None) -> EffectLooks | None:
    """A comparison's `looks`; a boundary that cannot be reached is left out."""
    if not document:
        return None
    final = document.get("final")
    return EffectLooks(
        planned=tuple(
            Bound(float(row["share"]), float(row["critical"]), row.get("futility"))
            for row in document["planned"]
            if row.get("critical") is not None
        ),
        taken=tuple(
            TakenLook(
                number=int(row["look"]),
                rate=float(row["rate"]),
                z=row.get("z"),
                critical=float(row["critical"]),
                futility=row.get("futility"),
                spent=float(row["spent"]),
                decision=str(row["decision"]),
            )
            for row in document["taken"]
            if row.get("critical") is not None
        ),
        decided=document.get("decided"),
        final=FinalEstimate(final["estimate"], final["lower"], final["upper"], final["p_value"])
        if final
        else None,
    )


def _moment(stamp: str | None) -> datetime | None:
    return None if stamp is None else datetime.fromisoformat(stamp).astimezone(UTC)
