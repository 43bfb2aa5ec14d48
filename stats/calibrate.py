"""How often a reading is wrong: error rate, coverage, power and stopping time in imaginary experiments."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import beta

from stats.cell import Cell
from stats.readers import Pair, Reader, Readout, read_automatic
from stats.synthetic import Arm, simulate

Bools = NDArray[np.bool_]
MOST_ROWS = 2_000_000
"""Units with a value, over all experiments of a batch: what is held in memory at a time."""
MOST_LOOKS = 100_000


@dataclass(frozen=True, slots=True)
class Record:
    """What happened over all looks.

    Attributes:
        replicates: Imaginary experiments.
        rejected: Share in which some look called a difference, between the control and any treatment.
        upward: Share whose first call was that the treatment is better.
        missed_absolute: Share in which some look's interval of some difference left out the truth.
        missed_relative: The same of the lift.
        missed_at_stop: Share whose interval, absolute or relative, left out the truth when the experiment
            stopped: at the first call, or at the last look.
        stopping: Mean share of the looks at the first call, 1 where there was none.
        determined: Share of all looks that gave an interval.
    """

    replicates: int
    rejected: float
    upward: float
    missed_absolute: float
    missed_relative: float
    missed_at_stop: float
    stopping: float
    determined: float

    @property
    def missed(self) -> float:
        """The larger share of experiments in which a kind of interval left out the truth at some look."""
        return max(self.missed_absolute, self.missed_relative)

    @property
    def bounds(self) -> tuple[float, float]:
        """Monte-Carlo interval of `rejected` at 99.9 %."""
        return self.interval(self.rejected)

    def interval(self, share: float) -> tuple[float, float]:
        """Monte-Carlo interval at 99.9 % of one of the shares of experiments."""
        return monte_carlo(round(share * self.replicates), self.replicates)


def calibrate(
    cell: Cell, replicates: int, seed: int, alpha: float = 0.05, reading: Reader = read_automatic
) -> Record:
    """Read `replicates` experiments at every look, by the automatic choice unless told otherwise."""
    return calibrate_all(cell, replicates, seed, {"": reading}, alpha)[""]


def calibrate_all(
    cell: Cell, replicates: int, seed: int, readings: Mapping[str, Reader], alpha: float = 0.05
) -> dict[str, Record]:
    """The same experiments read by every method; a family of several treatments shares alpha (Bonferroni)."""
    rng = np.random.default_rng(seed)
    heavy = max(1.0, cell.units * (1.0 if cell.rate == 1 else 2 * cell.rate))
    batch = max(1, min(replicates, int(MOST_ROWS / heavy), MOST_LOOKS // cell.looks))
    parts: dict[str, list[list[Readout]]] = {name: [] for name in readings}
    for start in range(0, replicates, batch):
        pairs = pairs_of(cell, simulate(cell, min(batch, replicates - start), rng))
        for name, reading in readings.items():
            parts[name].append([reading(pair, alpha / len(pairs)) for pair in pairs])
    return {name: _record(found) for name, found in parts.items()}


def pairs_of(cell: Cell, arms: Sequence[Arm]) -> list[Pair]:
    """Every treatment with the control."""
    return [Pair(cell, arms[0], arm, place) for place, arm in enumerate(arms[1:], start=1)]


def monte_carlo(hits: int, replicates: int, level: float = 0.999) -> tuple[float, float]:
    """Clopper-Pearson interval of a share that was simulated."""
    tail = (1 - level) / 2
    low = float(beta.ppf(tail, hits, replicates - hits + 1)) if hits else 0.0
    high = float(beta.isf(tail, hits + 1, replicates - hits)) if hits < replicates else 1.0
    return low, high


def _record(parts: list[list[Readout]]) -> Record:
    rows = np.concatenate([_summed(family) for family in parts])
    called, upward, absolute, relative, at_stop, stopping, known = rows.mean(axis=0)
    return Record(
        replicates=len(rows),
        rejected=float(called),
        upward=float(upward),
        missed_absolute=float(absolute),
        missed_relative=float(relative),
        missed_at_stop=float(at_stop),
        stopping=float(stopping),
        determined=float(known),
    )


def _summed(family: list[Readout]) -> NDArray[np.float64]:
    """One line per experiment: the columns of `Record` from `rejected` on."""
    called = np.any([each.called for each in family], axis=0)
    ever, looks = called.any(axis=1), called.shape[1]
    first = np.where(ever, called.argmax(axis=1), looks - 1)
    here = (np.arange(len(first)), first)
    upward = np.any([each.called & each.upward for each in family], axis=0)[here]
    absolute = np.any([each.missed_absolute for each in family], axis=0)
    relative = np.any([each.missed_relative for each in family], axis=0)
    known = np.mean([each.known for each in family], axis=(0, 2))
    return np.column_stack(
        [
            ever,
            ever & upward,
            absolute.any(axis=1),
            relative.any(axis=1),
            (absolute | relative)[here],
            (first + 1) / looks,
            known,
        ]
    ).astype(np.float64)
