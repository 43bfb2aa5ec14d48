"""Referees: all pairs of counts one by one (exact), scipy's median test and bootstrap for a single look."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats as distributions

from stats.quantile_difference import chi_square, extent
from stats.ranks import ranks_of

Floats = NDArray[np.float64]


def drawn(kind: str, units: int, rng: np.random.Generator) -> Floats:
    if kind == "normal":
        return rng.normal(1, 2, units)
    if kind == "ties":
        return np.round(rng.normal(2, 1.5, units))
    return np.where(rng.random(units) < 0.5, 0, np.round(rng.exponential(5, units), 1))


@pytest.mark.parametrize("kind", ["normal", "ties", "zeros"])
@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.8])
@pytest.mark.parametrize("critical", [1.0, 2.5])
def test_the_interval_is_that_of_all_pairs_and_agrees_with_the_test(
    kind: str, quantile: float, critical: float
) -> None:
    rng = np.random.default_rng(3)
    for shift in (0, 0, 1, 3, -2):
        first, second = rng.integers(5, 90, 2)
        control = ranks_of(drawn(kind, first, rng), quantile)
        treatment = ranks_of(drawn(kind, second, rng) + shift, quantile)
        found, budget = extent(control, treatment, critical), critical**2
        pairs = [
            (treatment.lowest[j] - control.highest[i], treatment.highest[j] - control.lowest[i])
            for i, one in enumerate(control.deviance)
            for j, two in enumerate(treatment.deviance)
            if one + two <= budget
        ]
        lower, upper = min(low for low, _ in pairs), max(high for _, high in pairs)
        assert (found.absolute.lower, found.absolute.upper) == (lower, upper)
        rejected = chi_square(control, treatment) > budget
        assert rejected == (lower > 0 or upper < 0)
        low, high = found.relative.lower, found.relative.upper
        if low is not None and high is not None:
            assert rejected == (low > 0 or high < 0)


def test_a_lift_is_bounded_by_the_same_pairs_where_the_control_is_positive() -> None:
    """Referee: on the log scale the lift is a difference, whose interval the same test gives; 1e-9."""
    rng = np.random.default_rng(4)
    first, second = rng.lognormal(0, 1, 3000), rng.lognormal(0.5, 1, 2000)
    lift = extent(ranks_of(first, 0.6), ranks_of(second, 0.6), 1.96).relative
    logs = extent(ranks_of(np.log(first), 0.6), ranks_of(np.log(second), 0.6), 1.96).absolute
    assert logs.lower is not None
    assert logs.upper is not None
    assert lift.lower == pytest.approx(math.expm1(logs.lower), rel=1e-9)
    assert lift.upper == pytest.approx(math.expm1(logs.upper), rel=1e-9)


def test_there_is_no_lift_where_the_control_may_be_zero() -> None:
    rng = np.random.default_rng(5)
    control = ranks_of(np.where(rng.random(500) < 0.52, 0, 10.0), 0.5)
    found = extent(control, ranks_of(rng.lognormal(0, 1, 500), 0.5), 1.96)
    assert (found.relative.lower, found.relative.upper) == (None, None)
    assert found.absolute.lower is not None


@pytest.mark.parametrize("seed", range(5))
def test_for_one_look_it_is_close_to_the_median_test(seed: int) -> None:
    """Tolerance 0.15 standard errors: the pooled median is not quite the least favourable value."""
    rng = np.random.default_rng(seed)
    first, second = rng.lognormal(0, 1, 4000), rng.lognormal(0.05, 1, 2000)
    expected = distributions.median_test(first, second, correction=False, lambda_="log-likelihood").statistic
    found = chi_square(ranks_of(first, 0.5), ranks_of(second, 0.5))
    assert math.sqrt(found) == pytest.approx(math.sqrt(expected), abs=0.15)


@pytest.mark.parametrize("quantile", [0.5, 0.9])
def test_for_one_look_the_interval_is_close_to_the_bootstrap(quantile: float) -> None:
    """Tolerance 15 % of the width: the bootstrap's own noise and its rounding to order statistics."""
    rng = np.random.default_rng(6)
    first, second = rng.lognormal(0, 1, 3000), rng.lognormal(0.3, 1, 3000)
    made = distributions.bootstrap(
        (first, second),
        lambda one, two, axis: np.quantile(two, quantile, axis=axis) - np.quantile(one, quantile, axis=axis),
        n_resamples=2000,
        method="percentile",
        rng=np.random.default_rng(1),
        batch=200,
    ).confidence_interval
    found = extent(ranks_of(first, quantile), ranks_of(second, quantile), 1.959964).absolute
    width = made.high - made.low
    assert found.lower == pytest.approx(made.low, abs=0.15 * width)
    assert found.upper == pytest.approx(made.high, abs=0.15 * width)


def test_variants_far_apart_are_told_apart_without_the_values_between() -> None:
    near, far = ranks_of(np.arange(1e5), 0.5), ranks_of(np.arange(1e5) + 1e7, 0.5)
    assert chi_square(near, far) > 60
    found = extent(near, far, 3.0).absolute
    assert found.lower == pytest.approx(1e7, rel=1e-3)
    assert found.upper == pytest.approx(1e7, rel=1e-3)


def test_an_infinite_critical_value_bounds_nothing() -> None:
    found = extent(ranks_of(np.arange(100.0), 0.5), ranks_of(np.arange(100.0), 0.5), math.inf)
    assert (found.absolute.lower, found.absolute.upper) == (-math.inf, math.inf)
