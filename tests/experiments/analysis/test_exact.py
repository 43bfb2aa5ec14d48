"""Comparisons are read without assumptions where the plan asks for that."""

from __future__ import annotations

import math
import random
from datetime import timedelta
from pathlib import Path

import pytest

from assignment.events import Event
from experiments.analysis.report import analyse
from tests.experiments.analysis.build import (
    CONVERSION,
    HOUR,
    LATER,
    REVENUE,
    START,
    conversion,
    definition,
    exposure,
    lake_of,
    metric,
)

EXACT = {"method": "sequential", "exact": True, "planned_units": 3_000}
CAPPED = metric(REVENUE, cap={"value": 200}, window_hours=48)


def shop(units: int = 3_000, lift: float = 0.0, seed: int = 1) -> list[Event]:
    """Shoppers of whom a tenth buys, some of them often and before."""
    draw = random.Random(seed)
    events: list[Event] = []
    for number in range(units):
        unit, at = f"u{number}", START + timedelta(minutes=5 * number)
        variant = draw.choice(["control", "treatment"])
        events.append(exposure(unit, variant, at))
        keen = draw.random() < 0.2
        if keen:
            events.append(conversion(unit, 30.0, at - HOUR))
        if draw.random() < (0.3 if keen else 0.05) * (1 + lift * (variant == "treatment")):
            events.append(conversion(unit, draw.lognormvariate(3, 1), at + HOUR))
    return events


def test_an_exact_plan_bets_on_the_units_whose_windows_have_closed(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, shop(lift=1.5))
    experiment = definition(CAPPED, metric(CONVERSION, window_hours=24), plan=EXACT)
    late = analyse(experiment, lake.view(), LATER)
    for each in late["metrics"]:
        [row] = each["comparisons"]
        assert row["method"] == "design-based betting"
        assert row["significant"]
        arms = {arm["variant"]: arm["mean"] for arm in each["variants"]}
        assert row["absolute"]["estimate"] == pytest.approx(arms["treatment"] - arms["control"], rel=1e-9)
        assert row["absolute"]["lower"] > 0
    # In the first two days no window of the revenue has closed.
    early = analyse(experiment, lake.view(), START + timedelta(hours=40))
    [revenue] = early["metrics"][0]["comparisons"]
    assert "0 units have completed" in revenue["undetermined"]
    assert early["metrics"][1]["comparisons"][0]["undetermined"] is None


def test_an_exact_reading_is_the_same_whenever_it_is_made_of_the_same_closed_windows(tmp_path: Path) -> None:
    # Everything that the last report bets on was complete in the first; the calendar changes nothing of it.
    lake = lake_of(tmp_path, shop(units=1_000, lift=0.5))
    experiment = definition(CAPPED, plan=EXACT)
    first, second = (
        analyse(experiment, lake.view(), LATER + timedelta(days=days))["metrics"][0] for days in (0, 3)
    )
    assert first == second


def test_refunds_below_zero_leave_an_exact_reading_undetermined(tmp_path: Path) -> None:
    events = [*shop(units=600), conversion("u1", -900.0, START + timedelta(hours=3))]
    report = analyse(definition(CAPPED, plan=EXACT), lake_of(tmp_path, events).view(), LATER)
    [row] = report["metrics"][0]["comparisons"]
    assert row["undetermined_code"] == "values_below_zero"
    assert row["absolute"]["estimate"] is not None
    assert not math.isnan(row["absolute"]["estimate"])
