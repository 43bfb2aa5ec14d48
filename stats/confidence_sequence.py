"""Normal-mixture boundaries: intervals and p-values that hold at every look."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import lambertw

Floats = NDArray[np.float64]


def mixture_rho(alpha: float, planned_units: float) -> float:
    """Mixture parameter that makes the sequence tightest at the planned size.

    Waudby-Smith et al., arXiv 2103.06476, appendix B.2 (closed-form approximation). Unit: one over the
    square root of units.
    """
    spread = -2 * np.log(alpha)
    return float(np.sqrt((spread + np.log(spread + 1)) / planned_units))


def exact_mixture_rho(alpha: float, planned_units: float) -> float:
    """The same optimum without the approximation, through the lower branch of Lambert's W."""
    branch = float(np.real(lambertw(-(alpha**2) * np.exp(-1), k=-1)))
    return float(np.sqrt((-branch - 1) / planned_units))


def critical_value(units: ArrayLike, alpha: float, rho: float) -> Floats:
    """Standard errors from the estimate to either bound, at any number of units.

    arXiv 2103.06476, Theorem 2.2 eq. (9), divided by `sigma / sqrt(t)`.

    Args:
        units: Units in both arms together, any shape.
        alpha: Two-sided error over all looks.
        rho: From `mixture_rho`, fixed before the data.
    """
    scaled = np.asarray(units, dtype=np.float64) * rho**2
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.sqrt(2 * (scaled + 1) / scaled * (np.log1p(scaled) / 2 - np.log(alpha)))
    return np.where(scaled > 0, value, np.inf)


def one_sided_critical_value(units: ArrayLike, alpha: float, rho: float) -> Floats:
    """Standard errors from the estimate to a single bound (one-sided form of the same theorem)."""
    scaled = np.asarray(units, dtype=np.float64) * rho**2
    with np.errstate(divide="ignore", invalid="ignore"):
        value = np.sqrt(2 * (scaled + 1) / scaled * np.log1p(np.sqrt(scaled + 1) / (2 * alpha)))
    return np.where(scaled > 0, value, np.inf)


def log_e_value(z: ArrayLike, units: ArrayLike, rho: float) -> Floats:
    """Log of the mixture likelihood ratio whose inversion is the sequence.

    Args:
        z: Estimate divided by its standard error.
        units: Units in both arms together.
        rho: From `mixture_rho`.
    """
    scaled = np.asarray(units, dtype=np.float64) * rho**2
    squared = np.square(np.asarray(z, dtype=np.float64))
    return np.asarray(squared * scaled / (2 * (scaled + 1)) - np.log1p(scaled) / 2, dtype=np.float64)


def p_value(z: ArrayLike, units: ArrayLike, rho: float) -> Floats:
    """Always-valid p-value: the smallest alpha, at this `rho`, whose interval excludes zero."""
    return np.asarray(np.exp(-np.maximum(log_e_value(z, units, rho), 0.0)), dtype=np.float64)
