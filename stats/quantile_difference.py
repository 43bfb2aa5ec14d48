"""The difference of two variants' quantiles: one test, and the intervals that are its inversion.

Whether a unit lies below its variant's true quantile is a coin of known odds, so a pair of candidates has a
known chi-square: the sum of both variants' deviances. For a difference, the least of that sum over all pairs
with the difference has one degree of freedom: under equal distributions it is the test of two shares below a
common value, whatever the distribution's shape, ties and zeros included. No density is estimated (profile
empirical likelihood of quantiles; Chen & Hall 1993, Owen 2001 section 3.6).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stats.ranks import Ranks
from stats.result import Interval

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Extent:
    """All values of a difference whose chi-square is small enough, absolute and relative."""

    absolute: Interval
    relative: Interval


def chi_square(control: Ranks, treatment: Ranks) -> float:
    """Least sum of deviances over all quantiles that both variants could share; 0 or more.

    At most what lies within the known ranks, which only makes the test more careful.
    """
    arms = (control, treatment)
    low = min(arm.lowest[arm.centre] for arm in arms)
    high = max(arm.highest[arm.centre] for arm in arms)
    candidates = np.concatenate([arm.ordered for arm in arms])
    candidates = candidates[(candidates >= low) & (candidates <= high)]
    return float(np.min(control.least_deviance(candidates) + treatment.least_deviance(candidates)))


def extent(control: Ranks, treatment: Ranks, critical: float) -> Extent:
    """Differences and lifts of all pairs of quantiles whose sum of deviances is at most `critical` squared.

    The pairs hang together, so the absolute interval leaves out zero exactly when `chi_square` is larger.

    Args:
        control: The control's ranks, of at least one unit.
        treatment: The treatment's.
        critical: Standard errors, infinite where everything is possible.
    """
    before, after = control.estimate, treatment.estimate
    difference = None if before is None or after is None else after - before
    lift = difference / before if difference is not None and before else None
    base, lower, upper = _pairs(control, treatment, critical**2)
    with np.errstate(invalid="ignore", divide="ignore"):
        absolute = _hull(difference, lower - base, upper - base)
        if not np.all(base > 0):
            return Extent(absolute, Interval(lift, None, None))
        return Extent(absolute, _hull(lift, lower / base - 1, upper / base - 1))


def interval(variant: Ranks, critical: float) -> Interval:
    """Quantiles of one variant whose deviance is at most `critical` squared."""
    inside = np.flatnonzero(variant.deviance <= critical**2)
    low, high = variant.lowest[inside[0]], variant.highest[inside[-1]]
    return Interval(variant.estimate, float(low), float(high))


def _pairs(control: Ranks, treatment: Ranks, budget: float) -> tuple[Floats, Floats, Floats]:
    """Extreme quantiles of the control, each with the extreme ones of the treatment still possible then."""
    centre = treatment.centre
    falling, rising = treatment.deviance[: centre + 1][::-1], treatment.deviance[centre:]
    possible = control.deviance <= budget
    left = budget - control.deviance[possible]
    lower = treatment.lowest[centre + 1 - np.searchsorted(falling, left, side="right")]
    upper = treatment.highest[centre - 1 + np.searchsorted(rising, left, side="right")]
    bases = (control.lowest[possible], control.highest[possible])
    return np.concatenate(bases), np.tile(lower, 2), np.tile(upper, 2)


def _hull(estimate: float | None, lower: Floats, upper: Floats) -> Interval:
    """The widest bounds; infinity minus infinity says nothing that another pair does not."""
    return Interval(estimate, float(np.fmin.reduce(lower)), float(np.fmax.reduce(upper)))
