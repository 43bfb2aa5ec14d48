"""Whether an effect differs between parts of the units by more than chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import chi2


@dataclass(frozen=True, slots=True)
class Heterogeneity:
    """Cochran's test that one effect underlies all parts.

    Attributes:
        statistic: Cochran's Q.
        parts: How many were compared.
        p_value: Of no difference between the parts, for one look.
        excess: Share of the variation between parts that chance does not explain, I squared; 0 to 1.
    """

    statistic: float
    parts: int
    p_value: float
    excess: float


def cochran(estimates: Sequence[float], errors: Sequence[float]) -> Heterogeneity:
    """Cochran's Q (1954) with I squared (Higgins & Thompson 2002), for independent parts of many units.

    Args:
        estimates: Effect in each part, one unit of measurement.
        errors: Their standard errors, in the same unit; positive.

    Raises:
        ValueError: There are fewer than two parts, or an error is not positive and finite.
    """
    effects, spread = np.asarray(estimates, dtype=np.float64), np.asarray(errors, dtype=np.float64)
    if effects.size < 2 or effects.shape != spread.shape:
        raise ValueError(f"at least two parts with an error each are needed, got {effects.size}")
    if not (np.all(np.isfinite(effects)) and np.all(np.isfinite(spread)) and np.all(spread > 0)):
        raise ValueError("errors must be positive and finite, and estimates finite")
    weights = 1 / spread**2
    statistic = float(np.sum(weights * (effects - np.average(effects, weights=weights)) ** 2))
    free = effects.size - 1
    excess = max(0.0, 1 - free / statistic) if statistic > 0 else 0.0
    return Heterogeneity(statistic, int(effects.size), float(chi2.sf(statistic, free)), excess)
