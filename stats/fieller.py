"""Confidence sets for a relative difference of two uncertain means, by inverting a test of each candidate."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Quadratic:
    """`constant + linear * lift + square * lift**2`.

    Variance of `treatment - (1 + lift) * control` as a function of the lift.
    """

    constant: float
    linear: float
    square: float

    def at(self, lift: float) -> float:
        """Value at `lift`."""
        return self.constant + lift * (self.linear + lift * self.square)


def lift_set(
    difference: float, control: float, variance: Quadratic, critical: float
) -> tuple[float, float] | None:
    """All lifts with `(difference - lift * control)**2 <= critical**2 * variance(lift)`.

    Fieller (1954). Holds however uncertain the control mean is; `None` when the set is not a bounded
    interval, which is when the control mean itself cannot be told from zero.

    Args:
        difference: Treatment mean minus control mean.
        control: Control mean.
        variance: Of `treatment - (1 + lift) * control`.
        critical: Standard errors to either bound.
    """
    squared = critical**2
    a = control**2 - squared * variance.square
    if not (math.isfinite(squared) and a > 0):
        return None
    # Solved around the estimate: solved around zero, a mean of 1e8 with a deviation of 1 cancels.
    estimate = difference / control
    half = squared * (variance.linear + 2 * variance.square * estimate) / 2
    root = math.sqrt(half * half + a * squared * variance.at(estimate))
    return estimate + (half - root) / a, estimate + (half + root) / a
