"""The planned looks of one comparison: their boundaries, as planned and by the information that there was."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import lru_cache

from scipy.optimize import brentq
from scipy.special import ndtr

from stats.design import Boundaries, Design, spend_both, work_out
from stats.group_sequential import critical_values
from stats.plan import ReadingPlan
from stats.spending import Spending

DEFAULT_LOOKS = 5
EASIEST = 1e-9
"""Critical value of a single look at an alpha of nearly 1."""


def design_of(plan: ReadingPlan, alpha: float, *, futile: bool) -> Design:
    """The design of the planned looks at even steps of information.

    Args:
        plan: With its number of looks.
        alpha: What one comparison may spend, both sides together.
        futile: Whether this comparison may stop for futility, if the plan does.
    """
    looks = plan.looks or 1
    return Design(
        information=tuple(place / looks for place in range(1, looks + 1)),
        alpha=alpha,
        beta=1 - plan.power,
        sides=2,
        spending=plan.spending,
        futility=plan.spending if futile and plan.futility else None,
        binding=plan.futility == "binding",
    )


@lru_cache(maxsize=256)
def planned_boundaries(design: Design) -> Boundaries:
    """Boundaries as planned, before any look."""
    return work_out(design)


@dataclass(frozen=True, slots=True)
class Bounds:
    """Boundaries of looks that were taken, on the z scale, the benefit upwards.

    Attributes:
        information: At the looks.
        clock: By what the error is spent.
        critical: What calls a difference.
        futility: What stops for futility; `-inf` where nothing does.
        floor: The same where it binds; else empty.
        wide: Critical values that hold whether or not futility stops.
    """

    information: tuple[float, ...]
    clock: tuple[float, ...]
    critical: tuple[float, ...]
    futility: tuple[float, ...]
    floor: tuple[float, ...]
    wide: tuple[float, ...]


@lru_cache(maxsize=4096)
def bounds_at(design: Design, information: tuple[float, ...], clock: tuple[float, ...]) -> Bounds:
    """Boundaries of looks by the information that there was.

    Args:
        design: As planned; beta is spent under its alternative.
        information: Information at the looks over information planned.
        clock: Rates by which alpha and beta are spent.
    """
    wide = critical_values(information, design.alpha, 2, design.spending, clock)
    if design.futility is None:
        return Bounds(information, clock, wide, (-math.inf,) * len(wide), (), wide)
    drift = planned_boundaries(design).drift
    critical, futility = spend_both(replace(design, information=information), drift, clock)
    if clock[-1] >= 1:
        # The last look has nothing left to give up.
        futility = (*futility[:-1], -math.inf)
    return Bounds(information, clock, critical, futility, futility if design.binding else (), wide)


@lru_cache(maxsize=4096)
def repeated_p_value(
    z: float,
    information: tuple[float, ...],
    clock: tuple[float, ...],
    spending: Spending,
    floor: tuple[float, ...] = (),
) -> float:
    """Smallest two-sided alpha at which the last look calls a difference (Jennison & Turnbull 1989).

    Args:
        z: Size of the z statistic at that look.
        information: Information of the looks until then.
        clock: Rates by which the error is spent.
        spending: The spending function.
        floor: As for `critical_values`.
    """

    def excess(single: float) -> float:
        # Searched on the scale of a single look's critical value, where the answer is nearly a straight line.
        alpha = 2 * float(ndtr(-single))
        return critical_values.__wrapped__(information, alpha, 2, spending, clock, floor)[-1] - z

    # A look among several asks for more than a single one, so that one's value is never passed.
    low, high = max(z - 1.0, EASIEST), max(z, EASIEST)
    if excess(high) <= 0:
        return 2 * float(ndtr(-high))
    while excess(low) > 0:
        if low <= EASIEST:
            return 1.0
        low = max(low - 2.0, EASIEST)
    return 2 * float(ndtr(-brentq(excess, low, high, xtol=1e-12, rtol=1e-13)))
