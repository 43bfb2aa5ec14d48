"""Seeded imaginary experiments: moments of both arms at every look, without a row per unit where possible."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stats.stack import Stack

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

MOMENTS = 3


@dataclass(frozen=True, slots=True)
class Cell:
    """One kind of experiment.

    Attributes:
        name: For tables.
        kind: Kind of the metric.
        rate: Share of units with a value other than zero; 1 for dense outcomes.
        values: Law of those values: `one`, `normal`, `lognormal`, `poisson` or `order` (numerator and
            denominator of a ratio).
        spread: Standard deviation of `normal`, log-sd of `lognormal` and `order`.
        share: Treatment's share of the two arms' units.
        correlation: Of outcome and covariate, 0 without a covariate; `normal` only.
        units: Units in both arms at the last look.
        looks: Number of looks.
        timing: `steady` (units arrive evenly), `random` (looks at random times), `campaign` (all units at
            once, outcomes arrive evenly) or `refunds` (the same, three in ten taken back later).
        haste: Power of the uniform time at which a campaign's outcomes come; above 1 most come early.
        lift: Relative effect.
        through: Whether it acts on the `rate` or on the `value`s.
    """

    name: str
    kind: str
    rate: float = 1.0
    values: str = "one"
    spread: float = 1.0
    share: float = 0.5
    correlation: float = 0.0
    units: int = 40_000
    looks: int = 100
    timing: str = "steady"
    haste: float = 1.0
    lift: float = 0.0
    through: str = "rate"

    @property
    def matured(self) -> Floats:
        """Share of the units' outcome windows that has passed at every look."""
        if self.timing in {"campaign", "refunds"}:
            return np.arange(1, self.looks + 1) / self.looks
        return np.ones(self.looks)

    @property
    def arrived(self) -> Floats:
        """Share of the outcomes that have come at every look; what an effect can have come to by then."""
        if self.timing == "campaign":
            return np.asarray(self.matured ** (1 / self.haste), dtype=np.float64)
        return np.ones(self.looks)

    @property
    def mean(self) -> float:
        """The control's true metric."""
        if self.kind == "ratio":
            return float(np.exp(self.spread**2 / 2))
        size = {"one": 1.0, "normal": 1.0, "poisson": 1.0, "lognormal": float(np.exp(self.spread**2 / 2))}
        return self.rate * size[self.values]


def simulate(cell: Cell, replicates: int, rng: np.random.Generator) -> tuple[Stack, Stack]:
    """Control and treatment of `replicates` experiments, shape `(replicates, looks)`."""
    return tuple(_arm(cell, treated, replicates, rng) for treated in (False, True))  # type: ignore[return-value]


def _arm(cell: Cell, treated: bool, replicates: int, rng: np.random.Generator) -> Stack:
    share = cell.share if treated else 1 - cell.share
    fresh = _arrivals(cell, share, replicates, rng)
    rate = cell.rate * (1 + cell.lift if treated and cell.through == "rate" else 1.0)
    counts = rng.binomial(fresh, rate) if rate < 1 else fresh
    scale = 1 + cell.lift if treated and cell.through == "value" else 1.0
    where = np.repeat(np.arange(fresh.size), counts.ravel())
    columns, names = _draw(cell, len(where), scale, rng)
    if cell.timing in {"campaign", "refunds"}:
        # Everyone is there at the first look; the outcome of each comes at a look of its own.
        where = where // cell.looks * cell.looks + (cell.looks * rng.random(len(where)) ** cell.haste).astype(
            np.int64
        )
    sums = _accumulate(columns, where, fresh.shape)
    if cell.timing == "refunds":
        back = rng.random(len(where)) < 0.3
        row, look = np.divmod(where[back], cell.looks)
        later = rng.integers(look, cell.looks)
        taken = _accumulate(columns[back], row * cell.looks + later, fresh.shape)
        sums = [whole - part for whole, part in zip(sums, taken, strict=True)]
    return _stack(names, np.cumsum(fresh, axis=1).astype(np.float64), sums)


def _arrivals(cell: Cell, share: float, replicates: int, rng: np.random.Generator) -> Whole:
    """New units of one arm at every look."""
    if cell.timing in {"campaign", "refunds"}:
        fresh = np.zeros((replicates, cell.looks), dtype=np.int64)
        fresh[:, 0] = rng.binomial(cell.units, share, replicates)
        return fresh
    if cell.timing == "random":
        # Looks at random times are shared by both arms, so they are drawn from a generator of their own.
        times = np.sort(np.random.default_rng(cell.units).random(cell.looks))
        widths = np.diff(times, prepend=0.0) * cell.units
        return np.asarray(rng.poisson(widths * share, (replicates, cell.looks)), dtype=np.int64)
    per_look = cell.units // cell.looks
    return np.asarray(rng.binomial(per_look, share, (replicates, cell.looks)), dtype=np.int64)


def _draw(cell: Cell, size: int, scale: float, rng: np.random.Generator) -> tuple[Floats, tuple[str, ...]]:
    """Values of the units that have one, shape `(size, k)`."""
    if cell.values == "order":
        orders = 1.0 + rng.poisson(0.4, size)
        baskets = rng.lognormal(0.0, cell.spread, size) * scale
        return np.column_stack([orders * baskets, orders]), ("numerator", "denominator")
    if cell.values == "normal":
        shared = rng.standard_normal(size)
        noise = rng.standard_normal(size)
        weight = cell.correlation
        outcome = scale + cell.spread * (weight * shared + np.sqrt(1 - weight**2) * noise)
        if weight:
            return np.column_stack([outcome, 5.0 + shared]), ("outcome", "covariate")
        return outcome[:, None], ("outcome",)
    if cell.values == "poisson":
        return np.asarray(rng.poisson(scale, size), dtype=np.float64)[:, None], ("outcome",)
    if cell.values == "lognormal":
        return (rng.lognormal(0.0, cell.spread, size) * scale)[:, None], ("outcome",)
    return np.full((size, 1), scale), ("outcome",)


def _accumulate(columns: Floats, where: Whole, shape: tuple[int, ...]) -> list[Floats]:
    """Running sums over looks: of columns, of their products, of the first one cubed, and of events."""
    width = columns.shape[1]
    weights = [columns[:, index] for index in range(width)]
    weights += [columns[:, i] * columns[:, j] for i in range(width) for j in range(width)]
    weights += [columns[:, 0] ** 3, (columns[:, 0] != 0).astype(np.float64)]
    size = shape[0] * shape[1]
    return [
        np.cumsum(np.bincount(where, weights=weight, minlength=size).reshape(shape), axis=1)
        for weight in weights
    ]


def _stack(names: tuple[str, ...], units: Floats, sums: list[Floats]) -> Stack:
    width = len(names)
    safe = np.maximum(units, 1.0)
    means = np.stack(sums[:width], axis=-1) / safe[..., None]
    products = np.stack(sums[width : width + width**2], axis=-1).reshape(*units.shape, width, width)
    comoments = products - means[..., :, None] * means[..., None, :] * units[..., None, None]
    first, square, cube = means[..., 0], products[..., 0, 0], sums[-2]
    third = cube - 3 * first * square + 2 * units * first**3
    return Stack(names, units, means, comoments, third, sums[-1])
