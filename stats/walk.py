"""A Brownian motion watched at a few moments: what is left of it inside boundaries, by quadrature."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

Floats = NDArray[np.float64]

REACH = 9.0
NODES, WEIGHTS = np.polynomial.legendre.leggauss(16)


@dataclass(frozen=True, slots=True)
class Walk:
    """The score process at one information level, restricted to paths that stayed inside so far.

    Recursive integration of Armitage, McPherson & Rowe (1969), as in Jennison & Turnbull (2000), chapter 19.

    Attributes:
        information: Level reached; the score there has this variance.
        drift: Mean of the score per unit of information.
        points: Quadrature points on the score.
        masses: Density times quadrature weight at those points.
    """

    information: float
    drift: float
    points: Floats
    masses: Floats

    def above(self, information: float, bound: float) -> float:
        """Probability of staying inside until now and being above `bound` (z scale) at `information`."""
        return float(self.masses @ ndtr(-self._standard(information, bound)))

    def below(self, information: float, bound: float) -> float:
        """Probability of staying inside until now and being below `bound` (z scale) at `information`."""
        return float(self.masses @ ndtr(self._standard(information, bound)))

    def density(self, information: float, bound: float) -> float:
        """Derivative of `below` by the bound."""
        step = information - self.information
        z = self._standard(information, bound)
        scale = math.sqrt(information / step / (2 * math.pi))
        return float(self.masses @ np.exp(-z * z / 2)) * scale

    def within(self, information: float, lower: float, upper: float) -> Walk:
        """The walk at `information` on paths between two bounds (z scale) there."""
        step = information - self.information
        deviation = math.sqrt(step)
        root = math.sqrt(information)
        centre = self.drift * information
        low = max(lower * root, centre - REACH * root)
        high = min(upper * root, centre + REACH * root)
        if high <= low:
            return Walk(information, self.drift, np.zeros(1), np.zeros(1))
        points, weights = _grid(low, high, deviation)
        z = (points[:, None] - self.points[None, :] - self.drift * step) / deviation
        density = np.exp(-z * z / 2) @ self.masses / (deviation * math.sqrt(2 * math.pi))
        return Walk(information, self.drift, points, density * weights)

    def _standard(self, information: float, bound: float) -> Floats:
        step = information - self.information
        shifted = bound * math.sqrt(information) - self.points - self.drift * step
        return np.asarray(shifted / math.sqrt(step), dtype=np.float64)


def start(drift: float = 0.0) -> Walk:
    """The walk before any information."""
    return Walk(0.0, drift, np.zeros(1), np.ones(1))


def _grid(low: float, high: float, deviation: float) -> tuple[Floats, Floats]:
    """Composite Gauss-Legendre points, with panels as wide as the density is smooth."""
    panels = max(1, math.ceil((high - low) / (4 * deviation)))
    edges = np.linspace(low, high, panels + 1)
    half = np.diff(edges) / 2
    points = (edges[:-1] + half)[:, None] + half[:, None] * NODES
    return points.ravel(), (half[:, None] * WEIGHTS).ravel()
