"""A report reads a quantile from few ordered values and says what all values would say.

Referees: `stats` on every value of every exposed unit, equal to the bit; numpy for the estimates.
"""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assignment.events import Event, Exposure
from experiments.analysis.report import analyse
from stats.answer import Family
from stats.plan import ReadingPlan
from stats.quantile_reading import compare_quantiles
from stats.ranks import ranks_of
from tests.experiments.analysis.build import (
    LATER,
    REVENUE,
    conversion,
    definition,
    exposure,
    lake_of,
    metric,
)

QUANTILE = metric(REVENUE, kind="quantile", quantile=0.7)
Values = dict[str, list[float]]


def shop(units: int, lift: float, *, refunds: bool = False) -> tuple[list[Event], Values]:
    """Shoppers of two variants, of whom most buy nothing, and what each spent."""
    draw = random.Random(8)
    events: list[Event] = []
    values: Values = {"control": [], "treatment": []}
    for number in range(units):
        variant, unit = ("control", "treatment")[number % 2], f"u{number}"
        events.append(exposure(unit, variant))
        value = 0.0
        if draw.random() < 0.4:
            value = math.exp(draw.gauss(3, 1)) * (lift if variant == "treatment" else 1)
            if refunds and draw.random() < 0.3:
                value = -value
            events.append(conversion(unit, value))
        values[variant].append(value)
    return events, values


def first_metric(folder: Path, events: list[Event], **more: Any) -> dict[str, Any]:
    report = analyse(definition(QUANTILE, **more), lake_of(folder, events).view(), LATER)
    found: dict[str, Any] = report["metrics"][0]
    return found


@pytest.mark.parametrize("refunds", [False, True])
@pytest.mark.parametrize("share", [0.05, 0.5, 0.7, 0.9])
def test_a_report_says_what_all_values_say(tmp_path: Path, share: float, refunds: bool) -> None:
    events, values = shop(3_000, 1.5, refunds=refunds)
    form = metric(REVENUE, kind="quantile", quantile=share)
    report = analyse(definition(form), lake_of(tmp_path, events).view(), LATER)
    found = report["metrics"][0]
    expected = compare_quantiles(
        *(ranks_of(values[name], share) for name in ("control", "treatment")),
        plan=ReadingPlan("sequential", 0.05, 0.8, None, 20_000, None, True),
        shares=(0.5, 0.5),
        family=Family(0.05, 1),
    )
    for arm in found["variants"]:
        assert arm["quantile"] == pytest.approx(np.quantile(values[arm["variant"]], share), rel=1e-12)
    comparison = found["comparisons"][0]
    assert comparison["p_value"] == expected.p_value
    assert comparison["absolute"]["lower"] == expected.absolute.lower
    assert comparison["absolute"]["upper"] == expected.absolute.upper
    assert comparison["relative"]["lower"] == expected.relative.lower


def test_a_clear_lift_is_significant_in_money_and_in_percent(tmp_path: Path) -> None:
    events, _ = shop(3_000, 2.5)
    comparison = first_metric(tmp_path, events)["comparisons"][0]
    assert comparison["significant"]
    assert comparison["p_value"] < 0.05
    assert 0 < comparison["absolute"]["lower"] < comparison["absolute"]["estimate"]
    assert 0 < comparison["relative"]["lower"] < comparison["relative"]["estimate"]
    assert comparison["method"] == "profile likelihood of quantiles"


def test_a_single_look_waits_for_its_size_and_a_posterior_is_not_made_up(tmp_path: Path) -> None:
    events, _ = shop(600, 6.0)
    lake = lake_of(tmp_path, events)
    plan = {"alpha": 0.05, "power": 0.8, "mde": 0.02, "cuped": False, "looks": None, "planned_units": 5_000}
    found = [
        analyse(definition(QUANTILE, plan={**plan, "method": method}), lake.view(), LATER)["metrics"][0]
        for method in ("fixed", "bayesian")
    ]
    single, posterior = (each["comparisons"][0] for each in found)
    assert single["preliminary"]
    assert single["p_value"] < 0.05
    assert posterior["undetermined_code"] == "no_quantile_interval"
    assert posterior["absolute"]["estimate"] is not None


def test_a_plan_of_looks_reads_a_quantile_at_any_moment(tmp_path: Path) -> None:
    events, values = shop(3_000, 2.5)
    plan = {"method": "group_sequential", "looks": 3, "planned_units": 4_000, "mde": 0.02, "cuped": False}
    found = first_metric(tmp_path, events, plan=plan)["comparisons"][0]
    assert not found["preliminary"]
    expected = compare_quantiles(
        *(ranks_of(values[name], 0.7) for name in ("control", "treatment")),
        plan=ReadingPlan("group_sequential", 0.05, 0.8, 0.02, 4_000, 3, False),
        shares=(0.5, 0.5),
        family=Family(0.05, 1),
    )
    assert found["p_value"] == expected.p_value


def test_a_guardrail_on_a_quantile_is_held_against_its_margin(tmp_path: Path) -> None:
    events, _ = shop(6_000, 1.0)
    form = metric(REVENUE, kind="quantile", quantile=0.9, non_inferiority_margin=0.4)
    report = analyse(definition(form), lake_of(tmp_path, events).view(), LATER)
    assert report["metrics"][0]["non_inferiority"] == {"margin": 0.4, "status": "within"}


def test_the_same_events_in_another_order_give_the_same_bits(tmp_path: Path) -> None:
    events, _ = shop(800, 1.3, refunds=True)
    shuffled = list(events)
    random.Random(3).shuffle(shuffled)
    one, two = (
        analyse(definition(QUANTILE), lake_of(tmp_path / name, given).view(), LATER)
        for name, given in (("a", events), ("b", shuffled))
    )
    assert one["data_hash"] == two["data_hash"]
    assert one["metrics"] == two["metrics"]


def test_segments_compare_the_quantiles_of_their_own_units(tmp_path: Path) -> None:
    events, values = shop(3_000, 2.5)
    devices = ("phone", "desktop")
    split = [
        exposure(event.unit, event.variant, attributes={"device": devices[int(event.unit[1:]) // 2 % 2]})
        if isinstance(event, Exposure)
        else event
        for event in events
    ]
    report = analyse(definition(QUANTILE, segments=["device"]), lake_of(tmp_path, split).view(), LATER)
    found = {part["value"]: part["metrics"][0] for part in report["segments"]}
    for place, device in enumerate(devices):
        for arm in found[device]["variants"]:
            expected = np.quantile(values[arm["variant"]][place::2], 0.7)
            assert arm["quantile"] == pytest.approx(expected, rel=1e-12)
        assert found[device]["comparisons"][0]["absolute"]["lower"] is not None
        assert found[device]["comparisons"][0]["p_value"] is not None
