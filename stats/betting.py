"""Design-based betting: the wealth of bets on a difference of means, from known shares of the arms alone.

For a unit with outcome `y`, in the treatment (`z = 1`) with probability `p`, and any prediction `m` of `y`
that was made before it was seen, the score of a lift `r`,
`z (y - m) / p - (1 + r) (1 - z) (y - m) / (1 - p) - r m`, has mean `mean1 - (1 + r) mean0`, and that of a
difference `d`, `z (y - m) / p - (1 - z) (y - m) / (1 - p) - d`, has mean `mean1 - mean0 - d`: nothing is
assumed about the outcome but its bounds. Products of `1 + stake * score` are non-negative martingales when
that mean is zero (Waudby-Smith & Ramdas 2024; Waudby-Smith, Wu, Ramdas, Karampatziakis & Mineiro 2022; Ham,
Bojinov, Lindon & Tingley 2022), so that by Ville's inequality their mean ever reaches `1 / alpha` with chance
at most alpha.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
Bools = NDArray[np.bool_]

STAKES = np.array([0.8, 1.6, 2.4, 3.2, 4.2, 6.0, 10.0])
"""Effects, in standard errors at the planned size, that bets are made for."""
WEIGHTS = np.array([0.04, 0.08, 0.30, 0.30, 0.14, 0.09, 0.05])
"""Shares of the first wealth; most on what plans are made to find, about 3 standard errors."""
SMALLEST_FACTOR = 0.1
UNSEEN = 0.15
"""Size, in widths of the bounds, of the one value that the variance counts on not having met yet."""


class Scale(Enum):
    """What a hypothesis is about."""

    RELATIVE = "relative"
    ABSOLUTE = "absolute"


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Complete outcomes of two arms, in batches in the order in which they became complete; shape `(n,)`.

    Attributes:
        batch: Batch of each row, rising from 0; what a batch teaches is used from the next one on.
        treated: Whether the row's units are in the treatment.
        value: Their outcome.
        covariate: Something known before their exposure; zeros without one.
        count: Units that are equal in all this.
        share: Chance of the treatment among the two arms.
        planned_units: Units planned in both arms together.
        lower: Smallest possible outcome.
        upper: Largest possible outcome: the cap registered before the start.

    Raises:
        ValueError: Shares, bounds or outcomes mean nothing; the message names the value and its rule.
    """

    batch: Whole
    treated: Bools
    value: Floats
    covariate: Floats
    count: Whole
    share: float
    planned_units: float
    lower: float
    upper: float

    def __post_init__(self) -> None:
        """Refuse what no bet can be made on."""
        if not 0 < self.share < 1:
            raise ValueError(f"share must lie between 0 and 1, got {self.share}")
        if not -math.inf < self.lower < self.upper < math.inf:
            raise ValueError(f"bounds must be finite and rise, got {self.lower} to {self.upper}")
        if not self.planned_units > 0:
            raise ValueError(f"planned_units must be above 0, got {self.planned_units}")
        if not ((self.value >= self.lower) & (self.value <= self.upper)).all():
            raise ValueError(f"outcomes must lie between {self.lower} and {self.upper}")
        if len(self.batch) and (self.batch[0] < 0 or (np.diff(self.batch) < 0).any()):
            raise ValueError("batches must rise from 0")

    @property
    def batches(self) -> int:
        """Number of batches."""
        return int(self.batch[-1]) + 1 if len(self.batch) else 0

    def per_batch(self, values: Floats) -> Floats:
        """Sums of a value per unit over the units of each batch, shape `(batches,)`."""
        sums = np.bincount(self.batch, weights=values * self.count, minlength=self.batches)
        return np.asarray(sums, dtype=np.float64)


@dataclass(frozen=True, slots=True)
class Terms:
    """What is known before each batch, and therefore fair to bet with; arrays of shape `(batches,)`.

    Attributes:
        centre: Mean outcome so far.
        slope: Coefficient of the covariate so far.
        middle: Mean covariate so far.
        deviation: Standard deviation of the score so far; infinite before anything is known, which stakes
            nothing.
    """

    centre: Floats
    slope: Floats
    middle: Floats
    deviation: Floats


def known_before(outcomes: Outcomes) -> Terms:
    """Predict each batch from the batches before it, both arms together."""
    y, x = outcomes.value, outcomes.covariate
    units, first, second, cross, own, square = (
        np.concatenate([[0.0], np.cumsum(outcomes.per_batch(values))[:-1]])
        for values in (np.ones_like(y), y, x, x * y, x * x, y * y)
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        centre, middle = first / units, second / units
        spread = own / units - middle**2
        slope = np.where(spread > 1e-12 * own / units, (cross / units - centre * middle) / spread, 0.0)
        left = square / units - centre**2 - slope**2 * np.maximum(spread, 0.0)
    known = units > 0
    unseen = (UNSEEN * (outcomes.upper - outcomes.lower)) ** 2 / (units + 1)
    variance = (np.maximum(left, 0.0) + unseen) / (outcomes.share * (1 - outcomes.share))
    return Terms(
        centre=np.where(known, centre, outcomes.lower),
        slope=np.where(known & np.isfinite(slope), slope, 0.0),
        middle=np.where(known, middle, 0.0),
        deviation=np.where(known, np.sqrt(variance), np.inf),
    )


def predictions(outcomes: Outcomes, terms: Terms) -> Floats:
    """Prediction of each row from what was known before its batch, within the bounds; shape `(n,)`."""
    batch = outcomes.batch
    found = terms.centre[batch] + terms.slope[batch] * (outcomes.covariate - terms.middle[batch])
    return np.clip(found, outcomes.lower, outcomes.upper)


def score(
    gap: Floats, treated: Bools, prediction: Floats, share: float, value: float, scale: Scale
) -> Floats:
    """The score of a hypothesis, one number per row.

    Args:
        gap: Outcome minus prediction.
        treated: Whether the row is in the treatment.
        prediction: Made before the outcome was seen.
        share: Chance of the treatment.
        value: The hypothesis: a lift as a fraction, or a difference in the outcome's unit.
        scale: Which of the two.
    """
    lift = value if scale is Scale.RELATIVE else 0.0
    weights = np.where(treated, 1 / share, -(1 + lift) / (1 - share))
    away = value * prediction if scale is Scale.RELATIVE else value
    return np.asarray(gap * weights - away, dtype=np.float64)


def log_wealth(outcomes: Outcomes, terms: Terms, value: float = 0.0, scale: Scale = Scale.RELATIVE) -> Floats:
    """Log of the wealth against a hypothesis after each batch, shape `(batches,)`: a log e-process."""
    prediction = predictions(outcomes, terms)
    scores = score(outcomes.value - prediction, outcomes.treated, prediction, outcomes.share, value, scale)
    lowest, highest = _corners(outcomes, terms, value, scale)
    most = 1 - SMALLEST_FACTOR
    sums = np.empty((2, len(STAKES), outcomes.batches))
    for side, (sign, limit) in enumerate(((1.0, -lowest), (-1.0, highest))):
        ceiling = most / np.maximum(limit, 1e-300)
        for place, stake in enumerate(STAKES):
            wanted = stake / (terms.deviation * math.sqrt(outcomes.planned_units))
            size = sign * np.minimum(wanted, ceiling)
            factors = np.log1p(size[outcomes.batch] * scores)
            sums[side, place] = np.cumsum(outcomes.per_batch(factors))
    weights = np.broadcast_to((WEIGHTS / 2)[None, :, None], sums.shape)
    return np.asarray(logsumexp(sums, axis=(0, 1), b=weights), dtype=np.float64)


def _corners(outcomes: Outcomes, terms: Terms, value: float, scale: Scale) -> tuple[Floats, Floats]:
    """Smallest and largest score that any unit of each batch could have; shape `(batches,)` each."""
    fixed = terms.slope == 0
    least = np.where(fixed, terms.centre, outcomes.lower)
    most = np.where(fixed, terms.centre, outcomes.upper)
    found = [
        score(end - guess, np.full(len(guess), treated), guess, outcomes.share, value, scale)
        for end in (outcomes.lower, outcomes.upper)
        for guess in (least, most)
        for treated in (True, False)
    ]
    return np.min(found, axis=0), np.max(found, axis=0)
