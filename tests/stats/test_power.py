"""Planned sizes against the power that they promise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from stats.calibrate import calibrate
from stats.cell import Cell
from stats.power import detectable_effect, plan_size
from stats.readers import read_automatic, read_planned_size


def test_a_fixed_plan_equals_the_textbook_size() -> None:
    size = plan_size("mean", 10.0, 5.0, 0.02, 0.05, 0.8, (0.5, 0.5), "fixed")
    expected = 2 * (norm.isf(0.025) + norm.ppf(0.8)) ** 2 * 25 / 0.2**2
    assert size.units == math.ceil(2 * expected)
    assert size.per_variant == (math.ceil(expected),) * 2
    assert size.absolute_effect == pytest.approx(0.2)


@pytest.mark.parametrize("method", ["sequential", "group_sequential", "fixed", "bayesian"])
@pytest.mark.parametrize("kind", ["proportion", "mean", "count", "ratio"])
def test_the_detectable_effect_of_a_planned_size_is_its_effect(method: str, kind: str) -> None:
    mean, shares = 0.04, (0.5, 0.25, 0.25)
    size = plan_size(kind, mean, 0.2, 0.1, 0.05, 0.8, shares, method, 5)
    found = detectable_effect(kind, mean, 0.2, size.units, 0.05, 0.8, shares, method, 5)
    assert found == pytest.approx(0.1, rel=1e-3)


def test_methods_that_may_be_read_more_often_need_more() -> None:
    sizes = [
        plan_size("proportion", 0.02, 0.0, 0.1, 0.05, 0.8, (0.5, 0.5), method, 5).units
        for method in ("fixed", "group_sequential", "sequential")
    ]
    assert sizes == sorted(sizes)
    assert 1.0 < sizes[1] / sizes[0] < 1.15
    assert 1.2 < sizes[2] / sizes[0] < 1.3


def test_an_effect_beyond_any_rate_is_not_detectable() -> None:
    assert detectable_effect("proportion", 0.9, 0.0, 20, 0.05, 0.8, (0.5, 0.5), "fixed") == math.inf


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"kind": "mode"}, "kind"),
        ({"mean": 0.0}, "mean"),
        ({"mean": math.nan}, "mean"),
        ({"std": 0.0}, "std"),
        ({"relative_effect": 0.0}, "relative_effect"),
        ({"alpha": 1.0}, "alpha"),
        ({"power": 0.0}, "power"),
        ({"shares": (1.0,)}, "shares"),
        ({"shares": (1.0, -0.5)}, "shares"),
        ({"method": "peek"}, "method"),
        ({"looks": 0}, "looks"),
    ],
)
def test_bad_values_are_named(changes: dict[str, object], word: str) -> None:
    values: dict[str, object] = {
        "kind": "mean",
        "mean": 1.0,
        "std": 1.0,
        "relative_effect": 0.1,
        "alpha": 0.05,
        "power": 0.8,
        "shares": (0.5, 0.5),
        "method": "fixed",
        "looks": None,
    }
    with pytest.raises(ValueError, match=word):
        plan_size(**(values | changes))  # type: ignore[arg-type]


def test_the_fixed_size_has_the_power_that_it_promises() -> None:
    size = plan_size("proportion", 0.1, 0.0, 0.2, 0.05, 0.8, (0.5, 0.5), "fixed")
    rng = np.random.default_rng(9)
    n = size.per_variant[0]
    control, treatment = rng.binomial(n, 0.1, 40_000) / n, rng.binomial(n, 0.12, 40_000) / n
    pooled = (control + treatment) / 2
    z = (treatment - control) / np.sqrt(2 * pooled * (1 - pooled) / n)
    assert (np.abs(z) > 1.959964).mean() == pytest.approx(0.8, abs=0.02)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["sequential", "group_sequential"])
@pytest.mark.parametrize(("kind", "rate", "effect"), [("proportion", 0.2, 0.07), ("mean", 1.0, 0.05)])
def test_planned_sizes_have_their_power_and_stop_when_expected(
    method: str, kind: str, rate: float, effect: float
) -> None:
    size = plan_size(kind, rate, 1.0, effect, 0.05, 0.8, (0.5, 0.5), method)
    values, through = ("one", "rate") if kind == "proportion" else ("normal", "value")
    units = size.units // 100 * 100
    cell = Cell(method, kind, rate=rate, values=values, units=units, lift=effect, through=through)
    reading = read_planned_size if method == "group_sequential" else read_automatic
    found = calibrate(cell, 2_000, 6, reading=reading)
    assert found.rejected == pytest.approx(0.8, abs=0.03)
    assert found.stopping == pytest.approx(size.expected_units / size.units, abs=0.03)
