"""False alarms and coverage over all looks, in imaginary experiments."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from stats.calibrate import Reader, calibrate, monte_carlo, read, read_planned_looks, read_planned_size
from stats.choose import compare
from stats.summary import Summary
from stats.synthetic import Cell, simulate
from tests.stats.build import plan

ALPHA = 0.05
SHARES = (0.5, 0.1, 0.9, 0.05)
OUTCOMES = (
    Cell("normal", "mean", values="normal", units=10_000),
    Cell("normal with covariate", "mean", values="normal", correlation=0.7, units=10_000),
    Cell("conversion 20 %", "proportion", rate=0.2),
    Cell("conversion 10 %", "proportion", rate=0.1),
    Cell("conversion 2 %", "proportion", rate=0.02),
    Cell("conversion 0.2 %", "proportion", rate=0.002),
    Cell("revenue log-sd 1.2", "mean", rate=0.03, values="lognormal", spread=1.2),
    Cell("revenue log-sd 2.0", "mean", rate=0.03, values="lognormal", spread=2.0),
    Cell("ratio", "ratio", rate=0.3, values="order", spread=0.7, units=20_000),
    Cell("count", "count", values="poisson", units=10_000),
    Cell("rare count", "count", rate=0.05, values="poisson"),
)
TIMINGS = (
    Cell("revenue at random times", "mean", rate=0.03, values="lognormal", spread=1.2, timing="random"),
    Cell("conversion campaign", "proportion", rate=0.02, timing="campaign", looks=672),
    Cell("common conversion campaign", "proportion", rate=0.2, timing="campaign", looks=336),
    Cell("count campaign", "count", values="poisson", units=10_000, timing="campaign", looks=336),
    Cell("early campaign", "mean", rate=0.2, values="lognormal", timing="campaign", looks=336, haste=3.0),
    Cell("late campaign", "mean", rate=0.2, values="lognormal", timing="campaign", looks=336, haste=0.4),
    Cell("refunds", "mean", rate=0.1, values="lognormal", spread=1.2, timing="refunds", looks=336),
)
CELLS = [replace(cell, share=share) for cell in OUTCOMES for share in SHARES]
CELLS += [replace(cell, share=share) for cell in TIMINGS for share in (0.5, 0.1)]


def label(cell: Cell) -> str:
    return f"{cell.name}, {cell.share:.0%} treated"


def drift_for_fixed_power(cell: Cell) -> float:
    """Lift that a single look at the end would find with 80 % power."""
    first = {"one": 1.0, "normal": 1.0, "poisson": 1.0, "lognormal": math.exp(cell.spread**2 / 2)}[
        cell.values
    ]
    second = {
        "one": 1.0,
        "normal": 1 + cell.spread**2 * (1 - cell.correlation**2),
        "poisson": 2.0,
        "lognormal": math.exp(2 * cell.spread**2),
    }[cell.values]
    squared = (cell.rate * second - (cell.rate * first) ** 2) / (cell.rate * first) ** 2
    return 2.8 * math.sqrt(squared * (1 / cell.share + 1 / (1 - cell.share)) / cell.units)


def assert_promise(cell: Cell, replicates: int, reading: Reader | None = None) -> None:
    found = calibrate(cell, replicates, 20261101, ALPHA, reading=reading)
    low, _ = found.bounds
    assert low <= ALPHA, f"{label(cell)}: {found.rejected:.1%} false alarms"
    low, _ = monte_carlo(round(found.missed * replicates), replicates)
    assert low <= ALPHA, f"{label(cell)}: truth left out in {found.missed:.1%}"


@pytest.mark.parametrize("cell", CELLS, ids=label)
def test_always_valid_readings_keep_their_error_rate(cell: Cell) -> None:
    assert_promise(cell, 200 if cell.rate < 0.3 else 80)


@pytest.mark.parametrize("cell", [cell for cell in CELLS if cell.timing == "steady"], ids=label)
def test_planned_looks_keep_their_error_rate(cell: Cell) -> None:
    assert_promise(replace(cell, looks=10), 100, read_planned_looks)


@pytest.mark.parametrize("cell", [cell for cell in CELLS if cell.timing == "steady"], ids=label)
def test_a_planned_size_keeps_its_error_rate_when_read_at_any_moment(cell: Cell) -> None:
    assert_promise(cell, 100, read_planned_size)


@pytest.mark.slow
@pytest.mark.parametrize("cell", CELLS, ids=label)
def test_always_valid_readings_keep_their_error_rate_in_many_replicates(cell: Cell) -> None:
    assert_promise(cell, 2_000)


@pytest.mark.slow
@pytest.mark.parametrize("cell", [cell for cell in CELLS if cell.timing == "steady"], ids=label)
def test_planned_looks_keep_their_error_rate_in_many_replicates(cell: Cell) -> None:
    assert_promise(replace(cell, looks=10), 2_000, read_planned_looks)
    assert_promise(cell, 2_000, read_planned_size)


@pytest.mark.slow
@pytest.mark.parametrize("through", ["rate", "value"])
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("cell", [cell for cell in CELLS if cell.values != "order"], ids=label)
def test_intervals_hold_the_truth_at_every_look_when_there_is_an_effect(
    cell: Cell, sign: int, through: str
) -> None:
    if cell.timing == "refunds" or (through == "rate") != (
        cell.rate < 1 and cell.values in {"one", "lognormal"}
    ):
        pytest.skip("no such effect on this outcome")
    # Half the effect of 80 % power: beyond it log-sd 2.0 asks for lifts of more than a hundred percent.
    lift = max(sign * drift_for_fixed_power(cell) / 2, -0.9)
    found = calibrate(replace(cell, lift=lift, through=through), 2_000, 7)
    low, _ = monte_carlo(round(found.missed * 2_000), 2_000)
    assert low <= ALPHA, f"{label(cell)}: truth left out in {found.missed:.1%}"


@pytest.mark.parametrize(
    ("cell", "power"),
    [
        # The asymptotic sequence's exact power at the effect that a fixed test finds in 80 % is 52 %.
        (Cell("normal", "mean", values="normal", units=8_000), 0.52),
        (Cell("conversion 20 %", "proportion", rate=0.2), 0.52),
        (Cell("conversion 2 %", "proportion", rate=0.02), 0.43),
        (Cell("revenue log-sd 1.2", "mean", rate=0.03, values="lognormal", spread=1.2), 0.44),
    ],
    ids=lambda value: value.name if isinstance(value, Cell) else "",
)
def test_the_automatic_choice_has_the_asymptotic_sequences_power(cell: Cell, power: float) -> None:
    lift = drift_for_fixed_power(cell)
    through = "value" if cell.rate == 1 else "rate"
    found = calibrate(replace(cell, lift=lift, through=through), 400, 3)
    assert found.rejected > power - 3.3 * math.sqrt(power * (1 - power) / 400)
    assert found.upward > 0.98 * found.rejected
    assert found.stopping < 0.95


def test_planned_looks_have_the_power_of_their_design() -> None:
    # Five O'Brien-Fleming looks at 2.8 standard errors: 79.0 % by rpact.
    cell = Cell("normal", "mean", values="normal", units=8_000, looks=5, through="value")
    cell = replace(cell, lift=drift_for_fixed_power(cell))
    found = calibrate(cell, 1_000, 4, reading=read_planned_looks)
    assert found.rejected == pytest.approx(0.79, abs=3.3 * math.sqrt(0.79 * 0.21 / 1_000))


@pytest.mark.parametrize("cell", [OUTCOMES[1], OUTCOMES[2], OUTCOMES[4], OUTCOMES[6], OUTCOMES[8]], ids=label)
def test_the_vectorised_reading_is_the_reading_that_a_report_shows(cell: Cell) -> None:
    cell = replace(cell, looks=8, lift=0.1 if cell.kind == "proportion" else 0.0, share=0.3)
    control, treatment = simulate(cell, 6, np.random.default_rng(12))
    called, _, known, _ = read(cell, control, treatment, ALPHA)
    for position in np.ndindex(called.shape):
        arms = [
            Summary(
                columns=arm.columns,
                units=int(arm.units[position]),
                means=tuple(float(value) for value in arm.means[position]),
                comoments=tuple(tuple(float(value) for value in row) for row in arm.comoments[position]),
                third=float(arm.third[position]),
                events=int(arm.events[position]),
                minimum=0.0,
                maximum=1.0,
            )
            for arm in (control, treatment)
        ]
        found = compare(
            *arms,
            kind=cell.kind,
            plan=plan(planned_units=cell.units),
            shares=(1 - cell.share, cell.share),
        )
        assert found.significant == bool(called[position])
        assert (found.undetermined is None) == bool(known[position])
