"""Readings of a difference through its normal approximation."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats import confidence_sequence
from stats.contrast import Contrast
from stats.fieller import Quadratic, lift_set
from stats.guard import lopsided

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


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


def read_always(pair: Contrast, planned_units: float, alpha: float, matured: ArrayLike = 1.0) -> Reading:
    """Asymptotic confidence sequence (arXiv 2103.06476, Theorem 2.2), absolute and relative.

    Each candidate is held against the larger of two variances, each arm's own and the one pooled under
    that candidate: a small arm that has not met its large values yet must not look certain. Time is counted
    in units whose outcome is complete: where units stand still and outcomes grow, units alone tell no time.

    Args:
        pair: The two arms.
        planned_units: Units planned in both arms together.
        alpha: Two-sided error over all looks.
        matured: Mean share of the units' outcome windows that has passed, above 0 and at most 1.
    """
    rho = confidence_sequence.mixture_rho(alpha, planned_units)
    clock = pair.units * np.asarray(matured, dtype=np.float64)
    critical = confidence_sequence.critical_value(clock, alpha, rho)
    deviation = np.sqrt(np.maximum(pair.welch.constant, pair.pooled.constant))
    with np.errstate(divide="ignore", invalid="ignore"):
        p_value = confidence_sequence.p_value(pair.difference / deviation, clock, rho)
    reading = _reading(pair, (pair.welch, pair.pooled), critical, deviation, p_value)
    return _one_sided(reading, lopsided(pair))


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
