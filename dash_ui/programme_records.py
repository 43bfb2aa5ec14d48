"""What the programme page shows, as plain frozen records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from dash_ui.report_records import Range

DECISIONS = ("ship", "rollback", "inconclusive")
STATES = ("running", "paused", "scheduled", "stopped", "archived")


@dataclass(frozen=True, slots=True)
class ProgrammeQuery:
    """What of the archive is wanted; empty for everything.

    Attributes:
        text: Part of the name, key, hypothesis or note.
        first: Experiments that ran on this day or later.
        last: Experiments that ran on this day or earlier.
    """

    text: str = ""
    surface: str = ""
    status: str = ""
    decision: str = ""
    owner: str = ""
    first: date | None = None
    last: date | None = None


@dataclass(frozen=True, slots=True)
class Ran:
    """One experiment of the programme.

    Attributes:
        phases: Moments at which a later phase began.
        measured: The primary metric's relative effect as the report told it, by benefit; `None` without.
        shrunk: The same after shrinkage over all finished experiments.
        note: What was learned, in the words of who decided.
    """

    key: str
    name: str
    surface: str
    placement: str
    status: str
    owner: str
    started: datetime | None
    stopped: datetime | None
    phases: tuple[datetime, ...]
    decision: str | None
    variant: str | None
    note: str
    hypothesis: str
    holdout: bool
    measured: Range | None
    shrunk: Range | None


@dataclass(frozen=True, slots=True)
class Month:
    """How many experiments started and were decided in a month."""

    first: date
    started: int
    decided: int


@dataclass(frozen=True, slots=True)
class Money:
    """What the shipped experiments are taken to bring in a year, in one currency.

    Attributes:
        measured: Sum of what the reports told.
        total: Sum after shrinkage, with its interval.
        shipped: Experiments that it sums.
        finished: Finished experiments that the shrinkage learned from.
        without: Shipped experiments of which no such amount is known.
        months: The total by the end of each month.
    """

    unit: str
    measured: float
    total: Range
    shipped: int
    finished: int
    without: int = 0
    months: tuple[tuple[date, Range], ...] = ()


@dataclass(frozen=True, slots=True)
class Winners:
    """The effects of what was shipped, on the primary metrics, relative, by benefit.

    Attributes:
        measured: Mean of what the reports told.
        shrunk: Mean after shrinkage, with its interval.
        better: Share expected to be truly better than their control.
        count: Shipped experiments with an effect.
        finished: Finished experiments that the shrinkage learned from.
    """

    measured: float
    shrunk: Range
    better: float
    count: int
    finished: int


@dataclass(frozen=True, slots=True)
class Programme:
    """All that the page shows.

    Attributes:
        rows: One page of the archive, the newest first.
        matching: How many fit the query.
        decided: Experiments with a decision, holdouts aside.
        shipped: Those that shipped a variant.
        rate: Share that shipped, with Wilson's interval; `None` before a first decision.
        days: Median days from start to decision; `None` before a first one.
        winners: `None` while too few experiments finished, or none shipped.
        money: By currency; empty while too few finished or none shipped with an amount.
        finished: Finished experiments with an effect; `needed` of them are needed.
        holdouts: Holdouts, whose effect is that of all that was shipped together.
        drawn: The newest of those that fit the query and ran in the `window` of days, for the timeline.
        not_drawn: How many more ran in it.
    """

    rows: tuple[Ran, ...]
    matching: int
    page: int
    pages: int
    months: tuple[Month, ...]
    decided: int
    shipped: int
    rate: Range | None
    days: float | None
    winners: Winners | None
    money: tuple[Money, ...]
    finished: int
    needed: int
    holdouts: tuple[Ran, ...]
    owners: tuple[str, ...]
    window: tuple[date, date]
    drawn: tuple[Ran, ...]
    not_drawn: int
