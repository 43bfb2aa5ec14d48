"""Many summaries side by side as arrays, so that one formula serves one comparison and a million."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stats.summary import Summary

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Stack:
    """Moments of one variant in many experiments or at many looks.

    Attributes:
        columns: The `k` column names, as in `Summary`.
        units: Exposed units, shape `S` (any, also `()`).
        means: Shape `S + (k,)`.
        comoments: Sums of products of deviations, shape `S + (k, k)`.
        third: Sum of cubed deviations of the first column, shape `S`.
        events: Units whose first column is not zero, shape `S`.
        residual: Sum of cubed deviations of what covariates leave of the outcome, shape `S`; see `Summary`.
    """

    columns: tuple[str, ...]
    units: Floats
    means: Floats
    comoments: Floats
    third: Floats
    events: Floats
    residual: Floats | None = None

    def __add__(self, other: Stack) -> Stack:
        """Moments of both together; third moments are not merged: `nan` and nothing."""
        units = self.units + other.units
        delta = other.means - self.means
        with np.errstate(divide="ignore", invalid="ignore"):
            weight = self.units * other.units / units
            means = self.means + delta * (other.units / units)[..., None]
        spread = delta[..., :, None] * delta[..., None, :] * weight[..., None, None]
        return Stack(
            columns=self.columns,
            units=units,
            means=means,
            comoments=self.comoments + other.comoments + spread,
            third=np.full(np.shape(units), np.nan),
            events=self.events + other.events,
        )


def stack(summary: Summary) -> Stack:
    """One summary as a stack of shape `()`."""
    return Stack(
        columns=summary.columns,
        units=np.float64(summary.units) * np.ones(()),
        means=np.array(summary.means, dtype=np.float64),
        comoments=np.array(summary.comoments, dtype=np.float64),
        third=np.array(summary.third, dtype=np.float64),
        events=np.array(summary.events, dtype=np.float64),
        residual=None if summary.residual is None else np.array(summary.residual, dtype=np.float64),
    )
