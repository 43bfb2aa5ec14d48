"""Planned sizes against the textbook, and against the power and stopping time that they promise."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm
from statsmodels.stats.power import tt_ind_solve_power

from stats.answer import Family
from stats.betting_reader import read_betting
from stats.calibrate import calibrate
from stats.cell import Cell
from stats.design import Design, work_out
from stats.outlook import Outcome
from stats.plan import METHODS, ReadingPlan
from stats.power import Question, SizePlan, detectable_effect, expect, plan_size, power_curve
from stats.quantile_reading import compare_quantiles
from stats.ranks import ranks_of
from stats.readers import (
    Pair,
    Reader,
    Readout,
    read_automatic,
    read_planned_looks,
    read_planned_size,
    read_welch,
)
from stats.spending import OBRIEN_FLEMING, POCOCK, Spending

EVEN = (0.5, 0.5)
OUTCOMES = {
    "proportion": Outcome("proportion", 0.04),
    "rare": Outcome("proportion", 0.002),
    "retention": Outcome("retention", 0.3),
    "count": Outcome("count", 1.0, 1.2),
    "mean": Outcome("mean", 10.0, 5.0),
    "revenue": Outcome("mean", 2.0, 15.0, skewness=20.0, nonzero=0.05),
    "ratio": Outcome("ratio", 50.0, 40.0),
    "quantile": Outcome("quantile", 20.0, 12.0),
}


def question(kind: str = "mean", method: str = "fixed", **changes: object) -> Question:
    plain = Question(OUTCOMES[kind], EVEN, method)
    return replace(plain, **changes)  # type: ignore[arg-type]


def test_a_fixed_plan_equals_statsmodels() -> None:
    size = plan_size(question(), 0.02)
    expected = tt_ind_solve_power(effect_size=0.2 / 5, alpha=0.05, power=0.8)
    assert size.units == pytest.approx(2 * expected, rel=1e-3)
    assert size.per_variant == (math.ceil(size.units / 2),) * 2
    assert size.absolute_effect == pytest.approx(0.2)
    assert size.units == size.fixed_units == size.expected_units == size.expected_units_without


@pytest.mark.parametrize("futility", [None, "non_binding", "binding"])
@pytest.mark.parametrize("name", [OBRIEN_FLEMING, POCOCK])
def test_planned_looks_inflate_a_fixed_size_as_rpact_does(name: str, futility: str | None) -> None:
    # Referee: `stats.design`, whose inflation equals rpact's; the planner's own walk is good to 1e-3.
    spending = Spending(name)
    asked = question("mean", "group_sequential", looks=4, spending=spending, futility=futility)
    design = Design(
        (0.25, 0.5, 0.75, 1.0),
        0.05,
        0.2,
        2,
        spending,
        futility=spending if futility else None,
        binding=futility == "binding",
    )
    size = plan_size(asked, 0.02)
    assert size.units / size.fixed_units == pytest.approx(work_out(design).inflation, rel=5e-3)
    assert detectable_effect(asked, size.units) == pytest.approx(0.02, rel=5e-3)


def test_a_fixed_plan_of_rates_equals_the_textbook() -> None:
    # Fleiss, Levin & Paik (2003), section 4.2: variance pooled under no difference, own under the effect.
    first, second = 0.1, 0.12
    mean = (first + second) / 2
    null = norm.isf(0.025) * math.sqrt(2 * mean * (1 - mean))
    own = norm.ppf(0.8) * math.sqrt(first * (1 - first) + second * (1 - second))
    size = plan_size(Question(Outcome("proportion", first), EVEN, "fixed"), 0.2)
    assert size.units == pytest.approx(2 * ((null + own) / 0.02) ** 2, rel=1e-3)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", OUTCOMES)
def test_the_detectable_effects_of_a_size_have_the_power(method: str, kind: str) -> None:
    if (kind, method) == ("quantile", "bayesian"):
        with pytest.raises(ValueError, match="method"):
            question(kind, method)
        return
    asked = question(kind, method, shares=(0.6, 0.2, 0.2), comparisons=2)
    effect = 0.05 if kind == "mean" else 0.3
    units = plan_size(asked, effect).units
    assert detectable_effect(asked, units) == pytest.approx(effect, rel=5e-3)
    down = detectable_effect(asked, units, -1)
    assert down < 0
    assert expect(asked, units, down).power == pytest.approx(0.8, abs=0.01)


def test_methods_that_may_be_read_more_often_need_more() -> None:
    sizes = [
        plan_size(question("proportion", method), 0.1)
        for method in ("fixed", "group_sequential", "sequential")
    ]
    assert [size.units for size in sizes] == sorted(size.units for size in sizes)
    assert all(size.fixed_units == sizes[0].units for size in sizes)
    assert 1.0 < sizes[1].units / sizes[0].units < 1.2
    assert 1.1 < sizes[2].units / sizes[0].units < 1.5
    assert sizes[2].expected_units < sizes[2].expected_units_without <= sizes[2].units


def test_few_looks_taken_as_planned_need_less_than_reading_at_any_moment() -> None:
    anytime = plan_size(question(method="group_sequential"), 0.02)
    looks = plan_size(question(method="group_sequential", looks=5), 0.02)
    single = plan_size(question(method="group_sequential", looks=1), 0.02)
    assert single.units == pytest.approx(single.fixed_units, rel=2e-3)
    assert single.units < looks.units < anytime.units


def test_a_family_shares_its_error_but_posteriors_share_nothing() -> None:
    alone = question("mean", "fixed", alpha=0.01)
    among = question("mean", "fixed", alpha=0.05, comparisons=5)
    assert plan_size(among, 0.02).units == plan_size(alone, 0.02).units
    posterior = question("mean", "bayesian")
    assert plan_size(replace(posterior, comparisons=5), 0.02).units == plan_size(posterior, 0.02).units


def test_covariates_lower_the_size_by_the_variance_that_they_explain() -> None:
    adjusted = question(outcome=replace(OUTCOMES["mean"], left=0.6))
    assert plan_size(adjusted, 0.02).units == pytest.approx(0.6 * plan_size(question(), 0.02).units, rel=1e-3)
    rare = question("rare", "sequential")
    # The exact test looks at conversions alone; it reads rare rates unless covariates explain enough of them.
    little, much = (replace(rare, outcome=replace(rare.outcome, left=left)) for left in (0.97, 0.6))
    assert plan_size(little, 0.3).units == pytest.approx(plan_size(rare, 0.3).units, rel=1e-3)
    assert plan_size(much, 0.3).units < 0.65 * plan_size(rare, 0.3).units


def test_rare_rates_and_small_skewed_arms_find_losses_and_gains_of_different_size() -> None:
    for asked in (
        question("rare", "sequential"),
        question("revenue", "sequential", shares=(0.9, 0.1)),
    ):
        units = plan_size(asked, 0.3).units
        assert abs(detectable_effect(asked, units, -1)) < 0.95 * detectable_effect(asked, units)


def test_an_effect_beyond_any_rate_is_not_detectable() -> None:
    asked = Question(Outcome("proportion", 0.9), EVEN, "fixed")
    assert detectable_effect(asked, 20) == math.inf
    assert detectable_effect(question("rare", "group_sequential"), 200, -1) == -math.inf
    with pytest.raises(ValueError, match="effect must keep the rate"):
        plan_size(asked, 0.5)


def test_the_power_curve_rises_from_the_error_to_one() -> None:
    asked = question(method="sequential")
    curve = power_curve(asked, plan_size(asked, 0.02).units, (1e-9, 0.01, 0.02, 0.04))
    assert list(curve) == sorted(curve)
    assert curve[0] < 0.05
    assert curve[2] == pytest.approx(0.8, abs=0.005)
    assert curve[3] > 0.999


def test_a_plan_says_when_few_large_values_make_its_power_rough() -> None:
    heavy = Outcome("mean", 0.7, 20.0, skewness=300.0, nonzero=0.1)
    assert plan_size(Question(heavy, (0.9, 0.1), "sequential"), 0.5).rough
    assert not plan_size(question("mean", "sequential"), 0.02).rough


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"outcome": Outcome("mode", 1.0, 1.0)}, "kind"),
        ({"outcome": Outcome("mean", 0.0, 1.0)}, "mean"),
        ({"outcome": Outcome("mean", math.nan, 1.0)}, "mean"),
        ({"outcome": Outcome("proportion", 1.5)}, "mean of a proportion"),
        ({"outcome": Outcome("mean", 1.0, 0.0)}, "std"),
        ({"outcome": Outcome("mean", 1.0, 1.0, skewness=math.inf)}, "skewness"),
        ({"outcome": Outcome("mean", 1.0, 1.0, nonzero=0.0)}, "nonzero"),
        ({"outcome": Outcome("mean", 1.0, 1.0, left=1.5)}, "left"),
        ({"alpha": 1.0}, "alpha"),
        ({"power": 0.0}, "power"),
        ({"power": 0.04}, "power must be above alpha"),
        ({"shares": (1.0,)}, "shares"),
        ({"shares": (1.0, -0.5)}, "shares"),
        ({"method": "peek"}, "method"),
        ({"looks": 0}, "looks"),
        ({"comparisons": 0}, "comparisons"),
    ],
)
def test_bad_values_are_named(changes: dict[str, object], word: str) -> None:
    with pytest.raises(ValueError, match=word):
        question(**changes)  # type: ignore[arg-type]


@pytest.mark.parametrize("rate", [0.001, 0.05])
@pytest.mark.parametrize("effect", [3.0, 15.0, -0.999])
def test_sizes_of_few_conversions_are_numbers_too(rate: float, effect: float) -> None:
    asked = Question(Outcome("proportion", rate), (0.9, 0.1), "sequential", comparisons=40)
    size = plan_size(asked, effect)
    assert expect(asked, size.units, effect).power > 0.78
    assert 0 < size.expected_units <= size.units


@pytest.mark.parametrize("effect", [0.0, math.nan, math.inf])
def test_an_effect_that_cannot_be_planned_is_named(effect: float) -> None:
    with pytest.raises(ValueError, match="effect"):
        plan_size(question(), effect)


def test_units_and_direction_that_mean_nothing_are_named() -> None:
    with pytest.raises(ValueError, match="units"):
        detectable_effect(question(), 0)
    with pytest.raises(ValueError, match="direction"):
        detectable_effect(question(), 100, 0)


def read_once(pair: Pair, alpha: float) -> Readout:
    """The single look of a fixed plan: the score test for rates, Welch's for all else."""
    found = read_welch(pair, alpha)
    if not pair.binary:
        return found
    both = pair.contrast
    rate = (pair.control.stack.events + pair.treatment.stack.events) / both.units
    error = np.sqrt(rate * (1 - rate) * (1 / both.control.units + 1 / both.treatment.units))
    return replace(found, called=np.abs(both.difference) > norm.isf(alpha / 2) * error)


def read_five_looks(pair: Pair, alpha: float) -> Readout:
    return read_planned_looks(pair, alpha, 5)


READERS: dict[str, tuple[str, int | None, int, Reader]] = {
    "sequential": ("sequential", None, 100, read_automatic),
    "planned size": ("group_sequential", None, 100, read_planned_size),
    "planned looks": ("group_sequential", 5, 5, read_five_looks),
    "fixed": ("fixed", None, 1, read_once),
}
CELLS = {
    "normal": Cell("normal", "mean", values="normal", through="value", lift=0.08),
    "conversion 20 %": Cell("conversion 20 %", "proportion", rate=0.2, lift=0.1),
    "conversion 2 %": Cell("conversion 2 %", "proportion", rate=0.02, lift=0.25),
    "conversion 0.2 %": Cell("conversion 0.2 %", "proportion", rate=0.002, lift=0.4),
    "revenue": Cell("revenue", "mean", rate=0.1, values="lognormal", spread=1.2, lift=0.2),
    "ratio": Cell("ratio", "ratio", values="order", spread=0.5, through="value", lift=0.05),
    "count": Cell("count", "count", values="poisson", through="value", lift=0.08),
}


def outcome_of(cell: Cell) -> Outcome:
    """The true moments of a cell's outcome."""
    if cell.kind == "proportion":
        return Outcome("proportion", cell.rate)
    first, second = cell.value_moments
    if cell.kind == "ratio":
        orders = 1 + cell.more_orders
        variance = (second - first**2) * (1 + cell.more_orders / orders**2)
        return Outcome("ratio", first, math.sqrt(variance))
    third = {"normal": 4.0, "poisson": 5.0, "lognormal": math.exp(4.5 * cell.spread**2)}[cell.values]
    mean, variance = cell.rate * first, cell.rate * second - (cell.rate * first) ** 2
    central = cell.rate * third - 3 * mean * cell.rate * second + 2 * mean**3
    nonzero = cell.rate * (1 - math.exp(-1) if cell.values == "poisson" else 1.0)
    return Outcome(cell.kind, mean, math.sqrt(variance), central / variance**1.5, nonzero)


def assert_promise_kept(cell: Cell, name: str, replicates: int) -> SizePlan:
    """Simulated power and stopping within 3 % of what was planned, twice that where it calls itself rough."""
    method, planned, looks, reader = READERS[name]
    asked = Question(outcome_of(cell), cell.shares, method, looks=planned)
    size = plan_size(asked, cell.lift)
    units = -(-size.units // 100) * 100
    margin = 0.06 if size.rough else 0.03
    found = calibrate(replace(cell, units=units, looks=looks), replicates, 20261125, reading=reader)
    error = 2.0 * math.sqrt(0.16 / replicates)
    assert found.rejected == pytest.approx(0.8, abs=margin + error)
    early = margin + error / 2
    assert found.stopping == pytest.approx(size.expected_units / size.units, abs=early)
    return size


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("cell", ["normal", "conversion 2 %"])
def test_a_planned_size_keeps_its_promise_in_a_few_experiments(cell: str, name: str) -> None:
    assert not assert_promise_kept(CELLS[cell], name, 300).rough


@pytest.mark.slow
@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("share", [0.5, 0.1])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_planned_size_keeps_its_promise(cell: str, name: str, share: float, sign: int) -> None:
    kind = replace(CELLS[cell], shares=(1 - share, share), lift=sign * CELLS[cell].lift)
    assert_promise_kept(kind, name, 2_000)


@pytest.mark.slow
def test_a_planned_quantile_keeps_its_promise() -> None:
    rng = np.random.default_rng(20261125)
    density = norm.pdf(0.0)
    asked = Question(Outcome("quantile", 10.0, 0.5 / density), EVEN, "sequential")
    effect = 0.004
    size = plan_size(asked, effect)
    arm = size.per_variant[0]
    plan = ReadingPlan("sequential", 0.05, 0.8, effect, size.units, None, True)
    calls = 0
    for _ in range(400):
        control, treatment = rng.normal(10.0, 1.0, arm), rng.normal(10.0 * (1 + effect), 1.0, arm)
        for moment in np.linspace(arm / 40, arm, 40).astype(int):
            arms = (ranks_of(control[:moment], 0.5), ranks_of(treatment[:moment], 0.5))
            if compare_quantiles(*arms, plan=plan, shares=EVEN, family=Family(0.05, 1)).significant:
                calls += 1
                break
    assert calls / 400 == pytest.approx(0.8, abs=0.03 + 0.04)


@pytest.mark.parametrize("kind", ["proportion", "rare", "mean"])
def test_an_exact_plan_pays_for_assuming_nothing(kind: str) -> None:
    plain, exact = question(kind, "sequential"), question(kind, "sequential", exact=True)
    assert 1.2 < plan_size(exact, 0.1).units / plan_size(plain, 0.1).units < 1.6


def test_covariates_count_only_where_the_reading_knows_them() -> None:
    rare = replace(OUTCOMES["rare"], left=0.97)
    assert Question(rare, EVEN, "sequential").variance_left == 1.0
    assert Question(replace(rare, left=0.6), EVEN, "sequential").variance_left == 0.6
    assert Question(rare, EVEN, "sequential", exact=True).variance_left == 0.97
    assert Question(rare, EVEN, "fixed").variance_left == 0.97


@pytest.mark.slow
@pytest.mark.parametrize("cell", ["conversion 20 %", "conversion 2 %", "count"])
@pytest.mark.parametrize("sign", [1, -1])
def test_a_planned_size_keeps_its_promise_when_it_is_read_by_bets(cell: str, sign: int) -> None:
    kind = replace(CELLS[cell], lift=sign * CELLS[cell].lift)
    size = plan_size(Question(outcome_of(kind), kind.shares, "sequential", exact=True), kind.lift)
    units = -(-size.units // 100) * 100
    found = calibrate(replace(kind, units=units, looks=50), 500, 20261125, reading=read_betting)
    assert found.rejected == pytest.approx(0.8, abs=0.03 + 0.036)
    assert found.stopping == pytest.approx(size.expected_units / size.units, abs=0.03 + 0.018)
