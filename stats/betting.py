"""Design-based betting: an exact always-valid reading of a mean from known assignment probabilities.

For a unit with outcome `y`, in the treatment (`z = 1`) with probability `p`, the score of a lift `r`,
`z (y - m) / p - (1 + r) (1 - z) (y - m) / (1 - p) - r m`, has mean `mean1 - (1 + r) mean0` for any centre
`m` that was known before the unit: nothing is assumed about the outcome but its bounds. Bets on its sign are
a non-negative martingale when that mean is zero (Waudby-Smith & Ramdas 2024; Waudby-Smith, Wu, Ramdas,
Karampatziakis & Mineiro 2022; Ham, Bojinov, Lindon & Tingley 2022), so that by Ville's inequality the wealth
ever reaches `1 / alpha` with chance at most alpha.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import logsumexp

Floats = NDArray[np.float64]

STAKES = (0.6, 1.2, 2.0, 3.0, 4.5, 7.0)
"""Effects, in standard errors at the planned size, that the bets are made for."""
SMALLEST_FACTOR = 0.25


@dataclass(frozen=True, slots=True)
class Terms:
    """What is known before a batch of units, and therefore fair to bet with.

    Attributes:
        share: Chance of the treatment among the two arms.
        centre: Any prediction of the outcome, such as its mean so far.
        deviation: Standard deviation of the score so far, above 0.
        planned_units: Units planned in both arms together.
        lower: Smallest possible outcome.
        upper: Largest possible outcome: the cap registered before the start.
    """

    share: float
    centre: float
    deviation: float
    planned_units: float
    lower: float
    upper: float

    def __post_init__(self) -> None:
        """Refuse terms that no bet can be made on."""
        if not 0 < self.share < 1:
            raise ValueError(f"share must lie between 0 and 1, got {self.share}")
        if not self.lower <= self.centre <= self.upper < math.inf or self.lower == -math.inf:
            raise ValueError(f"centre must lie within finite bounds, got {self.centre}")
        if not 0 < self.deviation < math.inf or not self.planned_units > 0:
            raise ValueError("deviation and planned_units must be above 0")


@dataclass(frozen=True, slots=True)
class LogFactors:
    """Sums of log factors; those of disjoint units add, whatever the terms of each batch were.

    Attributes:
        lifts: Hypotheses, shape `(h,)`, fixed before the first unit; contains 0.
        sums: Shape `(h, 2, stakes)`: bets on the treatment, bets against it.
        units: Units bet on.
    """

    lifts: tuple[float, ...]
    sums: Floats
    units: int

    def __add__(self, other: LogFactors) -> LogFactors:
        """Factors of both; the hypotheses must be the same."""
        if self.lifts != other.lifts:
            raise ValueError("log factors of different hypotheses")
        return LogFactors(self.lifts, self.sums + other.sums, self.units + other.units)

    def log_wealth(self) -> Floats:
        """Log of the mean wealth over stakes and sides per hypothesis, shape `(h,)`: a log e-value."""
        flat = self.sums.reshape(len(self.lifts), -1)
        return np.asarray(logsumexp(flat, axis=1) - math.log(flat.shape[1]), dtype=np.float64)

    def p_value(self) -> float:
        """Always-valid p-value of no difference."""
        return float(np.exp(-max(self.log_wealth()[self.lifts.index(0.0)], 0.0)))

    def interval(self, alpha: float) -> tuple[float, float]:
        """Lifts not rejected, out to the nearest rejected hypotheses; infinite where there is none."""
        kept = np.flatnonzero(self.log_wealth() < -math.log(alpha))
        if not len(kept):
            return math.nan, math.nan
        first, last = int(kept[0]), int(kept[-1])
        lower = self.lifts[first - 1] if first else -math.inf
        upper = self.lifts[last + 1] if last + 1 < len(self.lifts) else math.inf
        return lower, upper


def score(outcome: ArrayLike, treated: ArrayLike, terms: Terms, lift: float = 0.0) -> Floats:
    """The score of a lift, one number per unit; its mean is `mean1 - (1 + lift) mean0`.

    Args:
        outcome: Outcomes within the bounds, any shape.
        treated: Whether each unit is in the treatment, same shape.
        terms: Known before these units.
        lift: The hypothesis.
    """
    gap = np.asarray(outcome, dtype=np.float64) - terms.centre
    weights = np.where(treated, 1 / terms.share, -(1 + lift) / (1 - terms.share))
    return np.asarray(gap * weights - lift * terms.centre, dtype=np.float64)


def stakes(terms: Terms, lift: float = 0.0) -> Floats:
    """Sizes of the bets on and against the treatment, shape `(2, stakes)`; factors stay above a quarter."""
    corners = [
        float(score(value, treated, terms, lift))
        for value in (terms.lower, terms.upper)
        for treated in (True, False)
    ]
    most = 1 - SMALLEST_FACTOR
    limits = np.array([[most / max(-min(corners), 1e-300)], [most / max(max(corners), 1e-300)]])
    wanted = np.array(STAKES) / (terms.deviation * math.sqrt(terms.planned_units))
    return np.asarray(np.minimum(wanted[None, :], limits), dtype=np.float64)


def bet(outcome: ArrayLike, treated: ArrayLike, terms: Terms, lifts: Sequence[float]) -> LogFactors:
    """Log factors of one batch of units whose outcomes are complete.

    Args:
        outcome: Outcomes, shape `(n,)`.
        treated: Whether each unit is in the treatment, shape `(n,)`.
        terms: Known before these units.
        lifts: Hypotheses, with 0 among them.

    Raises:
        ValueError: An outcome lies outside the bounds, or 0 is not a hypothesis.
    """
    values = np.asarray(outcome, dtype=np.float64)
    if not ((values >= terms.lower) & (values <= terms.upper)).all():
        raise ValueError(f"outcomes must lie between {terms.lower} and {terms.upper}")
    if 0.0 not in lifts:
        raise ValueError("lifts must contain 0")
    sums = np.empty((len(lifts), 2, len(STAKES)))
    for position, lift in enumerate(lifts):
        scores = score(values, treated, terms, lift)
        sizes = stakes(terms, lift)
        sums[position, 0] = np.log1p(sizes[0][:, None] * scores).sum(axis=1)
        sums[position, 1] = np.log1p(-sizes[1][:, None] * scores).sum(axis=1)
    return LogFactors(tuple(lifts), sums, len(values))
