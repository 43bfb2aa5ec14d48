"""The exact test of two conversion rates."""

from __future__ import annotations

import math

import pytest

from stats import conversion
from stats.anytime import sequential
from stats.clock import Clock
from stats.conversion_exact import log_e_value, log_ratio_interval
from tests.stats.reference import cases


@pytest.mark.parametrize(
    ("successes", "shares", "weight", "log_e", "low", "high"),
    [
        # Source: mpmath 1.4.1, formula of savvi's InhomogeneousBernoulliProcess.
        ((3, 9), (0.5, 0.5), 100, 0.10530463597788717, -0.7138902824257125, 3.631540788080878),
        ((20, 40), (0.5, 0.5), 1, 1.1205035676719093, -0.1667042341166053, 1.6425842815386487),
        ((1000, 1100), (0.5, 0.5), 1000, 1.0478333325595486, -0.033178853286999495, 0.22406173050953207),
        ((3, 9), (0.9, 0.1), 100, 2.2673215070933885, -0.09280429504446724, 9.450313025063862),
    ],
)
def test_e_value_and_interval_equal_the_reference(
    successes: tuple[int, int],
    shares: tuple[float, float],
    weight: float,
    log_e: float,
    low: float,
    high: float,
) -> None:
    assert float(log_e_value(*successes, shares, weight)) == pytest.approx(log_e, abs=1e-9)
    assert log_ratio_interval(*successes, shares, weight, 0.05) == pytest.approx((low, high), abs=1e-9)


def test_all_reference_cases_are_met() -> None:
    for case in cases("conversion_exact_multinomial.json"):
        (control, treatment), (first, second), weight = case["successes"], case["rho"], case["k"]
        log_e = float(log_e_value(control, treatment, (first, second), weight))
        assert log_e == pytest.approx(case["log_e_value_H0"], abs=1e-9)
        found = log_ratio_interval(control, treatment, (first, second), weight, 0.05)
        for bound, expected in zip(found, case["ci95_log_relative_rate"], strict=True):
            assert math.isinf(bound) if expected is None else bound == pytest.approx(expected, abs=1e-9)


def test_ratio_is_unbounded_above_without_conversions_in_the_control() -> None:
    low, high = log_ratio_interval(0, 30, (0.5, 0.5), 8.0, 0.05)
    assert low > 0
    assert high == math.inf


def test_difference_excludes_zero_exactly_when_the_ratio_excludes_one() -> None:
    for treatment in range(100, 190, 3):
        logs = conversion.ratio_bounds(100, treatment, 20_000, (0.5, 0.5), 20_000, sequential(0.05))
        low, high = conversion.difference_bounds(logs, 100 + treatment, 20_000, (0.5, 0.5), 0.05)
        assert (low > 0) == (logs[0] > 0)
        assert (high < 0) == (logs[1] < 0)
        assert low <= (treatment - 100) / 10_000 <= high


def test_prior_weight_follows_matured_units_and_not_the_calendar() -> None:
    # A campaign: all units are there; a tenth of their windows has passed and a tenth of the conversions.
    early = conversion.concentration(80, 40_000, 40_000, Clock.still(0.1))
    late = conversion.concentration(800, 40_000, 40_000)
    assert early == late


def test_counts_beyond_two_to_the_31_stay_exact() -> None:
    value = log_e_value(3_000_000_000, 3_000_200_000, (0.5, 0.5), 1e6)
    assert math.isfinite(float(value))
    low, high = log_ratio_interval(3_000_000_000, 3_000_200_000, (0.5, 0.5), 1e6, 0.05)
    assert low < math.log(3_000_200_000 / 3_000_000_000) < high
