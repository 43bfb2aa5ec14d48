"""What was decided before the data about how a comparison is read."""

from __future__ import annotations

import math
from dataclasses import dataclass

from stats.spending import Spending

METHODS = ("sequential", "group_sequential", "fixed", "bayesian")
FUTILITY = ("non_binding", "binding")
OBRIEN_FLEMING = Spending()


@dataclass(frozen=True, slots=True)
class ReadingPlan:
    """The registered way of reading, frozen at the start.

    Attributes:
        method: `sequential`, `group_sequential`, `fixed` or `bayesian`.
        alpha: Two-sided false-alarm rate of the whole family of comparisons.
        power: Chance to find the smallest effect worth detecting.
        mde: That effect as a fraction of the control's mean; `None` when none was stated.
        planned_units: Units over all variants together.
        looks: Number of planned looks, for `group_sequential`.
        cuped: Whether covariates from before exposure are used when the summaries carry them.
        sized: Whether `planned_units` was decided upon; otherwise it only tunes, and a `sequential` plan
            keeps nothing apart for it.
        spending: How planned looks spend alpha, and beta where they may stop for futility.
        futility: `non_binding` or `binding`; `None` without stopping for futility.

    Raises:
        ValueError: A value is outside its range; the message names it.
    """

    method: str
    alpha: float
    power: float
    mde: float | None
    planned_units: int
    looks: int | None
    cuped: bool
    sized: bool = True
    spending: Spending = OBRIEN_FLEMING
    futility: str | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be read."""
        if self.method not in METHODS:
            raise ValueError(f"method must be one of {', '.join(METHODS)}, got {self.method!r}")
        for name, value in (("alpha", self.alpha), ("power", self.power)):
            if not 0 < value < 1:
                raise ValueError(f"{name} must lie between 0 and 1, got {value}")
        if self.mde is not None and (not math.isfinite(self.mde) or self.mde == 0):
            raise ValueError(f"mde must be a finite number other than 0, got {self.mde}")
        if self.planned_units < 1:
            raise ValueError(f"planned_units must be at least 1, got {self.planned_units}")
        if self.looks is not None and self.looks < 1:
            raise ValueError(f"looks must be at least 1, got {self.looks}")
        if self.futility is not None and self.futility not in FUTILITY:
            raise ValueError(f"futility must be one of {', '.join(FUTILITY)}, got {self.futility!r}")
