"""Mixture sequential probability ratio test, an option for those who know their effects' size beforehand."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def log_likelihood_ratio(difference: ArrayLike, variance: ArrayLike, spread: float) -> Floats:
    """Log of the mixture likelihood ratio with effects drawn from N(0, `spread**2`).

    Johari, Koomen, Pekelis & Walsh, "Peeking at A/B Tests" (KDD 2017), eq. (11).

    Args:
        difference: Treatment mean minus control mean, any shape.
        variance: Variance of that difference, same shape, above 0.
        spread: Standard deviation of effects, in the metric's unit, fixed before the data.

    Raises:
        ValueError: `spread` is not above 0.
    """
    if not 0 < spread < np.inf:
        raise ValueError(f"spread must be a finite number above 0, got {spread}")
    gap, noise, prior = np.square(difference), np.asarray(variance, dtype=np.float64), spread**2
    value = gap * prior / (2 * noise * (noise + prior)) - np.log1p(prior / noise) / 2
    return np.asarray(value, dtype=np.float64)


def p_value(difference: ArrayLike, variance: ArrayLike, spread: float) -> Floats:
    """Always-valid p-value at one look; smaller ones of earlier looks remain valid."""
    return np.asarray(
        np.exp(-np.maximum(log_likelihood_ratio(difference, variance, spread), 0.0)), dtype=np.float64
    )


def half_width(variance: ArrayLike, spread: float, alpha: float) -> Floats:
    """Half the width of the interval whose exclusion of zero means `p_value <= alpha`."""
    noise, prior = np.asarray(variance, dtype=np.float64), spread**2
    level = np.log1p(prior / noise) / 2 - np.log(alpha)
    return np.asarray(np.sqrt(2 * noise * (noise + prior) / prior * level), dtype=np.float64)
