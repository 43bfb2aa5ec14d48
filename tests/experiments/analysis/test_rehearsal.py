"""Rehearsals on an experiment's own events: the same twice, and able to fail."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from assignment.events import Event
from experiments.analysis import rehearsal
from experiments.analysis.lake import Lake
from experiments.analysis.rehearsal import rehearsed
from experiments.definition import Definition
from stats.readers import read_welch
from tests.experiments.analysis.build import (
    CONVERSION,
    LATER,
    REVENUE,
    START,
    conversion,
    definition,
    exposure,
    lake_of,
    metric,
)

UNITS = 1_500
METRICS = (metric(REVENUE), metric(CONVERSION))


def events(lift: float = 1.0) -> Iterator[Event]:
    """Shoppers one a minute, three in ten of whom order; those treated spend `lift` times as much."""
    rng = random.Random(4)
    for number in range(UNITS):
        at, treated = START + timedelta(minutes=number), number % 2
        unit = f"u{number}"
        yield exposure(unit, ("control", "treatment")[treated], at)
        if rng.random() < 0.3:
            value = round(rng.lognormvariate(3, 1) * (lift if treated else 1.0), 2)
            yield conversion(unit, value, at + timedelta(minutes=5))


@pytest.fixture(autouse=True)
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal, "REPLICATES", 200)


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return lake_of(tmp_path, events(lift=2.0))


def planned(*metrics: Any, plan: dict[str, Any] | None = None, **changes: Any) -> Definition:
    plan = {"cuped": False, "planned_units": UNITS, **(plan or {})}
    return definition(*(metrics or METRICS), plan=plan, **changes)


def row(document: dict[str, Any], key: str) -> dict[str, Any]:
    [found] = [each for each in document["metrics"] if each["metric"] == key]
    return dict(found)


def test_the_promise_is_kept_beside_a_t_test_at_every_look_that_breaks_it(lake: Lake) -> None:
    found = rehearsed(planned(), lake.view(), LATER)
    assert (found["units"], found["units_in_all"], found["replicates"]) == (UNITS, UNITS, 200)
    for key in ("revenue", "conversion"):
        each = row(found, key)
        # Two primaries share 5 %; the real effect of two is no false alarm, for labels are drawn anew.
        assert each["promised"] == pytest.approx(0.025)
        assert each["kept"] is True
        assert each["lower"] <= each["false_alarms"] <= each["upper"]
        assert each["every_look"] > 0.12


def test_a_wrong_reading_is_found_out(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal, "read_automatic", read_welch)
    found = row(rehearsed(planned(METRICS[0]), lake.view(), LATER), "revenue")
    assert 0.25 < found["false_alarms"] < 0.5
    assert found["kept"] is False
    assert found["every_look"] == found["false_alarms"]


def test_the_same_events_in_another_order_give_the_same_rehearsal(tmp_path: Path) -> None:
    shuffled = list(events())
    first = rehearsed(planned(), lake_of(tmp_path / "one", shuffled).view(), LATER)
    random.Random(1).shuffle(shuffled)
    assert rehearsed(planned(), lake_of(tmp_path / "two", shuffled).view(), LATER) == first


@pytest.mark.parametrize(
    "plan",
    [
        {"method": "group_sequential"},
        {"method": "group_sequential", "looks": 4},
        {"method": "fixed"},
        {"cuped": True},
    ],
)
def test_every_plan_with_a_promise_is_rehearsed(lake: Lake, plan: dict[str, Any]) -> None:
    found = row(rehearsed(planned(METRICS[0], plan=plan), lake.view(), LATER), "revenue")
    assert found["kept"] is True
    assert found["determined"] > 0


def test_a_sample_of_the_units_stands_for_all_of_them(lake: Lake, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rehearsal, "MOST_UNITS", 500)
    found = rehearsed(planned(METRICS[1]), lake.view(), LATER)
    assert (found["units"], found["units_in_all"]) == (500, UNITS)
    assert row(found, "conversion")["kept"] is True


def test_what_cannot_be_rehearsed_says_why(lake: Lake, tmp_path: Path) -> None:
    bayesian = rehearsed(planned(METRICS[1], plan={"method": "bayesian"}), lake.view(), LATER)
    assert row(bayesian, "conversion")["undetermined_code"] == "no_promise"
    median = metric(REVENUE, key="median", kind="quantile", quantile=0.5)
    assert (
        row(rehearsed(planned(median), lake.view(), LATER), "median")["undetermined_code"] == "needs_values"
    )
    nobody = rehearsed(planned(METRICS[1]), lake_of(tmp_path / "none", []).view(), LATER)
    assert row(nobody, "conversion")["undetermined_code"] == "too_few_units"
    assert row(nobody, "conversion")["false_alarms"] is None
