"""What this traffic can decide: the effect that can be found now, and what the one of interest would need."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from stats.outlook import Outcome
from stats.plan import ReadingPlan
from stats.power import Question, detectable_effect, plan_size

Document = dict[str, Any]
HORIZON_DAYS = 180
LEAST_DAYS = 2.0
"""Below this the pace says nothing about half a year."""
SLACK = 1.1
"""A size that was planned for nearly the mean and spread that are seen now is not called too small."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast units come.

    Attributes:
        units: So far, all variants together.
        days: From the first unit to the last.
        coming: Whether more will come.
    """

    units: int
    days: float
    coming: bool

    @property
    def per_day(self) -> float | None:
        """Units a day; `None` while too little time has passed to tell, or when none come any more."""
        return self.units / self.days if self.coming and self.days >= LEAST_DAYS else None


@dataclass(frozen=True, slots=True)
class Reach:
    """What can be found on the primary metric that is the easiest to decide.

    Attributes:
        metric: Key.
        name: What people call it.
        smallest: Smallest effect of interest, relative.
        units: Units so far or planned, whichever is more.
        detectable: Relative effect that so many units find with the planned power.
        needed_units: Units that find the smallest effect of interest.
        needed_days: Days at this pace from now until there are so many; `None` without a pace.
        horizon_units: Units after `HORIZON_DAYS` days at this pace (now, when that is later).
        horizon_detectable: Relative effect that these find.
    """

    metric: str
    name: str
    smallest: float
    units: int
    detectable: float
    needed_units: int
    needed_days: int | None
    horizon_units: int | None
    horizon_detectable: float | None

    @property
    def too_small(self) -> bool:
        """Whether the planned size cannot find the smallest effect of interest."""
        return self.detectable > SLACK * self.smallest

    @property
    def hopeless(self) -> bool:
        """Whether half a year at this pace cannot either."""
        return self.horizon_detectable is not None and self.horizon_detectable > SLACK * self.smallest

    def document(self) -> Document:
        """As the report has it; what no number of units can find is null."""
        return {
            name: None if isinstance(value, float) and math.isinf(value) else value
            for name, value in asdict(self).items()
        }


def reach(
    metrics: Sequence[Document], weights: Mapping[str, float], plan: ReadingPlan, pace: Pace
) -> Reach | None:
    """The reach of the primary metric, and treatment, that needs the fewest units.

    Args:
        metrics: The report's `metrics`.
        weights: Planned weights of the variants by key.
        plan: How it is read; without a smallest effect of interest there is nothing to reach.
        pace: How fast units come.

    Returns:
        `None` where no primary can be judged yet or nothing was planned to be found.
    """
    if plan.mde is None:
        return None
    found = [
        each
        for metric in metrics
        if metric["role"] == "primary"
        for row in metric["comparisons"]
        if (each := _of_row(metric, row, weights, plan, pace)) is not None
    ]
    return min(found, key=lambda each: each.needed_units, default=None)


def _of_row(
    metric: Document, row: Document, weights: Mapping[str, float], plan: ReadingPlan, pace: Pace
) -> Reach | None:
    control = next(arm for arm in metric["variants"] if arm["variant"] == row["control"])
    mean, std = control["mean"], control["std"]
    pair = (weights[row["control"]], weights[row["variant"]])
    if row["undetermined"] is not None or not mean or not std or min(pair) <= 0 or plan.mde is None:
        return None
    # Covariates have taken their part of the variance; a proportion's own formula knows nothing of them.
    left = std * math.sqrt(1 - min(row["variance_reduction"] or 0.0, 0.999))
    outcome, family = Outcome("mean", mean, left), max(metric["family"], 1)
    question = Question(outcome, pair, plan.method, plan.alpha, plan.power, comparisons=family)
    part = sum(pair) / sum(weights.values())
    units = max(plan.planned_units, pace.units)
    needed = math.ceil(plan_size(question, plan.mde).units / part)
    per_day = pace.per_day
    horizon = None if per_day is None else max(pace.units, round(per_day * HORIZON_DAYS))
    return Reach(
        metric=metric["metric"],
        name=metric["name"],
        smallest=plan.mde,
        units=units,
        detectable=detectable_effect(question, max(units * part, 1)),
        needed_units=needed,
        needed_days=None if per_day is None else math.ceil(max(needed - pace.units, 0) / per_day),
        horizon_units=horizon,
        horizon_detectable=None if horizon is None else detectable_effect(question, max(horizon * part, 1)),
    )
