"""A quantile that may be read at any moment from the first unit on: exact intervals from ordered values."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtri

from stats.conversion_exact import log_e_value

Floats = NDArray[np.float64]


def rank_bounds(units: int, quantile: float, alpha: float, planned_units: float) -> tuple[float, float]:
    """Lowest and highest share of values below the true quantile that its exact test does not reject.

    Whether a value lies below the true quantile is a coin of known odds, so a Beta mixture of bets on it is
    an exact test at every moment (Howard & Ramdas 2022, "Sequential estimation of quantiles", with Robbins'
    mixture in place of their stitched bound).

    Args:
        units: Values so far.
        quantile: Between 0 and 1.
        alpha: Two-sided error over all moments.
        planned_units: Size at which the bound is tightest.

    Raises:
        ValueError: The quantile is not between 0 and 1.
    """
    if not 0 < quantile < 1:
        raise ValueError(f"quantile must lie between 0 and 1, got {quantile}")
    if units < 1:
        return 0.0, 1.0
    weight = max(planned_units / 8.0, 1.0)
    centre = units * quantile
    low = _edge(units, quantile, weight, alpha, 0, math.floor(centre))
    high = units - _edge(units, 1 - quantile, weight, alpha, 0, math.floor(units - centre))
    return low / units, high / units


def quantile_interval(
    values: ArrayLike, quantile: float, alpha: float, planned_units: float
) -> tuple[float, float, float]:
    """Empirical quantile with an interval that holds at every look: lower, estimate, upper.

    Args:
        values: All values of one variant, shape `(n,)`, finite.
        quantile: Between 0 and 1.
        alpha: Two-sided error over all looks.
        planned_units: Values planned in this variant.

    Raises:
        ValueError: There are no values, or one is not finite.
    """
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    if not len(ordered) or not np.isfinite(ordered).all():
        raise ValueError("values must be finite and not empty")
    units = len(ordered)
    low, high = rank_bounds(units, quantile, alpha, planned_units)
    first, last = math.floor(low * units + 1e-9), math.ceil(high * units - 1e-9)
    lower = float(ordered[first - 1]) if first >= 1 else -math.inf
    upper = float(ordered[last]) if last < units else math.inf
    return lower, float(np.quantile(ordered, quantile, method="inverted_cdf")), upper


def density_at_quantile(at: Callable[[float], float], quantile: float, units: int) -> float:
    """Density of the values at their quantile, from the distance between two quantiles around it.

    Siddiqui (1960) with the bandwidth of Bofinger (1975), which `statsmodels` uses for quantile regression.

    Args:
        at: The empirical quantile at a share between 0 and 1.
        quantile: Between 0 and 1.
        units: Number of values.

    Returns:
        Per unit of the values; infinite where all values around the quantile are the same.
    """
    z = float(ndtri(quantile))
    bump = math.exp(-z * z / 2) / math.sqrt(2 * math.pi)
    width = (4.5 * bump**4 / (units * (2 * z * z + 1) ** 2)) ** 0.2
    low, high = max(quantile - width, 0.0), min(quantile + width, 1.0)
    gap = at(high) - at(low)
    return (high - low) / gap if gap > 0 else math.inf


def _log_wealth(counts: ArrayLike, units: int, quantile: float, weight: float) -> Floats:
    below = np.asarray(counts, dtype=np.float64)
    return log_e_value(units - below, below, (1 - quantile, quantile), weight)


def _edge(units: int, quantile: float, weight: float, alpha: float, low: int, high: int) -> int:
    """Smallest count that is not rejected, between one that may be and one that is not."""
    if float(_log_wealth(low, units, quantile, weight)) < -math.log(alpha):
        return low
    while high - low > 1:
        middle = (low + high) // 2
        if float(_log_wealth(middle, units, quantile, weight)) < -math.log(alpha):
            high = middle
        else:
            low = middle
    return high
