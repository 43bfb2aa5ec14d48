"""Referee: seeded simulation with Monte-Carlo bounds; agreement of interval, p-value and verdict by level."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats as distributions

from stats.answer import Family
from stats.clock import Clock
from stats.plan import ReadingPlan
from stats.quantile_reading import compare_quantiles
from stats.ranks import Ranks, ranks_of
from stats.result import Comparison

Floats = NDArray[np.float64]
EVEN = (0.5, 0.5)
ALONE = Family(0.05, 1)


def plan(method: str = "sequential", planned_units: int = 4_000) -> ReadingPlan:
    return ReadingPlan(method, 0.05, 0.8, None, planned_units, None, True)


def arms(shift: float = 0.0, units: int = 2_000, quantile: float = 0.5, seed: int = 1) -> tuple[Ranks, Ranks]:
    rng = np.random.default_rng(seed)
    return (
        ranks_of(rng.lognormal(0, 1, units), quantile),
        ranks_of(rng.lognormal(shift, 1, units), quantile),
    )


@pytest.mark.parametrize("method", ["sequential", "group_sequential", "fixed"])
@pytest.mark.parametrize("shift", [0.0, 0.08, 0.1, 0.15, -0.2])
@pytest.mark.parametrize("level", [None, 0.05, 0.01])
def test_interval_p_value_and_verdict_are_one_statement(
    method: str, shift: float, level: float | None
) -> None:
    found = compare_quantiles(*arms(shift), plan=plan(method), shares=EVEN, family=Family(0.05, 6, level))
    assert found.p_value is not None
    assert found.absolute.lower is not None
    assert found.relative.lower is not None
    assert found.absolute.upper is not None
    assert found.relative.upper is not None
    assert found.significant == (found.p_value <= (level or 0.05 / 6))
    assert found.significant == (found.absolute.lower > 0 or found.absolute.upper < 0)
    assert found.significant == (found.relative.lower > 0 or found.relative.upper < 0)
    assert found.absolute.lower <= (found.absolute.estimate or 0) <= found.absolute.upper
    assert not found.preliminary


def test_a_single_look_is_preliminary_before_the_planned_size() -> None:
    found = compare_quantiles(*arms(0.3), plan=plan("fixed", 10_000), shares=EVEN, family=ALONE)
    assert found.preliminary
    assert "10,000" in found.method_reason


def test_reading_on_is_dearer_than_planning_and_planning_than_a_single_look() -> None:
    def width(method: str) -> float:
        found = compare_quantiles(*arms(0.1), plan=plan(method), shares=EVEN, family=ALONE).absolute
        assert found.lower is not None
        assert found.upper is not None
        return found.upper - found.lower

    assert width("fixed") < width("group_sequential") < width("sequential") < 2 * width("fixed")


def test_an_e_value_costs_more_than_a_p_value() -> None:
    pair = arms(0.15)
    plain, heavy = (
        compare_quantiles(*pair, plan=plan(), shares=EVEN, family=ALONE, needs_e_value=needed).p_value
        for needed in (False, True)
    )
    assert plain is not None
    assert heavy is not None
    assert plain < heavy < 1


def test_two_medians_of_zero_do_not_differ() -> None:
    rng = np.random.default_rng(2)
    pair = [ranks_of(np.where(rng.random(500) < 0.9, 0, 10.0), 0.5) for _ in range(2)]
    found = compare_quantiles(pair[0], pair[1], plan=plan(), shares=EVEN, family=ALONE)
    assert (found.absolute.lower, found.absolute.upper, found.p_value) == (0, 0, 1)
    assert found.relative.lower is None
    assert "no percentage" in found.method_reason


@pytest.mark.parametrize(
    ("units", "quantile", "code"), [(19, 0.5, "too_few_units"), (900, 0.99, "too_few_units"), (20, 0.5, None)]
)
def test_a_quantile_waits_for_units_on_either_side(units: int, quantile: float, code: str | None) -> None:
    found = compare_quantiles(*arms(0.0, units, quantile), plan=plan(), shares=EVEN, family=ALONE)
    assert (found.undetermined.code if found.undetermined else None) == code
    assert found.absolute.estimate is not None
    if code:
        assert (found.absolute.lower, found.p_value, found.significant) == (None, None, False)


def test_a_posterior_of_a_quantile_is_not_made_up() -> None:
    found = compare_quantiles(*arms(), plan=plan("bayesian"), shares=EVEN, family=ALONE)
    assert found.undetermined is not None
    assert found.undetermined.code == "no_quantile_interval"


def test_no_units_have_no_difference() -> None:
    nobody = Ranks(0, 0.5, 1, ())
    found = compare_quantiles(nobody, nobody, plan=plan(), shares=EVEN, family=ALONE)
    assert (found.absolute.estimate, found.p_value) == (None, None)


def test_bad_input_is_refused_by_name() -> None:
    control, treatment = arms()
    with pytest.raises(ValueError, match=r"quantiles must be equal, got 0\.5 and 0\.9"):
        compare_quantiles(control, arms(quantile=0.9)[1], plan=plan(), shares=EVEN, family=ALONE)
    with pytest.raises(ValueError, match="share of the clock must be finite"):
        compare_quantiles(control, treatment, plan=plan(), shares=EVEN, family=ALONE, clock=Clock(math.nan))
    with pytest.raises(ValueError, match=r"shares\.0 must lie above 0"):
        compare_quantiles(control, treatment, plan=plan(), shares=(0.0, 0.5), family=ALONE)


def outcomes(kind: str, units: int, rng: np.random.Generator) -> Floats:
    basket = rng.lognormal(3, 1.2, units)
    if kind == "zeros":
        return np.where(rng.random(units) < 0.6, 0, basket)
    return np.round(basket / 5) * 5 if kind == "ties" else basket


def at_looks(
    kind: str, quantile: float, share: float, looks: int, rng: np.random.Generator, effect: float = 1.0
) -> list[Comparison]:
    """One experiment of 2,000 units in which everything is skewed, read at every look."""
    treated, values = rng.random(2_000) < share, outcomes(kind, 2_000, rng)
    values = np.where(treated, values * effect, values)
    found = []
    for units in np.linspace(0, 2_000, looks + 1)[1:].astype(int):
        now = treated[:units]
        pair = [ranks_of(values[:units][now == side], quantile) for side in (False, True)]
        shares = (1 - share, share)
        found.append(
            compare_quantiles(pair[0], pair[1], plan=plan(planned_units=2_000), shares=shares, family=ALONE)
        )
    return found


def false_alarms(kind: str, quantile: float, share: float, looks: int, runs: int) -> int:
    rng = np.random.default_rng(31)
    return sum(
        any(each.significant for each in at_looks(kind, quantile, share, looks, rng)) for _ in range(runs)
    )


@pytest.mark.parametrize(
    ("kind", "quantile", "share"), [("skewed", 0.9, 0.1), ("zeros", 0.7, 0.5), ("ties", 0.5, 0.1)]
)
def test_equal_variants_are_told_apart_at_most_as_often_as_stated(
    kind: str, quantile: float, share: float
) -> None:
    assert false_alarms(kind, quantile, share, looks=12, runs=60) <= distributions.binom(60, 0.05).ppf(0.999)


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.5, 0.1])
@pytest.mark.parametrize(
    ("kind", "quantile"),
    [("skewed", 0.5), ("skewed", 0.95), ("zeros", 0.7), ("zeros", 0.61), ("zeros", 0.95), ("ties", 0.5)],
)
def test_equal_variants_are_told_apart_at_most_as_often_as_stated_in_many_runs(
    kind: str, quantile: float, share: float
) -> None:
    runs = 1_000
    most = distributions.binom(runs, 0.05).ppf(0.999)
    assert false_alarms(kind, quantile, share, looks=40, runs=runs) <= most


def test_an_effect_that_one_look_finds_in_eight_of_ten_is_mostly_found_while_reading_on() -> None:
    """The standard error of a median's log is `1.2 sqrt(pi / 2) sqrt(4 / 2,000)`; 2.8 of them are 80 %."""
    effect = math.exp(2.8 * math.sqrt(math.pi / 2) * 1.2 * math.sqrt(4 / 2_000))
    rng = np.random.default_rng(32)
    runs = [at_looks("skewed", 0.5, 0.5, 10, rng, effect) for _ in range(80)]
    assert sum(any(each.significant for each in run) for run in runs) > 0.5 * 80
    # The truth, 20 times the lift, lies in the interval at every look but for a few.
    truth = math.exp(3) * (effect - 1)
    missed = sum(
        any(each.absolute.lower > truth or each.absolute.upper < truth for each in run if _bounded(each))  # type: ignore[operator]
        for run in runs
    )
    assert missed <= distributions.binom(80, 0.05).ppf(0.999)


def _bounded(found: Comparison) -> bool:
    return found.absolute.lower is not None and found.absolute.upper is not None
