"""Readings of a difference through its normal approximation."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stats import confidence_sequence
from stats.contrast import Contrast
from stats.fieller import Quadratic, lift_set

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Reading:
    """Interval and p-value of a difference, absolute and relative; arrays of one shape.

    `lift_lower` and `lift_upper` are `nan` where the control mean cannot be told from zero.
    """

    lower: Floats
    upper: Floats
    lift_lower: Floats
    lift_upper: Floats
    p_value: Floats


def read_always(pair: Contrast, planned_units: float, alpha: float) -> Reading:
    """Asymptotic confidence sequence (arXiv 2103.06476, Theorem 2.2), absolute and relative.

    Each candidate is held against the larger of two variances, each arm's own and the one pooled under
    that candidate: a small arm that has not met its large values yet must not look certain.
    """
    rho = confidence_sequence.mixture_rho(alpha, planned_units)
    critical = confidence_sequence.critical_value(pair.units, alpha, rho)
    deviation = np.sqrt(np.maximum(pair.welch.constant, pair.pooled.constant))
    with np.errstate(divide="ignore", invalid="ignore"):
        p_value = confidence_sequence.p_value(pair.difference / deviation, pair.units, rho)
    return _reading(pair, (pair.welch, pair.pooled), critical, deviation, p_value)


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
