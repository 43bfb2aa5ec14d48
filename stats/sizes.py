"""Largest sizes of group-sequential designs for two means or two rates."""

from __future__ import annotations

import math

from scipy.optimize import brentq
from scipy.special import ndtri
from scipy.stats import nct, t

from stats.design import Boundaries


def size_for_means(
    boundaries: Boundaries, difference: float, std: float, allocation: float = 1.0, *, normal: bool = True
) -> float:
    """Units of both arms at the last look, not rounded; equal to rpact's `getSampleSizeMeans`.

    Args:
        boundaries: The worked-out design.
        difference: Difference of the means to find with the design's power; not 0.
        std: Standard deviation of one unit in either arm.
        allocation: Units of the first arm per unit of the second.
        normal: Whether the variance counts as known; otherwise the t distribution of a fixed design is used
            and its size inflated.
    """
    weight = (1 + allocation) ** 2 / allocation
    fixed = (boundaries.fixed_drift * std / difference) ** 2 * weight
    if not normal:
        fixed = _size_by_t(boundaries, abs(difference) / std, weight, fixed)
    return fixed * boundaries.inflation


def size_for_rates(boundaries: Boundaries, first: float, second: float, allocation: float = 1.0) -> float:
    """Units of both arms at the last look, not rounded; equal to rpact's `getSampleSizeRates`.

    Variance pooled under the hypothesis of no difference (Fleiss, Levin & Paik 2003, section 4.2).

    Args:
        boundaries: The worked-out design.
        first: Rate of the first arm.
        second: Rate of the second arm, different from the first.
        allocation: Units of the first arm per unit of the second.
    """
    design = boundaries.design
    pooled = (allocation * first + second) / (1 + allocation)
    null = math.sqrt(pooled * (1 - pooled) * (1 + allocation))
    other = math.sqrt(first * (1 - first) + second * (1 - second) * allocation)
    drift = -ndtri(design.alpha / design.sides) * null - ndtri(design.beta) * other
    first_arm = (drift / (first - second)) ** 2
    return float(first_arm * (1 + 1 / allocation) * boundaries.inflation)


def _size_by_t(boundaries: Boundaries, effect: float, weight: float, near: float) -> float:
    design = boundaries.design

    def missing(units: float) -> float:
        critical = t.isf(design.alpha / design.sides, units - 2)
        return float(nct.cdf(critical, units - 2, effect * math.sqrt(units / weight)) - design.beta)

    return float(brentq(missing, max(near * 0.5, 2.5), near * 2 + 50, xtol=1e-10))
