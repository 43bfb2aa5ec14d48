"""Readings of units that reached a trigger: false alarms, power, and triggers that the treatment moves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binom

from experiments.analysis.health_split import ALPHA, OVERALL
from stats.balance import split_p_values
from stats.calibrate import calibrate, pairs_of
from stats.cell import Cell
from stats.readers import read_automatic
from stats.synthetic import simulate

EXPOSED, LOOKS, RATE = 40_000, 50, 0.1
DELAYS = (0.5, 0.2, 0.1, 0.1, 0.05, 0.05)
"""Shares of the triggered units by looks from exposure to trigger."""
CELLS = (
    Cell("normal", "mean", values="normal", through="value"),
    Cell("conversion 20 %", "proportion", rate=0.2),
    Cell("revenue", "mean", rate=0.2, values="lognormal", spread=1.2),
    Cell("revenue 90/10", "mean", rate=0.2, values="lognormal", spread=1.2, shares=(0.9, 0.1)),
)
CHECK = ALPHA * OVERALL / 2
"""What the check of the balance spends on the split over all triggered units."""
Whole = NDArray[np.int64]


def triggered(cell: Cell, replicates: int, rates: tuple[float, float], rng: np.random.Generator) -> Whole:
    """New triggered units per experiment, look and arm: triggered by chance and some time after exposure."""
    exposed = rng.multinomial(np.full((replicates, LOOKS), EXPOSED // LOOKS), cell.shares)
    found = np.zeros((replicates, LOOKS + len(DELAYS), 2), dtype=np.int64)
    for arm, rate in enumerate(rates):
        chances = [rate * share for share in DELAYS]
        by_delay = rng.multinomial(exposed[..., arm], [*chances, 1 - sum(chances)])
        for delay in range(len(DELAYS)):
            found[:, delay : delay + LOOKS, arm] += by_delay[..., delay]
    return found[:, :LOOKS]


def of_triggered(cell: Cell) -> Cell:
    """The cell whose clock is the triggered units."""
    return replace(cell, units=round(EXPOSED * RATE), looks=LOOKS)


def calls(cell: Cell, replicates: int, seed: int) -> float:
    """Share of experiments in which any look at the triggered units called a difference."""
    rng, small = np.random.default_rng(seed), of_triggered(cell)
    arms = simulate(small, replicates, rng, triggered(cell, replicates, (RATE, RATE), rng))
    (pair,) = pairs_of(small, arms)
    return float(read_automatic(pair, 0.05).called.any(axis=1).mean())


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_false_alarms_among_triggered_units_stay_within_the_promise(cell: Cell) -> None:
    replicates = 600
    assert calls(cell, replicates, 20261125) * replicates <= binom.ppf(0.999, replicates, 0.05)


@pytest.mark.slow
@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_false_alarms_among_triggered_units_stay_within_the_promise_at_length(cell: Cell) -> None:
    replicates = 4_000
    rate = calls(cell, replicates, 20261126)
    print(f"{cell.name}: {rate:.2%}")
    assert rate * replicates <= binom.ppf(0.999, replicates, 0.05)


def test_a_trigger_that_a_tenth_reach_finds_what_everybody_together_hides() -> None:
    cell, replicates = CELLS[0], 400
    lift = of_triggered(cell).lift_for_power()
    power = calls(replace(cell, lift=lift), replicates, 5)
    diluted = replace(cell, lift=lift * RATE, units=EXPOSED, looks=LOOKS)
    hidden = calibrate(diluted, replicates, 6).rejected
    # One look at all triggered units finds it in 80 %, one look at everybody in 14 %.
    assert power > 0.6
    assert hidden < 0.15


def test_a_trigger_that_the_treatment_moves_is_found_and_one_that_it_does_not_is_left() -> None:
    rng, replicates = np.random.default_rng(7), 1_000
    for rate, expected in ((0.1, False), (0.13, True)):
        counts = triggered(CELLS[0], replicates, (RATE, rate), rng).cumsum(axis=1)
        found = (split_p_values(counts, (0.5, 0.5)) <= CHECK).any(axis=1).mean()
        if expected:
            assert found > 0.97
        else:
            assert found * replicates <= binom.ppf(0.999, replicates, CHECK)
