"""Betting in imaginary experiments keeps its promise, and is what a report shows."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from stats.answer import Family
from stats.betting_reader import can_bet, outcomes_of, read_betting
from stats.betting_reading import read_bets
from stats.calibrate import calibrate
from stats.cell import Cell
from stats.readers import Pair
from stats.result import Comparison
from stats.synthetic import simulate

CELLS = (
    Cell("conversion 2 %", "proportion", rate=0.02),
    Cell("conversion 0.2 %", "proportion", rate=0.002),
    Cell("revenue, log-sd 2.0", "mean", rate=0.03, values="lognormal", spread=2.0),
    Cell("count", "count", values="poisson", units=4_000, through="value"),
)
SPLITS = ((0.5, 0.5), (0.9, 0.1), (0.1, 0.9))


def label(value: object) -> str:
    return value.name if isinstance(value, Cell) else str(value)


@pytest.mark.parametrize("replicates", [40, pytest.param(2_000, marks=pytest.mark.slow)])
@pytest.mark.parametrize("shares", SPLITS, ids=label)
@pytest.mark.parametrize("cell", CELLS, ids=label)
def test_bets_keep_error_and_coverage_at_every_look(
    cell: Cell, shares: tuple[float, float], replicates: int
) -> None:
    cell = replace(cell, shares=shares, looks=100 if replicates > 100 else 40)
    none = calibrate(cell, replicates, 5, reading=read_betting)
    assert none.bounds[0] <= 0.05
    with_effect = calibrate(
        replace(cell, lift=min(cell.lift_for_power(), 1.0)), replicates, 6, reading=read_betting
    )
    assert with_effect.interval(with_effect.missed)[0] <= 0.05


@pytest.mark.parametrize("cell", CELLS, ids=label)
def test_the_wealth_of_a_harness_is_the_wealth_of_a_report(cell: Cell) -> None:
    cell = replace(cell, shares=(0.7, 0.3), looks=10, lift=0.6 if cell.through == "rate" else 0.1)
    control, treatment = simulate(cell, 6, np.random.default_rng(3))
    pair = Pair(cell, control, treatment)
    called = read_betting(pair, 0.05).called
    for number in range(6):
        found = read_bets(outcomes_of(pair, number), Family(0.05, 1))
        assert isinstance(found, Comparison)
        assert found.significant == bool(called[number, -1])


def test_nothing_is_bet_onoutcomes_of_without_a_bound_or_that_come_later() -> None:
    assert not can_bet(Cell("normal", "mean", values="normal"))
    assert not can_bet(replace(CELLS[0], timing="campaign"))
    assert not can_bet(replace(CELLS[2], refunds=0.3))
    cell = Cell("normal", "mean", values="normal", units=1_000, looks=4)
    control, treatment = simulate(cell, 1, np.random.default_rng(1))
    with pytest.raises(ValueError, match="no bets"):
        read_betting(Pair(cell, control, treatment), 0.05)
