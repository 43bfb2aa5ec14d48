"""Reads a comparison without assumptions, by bets on outcomes whose windows have closed."""

from __future__ import annotations

import numpy as np

from experiments.analysis.complete import Complete
from experiments.forms import MetricForm
from experiments.outcomes import highest_value
from stats.answer import Family, undetermined
from stats.betting import Outcomes
from stats.betting_reading import METHOD, read_bets
from stats.family import Member
from stats.plan import ReadingPlan
from stats.result import Comparison, Undetermined
from stats.summary import Summary

_BELOW_ZERO = Undetermined(
    "values_below_zero", "Some units have a value below zero, so outcomes have no lower bound to bet on."
)


def exact_member(
    metric: MetricForm,
    complete: Complete,
    pair: tuple[Summary, Summary],
    place: int,
    plan: ReadingPlan,
    shares: tuple[float, float],
) -> Member:
    """The comparison of the variant at `place` with the control on a metric with a registered bound."""
    upper = highest_value(metric)
    kept = (complete.variant == 0) | (complete.variant == place)
    found: Outcomes | None = None
    if upper is not None and not (complete.value[kept] < 0).any():
        found = Outcomes(
            batch=complete.batch[kept],
            treated=np.asarray(complete.variant[kept] == place),
            value=complete.value[kept],
            covariate=complete.covariate[kept] if plan.cuped else np.zeros(int(kept.sum())),
            count=complete.count[kept],
            share=shares[1] / sum(shares),
            planned_units=plan.planned_units * sum(shares),
            lower=0.0,
            upper=upper,
        )

    def read(family: Family) -> Comparison:
        result = _BELOW_ZERO if found is None else read_bets(found, family)
        if isinstance(result, Comparison):
            return result
        return undetermined(*pair, family, METHOD, result, ratio=False)

    return read
