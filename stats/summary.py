"""The one shape from which every number in a report is computed: mergeable centred moments."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Summary:
    """Moments of `k` columns over the units of one variant.

    Which columns, by metric kind: a proportion, count or mean has `("outcome",)`; a ratio has
    `("numerator", "denominator")`. Covariates from before exposure follow, any number, with names that begin
    with `"covariate"`; each is one column, but for `"covariate_numerator"` with `"covariate_denominator"`.

    Attributes:
        columns: The `k` column names.
        units: How many exposed units, those without any event included.
        means: Means, shape `(k,)`, in the metric's unit.
        comoments: Sums of products of deviations from the means, shape `(k, k)`, unit squared.
        third: Sum of cubed deviations of the first column, unit cubed; `nan` when not known.
        events: Units whose first column is not zero.
        minimum: Smallest value of the first column; `nan` without units.
        maximum: Largest value of the first column; `nan` without units.
        residual: Sum of cubed deviations of what covariates leave of a unit's outcome, in the metric's unit
            cubed (see `stats.covariates.left_over`); `None` without covariates and where it is not known.
    """

    columns: tuple[str, ...]
    units: int
    means: tuple[float, ...]
    comoments: tuple[tuple[float, ...], ...]
    third: float
    events: int
    minimum: float
    maximum: float
    residual: float | None = None

    def mean(self, column: str | None = None) -> float:
        """Mean of a column (the first one unless named); `nan` without units."""
        return self.means[self._index(column)] if self.units else float("nan")

    def covariance(self, first: str, second: str) -> float:
        """Sample covariance (n - 1) of two columns; `nan` below two units."""
        if self.units < 2:
            return float("nan")
        return self.comoments[self._index(first)][self._index(second)] / (self.units - 1)

    def variance(self, column: str | None = None) -> float:
        """Sample variance (n - 1) of a column; `nan` below two units."""
        name = column or self.columns[0]
        return self.covariance(name, name)

    def skewness(self) -> float:
        """Moment skewness of the first column; `nan` when it does not vary or is not known."""
        second = self.comoments[0][0]
        if self.units < 2 or second <= 0:
            return float("nan")
        return float((self.third / self.units) / (second / self.units) ** 1.5)

    def _index(self, column: str | None) -> int:
        return 0 if column is None else self.columns.index(column)

    def __add__(self, other: Summary) -> Summary:
        """Merge two summaries of disjoint units (Chan, Golub & LeVeque 1983; Pebay 2008 for the third).

        What covariates leave of both together is not known from what they leave of each.
        """
        if self.columns != other.columns:
            raise ValueError(f"summaries of different columns: {self.columns} and {other.columns}")
        if not self.units:
            return other
        if not other.units:
            return self
        n, a, b = self.units + other.units, self.units, other.units
        mean_a, mean_b = np.array(self.means), np.array(other.means)
        delta = mean_b - mean_a
        second = np.array(self.comoments) + np.array(other.comoments) + np.outer(delta, delta) * (a * b / n)
        shift = float(delta[0])
        third = (
            self.third
            + other.third
            + shift**3 * a * b * (a - b) / n**2
            + 3 * shift * (a * other.comoments[0][0] - b * self.comoments[0][0]) / n
        )
        return Summary(
            columns=self.columns,
            units=n,
            means=tuple(float(value) for value in mean_a + delta * (b / n)),
            comoments=_rows(second),
            third=third,
            events=self.events + other.events,
            minimum=min(self.minimum, other.minimum),
            maximum=max(self.maximum, other.maximum),
        )


def summarise(columns: tuple[str, ...], values: NDArray[np.float64]) -> Summary:
    """Summary of raw values, shape `(n, k)`; the reference that engines are tested against.

    Raises:
        ValueError: A value is not finite, or the shape does not fit the columns.
    """
    table = np.asarray(values, dtype=np.float64)
    if table.ndim != 2 or table.shape[1] != len(columns):
        raise ValueError(f"values have shape {table.shape}, expected (n, {len(columns)})")
    if not np.isfinite(table).all():
        raise ValueError("values must be finite")
    if not len(table):
        return empty(columns)
    means = table.mean(axis=0)
    deviations = table - means
    first = table[:, 0]
    return Summary(
        columns=columns,
        units=len(table),
        means=tuple(float(value) for value in means),
        comoments=_rows(deviations.T @ deviations),
        third=float((deviations[:, 0] ** 3).sum()),
        events=int(np.count_nonzero(first)),
        minimum=float(first.min()),
        maximum=float(first.max()),
    )


def empty(columns: tuple[str, ...]) -> Summary:
    """Summary of no units, the neutral element of `+`."""
    zeros = (0.0,) * len(columns)
    nan = float("nan")
    return Summary(columns, 0, zeros, (zeros,) * len(columns), 0.0, 0, nan, nan)


def _rows(matrix: NDArray[np.float64]) -> tuple[tuple[float, ...], ...]:
    return tuple(tuple(float(value) for value in row) for row in matrix)
