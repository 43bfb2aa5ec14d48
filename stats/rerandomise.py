"""A/A tests on units that were really exposed: fake assignments, read like the real one.

Whatever the treatment did, an assignment drawn anew has no effect: the outcomes are fixed and the labels are
chance alone (Fisher's randomisation distribution). Every difference that a reading calls is then a false
alarm, on this shop's own values, however skewed they are.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stats.calibrate import monte_carlo, pairs_of
from stats.cell import Cell
from stats.readers import Reader, Readout
from stats.synthetic import Arm, Rows, moments, stacked

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]
MOST_LABELS = 2_000_000
"""Labels of units with a value that are held in memory at a time."""


@dataclass(frozen=True, slots=True)
class Shop:
    """The units of one experiment, in the order of their exposure.

    Attributes:
        columns: As in `stats.summary.Summary`, outcome first.
        values: Of every unit, shape `(n, k)`.
        kind: Kind of the metric.
        shares: Probabilities of the variants, the control first, summing to one.
        planned_units: Units planned over all variants.
    """

    columns: tuple[str, ...]
    values: Floats
    kind: str
    shares: tuple[float, ...]
    planned_units: int


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What fake assignments came to.

    Attributes:
        replicates: Fake assignments.
        called: Share of them in which some look called a difference of any treatment.
        bounds: Interval of the true share at 99.9 % (Clopper & Pearson).
        determined: Share of looks that gave an interval.
    """

    replicates: int
    called: float
    bounds: tuple[float, float]
    determined: float


def rehearse(
    shop: Shop, readings: Mapping[str, Reader], alpha: float, replicates: int, looks: int, seed: int
) -> dict[str, Rehearsal]:
    """Read every fake assignment after each of `looks` equal parts of the units, with every reading.

    Outcomes count in full from their unit's exposure on; the last look has all units.

    Args:
        shop: The units.
        readings: By name.
        alpha: Two-sided error of one treatment's comparison.
        replicates: Fake assignments.
        looks: At most as many as there are units.
        seed: The same gives the same result.

    Raises:
        ValueError: Values are not finite, or the shares do not sum to one.
    """
    if not np.isfinite(shop.values).all():
        raise ValueError("values must be finite")
    if abs(sum(shop.shares) - 1) > 1e-9 or len(shop.shares) < 2:
        raise ValueError(f"shares must be at least two and sum to 1, got {shop.shares}")
    rng = np.random.default_rng(seed)
    cell = _cell(shop, looks)
    valued = np.flatnonzero(shop.values.any(axis=1))
    batch = max(1, min(replicates, MOST_LABELS // max(len(valued), looks)))
    hits, known = dict.fromkeys(readings, 0), dict.fromkeys(readings, 0.0)
    for start in range(0, replicates, batch):
        size = min(batch, replicates - start)
        pairs = pairs_of(cell, _arms(shop, cell, valued, size, rng))
        for name, reading in readings.items():
            found = [reading(pair, alpha) for pair in pairs]
            hits[name] += _called(found)
            known[name] += float(np.mean([each.known for each in found])) * size
    return {
        name: Rehearsal(
            replicates, hits[name] / replicates, monte_carlo(hits[name], replicates), known[name] / replicates
        )
        for name in readings
    }


def _called(found: list[Readout]) -> int:
    return int(np.any([each.called for each in found], axis=0).any(axis=1).sum())


def _cell(shop: Shop, looks: int) -> Cell:
    """A cell without an effect that reads as this experiment does."""
    rate = float((shop.values[:, 0] != 0).mean()) if len(shop.values) else 0.0
    return Cell(
        "own data",
        shop.kind,
        rate=min(max(rate, 1e-9), 1 - 1e-9),
        shares=shop.shares,
        units=shop.planned_units,
        looks=looks,
        at=tuple(len(shop.values) / shop.planned_units * (look + 1) / looks for look in range(looks)),
    )


def _arms(shop: Shop, cell: Cell, valued: Whole, replicates: int, rng: np.random.Generator) -> list[Arm]:
    """Fake arms; units without any value are drawn as numbers, for they are all alike."""
    looks, arms = cell.looks, len(shop.shares)
    look = np.arange(len(shop.values)) * looks // max(len(shop.values), 1)
    nothing = np.bincount(look, minlength=looks) - np.bincount(look[valued], minlength=looks)
    empty = rng.multinomial(np.broadcast_to(nothing, (replicates, looks)), shop.shares)
    edges = np.cumsum(shop.shares)[:-1]
    labels = np.searchsorted(edges, rng.random((replicates, len(valued))), side="right")
    where = np.arange(replicates)[:, None] * looks + look[valued]
    return [_arm(shop, labels == arm, where, empty[..., arm].astype(np.int64), valued) for arm in range(arms)]


def _arm(shop: Shop, mine: NDArray[np.bool_], where: Whole, empty: Whole, valued: Whole) -> Arm:
    _, place = np.nonzero(mine)
    arrived = where[mine]
    rows = Rows(shop.values[valued[place]], None, arrived, arrived, None)
    fresh = empty + np.bincount(arrived, minlength=empty.size).reshape(empty.shape)
    units = np.cumsum(fresh, axis=1).astype(np.float64)
    return Arm(stacked(shop.columns, units, moments(rows, shop.values.shape[1], fresh.shape)), fresh, rows)
