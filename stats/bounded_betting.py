"""Confidence sequences for the mean of values between 0 and 1, by betting against every candidate for it."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from stats.bounded_mean import Bounds, check_values, finished, predictable_bets
from stats.checks import check_level

Floats = NDArray[np.float64]
MOST = 0.5
"""Share of the capital that a single value can cost, which keeps the logarithms finite."""
BLOCK = 4_000_000
"""Candidates times values that are held in memory at once."""


def log_capital(values: ArrayLike, mean: float, alpha: float = 0.05) -> tuple[Floats, Floats]:
    """Log capital after each value of a player who bets that the mean is higher, and of one on lower.

    Where `mean` is right, each ever exceeds `1 / alpha` with chance at most alpha, whatever the distribution
    (Ville). Waudby-Smith & Ramdas (2024), "Estimating means of bounded random variables by betting",
    Theorem 3.

    Args:
        values: Between 0 and 1 in order of arrival, shape `(..., n)`.
        mean: The candidate, 0 to 1.
        alpha: Two-sided error for which the bets are sized.

    Raises:
        ValueError: A value is outside its range; the message names it.
    """
    x = check_values(values)
    check_level("alpha", alpha)
    if not 0 <= mean <= 1:
        raise ValueError(f"mean must lie between 0 and 1, got {mean}")
    bets = predictable_bets(x, alpha / 2)
    return _log_capital(x, bets, np.float64(mean)), _log_capital(1 - x, bets, np.float64(1 - mean))


def betting_sequence(
    values: ArrayLike, alpha: float = 0.05, *, running_intersection: bool = False, breaks: int = 1000
) -> Bounds:
    """All means that neither player's capital has refuted; confseq's `betting_cs` with its defaults.

    Each player starts with half the capital. Every factor falls in the candidate, so the set is an interval.

    Args:
        values: Between 0 and 1 in order of arrival, shape `(..., n)`.
        alpha: Two-sided error over all sizes.
        running_intersection: Whether every interval is cut down to all before it.
        breaks: Steps of the grid of candidates; bounds are rounded outward to it.

    Returns:
        Lower and upper bound at every size, shape of `values`.

    Raises:
        ValueError: A value is outside its range; the message names it.
    """
    x = check_values(values)
    check_level("alpha", alpha)
    if breaks < 1:
        raise ValueError(f"breaks must be at least 1, got {breaks}")
    bets = predictable_bets(x, alpha / 2)
    lower, upper = (_refuted(y, bets, alpha, breaks) for y in (x, 1 - x))
    return finished(lower, 1 - upper, running_intersection)


def hedged_sequence(
    values: ArrayLike, alpha: float = 0.05, *, running_intersection: bool = True, breaks: int = 1000
) -> Bounds:
    """`betting_sequence` as the paper hedges it, cut down to all before it; confseq's `hedged_cs`."""
    return betting_sequence(values, alpha, running_intersection=running_intersection, breaks=breaks)


def _refuted(values: Floats, bets: Floats, alpha: float, breaks: int) -> Floats:
    """The largest candidate of the grid at each size that is refuted as too low, with all below it."""
    refuted = np.zeros(values.shape)
    step = max(1, BLOCK // values.size)
    for first in range(0, breaks + 1, step):
        means = np.arange(first, min(first + step, breaks + 1)) / breaks
        capital = _log_capital(values, bets, means.reshape(-1, *(1,) * values.ndim))
        refuted += (capital > np.log(2 / alpha)).sum(axis=0)
    return np.maximum(refuted - 1, 0) / breaks


def _log_capital(values: Floats, bets: Floats, mean: Floats | np.float64) -> Floats:
    """Log capital of who bets that the mean is higher than `mean`, which broadcasts before `values`."""
    with np.errstate(divide="ignore"):
        sizes = np.minimum(bets, MOST / mean)
    return np.asarray(np.cumsum(np.log1p(sizes * (values - mean)), axis=-1))
