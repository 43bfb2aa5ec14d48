"""What the trust page and the check on own data show, as plain frozen records."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Share:
    """A share of imaginary experiments, with the interval in which the true one lies."""

    value: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class Tried:
    """What one way of reading did in one kind of experiment.

    Attributes:
        false_alarms: Experiments without an effect in which some look called one.
        missed: Experiments in which some look's plausible range left out the truth, with or without effect.
        power_up: Share that found the effect that one look at the end finds in 80 %; `power_down` of its
            opposite, `None` where there is no such thing.
        stopping: Mean share of the looks until the effect was found.
    """

    false_alarms: Share
    missed: Share
    power_up: float
    power_down: float | None
    stopping: float


@dataclass(frozen=True, slots=True)
class TrustCell:
    """One kind of experiment, by the stable names of its parts, with all ways of reading it by name."""

    outcome: str
    split: str
    timing: str
    covariate: bool
    readings: dict[str, Tried]


@dataclass(frozen=True, slots=True)
class TrustTable:
    """The whole table.

    Attributes:
        version: Of the product that made it.
        alpha: False-alarm rate promised.
        replicates: Imaginary experiments of each kind.
        ours: Names of the product's ways of reading, the default first; `others` of those shown beside them.
    """

    version: str
    seed: int
    alpha: float
    replicates: int
    ours: tuple[str, ...]
    others: tuple[str, ...]
    cells: tuple[TrustCell, ...]


@dataclass(frozen=True, slots=True)
class RehearsedMetric:
    """One metric under fake assignments.

    Attributes:
        promised: Share of false alarms that its readings promise to stay below.
        false_alarms: Share found; `None` where it could not be found, which `why` names by its code.
        kept: Whether the promise may have been kept.
        every_look: Share of a t-test read at every look.
    """

    name: str
    promised: float
    false_alarms: Share | None
    kept: bool | None
    every_look: float | None
    why: str | None


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What fake assignments of an experiment's own shoppers came to.

    Attributes:
        running: Whether one is under way.
        failed: Whether the newest one failed.
        metrics: Of the newest finished one; none without one.
    """

    running: bool
    failed: bool
    replicates: int = 0
    looks: int = 0
    units: int = 0
    units_in_all: int = 0
    as_of: datetime | None = None
    metrics: tuple[RehearsedMetric, ...] = ()
