"""Single-look readings against scipy, statsmodels and tea-tasting."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import scipy.stats
import tea_tasting as tt
from numpy.typing import NDArray
from statsmodels.stats.proportion import confint_proportions_2indep, proportions_ztest

from stats import score
from stats.choose import compare
from stats.contrast import contrast
from stats.mean import log_lift_interval
from stats.stack import stack
from stats.summary import summarise
from tests.stats.build import EVEN, binary, outcome, plan

FIXED = plan("fixed", planned_units=1_000)


def samples(seed: int, size: int = 700) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    rng = np.random.default_rng(seed)
    return rng.lognormal(1.0, 0.8, size), rng.lognormal(1.1, 0.9, size + 211)


@pytest.mark.parametrize("seed", range(4))
def test_means_equal_scipys_welch_test(seed: int) -> None:
    control, treatment = samples(seed)
    expected = scipy.stats.ttest_ind(treatment, control, equal_var=False)
    interval = expected.confidence_interval(0.95)
    found = compare(outcome(control), outcome(treatment), kind="mean", plan=FIXED, shares=EVEN)
    assert found.p_value == pytest.approx(expected.pvalue, abs=1e-9)
    assert found.absolute.lower == pytest.approx(interval.low, abs=1e-9)
    assert found.absolute.upper == pytest.approx(interval.high, abs=1e-9)
    assert not found.preliminary


@pytest.mark.parametrize("adjust", [False, True])
@pytest.mark.parametrize("ratio", [False, True])
def test_means_and_ratios_with_and_without_covariates_equal_tea_tasting(ratio: bool, adjust: bool) -> None:
    data = tt.make_users_data(rng=42, covariates=True, n_users=3_000)
    names = ["orders", "sessions", "orders_covariate", "sessions_covariate"] if ratio else ["orders"]
    columns: tuple[str, ...] = ("numerator", "denominator") if ratio else ("outcome",)
    if not ratio:
        names.append("orders_covariate")
    columns += ("covariate_numerator", "covariate_denominator") if ratio else ("covariate",)
    table = np.column_stack([data[name].to_numpy().astype(np.float64) for name in names])
    variant = data["variant"].to_numpy()
    control, treatment = (summarise(columns, table[variant == label]) for label in (0, 1))
    metric = (
        tt.RatioOfMeans(*(names if adjust else names[:2]))
        if ratio
        else tt.Mean(*(names if adjust else names[:1]))
    )
    expected = tt.Experiment(metric=metric).analyze(data)["metric"]
    chosen = plan("fixed", cuped=adjust)
    kind = "ratio" if ratio else "mean"
    found = compare(control, treatment, kind=kind, plan=chosen, shares=EVEN)
    assert found.absolute.estimate == pytest.approx(expected.effect_size, abs=1e-9)
    assert found.absolute.lower == pytest.approx(expected.effect_size_ci_lower, abs=1e-9)
    assert found.absolute.upper == pytest.approx(expected.effect_size_ci_upper, abs=1e-9)
    assert found.relative.estimate == pytest.approx(expected.rel_effect_size, abs=1e-9)
    assert found.p_value == pytest.approx(expected.pvalue, abs=1e-9)
    low, high = log_lift_interval(contrast(stack(control), stack(treatment), adjust=adjust), 0.05)
    assert low == pytest.approx(expected.rel_effect_size_ci_lower, abs=1e-9)
    assert high == pytest.approx(expected.rel_effect_size_ci_upper, abs=1e-9)
    assert (found.variance_reduction > 0.05) == adjust


def test_proportions_equal_statsmodels_and_tea_tasting() -> None:
    events, units = (201, 262), (4_100, 4_333)
    _, p_value = proportions_ztest(events[::-1], units[::-1])
    low, high = confint_proportions_2indep(
        events[1], units[1], events[0], units[0], compare="ratio", method="score", correction=False
    )
    control, treatment = binary(events[0], units[0]), binary(events[1], units[1])
    found = compare(control, treatment, kind="proportion", plan=FIXED, shares=EVEN)
    assert found.p_value == pytest.approx(p_value, abs=1e-9)
    assert found.relative.lower == pytest.approx(low - 1, abs=1e-9)
    assert found.relative.upper == pytest.approx(high - 1, abs=1e-9)
    flags = np.concatenate([np.arange(n) < x for x, n in zip(events, units, strict=True)]).astype(int)
    data = pa.table({"variant": np.repeat([0, 1], units), "x": flags})
    metric = tt.Proportion("x", correction=False)
    expected = tt.Experiment(x=metric).analyze(data)["x"]
    assert found.p_value == pytest.approx(expected.pvalue, abs=1e-9)
    assert found.absolute.estimate == pytest.approx(expected.effect_size, abs=1e-9)


def test_difference_interval_inverts_the_test_under_the_most_likely_rates() -> None:
    # The restricted rates are maximised by brute force here, in closed form there.
    events, units = (202, 371), (261, 438)
    for difference in (0.0138, 0.05, -0.1, 0.15):
        rates = np.linspace(max(0, -difference), min(1, 1 - difference), 2_000_003)[1:-1]
        likelihood = (
            events[0] * np.log(rates)
            + (units[0] - events[0]) * np.log1p(-rates)
            + events[1] * np.log(rates + difference)
            + (units[1] - events[1]) * np.log1p(-rates - difference)
        )
        first = rates[likelihood.argmax()]
        second = first + difference
        error = np.sqrt(first * (1 - first) / units[0] + second * (1 - second) / units[1])
        expected = (events[1] / units[1] - events[0] / units[0] - difference) / error
        assert score.difference_z(events, units, difference) == pytest.approx(expected, rel=1e-5)
    low, high = score.difference_interval(events, units, 0.05)
    assert score.difference_z(events, units, low) == pytest.approx(1.959963984540054, rel=1e-9)
    assert score.difference_z(events, units, high) == pytest.approx(-1.959963984540054, rel=1e-9)


@pytest.mark.parametrize("events", [(0, 5), (5, 0), (100, 95), (0, 100), (1, 1)])
def test_rates_at_the_edge_have_intervals_that_agree_with_the_test(events: tuple[int, int]) -> None:
    units = (100, 100)
    significant = score.p_value(events, units) <= 0.05
    low, high = score.difference_interval(events, units, 0.05)
    assert -1 <= low <= (events[1] - events[0]) / 100 <= high <= 1
    assert significant == (low > 0 or high < 0)
    low, high = score.ratio_interval(events, units, 0.05)
    assert significant == (low > 1 or high < 1)


def test_a_reading_before_the_planned_size_is_preliminary() -> None:
    early = plan("fixed", planned_units=10_000)
    found = compare(binary(50, 500), binary(90, 500), kind="proportion", plan=early, shares=EVEN)
    assert found.preliminary
    assert "10,000" in found.method_reason
