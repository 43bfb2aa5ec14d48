"""The same summaries read in every way: each as its own plan would, and each one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stats import mixture_sprt
from stats.alternatives import BETS, LOOKS, MIXTURE, PROMISES, WAYS, Way, alternatives
from stats.answer import Family
from stats.assumptions import assumptions
from stats.choose import compare, read_alone
from stats.contrast import contrast
from stats.mean import safe_deviation
from stats.mixture_reading import read_mixture
from stats.plan import ReadingPlan
from stats.result import Comparison
from stats.stack import stack
from stats.summary import Summary, summarise
from tests.stats.build import EVEN, binary, outcome, plan
from tests.stats.test_choose import METHODS, assert_agrees


def ways(arms: Sequence[Summary], kind: str, chosen: ReadingPlan, family: Family) -> list[Way]:
    """All others than the plan's."""
    control, treatment = arms

    def read(plan: ReadingPlan, family: Family) -> Comparison:
        return read_alone(control, treatment, kind=kind, plan=plan, shares=EVEN, family=family)

    def mixture(plan: ReadingPlan, family: Family) -> Comparison:
        return read_mixture(control, treatment, kind, plan, family)

    return alternatives(WAYS[chosen.method], chosen, family, read, mixture)


@pytest.mark.parametrize("method", METHODS)
def test_each_other_way_reads_as_a_plan_of_that_kind_would(method: str) -> None:
    arms = binary(2_000, 10_000), binary(2_130, 10_000)
    found = {way.code: way.found for way in ways(arms, "proportion", plan(method, looks=4), Family(0.05, 1))}
    assert found.keys() == {*WAYS.values(), MIXTURE} - {WAYS[method]}
    for other, code in WAYS.items():
        if other != method:
            assert found[code] == compare(*arms, kind="proportion", plan=plan(other), shares=EVEN)


@settings(max_examples=40, deadline=None)
@given(
    effect=st.floats(-0.3, 0.3),
    seed=st.integers(0, 1_000),
    level=st.floats(0.001, 0.5),
    kind=st.sampled_from(["mean", "ratio"]),
)
def test_every_way_is_one_statement_at_the_level_of_the_one_that_decides(
    effect: float, seed: int, level: float, kind: str
) -> None:
    rng = np.random.default_rng(seed)
    arms = []
    for scale in (1.0, 1.0 + effect):
        values = rng.lognormal(0, 0.7, 3_000) * scale
        table = (
            np.column_stack([values, 1.0 + rng.poisson(1.0, 3_000)]) if kind == "ratio" else values[:, None]
        )
        arms.append(summarise(("numerator", "denominator") if kind == "ratio" else ("outcome",), table))
    for way in ways(arms, kind, plan(planned_units=6_000), Family(0.05, 3, level)):
        assert way.found.level == level
        assert way.found.own_p_value == way.found.p_value
        assert_agrees(way.found, level)


def test_the_mixture_takes_its_spread_from_the_planned_effect() -> None:
    rng = np.random.default_rng(3)
    arms = outcome(rng.normal(10, 2, 4_000)), outcome(rng.normal(10.2, 2, 4_000))
    found = read_mixture(*arms, "mean", plan(mde=-0.02), Family(0.05, 1))
    pair = contrast(stack(arms[0]), stack(arms[1]), adjust=True)
    variance, spread = float(safe_deviation(pair)) ** 2, 0.02 * float(pair.control.mean)
    assert found.p_value == pytest.approx(
        float(mixture_sprt.p_value(pair.difference, variance, spread)), rel=1e-12
    )
    assert found.absolute.lower is not None
    assert found.absolute.estimate is not None
    half = found.absolute.estimate - found.absolute.lower
    assert half == pytest.approx(float(mixture_sprt.half_width(variance, spread, 0.05)), rel=1e-12)


def test_without_a_planned_effect_the_mixture_cannot_say() -> None:
    arms = binary(2_000, 10_000), binary(2_130, 10_000)
    found = read_mixture(*arms, "proportion", plan(mde=None), Family(0.05, 1))
    assert found.undetermined is not None
    assert found.undetermined.code == "no_planned_effect"
    assert found.p_value is None


def test_every_way_says_what_it_promises_and_takes_for_granted() -> None:
    rare = binary(40, 10_000), binary(60, 10_000)
    common = binary(2_000, 10_000), binary(2_130, 10_000)
    found = {way.code: way for way in ways(common, "proportion", plan("fixed"), Family(0.05, 1))}
    assert {code: way.promise for code, way in found.items()} == {
        code: promise for code, promise in PROMISES.items() if code not in ("single_look", BETS, LOOKS)
    }
    assert found["always_valid"].assumes == ("large_numbers",)
    assert found["planned_size"].assumes == ("size_fixed_before", "large_numbers")
    assert found["posterior"].assumes == ("flat_prior",)
    assert found[MIXTURE].assumes == ("effects_of_planned_size", "large_numbers")
    exact = ways(rare, "proportion", plan("fixed"), Family(0.05, 1))[0]
    assert exact.assumes == ("planned_split",)


def test_assumptions_are_held_against_the_data() -> None:
    arms = outcome([0.0] * 60 + [5.0] * 15), outcome([0.0] * 100 + [4.0] * 25)
    asked = {"kind": "mean", "shares": EVEN, "adjust": False}
    found = {each.code: each for each in assumptions(*arms, method="Welch t-test", **asked)}  # type: ignore[arg-type]
    assert (found["units_per_arm"].met, found["units_per_arm"].value) == (True, 75)
    assert (found["events_per_arm"].met, found["events_per_arm"].value) == (False, 15)
    assert found["split"].value == pytest.approx(125 / 200)
    assert found["split"].met
    assert "skewness" in found
    broken = assumptions(outcome([1.0, 2.0] * 900), outcome([1.0, 2.0] * 100), method="none", **asked)  # type: ignore[arg-type]
    assert [(each.code, each.met) for each in broken] == [("split", False)]


def test_the_exact_test_rests_on_the_split_alone() -> None:
    arms = binary(3, 1_000), binary(9, 1_000)
    found = compare(*arms, kind="proportion", plan=plan(), shares=EVEN)
    rows = assumptions(*arms, kind="proportion", method=found.method, shares=EVEN, adjust=False)
    assert [each.code for each in rows] == ["split"]


def test_a_way_is_read_at_no_other_level_than_asked() -> None:
    chosen = replace(plan("bayesian"), cuped=False)
    arms = binary(2_000, 10_000), binary(2_130, 10_000)
    wide = compare(*arms, kind="proportion", plan=chosen, shares=EVEN)
    narrow = read_alone(*arms, kind="proportion", plan=chosen, shares=EVEN, family=Family(0.05, 1, 0.2))
    assert wide.absolute.lower is not None
    assert narrow.absolute.lower is not None
    assert wide.absolute.lower < narrow.absolute.lower
