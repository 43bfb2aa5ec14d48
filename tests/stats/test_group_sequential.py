"""Critical values of planned looks against rpact."""

from __future__ import annotations

import math

import numpy as np
import pytest

from stats.choose import compare
from stats.group_sequential import critical_values, crossing
from stats.spending import HWANG_SHIH_DECANI, KIM_DEMETS, OBRIEN_FLEMING, POCOCK, Spending
from tests.stats.build import EVEN, outcome, plan
from tests.stats.reference import assert_bounds_equal, cases, tail

NAMES = {"asOF": OBRIEN_FLEMING, "asP": POCOCK, "asKD": KIM_DEMETS, "asHSD": HWANG_SHIH_DECANI}


@pytest.mark.parametrize(
    ("information", "alpha", "sides", "expected"),
    [
        # Source: rpact 3.3.4, getDesignGroupSequential(typeOfDesign = "asOF").
        ((0.5, 1.0), 0.05, 1, (2.53798760344278, 1.66210658103228)),
        (
            (0.2, 0.4, 0.6, 0.8, 1.0),
            0.05,
            1,
            (4.22919505930145, 2.88813654333353, 2.29809028655291, 1.96182147413492, 1.73970451205969),
        ),
        ((1 / 3, 2 / 3, 1.0), 0.025, 1, (3.7103028732625, 2.51142748445272, 1.9930474832654)),
    ],
)
def test_obrien_fleming_values_equal_rpact(
    information: tuple[float, ...], alpha: float, sides: int, expected: tuple[float, ...]
) -> None:
    assert critical_values(information, alpha, sides) == pytest.approx(expected, abs=1e-6)


def test_all_spending_designs_equal_rpact() -> None:
    seen = 0
    for case in cases("gsd_alpha_spending.json"):
        if case["rpactType"] not in NAMES:
            continue
        function = Spending(NAMES[case["rpactType"]], case["gamma"] or 1.0)
        information = tuple(case["informationRates"])
        found = critical_values(information, case["alpha"], case["sided"], function)
        assert_bounds_equal(found, case["criticalValues"])
        seen += 1
    assert seen > 50


def test_the_error_spent_is_the_error_promised() -> None:
    information = (0.15, 0.4, 0.55, 1.0)
    for name in (OBRIEN_FLEMING, POCOCK, KIM_DEMETS, HWANG_SHIH_DECANI):
        values = critical_values(information, 0.05, 2, Spending(name, 2.0))
        chances = crossing(information, values, [-value for value in values], 0.0)
        assert sum(chances.upper) + sum(chances.lower) == pytest.approx(0.05, abs=1e-10)


def test_a_users_function_is_spent_as_given() -> None:
    values = critical_values((0.5, 1.0), 0.05, 2, Spending("user", function=lambda rate: rate**2))
    assert 2 * tail(values[0]) == pytest.approx(0.05 * 0.25, abs=1e-12)
    with pytest.raises(ValueError, match="between 0 and 1"):
        critical_values((0.5, 1.0), 0.05, 2, Spending("user", function=lambda rate: 2 * rate + 0.5))
    with pytest.raises(ValueError, match="not known"):
        critical_values((0.5, 1.0), 0.05, 2, Spending("made up"))


@pytest.mark.parametrize("information", [(), (0.5, 0.5), (0.0, 1.0), (0.5, 0.2), (0.5, math.inf)])
def test_information_that_does_not_rise_is_refused(information: tuple[float, ...]) -> None:
    with pytest.raises(ValueError, match="information"):
        critical_values(information, 0.05)


def test_power_at_the_design_alternative_equals_rpact() -> None:
    # Source: rpact 3.3.4; asOF, one-sided 5 %, two looks, power 80 %.
    values = critical_values((0.5, 1.0), 0.05, 1)
    chances = crossing((0.5, 1.0), values, [-math.inf] * 2, math.sqrt(6.23121757782836))
    assert chances.upper == pytest.approx((0.219797031108976, 0.580202968891024), abs=1e-6)


def test_a_planned_reading_early_needs_an_overwhelming_effect() -> None:
    values = np.random.default_rng(1).normal(size=2_000)
    early = plan("group_sequential", looks=4, planned_units=40_000)
    small = compare(outcome(values), outcome(values + 0.12), kind="mean", plan=early, shares=EVEN)
    large = compare(outcome(values), outcome(values + 0.30), kind="mean", plan=early, shares=EVEN)
    assert not small.significant
    assert large.significant
