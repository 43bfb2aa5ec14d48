"""Exact always-valid comparisons of means of bounded outcomes: the hypotheses that bets have not ruined."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.optimize import brentq

from stats.answer import Family, answer
from stats.betting import Outcomes, Scale, Terms, known_before, log_wealth
from stats.result import Because, Comparison, Interval, Undetermined

METHOD = "design-based betting"
MINIMUM_UNITS = 100
DOUBLINGS = 60
REASON = Because(
    "exact_bets",
    "Always valid and exact: it rests on the planned split and the registered cap alone, "
    "and counts the units whose window has closed.",
)
CHANGING = Undetermined(
    "no_difference_fits", "The outcomes changed so much over time that no single difference fits them."
)


def read_bets(outcomes: Outcomes, family: Family) -> Comparison | Undetermined:
    """Compare two arms by bets on their complete outcomes; one over the p-value is an e-value.

    Args:
        outcomes: Of the units whose windows have closed.
        family: The false-alarm budget.
    """
    counts = [int(outcomes.count[outcomes.treated == treated].sum()) for treated in (False, True)]
    if min(counts) < 2 or sum(counts) < MINIMUM_UNITS:
        complete = f"{sum(counts):,} units have completed their window"
        reason = f"{complete}; {MINIMUM_UNITS} are needed, 2 in each variant."
        return Undetermined("too_few_complete", reason)
    before, after = (
        float(np.average(outcomes.value[at], weights=outcomes.count[at]))
        for at in (~outcomes.treated, outcomes.treated)
    )
    terms = known_before(outcomes)
    limit = -math.log(family.own_level)
    step = float(terms.deviation[-1]) / math.sqrt(sum(counts))
    lift = after / before - 1 if before > 0 and outcomes.lower >= 0 else None
    search = _Search(outcomes, terms, limit)
    absolute = search.bounds(Scale.ABSOLUTE, after - before, step)
    relative = (None, None) if lift is None else search.bounds(Scale.RELATIVE, lift, step / before)
    if absolute is None or relative is None:
        return CHANGING
    return answer(
        Interval(after - before, *absolute),
        Interval(lift, *relative),
        math.exp(-max(float(log_wealth(outcomes, terms)[-1]), 0.0)),
        family,
        METHOD,
        (REASON,),
    )


class _Search:
    """Looks for the edges of what is not rejected."""

    def __init__(self, outcomes: Outcomes, terms: Terms, limit: float) -> None:
        self._outcomes, self._terms, self._limit = outcomes, terms, limit

    def bounds(self, scale: Scale, estimate: float, step: float) -> tuple[float, float] | None:
        """Nearest rejected hypotheses on either side; infinite without one, `None` where the estimate is one.

        A lift is no less than -1, as outcomes are not negative where one is asked for.
        """

        def excess(value: float) -> float:
            return float(log_wealth(self._outcomes, self._terms, value, scale)[-1]) - self._limit

        if excess(estimate) >= 0:
            return None
        floor = -1.0 if scale is Scale.RELATIVE else -math.inf
        return self._edge(excess, estimate, -step, floor), self._edge(excess, estimate, step, math.inf)

    @staticmethod
    def _edge(excess: Callable[[float], float], start: float, step: float, end: float) -> float:
        """Where the excess turns positive on the way from `start`, tried at zero first, at most to `end`."""
        inside, size = start, step
        if start * step < 0:
            if excess(0.0) >= 0:
                return float(brentq(excess, start, 0.0, xtol=abs(step) * 1e-4))
            inside = 0.0
        for _ in range(DOUBLINGS):
            outside = inside + size
            last = not math.isinf(end) and (outside - end) * size >= 0
            outside = end if last else outside
            if excess(outside) >= 0:
                return float(brentq(excess, inside, outside, xtol=abs(step) * 1e-4))
            if last:
                return end
            inside, size = outside, 2 * size
        return math.copysign(math.inf, step)
