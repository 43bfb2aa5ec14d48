"""What stands on the time axes of a result, and where an experiment stands among those that refine it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class TimeMark:
    """Something that may explain a bend in a curve; it has the same number on every chart.

    Attributes:
        kind: A kind of the calendar, or `pause`, `edit`, `deviation` or `phase` from the journal.
        words: What it is and when, for people.
        last: Its end, exclusive; `None` for a moment.
    """

    number: int
    kind: str
    words: str
    first: datetime
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class Timeline:
    """The time axis that all charts of a result share.

    Attributes:
        first: Where it begins: the start of the experiment.
        last: Where it ends: the newest report, or the day on which the plan expects to be done.
        marks: In order of time.
    """

    first: datetime
    last: datetime
    marks: tuple[TimeMark, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """One experiment of a chain, with those that refine it.

    Attributes:
        phase: Where it stands, as the list names it.
        finding: `better`, `worse`, `no_difference`, `unclear`, `collecting` or `distrust`, of its newest
            report; `None` without one.
        variant: Name of the variant that the finding is about.
        metric: Name of the primary metric, with its relative difference and bounds.
        decision: What was decided, with the name of the variant and the note.
        here: Whether it is the one whose page is read.
        follows: The experiments that refine it, oldest first.
    """

    key: str
    name: str
    phase: str
    finding: str | None = None
    variant: str = ""
    metric: str = ""
    lift: tuple[float, float | None, float | None] | None = None
    decision: str | None = None
    decision_variant: str = ""
    note: str = ""
    here: bool = False
    follows: tuple[Link, ...] = ()
