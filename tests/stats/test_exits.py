"""The chance of staying inside boundaries, against the recursive integration of planned looks."""

from __future__ import annotations

import numpy as np
import pytest

from stats import anytime
from stats.exits import walk_inside
from stats.group_sequential import critical_values, crossing


@pytest.mark.parametrize("looks", [1, 2, 5, 20])
@pytest.mark.parametrize("drift", [0.0, 1.0, 2.8, 4.0])
def test_planned_looks_equal_the_recursive_integration(looks: int, drift: float) -> None:
    rates = np.arange(1, looks + 1) / looks
    assert_equal(rates, np.array(critical_values(tuple(rates.tolist()), 0.05)), drift)


@pytest.mark.parametrize("drift", [0.0, 2.8])
def test_reading_at_any_moment_equals_the_recursive_integration(drift: float) -> None:
    rates = np.arange(1, 101) / 100
    assert_equal(rates, anytime.sequential(0.05).critical_value(rates, rates), drift)


def test_nobody_leaves_while_the_boundaries_are_infinite() -> None:
    upper = np.array([np.inf, np.inf, 2.0, 2.0])
    inside = walk_inside(upper, -upper)
    for drift in (0.0, 4.0, 50.0, 1000.0):
        left = inside.remaining(drift)
        assert (left[:2] == 1.0).all()
        assert np.isfinite(left).all()
    power, stopping = inside.outlook(1000.0)
    assert power == pytest.approx(1.0)
    assert stopping == pytest.approx(0.75)


def test_one_boundary_may_be_missing() -> None:
    inside = walk_inside(np.array([1.0]), np.array([-np.inf]))
    assert inside.outlook(0.0)[0] == pytest.approx(0.158655, abs=1e-3)


def assert_equal(rates: np.ndarray, critical: np.ndarray, drift: float) -> None:
    chances = crossing(rates.tolist(), critical.tolist(), (-critical).tolist(), drift)
    stopped = np.array(chances.upper) + np.array(chances.lower)
    power, stopping = walk_inside(critical * np.sqrt(rates), -critical * np.sqrt(rates)).outlook(drift)
    assert power == pytest.approx(stopped.sum(), abs=1e-3)
    assert stopping == pytest.approx((rates * stopped).sum() + 1 - stopped.sum(), abs=1e-3)
