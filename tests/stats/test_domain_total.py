"""Totals of a kind of units, against exact Poisson limits, full counts, and simulated samples."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import chi2, t

from stats.domain_total import domain_total, over_periods
from stats.result import Interval


@pytest.mark.parametrize("count", [0, 1, 7, 200])
def test_equal_and_small_chances_give_garwoods_exact_limits(count: int) -> None:
    """scipy's chi-square is the referee: Garwood (1936); the tolerance is the fraction that was sampled."""
    inside = np.zeros(1_000)
    inside[:count] = 1
    found = domain_total(inside, np.full(1_000, 1e-9))
    lower = chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    upper = chi2.isf(0.025, 2 * (count + 1)) / 2
    assert found.estimate == pytest.approx(count * 1e9)
    assert found.lower == pytest.approx(lower * 1e9, rel=1e-6)
    assert found.upper == pytest.approx(upper * 1e9, rel=1e-6)


def test_a_full_count_is_no_estimate() -> None:
    assert domain_total([1, 0, 1, 0.5], np.ones(4)) == Interval(2.5, 2.5, 2.5)
    assert domain_total(np.zeros(4), np.ones(4)) == Interval(0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("inside", "chances"),
    [
        ([], []),
        ([1], [0.5, 0.5]),
        ([2], [0.5]),
        ([-0.1], [0.5]),
        ([1], [0]),
        ([1], [1.5]),
        ([math.nan], [0.5]),
    ],
)
def test_what_is_no_sample_is_refused(inside: list[float], chances: list[float]) -> None:
    with pytest.raises(ValueError, match="must"):
        domain_total(inside, chances)


@pytest.mark.parametrize(("share", "unequal"), [(0.002, False), (0.3, False), (0.3, True), (0.01, True)])
def test_intervals_hold_the_true_number_as_often_as_they_say(share: float, unequal: bool) -> None:
    """1,000 samples of 20,000 units at chances of 0.05 to 0.5; 95 % within 3.1 deviations."""
    rng, population, rounds = np.random.default_rng(20261125), 20_000, 1_000
    kind = rng.random(population) < share
    chances = rng.choice([0.05, 0.1, 0.5], population) if unequal else np.full(population, 0.1)
    held = 0
    for _ in range(rounds):
        drawn = rng.random(population) < chances
        found = domain_total(kind[drawn], chances[drawn])
        assert found.lower is not None
        assert found.upper is not None
        held += found.lower <= kind.sum() <= found.upper
    slack = 3.1 * math.sqrt(0.95 * 0.05 / rounds)
    assert held / rounds >= 0.95 - slack


def test_weeks_that_differ_widen_the_interval_by_students_law() -> None:
    totals = [100.0, 120.0, 90.0, 110.0]
    spread = t.isf(0.025, 3) * np.std(totals, ddof=1) / 2
    exact = Interval(105.0, 105.0, 105.0)
    found = over_periods(totals, exact)
    assert found.lower == pytest.approx(105 - spread)
    assert found.upper == pytest.approx(105 + spread)
    sampled = over_periods(totals, Interval(105.0, 100.0, 112.0))
    assert sampled.lower == pytest.approx(105 - math.hypot(5, spread))
    assert sampled.upper == pytest.approx(105 + math.hypot(7, spread))
    assert over_periods([105.0], Interval(105.0, 100.0, 112.0)) == Interval(105.0, 100.0, 112.0)
