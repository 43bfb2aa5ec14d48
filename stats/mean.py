"""Readings of a difference through its normal approximation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import stdtr, stdtrit

from stats.anytime import Boundary
from stats.clock import FINAL, Clock
from stats.contrast import Contrast
from stats.fieller import Quadratic, lift_set
from stats.guard import lopsided, skewness

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
HALF_TRUST = 0.25
"""Skewness of the difference at which an arm's own variance counts for half."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Interval and p-value of a difference, absolute and relative; arrays of one shape.

    Bounds of the lift are `nan` where the control mean cannot be told from zero. Bounds of a lopsided
    difference are infinite unless they separate it from zero.
    """

    lower: Floats
    upper: Floats
    lift_lower: Floats
    lift_upper: Floats
    p_value: Floats


def read_always(
    pair: Contrast,
    planned_units: float,
    boundary: Boundary,
    clock: Clock = FINAL,
    *,
    level: float | None = None,
    binary: bool = False,
) -> Reading:
    """A reading that holds at every moment, absolute and relative.

    Each candidate is held against the larger of two variances (see `variances`). Time is counted
    in units whose outcome is complete: where units stand still and outcomes grow, units alone tell no time.

    Args:
        pair: The two arms.
        planned_units: Units planned in both arms together.
        boundary: How the error is spread over the moments.
        clock: How much information units carry.
        level: Two-sided error of the intervals; the boundary's own unless given.
        binary: Whether outcomes are zeros and ones, which hide no large values.
    """
    rate, time = clock.rate(pair.units, planned_units), clock.time(pair.units, planned_units)
    with np.errstate(divide="ignore", invalid="ignore"):
        p_value = boundary.p_value(pair.difference / safe_deviation(pair), rate, time)
    return read_normal(pair, boundary.critical_value(rate, time, level), p_value, binary=binary)


def read_fixed(pair: Contrast, alpha: float) -> Reading:
    """Welch's t test (1947) and the intervals that agree with it; for a single look.

    Equal to `scipy.stats.ttest_ind(equal_var=False)` for means and to tea-tasting for ratios and CUPED.
    """
    freedom = welch_freedom(pair)
    with np.errstate(divide="ignore", invalid="ignore"):
        deviation = np.sqrt(pair.welch.constant)
        p_value = 2 * stdtr(freedom, -np.abs(pair.difference / deviation))
    critical = -stdtrit(freedom, alpha / 2)
    return _reading(pair, (pair.welch,), critical, deviation, p_value)


def read_normal(pair: Contrast, critical: ArrayLike, p_value: ArrayLike, *, binary: bool = False) -> Reading:
    """A normal reading with a critical value and p-value from elsewhere, such as a group-sequential plan.

    Variances and lopsided data are treated as in `read_always`.
    """
    reading = _reading(pair, variances(pair), np.asarray(critical), safe_deviation(pair), np.asarray(p_value))
    return reading if binary else _one_sided(reading, lopsided(pair))


def read_plain(pair: Contrast, critical: ArrayLike) -> Reading:
    """A normal reading with each arm's own variance and a critical value from elsewhere; no p-value."""
    deviation = np.sqrt(pair.welch.constant)
    nothing = np.full(np.shape(deviation), np.nan)
    return _reading(pair, (pair.welch,), np.asarray(critical), deviation, nothing)


def safe_deviation(pair: Contrast) -> Floats:
    """Standard error of the difference by the larger of the two variances."""
    first, second, _ = variances(pair)
    return np.asarray(np.sqrt(np.maximum(first.constant, second.constant)), dtype=np.float64)


@lru_cache(maxsize=2)
def variances(pair: Contrast) -> tuple[Quadratic, ...]:
    """The variances of which every candidate meets the largest.

    Two are pooled under the candidate, as a change of size and as a change of number: a small arm that has
    not met its large values must not look certain. They differ in what they say of harm, not of no effect.
    The third leans from there towards each arm's own (Welch's) as far as skewness allows: where a few values
    make the small arm's variance, they make its mean too, and the excess of the one hides that of the other.
    """
    trust = 1 / (1 + skewness(pair) / HALF_TRUST)
    lean = Quadratic(
        *(
            np.asarray(pooled + trust * (own - pooled), dtype=np.float64)
            for own, pooled in (
                (pair.welch.constant, pair.pooled.constant),
                (pair.welch.linear, pair.pooled.linear),
                (pair.welch.square, pair.pooled.square),
            )
        )
    )
    return pair.pooled, lean, pair.thinned


def welch_freedom(pair: Contrast, scale: float = 1.0) -> Floats:
    """Degrees of freedom of Welch & Satterthwaite, of `treatment - scale * control`."""
    first = scale**2 * pair.control.variance / pair.control.units
    second = pair.treatment.variance / pair.treatment.units
    with np.errstate(divide="ignore", invalid="ignore"):
        below = first**2 / (pair.control.units - 1) + second**2 / (pair.treatment.units - 1)
        return np.asarray((first + second) ** 2 / below, dtype=np.float64)


def log_lift_interval(pair: Contrast, alpha: float) -> tuple[Floats, Floats]:
    """Relative difference on the log scale by the delta method, for comparison with other tools.

    Equal to tea-tasting's; it does not agree with the test where the control mean is uncertain, which is why
    readings give Fieller's set instead.
    """
    control, treatment = pair.control, pair.treatment
    first = control.variance / control.units / control.mean**2
    second = treatment.variance / treatment.units / treatment.mean**2
    below = first**2 / (control.units - 1) + second**2 / (treatment.units - 1)
    half = -stdtrit((first + second) ** 2 / below, alpha / 2) * np.sqrt(first + second)
    ratio = treatment.mean / control.mean
    return ratio * np.exp(-half) - 1, ratio * np.exp(half) - 1


def _reading(
    pair: Contrast, variances: tuple[Quadratic, ...], critical: Floats, deviation: Floats, p_value: Floats
) -> Reading:
    sets = [lift_set(pair.difference, pair.control.mean, variance, critical) for variance in variances]
    return Reading(
        lower=pair.difference - critical * deviation,
        upper=pair.difference + critical * deviation,
        lift_lower=np.asarray(np.min([low for low, _ in sets], axis=0), dtype=np.float64),
        lift_upper=np.asarray(np.max([high for _, high in sets], axis=0), dtype=np.float64),
        p_value=p_value,
    )


def _one_sided(reading: Reading, where: Bools) -> Reading:
    """Leave out of lopsided differences the bounds that do not separate them from zero."""
    lower = np.where(where & ~(reading.lower > 0), -np.inf, reading.lower)
    upper = np.where(where & ~(reading.upper < 0), np.inf, reading.upper)
    return replace(reading, lower=lower, upper=upper)
