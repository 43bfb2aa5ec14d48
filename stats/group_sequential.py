"""Planned looks: critical values that spend the error by information, and what they promise."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from scipy.optimize import brentq
from scipy.special import ndtri

from stats.spending import Spending
from stats.walk import Walk, start

FAR = 40.0


@dataclass(frozen=True, slots=True)
class Crossing:
    """Chances at each look of a design.

    Attributes:
        upper: Of crossing the upper boundary first there.
        lower: Of crossing the lower boundary first there.
    """

    upper: tuple[float, ...]
    lower: tuple[float, ...]


@lru_cache(maxsize=4096)
def critical_values(
    information: tuple[float, ...],
    alpha: float,
    sides: int = 2,
    spending: Spending | None = None,
    clock: tuple[float, ...] | None = None,
    floor: tuple[float, ...] = (),
) -> tuple[float, ...]:
    """Critical values on the z scale, efficacy only, equal to rpact's `getDesignGroupSequential`.

    Lan & DeMets (1983). The level at a look depends on the looks until then alone, so it may be computed as
    information comes, at whatever rates it comes.

    Args:
        information: Rates of information at the looks, rising; the plan's end is 1 and may be passed.
        alpha: Error of all looks, both sides together.
        sides: 1 or 2.
        spending: Spending function; O'Brien-Fleming's unless named.
        clock: Rates by which the error is spent, where they are not those of the information (Lan & DeMets
            1989): a calendar, or 1 at a look that has become the last one.
        floor: Below what a look certainly stops for futility; the values then hold for the upper side alone.

    Raises:
        ValueError: Rates do not rise from above 0, alpha is not between 0 and 1, or sides not 1 or 2.
    """
    check_information(information)
    if clock is not None:
        check_information(clock)
    if not 0 < alpha < 1:
        raise ValueError(f"alpha must lie between 0 and 1, got {alpha}")
    if sides not in {1, 2}:
        raise ValueError(f"sides must be 1 or 2, got {sides}")
    function = spending or Spending()
    walk, before = start(), 0.0
    values: list[float] = []
    for position, (rate, time) in enumerate(zip(information, clock or information, strict=True)):
        total = function.spent(time, alpha, sides)
        level = (total - before) / sides
        before = total
        values.append(upper_bound(walk, rate, level))
        if position + 1 < len(information):
            lower = -values[-1] if sides == 2 else -math.inf
            if floor:
                lower = max(lower, min(floor[position], values[-1]))
            walk = walk.within(rate, lower, values[-1])
    return tuple(values)


def crossing(
    information: Sequence[float], upper: Sequence[float], lower: Sequence[float], drift: float
) -> Crossing:
    """Chances of first crossing each boundary at each look.

    Args:
        information: Rates of information at the looks.
        upper: Upper boundary on the z scale.
        lower: Lower boundary on the z scale, `-inf` where there is none.
        drift: Mean of the z statistic at information 1.
    """
    walk = start(drift)
    ups, downs = [], []
    for rate, high, low in zip(information, upper, lower, strict=True):
        ups.append(walk.above(rate, high))
        downs.append(walk.below(rate, low) if low > -math.inf else 0.0)
        walk = walk.within(rate, low, high)
    return Crossing(tuple(ups), tuple(downs))


def check_information(information: Sequence[float]) -> None:
    """Refuse rates that are empty, not finite or do not rise from above 0.

    Raises:
        ValueError: The message names the rule.
    """
    if not information or not all(0 < rate < math.inf for rate in information):
        raise ValueError(f"information must be finite numbers above 0, got {tuple(information)}")
    if any(later <= earlier for earlier, later in pairwise(information)):
        raise ValueError(f"information must rise from look to look, got {tuple(information)}")


def upper_bound(walk: Walk, rate: float, level: float) -> float:
    """The bound above which `level` lies; infinite where nothing can be spent, or where less is left."""
    if level <= 1e-300:
        return math.inf
    if walk.above(rate, -FAR) <= level:
        return -math.inf
    if walk.information == 0:
        return -float(ndtri(level))
    return float(brentq(lambda bound: walk.above(rate, bound) - level, -FAR, FAR, xtol=1e-13, rtol=1e-14))
