"""Adjustment for several covariates against ordinary least squares on the raw values."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.stats
import statsmodels.api as sm
from numpy.typing import NDArray

from stats.choose import compare
from stats.contrast import Contrast, contrast
from stats.covariates import UNITS_PER_COVARIATE
from stats.stack import Stack, stack
from stats.summary import Summary, summarise
from tests.stats.build import EVEN, plan

Floats = NDArray[np.float64]
NAMES = ("outcome", "covariate", "covariate_count", "covariate_seen")
RATIO = ("numerator", "denominator", "covariate_numerator", "covariate_denominator", "covariate_seen")


def shoppers(seed: int, size: int, lift: float = 0.1) -> Floats:
    """Revenue after; revenue, orders and whether there was any history before."""
    rng = np.random.default_rng(seed)
    seen = rng.random(size) < 0.6
    habit = rng.gamma(2.0, 1.0, size)
    before = seen * rng.poisson(habit)
    spent = before * rng.lognormal(1.0, 0.5, size)
    after = rng.poisson(habit) * rng.lognormal(1.0, 0.5, size) * (1 + lift) + seen
    return np.column_stack([after, spent, before, seen]).astype(np.float64)


def baskets(seed: int, size: int) -> Floats:
    """Revenue and sessions after, both before, and whether there was any history before."""
    rng = np.random.default_rng(seed)
    habit, seen = rng.lognormal(0, 0.5, size), rng.random(size) < 0.7
    sessions, sessions_before = 1.0 + rng.poisson(2.0, size), seen * (1.0 + rng.poisson(2.0, size))
    spent = sessions * (habit + rng.normal(0, 0.3, size)) + 2 * seen
    before = sessions_before * (habit + rng.normal(0, 0.3, size))
    return np.column_stack([spent, sessions, before, sessions_before, seen])


def read(control: Floats, treatment: Floats, names: tuple[str, ...] = NAMES) -> Contrast:
    return contrast(stack(summarise(names, control)), stack(summarise(names, treatment)), adjust=True)


def residuals(outcome: Floats, covariates: Floats) -> Floats:
    fitted: Floats = sm.OLS(outcome, sm.add_constant(covariates)).fit().resid
    return fitted


@pytest.mark.parametrize("seed", range(3))
def test_an_adjusted_mean_is_welchs_test_of_the_residuals_of_least_squares(seed: int) -> None:
    control, treatment = shoppers(seed, 900), shoppers(seed + 100, 1_300)
    left = residuals(np.r_[control[:, 0], treatment[:, 0]], np.r_[control[:, 1:], treatment[:, 1:]])
    expected = scipy.stats.ttest_ind(left[900:], left[:900], equal_var=False)
    interval = expected.confidence_interval(0.95)
    found = compare(
        summarise(NAMES, control),
        summarise(NAMES, treatment),
        kind="mean",
        plan=plan("fixed", planned_units=100),
        shares=EVEN,
    )
    assert found.p_value == pytest.approx(expected.pvalue, abs=1e-9)
    assert found.absolute.lower == pytest.approx(interval.low, abs=1e-9)
    assert found.absolute.upper == pytest.approx(interval.high, abs=1e-9)
    assert found.covariates == NAMES[1:]


def test_an_adjusted_mean_is_the_analysis_of_covariance_but_for_what_vanishes_with_size() -> None:
    control, treatment = shoppers(1, 40_000), shoppers(2, 40_000)
    table = np.r_[control, treatment]
    treated = np.repeat([0.0, 1.0], 40_000)
    expected = sm.OLS(table[:, 0], sm.add_constant(np.column_stack([treated, table[:, 1:]]))).fit()
    found = read(control, treatment)
    assert float(found.difference) == pytest.approx(expected.params[1], rel=1e-3)
    assert float(np.sqrt(found.welch.constant)) == pytest.approx(expected.bse[1], rel=1e-3)
    raw = table[:40_000, 0].var(ddof=1) + table[40_000:, 0].var(ddof=1)
    reduction = 1 - found.welch.constant / (raw / 40_000)
    assert float(found.variance_reduction) == pytest.approx(float(reduction), rel=1e-9)


def test_an_adjusted_ratio_is_least_squares_of_its_linearised_units() -> None:
    control, treatment = baskets(3, 1_500), baskets(4, 2_100)
    table = np.r_[control, treatment]

    def linear(rows: Floats, centre: Floats, place: int) -> Floats:
        above, below = centre[:, place].mean(), centre[:, place + 1].mean()
        return np.asarray((rows[:, place] - above / below * rows[:, place + 1]) / below)

    covariates = np.column_stack([linear(table, table, 2), table[:, 4]])
    theta = sm.OLS(linear(table, table, 0), sm.add_constant(covariates)).fit().params[1:]

    def adjusted(rows: Floats) -> float:
        gaps = [
            rows[:, 2].mean() / rows[:, 3].mean() - table[:, 2].mean() / table[:, 3].mean(),
            rows[:, 4].mean() - table[:, 4].mean(),
        ]
        return float(rows[:, 0].mean() / rows[:, 1].mean() - theta @ gaps)

    def variance(rows: Floats) -> float:
        parts = np.column_stack([linear(rows, rows, 2), rows[:, 4]])
        return float((linear(rows, rows, 0) - parts @ theta).var(ddof=1) / len(rows))

    found = read(control, treatment, RATIO)
    assert float(found.difference) == pytest.approx(adjusted(treatment) - adjusted(control), abs=1e-9)
    assert float(found.welch.constant) == pytest.approx(variance(treatment) + variance(control), abs=1e-9)
    assert 0.2 < float(found.variance_reduction) < 0.95


@pytest.mark.parametrize("lift", [-0.4, 0.0, 0.3, 2.0])
def test_the_variance_of_a_candidate_lift_is_that_of_what_each_unit_adds(lift: float) -> None:
    control, treatment = shoppers(5, 700), shoppers(6, 1_900)
    table = np.r_[control, treatment]
    theta = sm.OLS(table[:, 0], sm.add_constant(table[:, 1:])).fit().params[1:]
    share = 1_900 / 2_600
    # The shared mean of the covariates moves with both arms, so each unit adds to it as well.
    first = (1 + lift) * (control[:, 0] - control[:, 1:] @ theta) + lift * (1 - share) * control[
        :, 1:
    ] @ theta
    second = treatment[:, 0] - treatment[:, 1:] @ theta - lift * share * treatment[:, 1:] @ theta
    expected = first.var(ddof=1) / 700 + second.var(ddof=1) / 1_900
    found = read(control, treatment)
    assert float(found.welch.at(lift)) == pytest.approx(expected, rel=1e-9)


def test_covariates_that_say_nothing_new_change_nothing() -> None:
    control, treatment = shoppers(7, 800), shoppers(8, 800)
    plain = read(control, treatment)
    rng = np.random.default_rng(9)
    for width, redundant in (
        ("constant", lambda rows: np.full(len(rows), 1e8 / 3)),
        ("copy", lambda rows: rows[:, 1]),
        ("sum", lambda rows: rows[:, 1] * 1e6 - rows[:, 2] + 7),
        ("nearly a copy", lambda rows: rows[:, 1] * (1 + 1e-7 * rng.standard_normal(len(rows)))),
    ):
        wide = [np.column_stack([rows, redundant(rows)]) for rows in (control, treatment)]
        found = read(wide[0], wide[1], (*NAMES, "covariate_more"))
        assert found.used.tolist() == [True, True, True, False], width
        assert float(found.difference) == pytest.approx(float(plain.difference), abs=1e-9)
        assert float(found.welch.constant) == pytest.approx(float(plain.welch.constant), rel=1e-9)


def test_scale_and_origin_of_a_covariate_do_not_matter() -> None:
    control, treatment = shoppers(10, 800), shoppers(11, 800)
    plain = read(control, treatment)
    moved = [rows * [1, 1e-6, 1e9, 1] + [0, 1e3, 1e9, 1e5] for rows in (control, treatment)]
    found = read(moved[0], moved[1])
    assert found.used.all()
    assert float(found.difference) == pytest.approx(float(plain.difference), rel=1e-6)
    assert float(found.welch.constant) == pytest.approx(float(plain.welch.constant), rel=1e-6)


def test_a_ratio_that_nobody_of_one_arm_had_before_is_left_out() -> None:
    control, treatment = baskets(12, 900), baskets(13, 900)
    treatment[:, 2:4] = 0.0
    found = read(control, treatment, RATIO)
    assert found.used.tolist() == [False, True]
    assert np.isfinite(found.difference)


def test_every_covariate_after_the_first_needs_a_hundred_units() -> None:
    for size, used in ((49, 1), (50, 2), (99, 2), (100, 3)):
        found = read(shoppers(14, size), shoppers(15, size))
        assert int(found.used.sum()) == used
        assert 2 * size >= (used - 1) * UNITS_PER_COVARIATE


def rates(seed: int, size: int, rate: float, habit: float) -> Summary:
    """Conversion, and conversion before, which a share `habit` of units repeat."""
    rng = np.random.default_rng(seed)
    before = rng.random(size) < rate
    after = np.where(rng.random(size) < habit, before, rng.random(size) < rate)
    return summarise(("outcome", "covariate"), np.column_stack([after, before]).astype(np.float64))


@pytest.mark.parametrize(("habit", "used"), [(0.0, False), (0.1, False), (0.4, True)])
def test_a_rare_rate_is_read_by_its_covariates_where_they_explain_enough_of_it(
    habit: float, used: bool
) -> None:
    arms = rates(30, 40_000, 0.02, habit), rates(31, 40_000, 0.02, habit)
    for method, with_them, without in (
        ("sequential", "asymptotic confidence sequence", "exact conditional test"),
        ("fixed", "Welch t-test", "score test of two proportions"),
        ("bayesian", "normal posterior", "beta-binomial posterior"),
    ):
        found = compare(*arms, kind="proportion", plan=plan(method, planned_units=80_000), shares=EVEN)
        assert found.method == (with_them if used else without)
        assert found.covariates == (("covariate",) if used else ())
        assert (found.variance_reduction > 0) is used


def test_a_single_look_at_a_rare_rate_in_a_small_arm_does_without_covariates() -> None:
    arms = rates(32, 40_000, 0.01, 0.4), rates(33, 4_000, 0.01, 0.4)
    found = compare(*arms, kind="proportion", plan=plan("fixed"), shares=(10 / 11, 1 / 11))
    assert found.method == "score test of two proportions"


def test_what_covariates_explain_is_the_same_whoever_is_in_which_arm() -> None:
    table = np.r_[shoppers(40, 900), shoppers(41, 900, lift=1.0)]
    rng = np.random.default_rng(42)
    shares = []
    for _ in range(3):
        mixed = table[rng.permutation(len(table))]
        shares.append(float(read(mixed[:600], mixed[600:]).explained))
    expected = sm.OLS(table[:, 0], sm.add_constant(table[:, 1:])).fit().rsquared
    assert shares == pytest.approx([expected] * 3, rel=1e-9)


def test_many_comparisons_at_once_are_each_of_them_alone() -> None:
    arms = [[shoppers(20 + 10 * arm + each, 300 + 20 * each) for each in range(4)] for arm in (0, 1)]
    for rows in arms:
        rows[2][:, 2] = 0.0
        rows[3][:, 3] = 1.0
    alone = [read(*pair) for pair in zip(*arms, strict=True)]
    control, treatment = (side_by_side([stack(summarise(NAMES, each)) for each in rows]) for rows in arms)
    together = contrast(control, treatment, adjust=True)
    for place, one in enumerate(alone):
        assert together.used[place].tolist() == one.used.tolist()
        assert together.difference[place] == pytest.approx(float(one.difference), rel=1e-12)
        assert together.welch.constant[place] == pytest.approx(float(one.welch.constant), rel=1e-12)


def side_by_side(parts: list[Stack]) -> Stack:
    fields = ("units", "means", "comoments", "third", "events")
    joined: dict[str, Any] = {name: np.stack([getattr(part, name) for part in parts]) for name in fields}
    return replace(parts[0], **joined)
