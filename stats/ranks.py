"""The ordered values around a quantile: all that its readings need of one variant."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy

from stats.checks import check_level, check_numbers

Floats = NDArray[np.float64]
REACH = 8.0
"""Standard errors to either side within which ranks are kept; bounds beyond them are infinite."""


def rank_window(units: int, quantile: float) -> tuple[int, int]:
    """First and last rank, counted from 1, that readings of a quantile of so many units need.

    Raises:
        ValueError: The quantile does not lie between 0 and 1, or there are no units.
    """
    check_level("quantile", quantile)
    if units < 1:
        raise ValueError(f"units must be at least 1, got {units}")
    reach = REACH * math.sqrt(units * quantile * (1 - quantile)) + 2
    return max(1, math.floor(units * quantile - reach)), min(units, math.ceil(units * quantile + reach))


@dataclass(frozen=True)
class Ranks:
    """Ordered values of one variant from rank `first` on; those of other ranks are not known.

    Attributes:
        units: All units of the variant, those without any event included.
        quantile: Between 0 and 1.
        first: Rank of the first value, counted from 1.
        values: In rising order, at least those of `rank_window`; empty when there are no units.

    Raises:
        ValueError: Values are not finite, not in order, or too few; the message says which.
    """

    units: int
    quantile: float
    first: int
    values: tuple[float, ...]

    def __post_init__(self) -> None:
        """Refuse what cannot be read."""
        check_level("quantile", self.quantile)
        if self.units < 0 or (self.units == 0 and self.values):
            raise ValueError(f"units must not be negative, nor 0 with values, got {self.units}")
        if not self.units:
            return
        if not self.values or np.any(np.diff(check_numbers("values", self.values)) < 0):
            raise ValueError("values must be in rising order and not empty")
        low, high = rank_window(self.units, self.quantile)
        if not (1 <= self.first <= low and high <= self.last <= self.units):
            raise ValueError(
                f"values must hold the ranks {low} to {high} of {self.units}, got {self.first} to {self.last}"
            )

    @property
    def last(self) -> int:
        """Rank of the last value."""
        return self.first + len(self.values) - 1

    @property
    def estimate(self) -> float | None:
        """The quantile as `numpy.quantile` interpolates it; `None` without units."""
        if not self.units:
            return None
        place = self.quantile * (self.units - 1) + 1 - self.first
        lower = min(math.floor(place), len(self.values) - 1)
        first, second = self.values[lower], self.values[min(lower + 1, len(self.values) - 1)]
        return first + (second - first) * (place - lower)

    @cached_property
    def ordered(self) -> Floats:
        """The values as an array."""
        return np.asarray(self.values, dtype=np.float64)

    @cached_property
    def lowest(self) -> Floats:
        """Smallest quantile for each count of `deviance`: the value of that rank, or no bound."""
        return np.append(-math.inf, self.ordered)

    @cached_property
    def highest(self) -> Floats:
        """Largest quantile for each count of `deviance`: the value of the rank after it, or no bound."""
        return np.append(self.ordered, math.inf)

    @cached_property
    def deviance(self) -> Floats:
        """How far each count of values below the quantile, from `first - 1` to `last`, is from the likeliest.

        Twice the log likelihood ratio of a coin (Wilks 1938), whose known odds are the quantile.
        """
        below = np.arange(self.first - 1, self.last + 1, dtype=np.float64)
        above, share = self.units - below, self.quantile
        expected = xlogy(below, below / (self.units * share))
        found = 2 * (expected + xlogy(above, above / (self.units * (1 - share))))
        return np.asarray(found - found.min())

    @cached_property
    def centre(self) -> int:
        """Place of the likeliest count."""
        return int(np.argmin(self.deviance))

    def least_deviance(self, candidates: Floats) -> Floats:
        """Deviance if the quantile were one of the candidates, units tied with it on the side that fits best.

        Beyond the known ranks it is at least what is returned.
        """
        low = np.searchsorted(self.ordered, candidates, side="left")
        high = np.searchsorted(self.ordered, candidates, side="right")
        return np.asarray(self.deviance[np.clip(self.centre, low, high)])


def ranks_of(values: ArrayLike, quantile: float) -> Ranks:
    """The ranks that readings of a quantile need, of all values of a variant.

    Args:
        values: Shape `(n,)`, finite, zeros of units without any event included.
        quantile: Between 0 and 1.

    Raises:
        ValueError: A value is not finite, or the quantile not between 0 and 1.
    """
    ordered = np.sort(check_numbers("values", values))
    if not len(ordered):
        return Ranks(0, quantile, 1, ())
    first, last = rank_window(len(ordered), quantile)
    return Ranks(len(ordered), quantile, first, tuple(ordered[first - 1 : last].tolist()))
