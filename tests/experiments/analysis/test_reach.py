"""What a traffic can decide is told from its pace, the metric's spread and the plan."""

from __future__ import annotations

from typing import Any

import pytest

from experiments.analysis.reach import Pace, Reach, reach
from stats.outlook import Outcome
from stats.power import Question, plan_size
from tests.stats.build import plan

Document = dict[str, Any]
WEIGHTS = {"control": 0.5, "bar": 0.5}


def primary(key: str = "revenue", std: float | None = 30.0, **row: Any) -> Document:
    comparison = {"variant": "bar", "control": "control", "undetermined": None, "variance_reduction": 0.0}
    arms = [{"variant": name, "mean": 10.0, "std": std} for name in ("control", "bar")]
    return {
        "metric": key, "name": key.title(), "role": "primary", "family": 1, "variants": arms,
        "comparisons": [{**comparison, **row}],
    }  # fmt: skip


def found(*metrics: Document, pace: Pace | None = None, **changes: Any) -> Reach:
    pace = pace or Pace(10_000, 10.0, coming=True)
    result = reach(metrics, WEIGHTS, plan(**changes), pace)
    assert result is not None
    return result


def test_the_units_that_are_needed_are_those_of_the_planner() -> None:
    wanted = plan_size(Question(Outcome("mean", 10.0, 30.0), (0.5, 0.5), "fixed"), 0.02).units
    result = found(primary(), method="fixed", mde=0.02)
    assert result.needed_units == wanted
    assert result.needed_days == -(-(wanted - 10_000) // 1_000)
    at_size = found(primary(), method="fixed", mde=0.02, planned_units=wanted)
    assert at_size.detectable == pytest.approx(0.02, rel=1e-3)
    assert not at_size.too_small


def test_a_plan_too_small_for_its_effect_is_told_from_traffic_that_cannot_find_it() -> None:
    # 16 (3 / 0.02)^2 / 2 x 2: some 700,000 units. 10,000 a day bring them in half a year, 1,000 do not.
    fast = found(primary(), method="fixed", mde=0.02, pace=Pace(100_000, 10.0, coming=True))
    assert (fast.too_small, fast.hopeless) == (True, False)
    slow = found(primary(), method="fixed", mde=0.02)
    assert (slow.too_small, slow.hopeless, slow.horizon_units) == (True, True, 180_000)


def test_the_metric_that_needs_fewest_units_is_told() -> None:
    assert found(primary("a"), primary("b", std=10.0)).metric == "b"


def test_covariates_and_the_family_count() -> None:
    plain = found(primary(), method="fixed").needed_units
    reduced = found(primary(variance_reduction=0.5), method="fixed").needed_units
    assert reduced == pytest.approx(plain / 2, rel=1e-4)
    assert found({**primary(), "family": 4}, method="fixed").needed_units > 1.3 * plain


@pytest.mark.parametrize("pace", [Pace(500, 1.0, coming=True), Pace(500, 30.0, coming=False)])
def test_without_a_pace_nothing_is_hopeless(pace: Pace) -> None:
    result = found(primary(), method="fixed", mde=0.001, pace=pace)
    assert (result.hopeless, result.horizon_units, result.needed_days) == (False, None, None)


def test_nothing_is_told_where_nothing_can_be_judged_or_was_wanted() -> None:
    pace = Pace(500, 10.0, coming=True)
    assert reach([primary(undetermined="too few")], WEIGHTS, plan(), pace) is None
    assert reach([primary(std=None)], WEIGHTS, plan(), pace) is None
    assert reach([primary()], WEIGHTS, plan(mde=None), pace) is None
    assert reach([primary()], {"control": 0.5, "bar": 0.0}, plan(), pace) is None
    assert reach([{**primary(), "role": "guardrail"}], WEIGHTS, plan(), pace) is None
