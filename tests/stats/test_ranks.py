"""Referees: numpy.quantile at 1e-12, scipy.stats.quantile_test's interval within two ranks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats as distributions

from stats.quantile_difference import interval
from stats.ranks import Ranks, rank_window, ranks_of


@pytest.mark.parametrize("quantile", [0.01, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("units", [1, 2, 47, 20_000])
def test_the_estimate_is_numpys_quantile(units: int, quantile: float) -> None:
    values = np.random.default_rng(units).lognormal(0, 2, units)
    assert ranks_of(values, quantile).estimate == pytest.approx(np.quantile(values, quantile), rel=1e-12)


def test_only_the_values_around_the_quantile_are_kept() -> None:
    kept = ranks_of(np.arange(1_000_000.0), 0.5)
    assert len(kept.values) < 10_000
    assert kept.values[0] == kept.first - 1
    assert rank_window(1_000_000, 0.5) == (kept.first, kept.last)


def test_a_variant_without_units_has_no_quantile() -> None:
    assert ranks_of([], 0.5).estimate is None


@pytest.mark.parametrize(("units", "quantile"), [(200, 0.5), (1_000, 0.9), (5_000, 0.25)])
def test_one_variants_interval_is_the_order_statistic_one(units: int, quantile: float) -> None:
    values = np.arange(units, dtype=np.float64)
    expected = distributions.quantile_test(values, p=quantile).confidence_interval(0.95)
    found = interval(ranks_of(values, quantile), 1.959964)
    assert found.lower == pytest.approx(expected.low, abs=2)
    assert found.upper == pytest.approx(expected.high, abs=2)


def test_a_quantile_within_ties_is_known_exactly_and_one_beyond_the_values_not_at_all() -> None:
    tied = interval(ranks_of([0.0] * 70 + [5.0] * 30, 0.5), 1.96)
    assert (tied.lower, tied.upper) == (0, 0)
    few = interval(ranks_of([1.0, 2.0, 3.0], 0.5), 5.0)
    assert (few.lower, few.upper) == (-math.inf, math.inf)


@pytest.mark.parametrize(
    ("message", "arguments"),
    [
        ("quantile must lie between 0 and 1, got 1", (3, 1.0, 1, (1.0, 2.0, 3.0))),
        ("rising order", (3, 0.5, 1, (1.0, 3.0, 2.0))),
        ("values must be finite", (3, 0.5, 1, (1.0, 2.0, math.nan))),
        ("values must be in rising order and not empty", (3, 0.5, 1, ())),
        ("values must hold the ranks 1 to 3 of 3, got 1 to 2", (3, 0.5, 1, (1.0, 2.0))),
        ("units must not be negative", (-1, 0.5, 1, ())),
    ],
)
def test_ranks_that_cannot_be_read_are_refused(
    message: str, arguments: tuple[int, float, int, tuple[float, ...]]
) -> None:
    with pytest.raises(ValueError, match=message):
        Ranks(*arguments)
