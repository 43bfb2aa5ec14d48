"""Always-valid readings of a conversion rate from conversions alone."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.balance import log_bayes_factor
from stats.conversion_exact import log_e_value, log_ratio_interval

Floats = NDArray[np.float64]
LEVEL_SHARE = 0.02
MISMATCH = 0.001


def log_evidence(
    control: ArrayLike,
    treatment: ArrayLike,
    units: ArrayLike,
    shares: tuple[float, float],
    planned_units: float,
    log_ratio: float = 0.0,
    matured: ArrayLike = 1.0,
) -> Floats:
    """Log e-value against a ratio of the rates, with the prior's weight from the plan; arrays welcome.

    Args:
        control: Conversions of the control.
        treatment: Conversions of the treatment.
        units: Units in both arms together.
        shares: Probabilities of the two arms, summing to one.
        planned_units: Units planned in both arms together.
        log_ratio: The hypothesis.
        matured: Mean share of the units' outcome windows that has passed, above 0 and at most 1.
    """
    total = np.asarray(control, dtype=np.float64) + np.asarray(treatment, dtype=np.float64)
    weight = concentration(total, units, planned_units, matured)
    return log_e_value(control, treatment, shares, weight, log_ratio)


def concentration(
    conversions: ArrayLike, units: ArrayLike, planned_units: float, matured: ArrayLike = 1.0
) -> Floats:
    """Weight of the prior that is tightest at the conversions expected by the planned size.

    The normal mixture's optimum (arXiv 2103.06476, B.2, at 5 %) carried over to a Beta prior. It rests on how
    many of the units that had the time converted, never on which arm they were in, and moves in steps of two.
    """
    seen, count = np.asarray(units, dtype=np.float64), np.asarray(conversions, dtype=np.float64)
    ready = seen * np.asarray(matured, dtype=np.float64)
    expected = np.maximum(planned_units, seen) * (count + 0.5) / (ready + 1)
    steps = np.maximum(np.round(np.log2(np.maximum(expected, 1.0) / 8.0)), 0.0)
    return np.asarray(2.0**steps, dtype=np.float64)


def spent_alpha(alpha: float) -> float:
    """What the test and the ratio may spend; the rest is for the overall rate."""
    return alpha * (1 - LEVEL_SHARE)


def ratio_bounds(
    control: int,
    treatment: int,
    units: int,
    shares: tuple[float, float],
    planned_units: float,
    alpha: float,
    matured: float = 1.0,
) -> tuple[float, float]:
    """Interval of `log(rate1 / rate0)` at any moment."""
    weight = float(concentration(control + treatment, units, planned_units, matured))
    return log_ratio_interval(control, treatment, shares, weight, spent_alpha(alpha))


def difference_bounds(
    log_ratios: tuple[float, float], conversions: int, units: int, shares: tuple[float, float], alpha: float
) -> tuple[float, float]:
    """Interval of `rate1 - rate0` from that of their ratio and of the overall rate.

    Excludes zero exactly when the ratio's interval excludes one.
    """
    level = _rate_bounds(conversions, units, alpha * LEVEL_SHARE)
    low, high = log_ratios
    return (
        min(_difference(low, rate, shares) for rate in level),
        max(_difference(high, rate, shares) for rate in level),
    )


def shares_fit(control: int, treatment: int, shares: tuple[float, float]) -> bool:
    """Whether the units follow the shares, on which the exact test rests."""
    return log_bayes_factor((control, treatment), shares) < -math.log(MISMATCH)


def _difference(log_ratio: float, rate: float, shares: tuple[float, float]) -> float:
    """`rate1 - rate0` when the overall rate is `rate` and the log of the rates' ratio is `log_ratio`."""
    if log_ratio == math.inf:
        return rate / shares[1]
    ratio = math.exp(log_ratio)
    return rate * (ratio - 1) / (shares[0] + shares[1] * ratio)


def _rate_bounds(conversions: int, units: int, alpha: float) -> tuple[float, float]:
    """Interval of a single rate at any moment: the same test with even shares and a flat prior."""
    low, high = log_ratio_interval(units - conversions, conversions, (0.5, 0.5), 2.0, alpha)
    return _logistic(low), _logistic(high)


def _logistic(value: float) -> float:
    return 0.0 if value == -math.inf else 1 / (1 + math.exp(-value))
