"""Covariates with coefficients from the very data that are watched: no more false alarms, and more power."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from stats.calibrate import calibrate_all, monte_carlo, pairs_of
from stats.cell import Cell
from stats.covariates import left_over
from stats.outlook import Outcome, Reading, outlook
from stats.readers import read_automatic, read_planned_size
from stats.synthetic import Arm, simulate
from stats.trust import ALPHA, READINGS, readings_for

KINDS = (
    Cell("revenue", "mean", rate=0.05, values="lognormal", spread=1.2, units=20_000),
    Cell("heavy revenue", "mean", rate=0.2, values="lognormal", spread=2.0, units=20_000, through="value"),
    Cell("conversion 20 %", "proportion", rate=0.2, units=20_000),
    Cell("conversion 4 %", "proportion", rate=0.04, units=20_000),
    Cell("ratio", "ratio", rate=0.5, values="order", spread=0.7, units=12_000, through="value"),
    Cell("normal", "mean", values="normal", units=5_000, through="value"),
)
CELLS = [
    replace(kind, name=f"{kind.name}, {shares[0]:.0%}", shares=shares, correlation=0.7, newcomers=0.4)
    for kind in KINDS
    for shares in ((0.5, 0.5), (0.9, 0.1))
]
CELLS += [
    # Covariates of a rare rate explain about as much as decides whether they are used.
    Cell("rare, 10%", "proportion", 0.02, shares=(0.9, 0.1), units=20_000, correlation=0.23, newcomers=0.4),
    Cell("rare, 95%", "proportion", 0.002, shares=(0.05, 0.95), correlation=0.5, newcomers=0.4),
    replace(CELLS[6], name="conversion campaign", timing="campaign", units=10_000),
    replace(CELLS[0], name="revenue at random times", timing="random"),
    replace(CELLS[1], name="revenue that comes late and goes back", delay=0.3, refunds=0.3),
    replace(CELLS[1], name="revenue from the first unit on", timing="early"),
    replace(CELLS[3], name="small experiment", units=1_000),
]


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with np.errstate(divide="ignore", invalid="ignore"):
        yield


def assert_kept(cell: Cell, replicates: int) -> None:
    """No method leaves out the truth, or finds what is not there, more often than it says, over all looks."""
    methods = {name: READINGS[name] for name in readings_for(cell)}
    lift = cell.lift_for_power() / 2
    for effect in (0.0, lift, max(-lift, -0.9)):
        for name, found in calibrate_all(replace(cell, lift=effect), replicates, 3, methods, ALPHA).items():
            shares = [found.missed_absolute, found.missed_relative, found.missed_at_stop]
            for share in shares if effect else [found.rejected, *shares]:
                low, _ = monte_carlo(round(share * replicates), replicates)
                assert low <= ALPHA, f"{name}, {cell.name}, lift {effect:.0%}: {share:.1%}"


@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_two_covariates_with_newcomers_keep_the_error_rate_of_every_reading(cell: Cell) -> None:
    assert_kept(cell, 40)


@pytest.mark.slow
@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_two_covariates_with_newcomers_keep_the_error_rate_in_many_replicates(cell: Cell) -> None:
    assert_kept(cell, 2_000)


@pytest.mark.parametrize(
    "cell", [CELLS[0], CELLS[1], CELLS[4], CELLS[8], CELLS[10]], ids=lambda cell: cell.name
)
def test_covariates_find_more_of_the_same_effects(cell: Cell) -> None:
    cell = replace(cell, lift=cell.lift_for_power())
    arms = simulate(cell, 200, np.random.default_rng(9))
    for reading in (read_automatic, read_planned_size):
        with_them, without = (
            reading(pairs_of(cell, each)[0], ALPHA).called for each in (arms, tuple(map(bare, arms)))
        )
        assert with_them.any(axis=1).mean() > without.any(axis=1).mean() + 0.03
        assert first_calls(with_them) < first_calls(without)


def first_calls(called: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> float:
    """Mean look at which a difference is called, the last one where none is."""
    return float(np.where(called.any(axis=1), called.argmax(axis=1), called.shape[1]).mean())


def bare(arm: Arm) -> Arm:
    """The same arm without covariates."""
    found, width = arm.stack, 2 if arm.stack.columns[0] == "numerator" else 1
    return replace(
        arm,
        stack=replace(
            found,
            columns=found.columns[:width],
            means=found.means[..., :width],
            comoments=found.comoments[..., :width, :width],
            residual=None,
        ),
    )


@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.9, 0.1)])
def test_a_plan_promises_the_power_that_covariates_give_rare_rates(shares: tuple[float, float]) -> None:
    cell = Cell("conversion 5 %", "proportion", rate=0.05, units=20_000, shares=shares, correlation=0.4)
    cell = replace(cell, lift=cell.lift_for_power())
    found = calibrate_all(cell, 400, 13, {"": read_automatic}, ALPHA)[""]
    promised, without = (
        outlook(
            Outcome("proportion", cell.rate, left=left),
            Reading("sequential", ALPHA, shares),
            cell.units,
            cell.lift,
        ).power
        for left in (1 - cell.correlation**2, 1.0)
    )
    assert promised == pytest.approx(found.rejected, abs=3.3 * np.sqrt(0.24 / 400))
    assert promised > without + 0.05


@pytest.mark.parametrize("cell", CELLS[::2], ids=lambda cell: cell.name)
def test_simulated_moments_are_those_of_the_units_that_they_were_made_of(cell: Cell) -> None:
    cell = replace(cell, units=2_000, looks=3, timing="steady", delay=1.0, refunds=0.0, newcomers=0.4)
    arms = simulate(cell, 2, np.random.default_rng(10))
    rest = left_over([arm.stack for arm in arms])
    for arm in arms:
        for experiment, look in np.ndindex(2, 3):
            row, came = np.divmod(arm.rows.arrived, 3)
            here = (row == experiment) & (came <= look)
            weights = np.ones(here.sum()) if arm.rows.weights is None else arm.rows.weights[here]
            rows, units = arm.rows.columns[here], arm.stack.units[experiment, look]
            values = np.append(rows @ rest[experiment, look], 0.0)
            times = np.append(weights, units - weights.sum())
            mean = float(values @ times / units)
            assert arm.stack.means[experiment, look] == pytest.approx(weights @ rows / units, rel=1e-9)
            assert arm.stack.residual is not None
            assert arm.stack.residual[experiment, look] == pytest.approx(
                float((values - mean) ** 3 @ times), rel=1e-6
            )
            assert float(weights @ rows[:, -1] / units) == pytest.approx(0.6, abs=float(2 / np.sqrt(units)))
