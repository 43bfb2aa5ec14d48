"""How often a reading is wrong: error rate, coverage, power and stopping time in imaginary experiments."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from stats import anytime, conversion
from stats.contrast import contrast
from stats.group_sequential import critical_values
from stats.guard import verdicts
from stats.mean import Reading, read_always, read_normal
from stats.sequential import RARE
from stats.stack import Stack
from stats.synthetic import Cell, simulate

Bools = NDArray[np.bool_]
Reader = Callable[[Cell, Stack, Stack, float], tuple[Bools, Bools, Bools, Bools]]
"""Called, truth left out, determined and upward, each of shape `(replicates, looks)`."""


@dataclass(frozen=True, slots=True)
class Record:
    """What happened over all looks.

    Attributes:
        replicates: Imaginary experiments.
        rejected: Share in which some look called a difference.
        upward: Share whose first call was that the treatment is better.
        missed: Share in which some look's absolute or relative interval left out the truth.
        stopping: Mean share of the units at the first call, 1 where there was none.
        determined: Share of all looks that gave an interval.
        bounds: Monte-Carlo interval of `rejected` at 99.9 %.
    """

    replicates: int
    rejected: float
    upward: float
    missed: float
    stopping: float
    determined: float
    bounds: tuple[float, float]


def calibrate(
    cell: Cell,
    replicates: int,
    seed: int,
    alpha: float = 0.05,
    batch: int = 500,
    reading: Reader | None = None,
) -> Record:
    """Read `replicates` experiments at every look, by the automatic choice unless told otherwise."""
    reader = reading or read
    rng = np.random.default_rng(seed)
    parts = []
    for start in range(0, replicates, batch):
        arms = simulate(cell, min(batch, replicates - start), rng)
        parts.append(reader(cell, *arms, alpha))
    called, missing, known, upward = (np.concatenate(part) for part in zip(*parts, strict=True))
    ever = called.any(axis=1)
    first = np.where(ever, called.argmax(axis=1), cell.looks - 1)
    hits = int(ever.sum())
    return Record(
        replicates=replicates,
        rejected=hits / replicates,
        upward=float((ever & upward[np.arange(replicates), first]).mean()),
        missed=float(missing.any(axis=1).mean()),
        stopping=float((first + 1).mean() / cell.looks),
        determined=float(known.mean()),
        bounds=monte_carlo(hits, replicates),
    )


def monte_carlo(hits: int, replicates: int, level: float = 0.999) -> tuple[float, float]:
    """Clopper-Pearson interval of a share that was simulated."""
    tail = (1 - level) / 2
    low = float(beta.ppf(tail, hits, replicates - hits + 1)) if hits else 0.0
    high = float(beta.isf(tail, hits + 1, replicates - hits)) if hits < replicates else 1.0
    return low, high


def read(cell: Cell, control: Stack, treatment: Stack, alpha: float) -> tuple[Bools, Bools, Bools, Bools]:
    """Called, truth left out, determined and upward, each of shape `(replicates, looks)`.

    The same functions and the same order of choice as `stats.sequential.read_sequentially`.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        pair = contrast(control, treatment, adjust=True)
        sound = verdicts(pair) == 0
        binary = cell.kind in {"proportion", "retention"}
        reading = read_always(pair, cell.units, anytime.sequential(alpha), cell.matured, binary=binary)
        called, known = sound & (reading.p_value <= alpha), sound
        missing = sound & _outside(cell, reading)
        upward = pair.difference > 0
    if cell.kind in {"proportion", "retention"}:
        shares = (1 - cell.share, cell.share)
        events = control.events + treatment.events
        exact = (events > 0) & (~sound | (events < RARE * pair.units))
        counts = (control.events, treatment.events, pair.units, shares, cell.units)
        boundary = anytime.sequential(alpha)
        chance = conversion.p_value(*counts, boundary, matured=cell.matured)
        called = np.where(exact, chance <= alpha, called)
        truth = conversion.p_value(*counts, boundary, math.log1p(cell.lift), cell.matured)
        missing = np.where(exact, truth <= alpha, missing)
        known = exact | known
    return called, missing, known, upward


def read_planned_looks(
    cell: Cell, control: Stack, treatment: Stack, alpha: float
) -> tuple[Bools, Bools, Bools, Bools]:
    """The same for planned looks, every look of the cell one of them."""
    rates = tuple((look + 1) / cell.looks for look in range(cell.looks))
    return _read_against(cell, control, treatment, np.array(critical_values(rates, alpha)))


def read_planned_size(
    cell: Cell, control: Stack, treatment: Stack, alpha: float
) -> tuple[Bools, Bools, Bools, Bools]:
    """The same for a planned size that is read at any moment."""
    rate = (control.units + treatment.units) / cell.units
    with np.errstate(divide="ignore", invalid="ignore"):
        return _read_against(cell, control, treatment, anytime.planned(alpha).critical_value(rate, rate))


def _read_against(
    cell: Cell, control: Stack, treatment: Stack, critical: NDArray[np.float64]
) -> tuple[Bools, Bools, Bools, Bools]:
    with np.errstate(divide="ignore", invalid="ignore"):
        pair = contrast(control, treatment, adjust=True)
        sound = verdicts(pair) == 0
        nothing = np.full(np.shape(pair.units), np.nan)
        reading = read_normal(pair, critical, nothing, binary=cell.kind in {"proportion", "retention"})
        called = sound & ((reading.lower > 0) | (reading.upper < 0))
        return called, sound & _outside(cell, reading), sound, pair.difference > 0


def _outside(cell: Cell, reading: Reading) -> Bools:
    """Where an interval leaves out the truth."""
    effect = cell.mean * cell.lift * cell.arrived
    return np.asarray(
        (effect < reading.lower)
        | (effect > reading.upper)
        | (cell.lift < reading.lift_lower)
        | (cell.lift > reading.lift_upper)
    )
