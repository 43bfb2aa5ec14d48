"""A Brownian motion read at even moments: the chance of still being inside its boundaries, for any drift."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FAR = 9.0
"""Standard errors beyond which nothing happens."""
FINEST = 0.05
MOST_EXPONENT = 700.0
NODES_PER_STEP = 3.0


@dataclass(frozen=True, slots=True)
class Inside:
    """Paths without drift that have stayed inside, by moment and place.

    Attributes:
        rates: Moments, shape `(looks,)`; the last is 1.
        places: Scores, shape `(points,)`; the score at rate 1 has variance 1.
        masses: Chance of being at a place and inside until then, shape `(looks, points)`.
        closed: Whether nobody can have left yet, shape `(looks,)`.
    """

    rates: Floats
    places: Floats
    masses: Floats
    closed: NDArray[np.bool_]

    def remaining(self, drift: float) -> Floats:
        """Chance of being inside after each moment when the score at rate 1 has mean `drift`.

        Exact for the same paths by the likelihood ratio `exp(drift * score - drift**2 * rate / 2)`.
        """
        exponent = drift * self.places[None, :] - drift**2 * self.rates[:, None] / 2
        inside = (self.masses * np.exp(np.minimum(exponent, MOST_EXPONENT))).sum(axis=1)
        return np.asarray(np.where(self.closed, 1.0, inside), dtype=np.float64)

    def outlook(self, drift: float) -> tuple[float, float]:
        """Chance of ever leaving, and the mean rate at which the watch ends, 1 for those who stay."""
        left = self.remaining(drift)
        before = np.concatenate(([1.0], left[:-1]))
        return float(1 - left[-1]), float((before * np.diff(self.rates, prepend=0.0)).sum())


def walk_inside(upper: Floats, lower: Floats) -> Inside:
    """Follow a driftless walk between boundaries at evenly spaced moments, the last at rate 1.

    Armitage, McPherson & Rowe (1969) on a fixed grid: with even steps one kernel serves all of them, and the
    likelihood ratio gives any drift from the same pass. Equal to `stats.group_sequential.crossing` within
    1e-3.

    Args:
        upper: Upper boundary on the score scale, shape `(looks,)`; infinite where nothing can happen.
        lower: Lower boundary, same shape.
    """
    looks = len(upper)
    step = 1 / looks
    rates = np.arange(1, looks + 1, dtype=np.float64) / looks
    reach = FAR * np.sqrt(rates)
    high, low = np.minimum(upper, reach), np.maximum(lower, -reach)
    width = min(np.sqrt(step) / NODES_PER_STEP, FINEST)
    places = np.arange(np.floor(low.min() / width) - 1, np.ceil(high.max() / width) + 2) * width
    kernel = _normal((places[:, None] - places[None, :]) / np.sqrt(step)) / np.sqrt(step)
    masses = width * (_hat((high[:, None] - places) / width) - _hat((low[:, None] - places) / width))
    masses[0] *= _normal(places / np.sqrt(step)) / np.sqrt(step)
    for look in range(1, looks):
        masses[look] *= kernel @ masses[look - 1]
    closed = np.logical_and.accumulate(np.isinf(upper) & np.isinf(lower))
    return Inside(rates, places, masses, closed)


def _hat(ends: Floats) -> Floats:
    """Integral up to `ends` of the hat function: masses are those of a density linear between the places."""
    inside = np.clip(ends, -1.0, 1.0)
    return np.where(inside < 0, (1 + inside) ** 2 / 2, 1 - (1 - inside) ** 2 / 2)


def _normal(values: Floats) -> Floats:
    return np.asarray(np.exp(-(values**2) / 2) / np.sqrt(2 * np.pi), dtype=np.float64)
