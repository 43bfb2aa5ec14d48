"""Seeded imaginary experiments: moments of every arm at every look, without a row per unit where possible."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement

import numpy as np
from numpy.typing import NDArray

from stats.cell import Cell
from stats.covariates import form, left_over
from stats.stack import Stack

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rows:
    """The units of one arm that have a value other than zero; what is not here is zero in every column.

    Attributes:
        columns: Outcome, then the covariate where there is one, shape `(rows, k)`.
        weights: Units with these very values, shape `(rows,)`; `None` for one each.
        arrived: Look at which the unit came, flat over `(replicates, looks)`; the covariate is known then.
        came: Look at which its outcome came, flat likewise; `-1` where it never came.
        left: Look at which its outcome was taken back, flat likewise; `-1` where it was not.
    """

    columns: Floats
    weights: Floats | None
    arrived: Whole
    came: Whole
    left: Whole | None


@dataclass(frozen=True, slots=True)
class Arm:
    """One variant in many experiments.

    Attributes:
        stack: Moments at every look, shape `(replicates, looks)`.
        fresh: New units at every look, same shape.
        rows: What the moments were made of.
    """

    stack: Stack
    fresh: Whole
    rows: Rows


def simulate(
    cell: Cell, replicates: int, rng: np.random.Generator, fresh: Whole | None = None
) -> tuple[Arm, ...]:
    """The control and every treatment of `replicates` experiments.

    Args:
        cell: Kind of experiment.
        replicates: How many.
        rng: Draws them.
        fresh: New units at every look, shape `(replicates, looks, arms)`; drawn by the cell's shares unless
            given.
    """
    if fresh is None:
        fresh = rng.multinomial(np.broadcast_to(cell.fresh, (replicates, cell.looks)), cell.shares)
    arms = tuple(_arm(cell, place > 0, fresh[..., place], rng) for place in range(len(cell.shares)))
    if len(cell.columns) == cell.width:
        return arms
    with np.errstate(divide="ignore", invalid="ignore"):
        rest = left_over([arm.stack for arm in arms])
    return tuple(replace(arm, stack=replace(arm.stack, residual=_residual(cell, arm, rest))) for arm in arms)


def _arm(cell: Cell, treated: bool, fresh: Whole, rng: np.random.Generator) -> Arm:
    rows = _rows(cell, treated, fresh, rng)
    units = np.cumsum(fresh, axis=1).astype(np.float64)
    return Arm(stacked(cell.columns, units, moments(rows, cell.width, fresh.shape)), fresh, rows)


def _rows(cell: Cell, treated: bool, fresh: Whole, rng: np.random.Generator) -> Rows:
    """Units by class (with an outcome, with both, with a covariate alone), one row a unit or one a count."""
    scale = 1 + cell.lift if treated and cell.through == "value" else 1.0
    chances = cell.chances(1 + cell.lift if treated and cell.through == "rate" else 1.0)
    counts = fresh[..., None]
    if chances != (1.0,):
        counts = rng.multinomial(fresh, [*chances, max(1 - sum(chances), 0.0)])[..., : len(chances)]
    flat, places = counts.ravel(), np.arange(counts.size)
    alike = np.zeros(flat.shape, dtype=bool)
    if cell.values == "one" and not (cell.delayed or cell.refunds):
        alike[:] = True
    elif cell.newcomers and len(chances) > 2:
        alike[len(chances) - 1 :: len(chances)] = True
    times = np.where(alike, flat > 0, flat)
    weights = np.repeat(np.where(alike, flat, 1), times).astype(np.float64) if alike.any() else None
    places = np.repeat(places, times)
    columns, arrived = _draw(cell, len(places), scale, rng), places
    if len(chances) > 1:
        arrived, group = np.divmod(places, len(chances))
        if cell.newcomers:
            columns = np.column_stack([columns, group > 0])
            group = group - (len(chances) > 2)
        columns[group >= 2, : cell.width] = 0.0
        columns[(group <= 0) | (group == 3), cell.width : 2 * cell.width] = 0.0
    came = _came(cell, arrived, rng)
    return Rows(columns, weights, arrived, came, _left(cell, came, rng))


def _draw(cell: Cell, size: int, scale: float, rng: np.random.Generator) -> Floats:
    """Values of units that have one, and of their covariates, shape `(size, k)`."""
    if cell.values == "one":
        outcome = np.full((size, 1), scale)
        return np.column_stack([outcome, np.ones(size)]) if cell.correlation else outcome
    if cell.values == "poisson":
        return _draw_counts(cell.correlation, size, scale, rng)
    weight = cell.correlation
    shared = rng.standard_normal(size) if weight else None
    noise = rng.standard_normal(size)
    if shared is not None:
        noise = weight * shared + math.sqrt(1 - weight**2) * noise
    if cell.values == "normal":
        outcome = scale + cell.spread * noise
        return outcome[:, None] if shared is None else np.column_stack([outcome, 5.0 + shared])
    baskets = np.exp(cell.spread * noise) * scale
    before = None if shared is None else np.exp(cell.spread * shared)
    if cell.values == "lognormal":
        return baskets[:, None] if before is None else np.column_stack([baskets, before])
    orders = 1.0 + rng.poisson(cell.more_orders, size)
    columns = [orders * baskets, orders]
    if before is not None:
        earlier = 1.0 + rng.poisson(cell.more_orders, size)
        columns += [earlier * before, earlier]
    return np.column_stack(columns)


def _draw_counts(correlation: float, size: int, scale: float, rng: np.random.Generator) -> Floats:
    """Poisson counts of mean `scale`, and covariates of mean 1 that share a part of theirs."""
    if not correlation:
        return rng.poisson(scale, size).astype(np.float64)[:, None]
    shared = rng.poisson(correlation, size)
    before = shared + rng.poisson(1 - correlation, size)
    after = shared + rng.poisson(1 - correlation, size)
    after = after + rng.poisson(scale - 1, size) if scale > 1 else rng.binomial(after, scale)
    return np.column_stack([after, before]).astype(np.float64)


def _came(cell: Cell, arrived: Whole, rng: np.random.Generator) -> Whole:
    if not cell.delayed:
        return arrived
    looks, times = cell.looks, cell.times
    row, look = np.divmod(arrived, looks)
    start = np.zeros(len(row))
    if cell.timing != "campaign":
        begin = np.concatenate([[0.0], times[:-1]])
        start = begin[look] + (times - begin)[look] * rng.random(len(row))
    moment = start + cell.delay * rng.random(len(row)) ** cell.haste
    found = np.searchsorted(times, moment)
    return np.where(found < looks, row * looks + np.maximum(found, look), -1)


def _left(cell: Cell, came: Whole, rng: np.random.Generator) -> Whole | None:
    """Look of the refund: any from that of the outcome to the last, each as likely."""
    if not cell.refunds:
        return None
    row, look = np.divmod(np.maximum(came, 0), cell.looks)
    taken = (came >= 0) & (rng.random(len(came)) < cell.refunds)
    return np.where(taken, row * cell.looks + rng.integers(look, cell.looks), -1)


def moments(rows: Rows, outcomes: int, shape: tuple[int, ...]) -> list[Floats]:
    """Running sums over looks: of columns, their products, the first one cubed, and events.

    Args:
        rows: Units with a value.
        outcomes: How many of the first columns are outcomes; covariates follow.
        shape: `(replicates, looks)`.
    """
    columns = [np.ascontiguousarray(column) for column in rows.columns.T]
    width = len(columns)
    sums = [_running(rows, column, place >= outcomes, shape) for place, column in enumerate(columns)]
    products: dict[tuple[int, int], Floats] = {}
    for i in range(width):
        for j in range(i, width):
            product = columns[i] * columns[j]
            products[i, j] = products[j, i] = _running(rows, product, i >= outcomes, shape)
            if j == 0:
                cube = _running(rows, product * columns[0], False, shape)
    sums += [products[i, j] for i in range(width) for j in range(width)]
    return [*sums, cube, _running(rows, (columns[0] != 0).astype(np.float64), False, shape)]


def _residual(cell: Cell, arm: Arm, rest: Floats) -> Floats:
    """Sum of cubed deviations of the combinations `rest` of the columns at every look."""
    stack, shape = arm.stack, arm.fresh.shape
    columns = [np.ascontiguousarray(column) for column in arm.rows.columns.T]
    cubed = np.zeros(shape)
    for places in combinations_with_replacement(range(len(columns)), 3):
        first, second, last = (columns[place] for place in places)
        times = math.factorial(3) / math.prod(math.factorial(places.count(place)) for place in set(places))
        sums = _running(arm.rows, first * second * last, places[0] >= cell.width, shape)
        cubed = cubed + times * sums * np.prod(rest[..., list(places)], axis=-1)
    mean = np.einsum("...i,...i->...", rest, stack.means)
    square = form(rest, stack, rest)
    return np.asarray(cubed - 3 * mean * square - stack.units * mean**3, dtype=np.float64)


def _running(rows: Rows, value: Floats, early: bool, shape: tuple[int, ...]) -> Floats:
    """Sums of one product until every look; those of covariates alone count from the unit's arrival."""
    if rows.weights is not None:
        value = value * rows.weights
    size = shape[0] * shape[1]
    if early or rows.came is rows.arrived:
        found = np.bincount(rows.arrived, value, size)
    else:
        # Outcomes that never came are counted in a bin of their own.
        found = np.bincount(rows.came + 1, value, size + 1)[1:]
    if rows.left is not None and not early:
        found = found - np.bincount(rows.left + 1, value, size + 1)[1:]
    return np.cumsum(found.reshape(shape), axis=1)


def stacked(names: tuple[str, ...], units: Floats, sums: list[Floats]) -> Stack:
    """Centred moments from running sums as `moments` gives them."""
    width = len(names)
    safe = np.maximum(units, 1.0)
    means = np.stack(sums[:width], axis=-1) / safe[..., None]
    products = np.stack(sums[width : width + width**2], axis=-1).reshape(*units.shape, width, width)
    comoments = products - means[..., :, None] * means[..., None, :] * units[..., None, None]
    first, square, cube = means[..., 0], products[..., 0, 0], sums[-2]
    third = cube - 3 * first * square + 2 * units * first**3
    return Stack(names, units, means, comoments, third, sums[-1])
