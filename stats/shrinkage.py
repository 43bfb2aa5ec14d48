"""What a programme of experiments says of each of its effects: estimates drawn towards their common mean."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from stats.result import Interval, Undetermined

FEWEST: Final = 5
"""With fewer experiments the spread of true effects is a guess, not an estimate."""
_NODES: Final = 120
_STEPS: Final = 30
Vector = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Shrunk:
    """Posterior of every effect, given all of them.

    Attributes:
        effects: One interval per experiment, in the order and unit of the estimates.
        weights: Weight of the experiment's own estimate, 0 (all from the others) to 1 (all its own).
        above_zero: Chance that the true effect lies above zero.
        mean: Mean of the true effects across experiments.
        spread: Standard deviation of the true effects across experiments.
        level: Two-sided level of the intervals.
    """

    effects: tuple[Interval, ...]
    weights: tuple[float, ...]
    above_zero: tuple[float, ...]
    mean: Interval
    spread: Interval
    level: float
    _mixture: _Mixture = field(repr=False, compare=False)

    def total(self, factors: Sequence[float]) -> Interval:
        """The sum of the true effects, each times its factor; what they share is counted.

        Args:
            factors: One per experiment, such as yearly shoppers; 0 leaves one out.

        Raises:
            ValueError: Not one finite factor per experiment.
        """
        values = np.asarray(factors, dtype=float)
        if values.shape != (len(self.effects),) or not np.isfinite(values).all():
            raise ValueError(f"factors must be {len(self.effects)} finite numbers, got {factors!r}")
        if not values.any():
            return Interval(0.0, 0.0, 0.0)
        grid = self._mixture
        centre = grid.centres @ values
        own = (1 - grid.pull) * grid.pull_variance
        variance = own @ values**2 + (grid.pull @ values) ** 2 * grid.mean_variance
        return _interval(grid.density, centre[:, None], np.sqrt(variance)[:, None], self.level)[0]


@dataclass(frozen=True, slots=True)
class _Mixture:
    """The posterior at each spread of a grid: rows are spreads, columns experiments."""

    density: Vector
    centres: Vector
    pull: Vector
    pull_variance: Vector
    mean_variance: Vector


def shrink(
    estimates: Sequence[float], standard_errors: Sequence[float], level: float = 0.05
) -> Shrunk | Undetermined:
    """Every effect, drawn towards the mean of all as far as its own noise says.

    Estimates are normal around true effects, and these normal around a mean; mean and spread have flat priors
    and are integrated out, so that intervals carry what is not known of them: Rubin (1981, "Estimation in
    parallel randomized experiments"); Gelman (2006, "Prior distributions for variance parameters"). For known
    mean and spread it is Efron & Morris (1973, "Stein's estimation rule and its competitors"). The posterior
    does not depend on which experiments were stopped or chosen for their result (Deng, Lu & Chen 2016,
    "Continuous monitoring of A/B tests without pain"), so the winners' shrunk effects are free of the
    winner's curse, provided *all* finished experiments are given, not the winners alone.

    Args:
        estimates: One effect per finished experiment, all in one unit and with one direction of good.
        standard_errors: Of the estimates, above zero.
        level: Two-sided level of the intervals.

    Returns:
        `Undetermined` with code `too_few_experiments` for fewer than `FEWEST`.

    Raises:
        ValueError: Lengths differ, or a number is not finite or outside its range.
    """
    values, errors = _checked(estimates, standard_errors, level)
    if len(values) < FEWEST:
        return Undetermined(
            "too_few_experiments",
            f"{len(values)} experiments have finished; how much effects differ can be told from {FEWEST} on.",
        )
    spreads, width = _grid(values, errors)
    total = errors**2 + spreads[:, None] ** 2
    precision = (1 / total).sum(axis=1)
    mean = (values / total).sum(axis=1) / precision
    fit = -0.5 * (np.log(total) + (values - mean[:, None]) ** 2 / total).sum(axis=1)
    log_density = fit - 0.5 * np.log(precision) + np.log(width)
    density = np.exp(log_density - log_density.max())
    density /= density.sum()
    pull = errors**2 / total
    own_variance = np.broadcast_to(errors**2, pull.shape)
    mixture = _Mixture(density, values - pull * (values - mean[:, None]), pull, own_variance, 1 / precision)
    spread_of = np.sqrt((1 - pull) * own_variance + pull**2 / precision[:, None])
    return Shrunk(
        effects=tuple(_interval(density, mixture.centres, spread_of, level)),
        weights=tuple(float(value) for value in 1 - density @ pull),
        above_zero=tuple(float(value) for value in density @ ndtr(mixture.centres / spread_of)),
        mean=_interval(density, mean[:, None], np.sqrt(1 / precision)[:, None], level)[0],
        spread=_spread(density, spreads, level),
        level=level,
        _mixture=mixture,
    )


def _checked(estimates: Sequence[float], standard_errors: Sequence[float], level: float) -> tuple[Any, Any]:
    values, errors = np.asarray(estimates, dtype=float), np.asarray(standard_errors, dtype=float)
    if values.shape != errors.shape or values.ndim != 1:
        raise ValueError(f"one standard error per estimate, got {values.shape} and {errors.shape}")
    if not np.isfinite(values).all():
        raise ValueError("estimates must be finite")
    if not (np.isfinite(errors).all() and (errors > 0).all()):
        raise ValueError("standard_errors must be finite and above zero")
    if not 0 < level < 1:
        raise ValueError(f"level must lie between 0 and 1, got {level}")
    return values, errors


def _grid(values: Vector, errors: Vector) -> tuple[Vector, Vector]:
    """Spreads from nothing to far beyond what the estimates show, dense near zero, with their widths."""
    widest = 10 * float(values.std(ddof=1)) + 3 * float(errors.max())
    places = (np.arange(_NODES) + 0.5) / _NODES
    return widest * places**2, widest * 2 * places / _NODES


def _interval(density: Vector, centres: Vector, deviations: Vector, level: float) -> list[Interval]:
    """Mean and equal-tailed bounds of mixtures of normals, one per column."""
    means = density @ centres
    bounds = [_quantile(density, centres, deviations, chance) for chance in (level / 2, 1 - level / 2)]
    return [
        Interval(float(mean), float(lower), float(upper))
        for mean, lower, upper in zip(means, *bounds, strict=True)
    ]


def _quantile(density: Vector, centres: Vector, deviations: Vector, chance: float) -> Vector:
    ends = centres + ndtri(chance) * deviations
    low, high = ends.min(axis=0), ends.max(axis=0)
    for _ in range(_STEPS):
        middle = (low + high) / 2
        below = density @ ndtr((middle - centres) / deviations) < chance
        low, high = np.where(below, middle, low), np.where(below, high, middle)
    result: Vector = (low + high) / 2
    return result


def _spread(density: Vector, spreads: Vector, level: float) -> Interval:
    reached = np.cumsum(density)
    ends = np.interp([level / 2, 1 - level / 2], reached, spreads)
    return Interval(math.sqrt(float(density @ spreads**2)), float(ends[0]), float(ends[1]))
