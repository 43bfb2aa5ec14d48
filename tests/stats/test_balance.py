"""The sequential sample-ratio check."""

from __future__ import annotations

import numpy as np
import pytest

from stats.balance import log_bayes_factor, log_evidence, sample_ratio, split_p_values
from tests.stats.reference import cases


@pytest.mark.parametrize(
    ("counts", "weight", "expected"),
    [
        # Source: mpmath, checked against savvi 0.3.1; even shares.
        ((550, 450), 1, 1.3284461707634174),
        ((25_500, 24_500), 1, 4.36498127717246),
        ((25_500, 24_500), 100, 6.8701039342788235),
    ],
)
def test_bayes_factor_equals_the_reference(counts: tuple[int, int], weight: float, expected: float) -> None:
    assert log_bayes_factor(counts, (0.5, 0.5), weight) == pytest.approx(expected, abs=1e-9)


def test_all_reference_cases_are_met() -> None:
    for case in cases("srm_sequential_multinomial.json"):
        found = log_bayes_factor(case["counts"], case["theta0"], case["k"])
        assert found == pytest.approx(case["log_bayes_factor_mpmath"], rel=1e-9, abs=1e-9)


def test_units_in_a_variant_of_weight_zero_fail() -> None:
    check = sample_ratio([5_000, 5_000, 1], [0.5, 0.5, 0.0])
    assert check.status == "failed"
    assert check.code == "units_in_empty_variant"
    assert check.p_value == 0.0


def test_an_empty_variant_of_weight_zero_is_as_planned() -> None:
    assert sample_ratio([5_000, 5_000, 0], [0.5, 0.5, 0.0]).status == "ok"


def test_a_skew_of_two_percent_fails_at_a_hundred_thousand_units() -> None:
    check = sample_ratio([51_000, 49_000], [0.5, 0.5])
    assert check.status == "failed"
    assert check.p_value is not None
    assert check.p_value < 1e-6


def test_no_units_say_nothing() -> None:
    check = sample_ratio([0, 0], [0.5, 0.5])
    assert (check.status, check.p_value) == ("ok", None)


def test_weights_need_not_sum_to_one() -> None:
    assert sample_ratio([60, 40], [3, 2]).p_value == sample_ratio([60, 40], [0.6, 0.4]).p_value


@pytest.mark.parametrize(
    ("counts", "shares", "field"),
    [
        ([1, -1], [0.5, 0.5], "counts.1"),
        ([1, 1], [0.5, float("nan")], "shares.1"),
        ([1, 1], [0.0, 0.0], "shares"),
        ([1], [0.5, 0.5], "counts"),
        ([], [], "counts"),
    ],
)
def test_bad_input_is_named(counts: list[int], shares: list[float], field: str) -> None:
    with pytest.raises(ValueError, match=field):
        sample_ratio(counts, shares)


def paths(shares: tuple[float, ...], batch: int, looks: int, runs: int) -> np.ndarray:
    """Cumulative units per look and variant, shape `(runs, looks, k)`."""
    rng = np.random.default_rng(20261125)
    return rng.multinomial(batch, shares, size=(runs, looks)).cumsum(axis=1).astype(np.float64)


@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.9, 0.1), (0.34, 0.33, 0.33)])
@pytest.mark.parametrize(("batch", "looks"), [(1, 500), (1_000, 300)])
def test_reading_after_every_batch_keeps_the_false_alarm_rate(
    shares: tuple[float, ...], batch: int, looks: int
) -> None:
    # Ville: at most 5 % and 1 % ever; 2,000 runs have a 99.9 % point of chance of 1.5 and 0.7 points more.
    p_values = split_p_values(paths(shares, batch, looks, 2_000), shares).min(axis=1)
    assert (p_values <= 0.05).mean() <= 0.065
    assert (p_values <= 0.01).mean() <= 0.017


@pytest.mark.parametrize(
    ("planned", "real", "units"),
    [
        ((0.5, 0.5), (0.25, 0.75), 200),
        ((0.5, 0.5), (0.45, 0.55), 3_200),
        ((0.5, 0.5), (0.49, 0.51), 80_000),
        ((0.9, 0.1), (0.89, 0.11), 28_000),
    ],
)
def test_departures_of_every_size_are_found_in_time(
    planned: tuple[float, ...], real: tuple[float, ...], units: int
) -> None:
    # Units by which nine runs in ten alarm at 0.1 %; half do at 75, 1,900, 45,000 and 16,000.
    found = split_p_values(paths(real, units // 100, 100, 200), planned).min(axis=1) <= 0.001
    assert found.mean() > 0.85


def test_the_mixture_pays_no_more_than_the_log_of_its_size_for_being_near_the_best_prior() -> None:
    counts = paths((0.49, 0.51), 500, 100, 20)
    best = np.max([log_bayes_factor(counts, (0.5, 0.5), each) for each in (10, 100, 1_000, 10_000)], axis=0)
    gap = best - log_evidence(counts, (0.5, 0.5))
    assert gap.min() >= 0
    assert gap.max() <= np.log(4) + 1e-9
