"""Confidence sequences for the mean of values between 0 and 1 that need no large numbers.

Shapes: `values` is `(..., n)` in order of arrival, each with the same mean whatever came before it; bounds
have the same shape, one interval per size, within 0 and 1. A capped metric is divided by its cap first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.boundaries import gamma_exponential_mixture_bound, normal_mixture_bound
from stats.checks import check_above, check_level, check_numbers

Floats = NDArray[np.float64]
Bounds = tuple[Floats, Floats]


def predictable_hoeffding(
    values: ArrayLike, alpha: float = 0.05, *, running_intersection: bool = False, truncation: float = 1.0
) -> Bounds:
    """Hoeffding's bound with bets that shrink by plan; confseq's `predmix_hoeffding_cs`.

    Waudby-Smith & Ramdas (2024), "Estimating means of bounded random variables by betting", Proposition 1.

    Args:
        values: Between 0 and 1.
        alpha: Two-sided error over all sizes.
        running_intersection: Whether every interval is cut down to all before it.
        truncation: The largest bet, above 0.

    Raises:
        ValueError: A value is outside its range; the message names it.
    """
    x = check_values(values)
    check_level("alpha", alpha)
    check_above("truncation", truncation, 0)
    sizes = np.arange(1, x.shape[-1] + 1)
    bets = np.minimum(np.sqrt(8 * np.log(2 / alpha) / (sizes * np.log1p(sizes))), truncation)
    total = np.cumsum(bets)
    centre = np.cumsum(bets * x, axis=-1) / total
    margin = (np.log(2 / alpha) + np.cumsum(bets**2 / 8)) / total
    return finished(centre - margin, centre + margin, running_intersection)


def predictable_empirical_bernstein(
    values: ArrayLike, alpha: float = 0.05, *, running_intersection: bool = False, truncation: float = 0.5
) -> Bounds:
    """Bernstein's bound with bets by the spread seen so far; confseq's `predmix_empbern_twosided_cs`.

    Waudby-Smith & Ramdas (2024), Theorem 2. Args and errors as for `predictable_hoeffding`; `truncation` lies
    between 0 and 1.
    """
    x = check_values(values)
    check_level("alpha", alpha)
    check_level("truncation", truncation)
    bets = np.minimum(predictable_bets(x, alpha / 2), truncation)
    total = np.cumsum(bets, axis=-1)
    price = -np.log1p(-bets) - bets

    def lower(y: Floats) -> Floats:
        spread = np.cumsum((y - _means_before(y, 0.0)) ** 2 * price, axis=-1)
        return np.asarray((np.cumsum(bets * y, axis=-1) - np.log(2 / alpha) - spread) / total)

    return finished(lower(x), 1 - lower(1 - x), running_intersection)


def mixture_hoeffding(
    values: ArrayLike, t_opt: float, alpha: float = 0.05, *, running_intersection: bool = False
) -> Bounds:
    """Normal-mixture bound with the largest variance; confseq's `conjmix_hoeffding_twosided_cs`.

    Howard et al. (2021), Proposition 5 with the variance of a coin, 1/4 for each value.

    Args:
        values: Between 0 and 1.
        t_opt: Size at which the interval is about tightest.
        alpha: Two-sided error over all sizes.
        running_intersection: Whether every interval is cut down to all before it.

    Raises:
        ValueError: A value is outside its range; the message names it.
    """
    x = check_values(values)
    check_above("t_opt", t_opt, 0)
    sizes = np.arange(1, x.shape[-1] + 1)
    margin = normal_mixture_bound(sizes / 4, alpha, t_opt / 4, alpha, is_one_sided=False) / sizes
    centre = np.cumsum(x, axis=-1) / sizes
    return finished(centre - margin, centre + margin, running_intersection)


def mixture_empirical_bernstein(
    values: ArrayLike,
    v_opt: float,
    alpha: float = 0.05,
    *,
    running_intersection: bool = False,
    spent: float = 0.5,
) -> Bounds:
    """Gamma-exponential bound in empirical variance time; confseq's `conjmix_empbern_twosided_cs`.

    Howard et al. (2021), Theorem 4 with Proposition 9.

    Args:
        values: Between 0 and 1.
        v_opt: Sum of squared deviations at which the interval is about tightest.
        alpha: Two-sided error over all sizes.
        running_intersection: Whether every interval is cut down to all before it.
        spent: Share of alpha that both sides use together, above 0. At most 1; confseq halves alpha twice, so
            to be equal to it the default leaves half unused.

    Raises:
        ValueError: A value is outside its range; the message names it.
    """
    x = check_values(values)
    check_level("alpha", alpha)
    if not 0 < spent <= 1:
        raise ValueError(f"spent must lie above 0 and at most 1, got {spent}")
    sizes, level = np.arange(1, x.shape[-1] + 1), spent * alpha / 2
    variance = np.cumsum((x - _means_before(x, 0.5)) ** 2, axis=-1)
    margin = gamma_exponential_mixture_bound(variance, level, v_opt, 1.0, level) / sizes
    centre = np.cumsum(x, axis=-1) / sizes
    return finished(centre - margin, centre + margin, running_intersection)


def predictable_bets(values: Floats, alpha: float) -> Floats:
    """Sizes of bets before each value, by the spread of those before it, one value of 1/2 added.

    Waudby-Smith & Ramdas (2024), the bets of Theorem 2: `sqrt(2 log(1 / alpha) / (variance t log(1 + t)))`.
    """
    sizes = np.arange(1, values.shape[-1] + 1)
    centre = (0.5 + np.cumsum(values, axis=-1)) / (sizes + 1)
    spread = (0.25 + np.cumsum((values - centre) ** 2, axis=-1)) / (sizes + 1)
    bets = np.sqrt(2 * np.log(1 / alpha) / (sizes * np.log1p(sizes) * _before(spread, 0.25)))
    return np.asarray(bets, dtype=np.float64)


def check_values(values: ArrayLike) -> Floats:
    """The values as doubles of shape `(..., n)`.

    Raises:
        ValueError: There are none, or one does not lie between 0 and 1.
    """
    found = check_numbers("values", values)
    if not found.ndim or not found.size:
        raise ValueError("values must be a sequence of at least one value")
    if np.any((found < 0) | (found > 1)):
        raise ValueError("values must lie between 0 and 1")
    return found


def finished(lower: Floats, upper: Floats, running_intersection: bool) -> Bounds:
    """Bounds cut to 0 and 1, and to those before them where that is asked."""
    low, high = np.clip(lower, 0, 1), np.clip(upper, 0, 1)
    if running_intersection:
        low, high = np.maximum.accumulate(low, axis=-1), np.minimum.accumulate(high, axis=-1)
    return low, high


def _means_before(values: Floats, first: float) -> Floats:
    """Mean of the values before each one; `first` before the first."""
    return _before(np.cumsum(values, axis=-1) / np.arange(1, values.shape[-1] + 1), first)


def _before(values: Floats, first: float) -> Floats:
    start = np.full((*values.shape[:-1], 1), first)
    return np.concatenate([start, values[..., :-1]], axis=-1)
