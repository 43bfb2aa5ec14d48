"""False alarms, coverage and power over all looks, in imaginary experiments."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from stats.answer import Family
from stats.calibrate import Record, calibrate, calibrate_all, monte_carlo
from stats.cell import Cell
from stats.choose import compare
from stats.clock import Clock
from stats.readers import Pair, Reader, read_automatic, read_planned_looks, read_planned_size, read_welch
from stats.result import Interval
from stats.summary import Summary
from stats.synthetic import Arm, simulate
from stats.taken import Frozen, read_looks
from stats.trust import ALPHA, CONTRASTS, OUTCOMES, READINGS, SPLITS, TIMINGS, Trial, readings_for, trials
from tests.stats.build import plan

QUICK = [Trial(outcome, split, "steady", False) for outcome in OUTCOMES for split in SPLITS]
QUICK += [Trial(outcome, "90/10", "early", True) for outcome in OUTCOMES]
QUICK += [Trial("revenue_1.2", "90/10", timing, False) for timing in TIMINGS if timing != "steady"]
QUICK += [Trial("conversion_20", "50/50", "campaign", False)]
EXTRA = [
    # Not in the published table, but promised all the same.
    Cell("tiny treatment", "proportion", rate=0.02, shares=(0.95, 0.05)),
    Cell("tiny control", "mean", rate=0.03, values="lognormal", spread=1.6, shares=(0.05, 0.95)),
    Cell("rare count", "count", rate=0.05, values="poisson", shares=(0.1, 0.9)),
    Cell("conversion 10 %", "proportion", rate=0.1),
    Cell("four arms", "mean", rate=0.1, values="lognormal", shares=(0.4, 0.3, 0.2, 0.1)),
    Cell("early campaign", "mean", rate=0.2, values="lognormal", timing="campaign", looks=336, haste=3.0),
    Cell("late campaign", "mean", rate=0.2, values="lognormal", timing="campaign", looks=336, haste=0.4),
    Cell("late outcomes", "mean", rate=0.1, values="lognormal", delay=0.3, refunds=0.5),
    Cell("bunched looks", "count", values="poisson", units=5_000, looks=4, at=(0.3, 0.31, 0.9, 1.0)),
]


def readings(cell: Cell) -> dict[str, Reader]:
    return {name: READINGS[name] for name in readings_for(cell)}


def assert_kept(name: str, found: Record) -> None:
    for what, share in (
        ("false alarms", found.rejected),
        ("absolute truth left out", found.missed_absolute),
        ("relative truth left out", found.missed_relative),
        ("truth left out at the stop", found.missed_at_stop),
    ):
        assert found.interval(share)[0] <= ALPHA, f"{name}: {share:.1%} {what}"


def assert_promise(cell: Cell, replicates: int, seed: int = 20261101) -> None:
    for name, found in calibrate_all(cell, replicates, seed, readings(cell), ALPHA).items():
        assert_kept(f"{name}, {cell.name}", found)


@pytest.mark.parametrize("trial", QUICK, ids=lambda trial: trial.label)
def test_every_reading_keeps_its_error_rate_in_cells_of_the_published_table(trial: Trial) -> None:
    assert_promise(trial.cell, 40 if trial.cell.rate == 1 else 120, trial.seed)


@pytest.mark.parametrize("cell", EXTRA, ids=lambda cell: cell.name)
def test_every_reading_keeps_its_error_rate_in_cells_beyond_the_table(cell: Cell) -> None:
    assert_promise(cell, 100)


@pytest.mark.slow
@pytest.mark.parametrize("trial", trials(), ids=lambda trial: trial.label)
def test_every_reading_keeps_its_error_rate_in_many_replicates(trial: Trial) -> None:
    assert_promise(trial.cell, 2_000, trial.seed)


@pytest.mark.slow
@pytest.mark.parametrize("cell", EXTRA, ids=lambda cell: cell.name)
def test_every_reading_keeps_its_error_rate_beyond_the_table_in_many_replicates(cell: Cell) -> None:
    assert_promise(cell, 2_000)


@pytest.mark.slow
@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize("trial", trials(), ids=lambda trial: trial.label)
def test_intervals_hold_the_truth_at_every_look_when_there_is_an_effect(trial: Trial, sign: int) -> None:
    cell = trial.cell
    # Half the effect of 80 % power: beyond it log-sd 2.0 asks for lifts of more than a hundred percent.
    lift = max(sign * cell.lift_for_power() / 2, -0.9)
    assert_promise_of_coverage(replace(cell, lift=lift), trial)


def assert_promise_of_coverage(cell: Cell, trial: Trial) -> None:
    for name, found in calibrate_all(cell, 2_000, trial.seed, readings(cell), ALPHA).items():
        assert_kept(f"{name}, {trial.label}", replace(found, rejected=0.0))


def test_a_reading_that_breaks_its_promise_is_found_out() -> None:
    cell = OUTCOMES["conversion_20"]
    found = calibrate(cell, 200, 3, ALPHA, read_welch)
    assert 0.25 < found.rejected < 0.5
    with pytest.raises(AssertionError, match="false alarms"):
        assert_kept("Welch", found)


def test_other_tools_rules_break_in_small_arms_where_ours_hold() -> None:
    # 36 % was found for the plain sequence in a prototype of its own.
    cell = Trial("conversion_02", "90/10", "steady", False).cell
    found = calibrate_all(cell, 300, 4, {**CONTRASTS, **readings(cell)}, ALPHA)
    assert found["plain_sequence"].rejected > 0.2
    assert found["plain_mixture"].rejected > 0.25
    assert found["automatic"].rejected < ALPHA


@pytest.mark.parametrize(
    ("outcome", "power"),
    [
        # The asymptotic sequence's exact power at the effect that a fixed test finds in 80 % is 52 %.
        ("normal", 0.52),
        ("conversion_20", 0.52),
        ("conversion_2", 0.43),
        ("revenue_1.2", 0.44),
    ],
)
def test_the_automatic_choice_has_the_asymptotic_sequences_power(outcome: str, power: float) -> None:
    cell = OUTCOMES[outcome]
    found = calibrate(replace(cell, lift=cell.lift_for_power()), 400, 3)
    assert found.rejected > power - 3.3 * math.sqrt(power * (1 - power) / 400)
    assert found.upward > 0.98 * found.rejected
    assert found.stopping < 0.95


def test_planned_looks_have_the_power_of_their_design() -> None:
    # Five O'Brien-Fleming looks at 2.8 standard errors: 79.0 % by rpact.
    cell = replace(OUTCOMES["normal"], units=8_000, looks=5)
    found = calibrate(replace(cell, lift=cell.lift_for_power()), 1_000, 4, reading=read_planned_looks)
    assert found.rejected == pytest.approx(0.79, abs=3.3 * math.sqrt(0.79 * 0.21 / 1_000))


def test_the_truth_is_known_when_outcomes_come_late_and_are_taken_back() -> None:
    for cell in (
        replace(OUTCOMES["revenue_1.2"], timing="campaign", haste=2.0, refunds=0.4, looks=20, lift=0.5),
        replace(OUTCOMES["revenue_1.2"], timing="random", delay=0.4, refunds=0.2, looks=20, lift=0.5),
    ):
        control, treatment = simulate(cell, 400, np.random.default_rng(5))
        seen = control.stack.means[..., 0].mean(axis=0), treatment.stack.means[..., 0].mean(axis=0)
        assert seen[0] == pytest.approx(cell.mean * cell.arrived, rel=0.05, abs=1e-3)
        assert seen[1] - seen[0] == pytest.approx(cell.effect, rel=0.12, abs=2e-3)


@pytest.mark.parametrize("outcome", [name for name in OUTCOMES if name != "ratio"])
def test_covariates_explain_what_their_cell_says(outcome: str) -> None:
    plain, adjusted = (Trial(outcome, "50/50", "steady", covariate).cell for covariate in (False, True))
    cell = replace(adjusted, units=200_000, looks=1)
    control, treatment = simulate(cell, 5, np.random.default_rng(6))
    reduction = Pair(cell, control, treatment).contrast.variance_reduction
    promised = 1 - (adjusted.lift_for_power() / plain.lift_for_power()) ** 2
    # Heavy tails tell their correlation slowly.
    assert float(np.median(reduction)) == pytest.approx(
        promised, abs=0.2 if outcome == "revenue_2.0" else 0.03
    )


def summary_at(arm: Arm, position: tuple[int, ...]) -> Summary:
    found = arm.stack
    return Summary(
        columns=found.columns,
        units=int(found.units[position]),
        means=tuple(float(value) for value in found.means[position]),
        comoments=tuple(tuple(float(value) for value in row) for row in found.comoments[position]),
        third=float(found.third[position]),
        events=int(found.events[position]),
        minimum=0.0,
        maximum=1.0,
        residual=None if found.residual is None else float(found.residual[position]),
    )


def frozen_until(cell: Cell, arms: tuple[Arm, ...], position: tuple[int, ...]) -> list[Frozen]:
    replicate, newest = position
    first, second = arms
    found = []
    for look in range(newest + 1):
        summaries = summary_at(first, (replicate, look)), summary_at(second, (replicate, look))
        found.append(Frozen(*summaries, rate=(look + 1) / cell.looks))
    return found


def leaves_out(interval: Interval, truth: float) -> bool:
    low = -math.inf if interval.lower is None else interval.lower
    high = math.inf if interval.upper is None else interval.upper
    return truth < low or truth > high


AS_REPORTED: dict[str, tuple[Reader, dict[str, Any], bool]] = {
    "sequential": (read_automatic, {"method": "sequential"}, False),
    "planned size": (read_planned_size, {"method": "group_sequential"}, False),
    "planned looks": (read_planned_looks, {"method": "group_sequential", "looks": 5}, True),
}


@pytest.mark.parametrize("method", AS_REPORTED)
@pytest.mark.parametrize("outcome", ["normal", "conversion_20", "conversion_02", "revenue_1.2", "ratio"])
def test_the_vectorised_reading_is_the_reading_that_a_report_shows(outcome: str, method: str) -> None:
    reading, registered, at_look = AS_REPORTED[method]
    # Looks are due by the units of both arms, which in three arms come at moments of their own.
    split = "90/10" if at_look else "34/33/33"
    cell = Trial(outcome, split, "steady", outcome in {"normal", "revenue_1.2"}).cell
    cell = replace(cell, looks=5, lift=cell.lift_for_power())
    place = len(cell.shares) - 1
    arms = simulate(cell, 6, np.random.default_rng(12))
    found = reading(Pair(cell, arms[0], arms[place], place), ALPHA / 2)
    called = 0
    for position in np.ndindex(found.called.shape):
        chosen = plan(planned_units=cell.units, **registered)
        if at_look:
            taken = read_looks(frozen_until(cell, arms, position), cell.kind, chosen, Family(chosen.alpha, 2))
            if taken.decided not in (None, position[1]):
                continue
            told = taken.comparison
        else:
            told = compare(
                summary_at(arms[0], position),
                summary_at(arms[place], position),
                kind=cell.kind,
                plan=chosen,
                shares=(cell.shares[0], cell.shares[place]),
                comparisons=2,
            )
        assert told.significant == bool(found.called[position])
        assert (told.undetermined is None) == bool(found.known[position])
        assert leaves_out(told.relative, cell.lift) == bool(found.missed_relative[position])
        called += told.significant
    assert called


def _at(cell: Cell, look: int) -> Clock:
    """The clock that a report has at one look."""
    share, told = (
        np.broadcast_to(np.asarray(each), cell.looks)[look] for each in (cell.clock.share, cell.clock.plan)
    )
    return Clock(float(share), float(told))


@pytest.mark.parametrize("method", ["sequential", "planned size"])
def test_a_campaign_is_read_by_its_outcomes_and_not_by_its_units(method: str) -> None:
    reading, registered, _ = AS_REPORTED[method]
    cell = replace(OUTCOMES["conversion_20"], timing="campaign", looks=4, lift=0.08)
    arms = simulate(cell, 3, np.random.default_rng(2))
    found = reading(Pair(cell, arms[0], arms[1]), ALPHA)
    for row, look in np.ndindex(found.called.shape):
        told = compare(
            *(summary_at(arm, (row, look)) for arm in arms),
            kind=cell.kind,
            plan=plan(planned_units=cell.units, **registered),
            shares=(0.5, 0.5),
            clock=_at(cell, look),
        )
        assert told.significant == bool(found.called[row, look])


def test_a_monte_carlo_interval_is_that_of_clopper_and_pearson() -> None:
    expected = proportion_confint(7, 100, alpha=0.001, method="beta")
    assert monte_carlo(7, 100) == pytest.approx(expected, rel=1e-12)
    assert monte_carlo(0, 10)[0] == 0.0
    assert monte_carlo(10, 10)[1] == 1.0
