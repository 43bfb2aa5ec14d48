"""How many units of a kind there are, from those of them that chance let be seen."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import chi2, t

from stats.result import Interval


def domain_total(inside: ArrayLike, chances: ArrayLike, level: float = 0.95) -> Interval:
    """The number of units of a kind in a population, from a sample with known chances.

    The estimate is Horvitz and Thompson's (1952): each sampled unit stands for one over its chance. The
    interval is Fay and Feuer's (1997, "Confidence intervals for directly standardized rates", eq. 4) for a
    weighted sum of counts, which is Garwood's exact one for equal chances and holds where few or no units are
    of the kind. Its distance from the estimate shrinks with the variance that is left when a large part of
    the population was seen: `sum y^2 (1 - p)` in place of `sum y^2` (Särndal, Swensson & Wretman 1992,
    eq. 3.2.3, Poisson sampling), so a full count has none.

    Args:
        inside: By sampled unit, shape `(n,)`: how much of it is of the kind, 0 to 1.
        chances: That it was sampled, in (0, 1], shape `(n,)`.
        level: Confidence, between 0 and 1.

    Raises:
        ValueError: An empty sample, unequal lengths, or a number outside its range.
    """
    part, chance = np.asarray(inside, dtype=np.float64), np.asarray(chances, dtype=np.float64)
    if not part.size or part.shape != chance.shape:
        raise ValueError(
            f"inside and chances must be of one length above 0, not {part.shape}, {chance.shape}"
        )
    if not ((part >= 0) & (part <= 1)).all() or not ((chance > 0) & (chance <= 1)).all():
        raise ValueError("inside must lie in [0, 1] and chances in (0, 1]")
    standing = part / chance
    total, squares = float(standing.sum()), float(np.square(standing).sum())
    left = float((np.square(standing) * (1 - chance)).sum()) / squares if total else 1 - float(chance.mean())
    tail, largest = (1 - level) / 2, float((1 / chance).max())
    lower = squares / (2 * total) * float(chi2.ppf(tail, 2 * total**2 / squares)) if total else 0.0
    above, spread = total + largest, squares + largest**2
    upper = spread / (2 * above) * float(chi2.isf(tail, 2 * above**2 / spread))
    shrink = math.sqrt(left)
    return Interval(total, total - shrink * (total - lower), total + shrink * (upper - total))


def over_periods(totals: ArrayLike, within: Interval, level: float = 0.95) -> Interval:
    """The interval of a mean total over periods, for what was sampled and for how periods differ.

    Both are independent sources, so the squares of their distances add up; the second is Student's for the
    mean of the periods, with one degree of freedom less than there are; one period says nothing of it.

    Args:
        totals: By period, shape `(k,)`.
        within: The mean total with the interval that sampling gives it.
        level: Confidence of both.

    Raises:
        ValueError: An interval without numbers.
    """
    if within.estimate is None or within.lower is None or within.upper is None:
        raise ValueError("the interval has no numbers")
    found = np.asarray(totals, dtype=np.float64)
    between = 0.0
    if len(found) > 1:
        between = float(t.isf((1 - level) / 2, len(found) - 1) * found.std(ddof=1) / math.sqrt(len(found)))
    return Interval(
        within.estimate,
        max(0.0, within.estimate - math.hypot(within.estimate - within.lower, between)),
        within.estimate + math.hypot(within.upper - within.estimate, between),
    )
