"""Boundaries that hold at every moment, against exact crossing chances and simulated walks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.stats import binom

from stats import anytime, conversion
from stats.anytime import Boundary
from stats.calibrate import monte_carlo
from stats.clock import FINAL, Clock
from stats.confidence_sequence import critical_value, mixture_rho
from stats.group_sequential import crossing

BOUNDARIES = {"sequential": anytime.sequential, "planned": anytime.planned, "mixture": anytime.mixture}
EVERY_MOMENT = tuple((look + 1) / 200 for look in range(210)) + tuple(
    1.06 * 1.03**step for step in range(100)
)


def crossed(boundary: Boundary, rates: tuple[float, ...], drift: float) -> tuple[float, float]:
    """Exact chance of ever leaving the boundary, and the mean rate at which that happens (at most 1)."""
    bounds = boundary.critical_value(np.array(rates), np.array(rates))
    chances = crossing(rates, list(bounds), list(-bounds), drift)
    stopped = np.array(chances.upper) + np.array(chances.lower)
    return float(stopped.sum()), float((stopped * np.array(rates)).sum() + 1 - stopped.sum())


@pytest.mark.parametrize("name", BOUNDARIES)
@pytest.mark.parametrize("level", [0.2, 0.05, 0.001])
@pytest.mark.parametrize("rate", [0.01, 0.3, 1.0, 1.04, 1.5, 20.0])
def test_the_p_value_is_the_level_whose_boundary_is_met(name: str, rate: float, level: float) -> None:
    boundary = BOUNDARIES[name](0.05)
    critical = boundary.critical_value(rate, rate, level)
    assert float(boundary.p_value(critical, rate, rate)) == pytest.approx(level, rel=1e-9)
    assert float(boundary.p_value(critical + 0.01, rate, rate)) < level
    assert float(boundary.p_value(critical - 0.01, rate, rate)) > level


@pytest.mark.parametrize("name", BOUNDARIES)
@pytest.mark.parametrize("alpha", [0.1, 0.05, 0.01])
def test_reading_at_every_moment_and_far_beyond_the_plan_keeps_the_error(name: str, alpha: float) -> None:
    chance, _ = crossed(BOUNDARIES[name](alpha), EVERY_MOMENT, 0.0)
    assert 0.3 * alpha < chance < alpha


def test_the_default_has_near_the_power_of_a_planned_size_and_still_stops_early() -> None:
    # 2.8016 standard errors: what a single look at the planned size finds in 80 %.
    rates = tuple((look + 1) / 100 for look in range(100))
    found = {name: crossed(make(0.05), rates, 2.8016) for name, make in BOUNDARIES.items()}
    assert found["mixture"][0] == pytest.approx(0.52, abs=0.01)
    assert found["sequential"][0] > 0.70
    # Source: rpact 3.3.4, asOF, two-sided 5 %, five looks at the same effect: 79.0 %.
    assert 0.73 < found["planned"][0] < 0.79
    assert found["sequential"][1] < found["mixture"][1]
    # Effects twice as large end a third of the way, no later than the mixture by a twentieth of the plan.
    large = {name: crossed(make(0.05), rates, 5.6)[1] for name, make in BOUNDARIES.items()}
    assert large["sequential"] < large["mixture"] + 0.05 < 0.4


def test_the_mixture_alone_is_the_asymptotic_confidence_sequence() -> None:
    units = np.array([500.0, 10_000.0, 80_000.0])
    expected = critical_value(units, 0.05, mixture_rho(0.05, 20_000))
    found = anytime.mixture(0.05).critical_value(units / 20_000, units / 20_000)
    assert found == pytest.approx(expected, rel=1e-12)


def test_the_plan_of_a_campaign_ends_when_its_windows_close_and_never_runs_ahead() -> None:
    shares = np.linspace(0.05, 1.0, 20)
    rates = Clock.still(shares).rate(40_000, 40_000)
    assert rates[-1] == 1.0
    # Outcomes that come late: a quarter of the information at half of the time, and later still.
    for lateness in (1.0, 2.0, 4.0):
        assert np.all(rates <= shares**lateness * (1 + 1e-12))
    assert float(FINAL.rate(10_000, 40_000)) == 0.25


@pytest.mark.parametrize("share", [0.5, 0.1, 0.9])
def test_the_tail_of_the_plan_is_the_binomial_tail_of_its_end(share: float) -> None:
    # 300 conversions halfway: 600 at the end; the surplus now, less log 2, must be reached there.
    second = round(300 * share) + 20
    found = float(conversion.plan_tail(300 - second, second, (1 - share, share), 0.5))
    least = 600 * share + (second - 300 * share) - math.log(2)
    below, above = (
        float(binom.sf(edge, 600, share)) for edge in (math.ceil(least) - 1, math.floor(least) - 1)
    )
    assert below <= found / 4 <= above


def walks(share: float, end: int, replicates: int, seed: int) -> NDArray[np.int64]:
    """Treatment's conversions after every conversion, shape `(replicates, end)`."""
    steps = np.random.default_rng(seed).random((replicates, end)) < share
    return np.cumsum(steps, axis=1)


@pytest.mark.parametrize("share", [0.5, 0.1, 0.9, 0.02])
@pytest.mark.parametrize("end", [60, 800])
def test_rates_read_after_every_conversion_keep_the_error(share: float, end: int) -> None:
    boundary, replicates = anytime.sequential(0.05), 2_000
    second = walks(share, end, replicates, 11)
    count = np.arange(1, end + 1)
    units = count * 50
    p_values = conversion.p_value(count - second, second, units, (1 - share, share), end * 50, boundary)
    called = int((p_values <= 0.05).any(axis=1).sum())
    low, _ = monte_carlo(called, replicates)
    assert low <= 0.05, f"{called / replicates:.1%} false alarms"


@pytest.mark.parametrize("matured", [1.0, 0.6])
@pytest.mark.parametrize(("control", "treatment"), [(0, 14), (30, 0), (90, 140), (400, 380), (10, 3)])
@pytest.mark.parametrize("level", [0.2, 0.05, 0.002])
def test_bounds_of_the_ratio_are_what_its_p_value_rejects(
    control: int, treatment: int, level: float, matured: float
) -> None:
    boundary, arguments = anytime.sequential(0.05), ((0.6, 0.4), 30_000)
    bounds = conversion.ratio_bounds(
        control, treatment, 24_000, *arguments, boundary, clock=Clock.still(matured), level=level
    )
    for bound, inwards in zip(bounds, (1e-6, -1e-6), strict=True):
        if math.isinf(bound):
            continue
        inside, outside = (
            float(
                conversion.p_value(
                    control, treatment, 24_000, *arguments, boundary, bound + step, clock=Clock.still(matured)
                )
            )
            for step in (inwards, -inwards)
        )
        assert outside <= level <= inside
