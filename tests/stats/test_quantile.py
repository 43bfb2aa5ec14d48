"""Quantiles that may be read at any moment."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm
from statsmodels.regression.quantile_regression import QuantReg

from stats.quantile import density_at_quantile, quantile_interval, rank_bounds


def test_few_values_bound_nothing() -> None:
    lower, estimate, upper = quantile_interval([3.0, 1.0, 2.0], 0.5, 0.05, 1_000)
    assert (lower, estimate, upper) == (-math.inf, 2.0, math.inf)


@pytest.mark.parametrize("quantile", [0.1, 0.5, 0.95])
def test_the_rank_bounds_hold_the_quantile_and_narrow(quantile: float) -> None:
    widths = []
    for units in (100, 1_000, 10_000, 100_000):
        low, high = rank_bounds(units, quantile, 0.05, 10_000)
        assert 0 <= low < quantile < high <= 1
        widths.append(high - low)
    assert widths == sorted(widths, reverse=True)
    # About three standard errors to either side at the planned size, as for a mean.
    error = math.sqrt(quantile * (1 - quantile) / 10_000)
    assert 5.5 < widths[2] / error < 7.0


@pytest.mark.parametrize("tied", [False, True])
def test_the_interval_holds_the_truth_at_every_look(tied: bool) -> None:
    rng = np.random.default_rng(11)
    misses = 0
    for _ in range(80):
        values = rng.lognormal(0, 1.5, 1_500)
        if tied:
            values = np.floor(values)
        truth = math.floor(math.exp(1.5 * 1.2815515655446004)) if tied else math.exp(1.5 * 1.2815515655446004)
        bounds = [quantile_interval(values[:size], 0.9, 0.05, 1_500) for size in range(50, 1_501, 50)]
        misses += any(not lower <= truth <= upper for lower, _, upper in bounds)
    # Five percent of 80 is 4; 11 is the 99.9 % point of chance.
    assert misses <= 11


@pytest.mark.parametrize("values", [[], [1.0, math.nan]])
def test_values_that_cannot_be_ordered_are_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match="finite"):
        quantile_interval(values, 0.5, 0.05, 100)


def test_a_quantile_outside_zero_to_one_is_refused() -> None:
    with pytest.raises(ValueError, match="quantile"):
        rank_bounds(10, 1.0, 0.05, 100)


def test_the_density_at_a_quantile_is_that_of_statsmodels() -> None:
    values = np.random.default_rng(5).normal(size=20_000)
    ones = np.ones((len(values), 1))
    fitted = QuantReg(values, ones).fit(q=0.7, bandwidth="bofinger")
    ours = density_at_quantile(lambda share: float(np.quantile(values, share)), 0.7, len(values))
    # It smooths over the same distance with a kernel.
    assert ours == pytest.approx(1 / fitted.sparsity, rel=0.05)
    assert ours == pytest.approx(norm.pdf(norm.ppf(0.7)), rel=0.05)
    assert density_at_quantile(lambda share: 1.0, 0.5, 100) == math.inf
