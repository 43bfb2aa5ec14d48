"""What was called at the planned size stays called when the experiment goes on."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assignment.events import Event
from experiments.analysis.lake import Lake
from experiments.analysis.report import analyse
from tests.experiments.analysis.build import (
    CONVERSION,
    HOUR,
    START,
    add,
    conversion,
    definition,
    exposure,
    metric,
)

PLAN = {"method": "sequential", "planned_units": 2_000}
DAY = timedelta(days=1)


def shoppers(first: int, units: int, lift: float, at: datetime, seed: int) -> list[Event]:
    """Units of whom three in ten buy, the treatment's more."""
    draw = random.Random(seed)
    events: list[Event] = []
    for number in range(first, first + units):
        treated = number % 2 == 1
        when = at + timedelta(seconds=20 * (number - first))
        events.append(exposure(f"u{number}", "treatment" if treated else "control", when))
        if draw.random() < 0.3 * (1 + lift * treated):
            events.append(conversion(f"u{number}", at=when + timedelta(seconds=5)))
    return events


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """Until the planned size the treatment sells a quarter more; afterwards nothing more."""
    found = Lake(tmp_path / "lake")
    for day in range(4):
        batch = shoppers(500 * day, 500, 0.3, START + day * DAY, seed=day)
        add(found, batch, START + day * DAY + 4 * HOUR)
    for day in range(4, 12):
        batch = shoppers(500 * day, 500, -0.03, START + day * DAY, seed=day)
        add(found, batch, START + day * DAY + 4 * HOUR)
    return found


def report(lake: Lake, day: float, **plan: Any) -> dict[str, Any]:
    return analyse(definition(metric(CONVERSION), plan={**PLAN, **plan}), lake.view(), START + day * DAY)


def row(document: dict[str, Any]) -> dict[str, Any]:
    [comparison] = document["metrics"][0]["comparisons"]
    assert isinstance(comparison, dict)
    return comparison


def test_a_call_at_the_planned_size_stays_when_more_units_come(lake: Lake) -> None:
    then, later = report(lake, 3.5), report(lake, 11.5)
    assert row(then)["significant"]
    assert not row(then)["at_planned_size"]
    assert then["progress"]["reached_at"] is None
    assert row(later)["significant"]
    assert row(later)["at_planned_size"]
    for name in ("absolute", "relative", "p_value", "method"):
        assert row(later)[name] == row(then)[name]
    assert later["progress"]["reached_at"] == (START + 3 * DAY + 4 * HOUR).isoformat()
    assert later["decision"]["verdict"] == "ship"
    # Without it the newest numbers would have taken the call back.
    assert not row(report(lake, 11.5, planned_units=5_990))["significant"]


def test_without_a_call_at_the_planned_size_the_newest_numbers_are_read(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    for day in range(12):
        add(lake, shoppers(500 * day, 500, 0.02, START + day * DAY, day), START + day * DAY + 4 * HOUR)
    found = row(report(lake, 11.5))
    assert not found["significant"]
    assert not found["at_planned_size"]
    assert found["absolute"]["estimate"] == pytest.approx(
        row(report(lake, 11.5, planned_units=6_000))["absolute"]["estimate"]
    )


def test_a_plan_without_a_size_of_its_own_has_no_such_moment(lake: Lake) -> None:
    assert report(lake, 11.5, planned_units=None)["progress"]["reached_at"] is None
    assert report(lake, 11.5, method="fixed")["progress"]["reached_at"] is None
