"""The one door: agreement of interval, p-value and verdict, and the traps that real tools fell into."""

from __future__ import annotations

import math
import time

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stats.answer import Family
from stats.choose import compare, read_alone
from stats.clock import Clock
from stats.result import Comparison, Interval
from stats.summary import Summary, empty, summarise
from tests.stats.build import EVEN, binary, outcome, plan

METHODS = ("sequential", "group_sequential", "fixed", "bayesian")


def excludes_zero(interval: Interval) -> bool:
    return (
        interval.lower is not None
        and interval.upper is not None
        and (interval.lower > 0 or interval.upper < 0)
    )


def assert_agrees(found: Comparison, alpha: float) -> None:
    """Interval, relative interval, p-value and verdict are one statement."""
    if found.undetermined is not None:
        assert not found.significant
        assert found.p_value is None
        assert (found.absolute.lower, found.absolute.upper) == (None, None)
        assert (found.relative.lower, found.relative.upper) == (None, None)
        return
    assert found.significant == excludes_zero(found.absolute)
    if found.p_value is not None:
        assert 0 <= found.p_value <= 1
        assert found.significant == (found.p_value <= alpha)
    if found.relative.lower is not None:
        assert found.significant == excludes_zero(found.relative)
    for interval in (found.absolute, found.relative):
        if interval.lower is not None and interval.upper is not None and interval.estimate is not None:
            assert interval.lower <= interval.estimate <= interval.upper


@settings(max_examples=60, deadline=None)
@given(
    control=st.integers(0, 400),
    treatment=st.integers(0, 400),
    units=st.tuples(st.integers(400, 6_000), st.integers(400, 6_000)),
    method=st.sampled_from(METHODS),
    comparisons=st.integers(1, 6),
)
def test_rates_read_by_any_method_make_one_statement(
    control: int, treatment: int, units: tuple[int, int], method: str, comparisons: int
) -> None:
    share = units[1] / sum(units)
    found = compare(
        binary(control, units[0]),
        binary(treatment, units[1]),
        kind="proportion",
        plan=plan(method, planned_units=4_000),
        shares=(1 - share, share),
        comparisons=comparisons,
    )
    assert_agrees(found, 0.05)


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    effect=st.floats(-0.6, 0.6),
    method=st.sampled_from(METHODS),
    kind=st.sampled_from(["mean", "ratio", "count"]),
    comparisons=st.integers(1, 4),
)
def test_means_and_ratios_read_by_any_method_make_one_statement(
    seed: int, effect: float, method: str, kind: str, comparisons: int
) -> None:
    rng = np.random.default_rng(seed)
    arms = []
    for shift, size in ((0.0, 400), (effect, 300)):
        numerator = rng.lognormal(0, 1, size) * rng.binomial(1, 0.5, size) * (1 + shift)
        denominator = 1.0 + rng.poisson(1.0, size)
        covariate = numerator * 0.5 + rng.normal(size=size)
        if kind == "ratio":
            table = np.column_stack([numerator, denominator, covariate, denominator])
            names: tuple[str, ...] = (
                "numerator",
                "denominator",
                "covariate_numerator",
                "covariate_denominator",
            )
        else:
            table, names = np.column_stack([numerator, covariate]), ("outcome", "covariate")
        arms.append(summarise(names, table))
    found = compare(
        *arms, kind=kind, plan=plan(method, planned_units=700), shares=(4 / 7, 3 / 7), comparisons=comparisons
    )
    assert_agrees(found, 0.05)


@settings(max_examples=80, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    effect=st.floats(-0.4, 0.4),
    method=st.sampled_from(["sequential", "group_sequential", "fixed"]),
    kind=st.sampled_from(["proportion", "mean", "ratio"]),
    comparisons=st.integers(1, 5),
    level=st.floats(0.0005, 0.9),
    e_value=st.booleans(),
    matured=st.sampled_from([1.0, 0.8]),
)
def test_an_unadjusted_p_value_is_at_most_the_level_exactly_when_intervals_exclude_zero(
    seed: int,
    effect: float,
    method: str,
    kind: str,
    comparisons: int,
    level: float,
    e_value: bool,
    matured: float,
) -> None:
    rng = np.random.default_rng(seed)
    arms = []
    for shift, size in ((0.0, 3_000), (effect, 2_000)):
        orders = rng.binomial(1, (0.04 if seed % 2 else 0.3) * (1 + shift), size).astype(np.float64)
        spent = orders * (1 if kind == "proportion" else rng.lognormal(0, 0.6, size))
        table = np.column_stack([spent, 1.0 + rng.poisson(1.0, size)]) if kind == "ratio" else spent[:, None]
        arms.append(summarise(("numerator", "denominator") if kind == "ratio" else ("outcome",), table))
    found = read_alone(
        *arms,
        kind=kind,
        plan=plan(method, planned_units=6_000, looks=4),
        shares=(0.6, 0.4),
        family=Family(0.05, comparisons, level),
        clock=Clock.still(matured),
        needs_e_value=e_value,
    )
    assert found.adjustment == "none"
    assert found.level == level
    assert_agrees(found, level)


def test_a_family_multiplies_the_p_value_and_widens_the_interval() -> None:
    control, treatment = binary(2_000, 10_000), binary(2_250, 10_000)
    alone = compare(control, treatment, kind="proportion", plan=plan(), shares=EVEN)
    among = compare(control, treatment, kind="proportion", plan=plan(), shares=EVEN, comparisons=5)
    assert alone.adjustment == "none"
    assert among.adjustment == "bonferroni"
    assert alone.p_value is not None
    assert among.p_value is not None
    assert alone.p_value < among.p_value
    assert among.absolute.lower is not None
    assert alone.absolute.lower is not None
    assert among.absolute.lower < alone.absolute.lower


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("kind", ["proportion", "mean", "count"])
def test_arms_without_units_or_with_one_are_undetermined(method: str, kind: str) -> None:
    for control in (empty(("outcome",)), outcome([1.0])):
        found = compare(control, binary(30, 900), kind=kind, plan=plan(method), shares=EVEN)
        assert found.undetermined is not None
        assert found.undetermined.code == "too_few_units"
        assert_agrees(found, 0.05)


@pytest.mark.parametrize("method", ["sequential", "group_sequential", "fixed"])
@pytest.mark.parametrize("value", [0.0, 7.25, 1e8])
def test_identical_values_are_undetermined(method: str, value: float) -> None:
    same = outcome(np.full(10_000, value))
    found = compare(same, same, kind="mean", plan=plan(method), shares=EVEN)
    assert found.undetermined is not None
    assert found.undetermined.code in {"no_variation", "too_few_events"}
    assert_agrees(found, 0.05)


def test_an_arm_without_events_still_has_an_exact_reading() -> None:
    found = compare(binary(0, 10_000), binary(40, 10_000), kind="proportion", plan=plan(), shares=EVEN)
    assert found.significant
    assert found.relative.estimate is None
    assert found.relative.lower is not None
    assert found.relative.lower > 0
    assert found.relative.upper == math.inf
    assert_agrees(found, 0.05)


def test_no_events_at_all_are_undetermined() -> None:
    found = compare(binary(0, 10_000), binary(0, 10_000), kind="proportion", plan=plan(), shares=EVEN)
    assert found.undetermined is not None
    assert found.undetermined.code == "too_few_events"


def test_refunds_that_make_means_negative_keep_one_statement() -> None:
    rng = np.random.default_rng(3)
    control, treatment = rng.normal(-5.0, 3.0, 5_000), rng.normal(-5.6, 3.0, 5_000)
    found = compare(outcome(control), outcome(treatment), kind="mean", plan=plan(), shares=EVEN)
    assert found.significant
    assert found.absolute.upper is not None
    assert found.absolute.upper < 0
    assert found.relative.lower is not None
    assert found.relative.lower > 0
    assert_agrees(found, 0.05)


def test_one_order_of_fifty_thousand_calls_nothing() -> None:
    rng = np.random.default_rng(4)
    values = rng.lognormal(3, 0.5, 20_000) * rng.binomial(1, 0.05, 20_000)
    treatment = values.copy()
    treatment[0] = 50_000.0
    found = compare(outcome(values), outcome(treatment), kind="mean", plan=plan(), shares=EVEN)
    assert not found.significant
    assert_agrees(found, 0.05)
    if found.undetermined is None:
        assert (found.absolute.lower, found.absolute.upper) == (-math.inf, math.inf)


def test_a_mean_of_a_hundred_million_keeps_its_digits() -> None:
    rng = np.random.default_rng(5)
    small = compare(
        outcome(rng.normal(0, 1, 4_000)),
        outcome(rng.normal(0.2, 1, 4_000)),
        kind="mean",
        plan=plan(),
        shares=EVEN,
    )
    rng = np.random.default_rng(5)
    large = compare(
        outcome(1e8 + rng.normal(0, 1, 4_000)),
        outcome(1e8 + rng.normal(0.2, 1, 4_000)),
        kind="mean",
        plan=plan(),
        shares=EVEN,
    )
    assert large.p_value == pytest.approx(small.p_value, rel=1e-5)
    assert small.absolute.lower is not None
    assert large.relative.lower == pytest.approx(small.absolute.lower / 1e8, rel=1e-5)


def test_counts_above_two_to_the_31_are_read() -> None:
    found = compare(
        binary(1_000_000_000, 3_000_000_000),
        binary(1_000_200_000, 3_000_000_000),
        kind="proportion",
        plan=plan(planned_units=6_000_000_000),
        shares=EVEN,
    )
    assert found.significant
    assert_agrees(found, 0.05)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_nan_and_infinity_are_refused_by_name(bad: float) -> None:
    broken = Summary(("outcome",), 100, (bad,), ((1.0,),), 0.0, 10, 0.0, 1.0)
    with pytest.raises(ValueError, match="treatment: means"):
        compare(binary(10, 100), broken, kind="mean", plan=plan(), shares=EVEN)
    with pytest.raises(ValueError, match="finite"):
        outcome([1.0, bad])


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"kind": "median"}, "kind"),
        ({"shares": (0.5, 0.0)}, r"shares\.1"),
        ({"shares": (0.7, 0.7)}, "shares"),
        ({"comparisons": 0}, "comparisons"),
        ({"kind": "ratio"}, "ratio"),
    ],
)
def test_bad_arguments_are_named(changes: dict[str, object], word: str) -> None:
    arguments: dict[str, object] = {"kind": "mean", "plan": plan(), "shares": EVEN}
    with pytest.raises(ValueError, match=word):
        compare(binary(10, 100), binary(10, 100), **(arguments | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "changes",
    [
        {"method": "peek"},
        {"alpha": 0.0},
        {"power": 1.0},
        {"mde": math.nan},
        {"planned_units": 0},
        {"looks": 0},
    ],
)
def test_a_plan_that_cannot_be_read_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(changes))):
        plan(**({"method": "sequential"} | changes))  # type: ignore[arg-type]


def test_rare_rates_are_read_exactly_and_common_ones_by_the_asymptotic_sequence() -> None:
    rare = compare(binary(100, 10_000), binary(120, 10_000), kind="proportion", plan=plan(), shares=EVEN)
    common = compare(binary(2_000, 10_000), binary(2_100, 10_000), kind="retention", plan=plan(), shares=EVEN)
    assert rare.method == "exact conditional test"
    assert common.method == "asymptotic confidence sequence"
    assert rare.method_reason != common.method_reason


@pytest.mark.parametrize(("control", "treatment"), [(400, 460), (4_000, 4_200)])
def test_a_size_that_nobody_decided_upon_takes_nothing_from_reading_on(control: int, treatment: int) -> None:
    # Four times the size that tunes: the share of alpha for the plan would have been wasted.
    arms = binary(control, 40_000), binary(treatment, 40_000)
    decided, undecided = (
        compare(*arms, kind="proportion", plan=plan(planned_units=20_000, sized=sized), shares=EVEN)
        for sized in (True, False)
    )
    assert decided.p_value is not None
    assert undecided.p_value is not None
    assert undecided.p_value < 0.5 * decided.p_value


def test_units_that_do_not_follow_the_shares_leave_the_exact_test_undetermined() -> None:
    found = compare(binary(20, 1_000), binary(200, 9_000), kind="proportion", plan=plan(), shares=EVEN)
    assert found.undetermined is not None
    assert found.undetermined.code == "shares_do_not_fit"


def test_a_ratio_with_an_uncertain_denominator_is_undetermined() -> None:
    rng = np.random.default_rng(6)
    bought = rng.binomial(1, 0.01, (2, 3_000)).astype(np.float64)
    arms = [
        summarise(("numerator", "denominator"), np.column_stack([row * rng.lognormal(0, 1, 3_000), row]))
        for row in bought
    ]
    found = compare(*arms, kind="ratio", plan=plan(), shares=EVEN)
    assert found.undetermined is not None
    assert found.undetermined.code == "uncertain_denominator"


def test_a_relative_interval_is_left_out_when_the_control_mean_may_be_zero() -> None:
    rng = np.random.default_rng(7)
    found = compare(
        outcome(rng.normal(0.0, 1, 3_000)),
        outcome(rng.normal(1.0, 1, 3_000)),
        kind="mean",
        plan=plan(),
        shares=EVEN,
    )
    assert found.significant
    assert (found.relative.lower, found.relative.upper) == (None, None)


def test_quantiles_cannot_be_read_from_moments() -> None:
    found = compare(binary(10, 100), binary(10, 100), kind="quantile", plan=plan(), shares=EVEN)
    assert found.undetermined is not None
    assert found.undetermined.code == "needs_values"


def test_covariates_narrow_the_interval_and_are_reported() -> None:
    rng = np.random.default_rng(8)
    before = rng.normal(10, 2, (2, 4_000))
    after = before + rng.normal(0, 1, (2, 4_000))
    arms = [
        summarise(("outcome", "covariate"), np.column_stack(pair)) for pair in zip(after, before, strict=True)
    ]
    with_them = compare(*arms, kind="mean", plan=plan(), shares=EVEN)
    without = compare(*arms, kind="mean", plan=plan(cuped=False), shares=EVEN)
    assert with_them.variance_reduction == pytest.approx(0.8, abs=0.03)
    assert without.variance_reduction == 0.0
    widths = [
        found.absolute.upper - found.absolute.lower
        for found in (with_them, without)
        if found.absolute.upper is not None and found.absolute.lower is not None
    ]
    assert widths[0] / widths[1] == pytest.approx(math.sqrt(0.2), rel=0.05)


@pytest.mark.parametrize(("control", "treatment", "kind"), [(400, 480, "proportion"), (4_000, 4_200, "mean")])
def test_a_comparison_costs_about_a_millisecond(control: int, treatment: int, kind: str) -> None:
    arms = binary(control, 20_000), binary(treatment, 20_000)
    compare(*arms, kind=kind, plan=plan(), shares=EVEN)
    best = math.inf
    for _ in range(5):
        begun = time.process_time()
        for _ in range(20):
            compare(*arms, kind=kind, plan=plan(), shares=EVEN)
        best = min(best, (time.process_time() - begun) / 20)
    assert best < 0.003
