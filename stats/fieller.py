"""Confidence sets for a relative difference of two uncertain means, by inverting a test of each candidate."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Quadratic:
    """`constant + linear * lift + square * lift**2`.

    Variance of `treatment - (1 + lift) * control` as a function of the lift; arrays of one shape.
    """

    constant: Floats
    linear: Floats
    square: Floats

    def at(self, lift: Floats | float) -> Floats:
        """Value at `lift`."""
        return np.asarray(self.constant + lift * (self.linear + lift * self.square), dtype=np.float64)


def lift_set(
    difference: Floats, control: Floats, variance: Quadratic, critical: ArrayLike
) -> tuple[Floats, Floats]:
    """All lifts with `(difference - lift * control)**2 <= critical**2 * variance(lift)`.

    Fieller (1954). Holds however uncertain the control mean is; both bounds are `nan` when the set is not a
    bounded interval, which is when the control mean itself cannot be told from zero.

    Args:
        difference: Treatment mean minus control mean.
        control: Control mean.
        variance: Of `treatment - (1 + lift) * control`.
        critical: Standard errors to either bound.
    """
    squared = np.square(np.asarray(critical, dtype=np.float64))
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        a = np.square(control) - squared * variance.square
        # Solved around the estimate: solved around zero, a mean of 1e8 with a deviation of 1 cancels.
        estimate = difference / control
        half = squared * (variance.linear + 2 * variance.square * estimate) / 2
        root = np.sqrt(half * half + a * squared * variance.at(estimate))
        bounded = np.isfinite(squared) & (a > 0)
        lower = np.where(bounded, estimate + (half - root) / a, np.nan)
        upper = np.where(bounded, estimate + (half + root) / a, np.nan)
    return lower, upper
