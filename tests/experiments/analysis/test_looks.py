"""Planned looks in reports: due by exposures and time alone, taken once, and alone deciding."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assignment.events import Event
from experiments.analysis.engine import connection
from experiments.analysis.lake import Lake
from experiments.analysis.looks import Information, Memory, follow
from experiments.analysis.measure import scope_of
from experiments.analysis.report import analyse
from experiments.analysis.rows import microseconds
from experiments.analysis.verify import verify
from experiments.definition import Definition
from stats.group_sequential import critical_values
from tests.experiments.analysis.build import (
    CONVERSION,
    HOUR,
    REVENUE,
    START,
    add,
    conversion,
    definition,
    exposure,
    metric,
)

DAY = timedelta(days=1)
UNITS = 2_000
DAILY = 200


def plan_of(*metrics: Any, looks: int | None = 5, units: int = UNITS, **plan: Any) -> Definition:
    whole = {"method": "group_sequential", "looks": looks, "planned_units": units, "cuped": False, **plan}
    return definition(*(metrics or (metric(CONVERSION),)), plan=whole)


def shoppers(
    first: int, last: int, at: datetime, rates: tuple[float, float] = (0.3, 0.3), seed: int = 1
) -> Iterable[Event]:
    """Shoppers by number, alternating between the variants, who order within the hour or not at all."""
    rng = np.random.default_rng([seed, first])
    for number in range(first, last):
        treated = number % 2
        yield exposure(f"u{number}", ("control", "treatment")[treated], at)
        if rng.random() < rates[treated]:
            yield conversion(f"u{number}", at=at + timedelta(minutes=30))


def shop(folder: Path, rates: tuple[float, float] = (0.3, 0.3), days: int = 10) -> Lake:
    """So many days of shoppers."""
    lake = Lake(folder / "lake")
    for day in range(days):
        come(lake, day, rates)
    return lake


def come(lake: Lake, day: int, rates: tuple[float, float]) -> None:
    """The shoppers of one day, all of whose events are received within the hour."""
    first, at = DAILY * day, START + day * DAY
    add(lake, shoppers(first, first + DAILY, at, rates), at + HOUR)


def taken_of(report: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = report["metrics"][0]["comparisons"][0]["looks"]["taken"]
    return found


def test_a_look_is_due_when_enough_units_are_exposed_and_is_measured_as_of_then(tmp_path: Path) -> None:
    view = shop(tmp_path, days=7).view()
    report = analyse(plan_of(), view, START + 6.5 * DAY)
    assert [row["state"] for row in report["looks"]["schedule"]] == ["taken", "taken", "taken", "due", "due"]
    first = report["looks"]["schedule"][0]
    assert first["units"] == 400
    # The four-hundredth shopper was received on the second day.
    assert datetime.fromisoformat(first["taken_at"]) == START + DAY + HOUR
    assert taken_of(report)[0]["critical"] == pytest.approx(critical_values((0.2,), 0.05)[0], abs=1e-9)
    then = analyse(plan_of(looks=None), view, START + DAY + HOUR)["metrics"][0]["comparisons"][0]
    assert taken_of(report)[0]["estimate"] == then["absolute"]["estimate"]
    following = report["looks"]["next"]
    assert (following["look"], following["units"], following["due_at"]) == (4, 1_600, None)
    # At two hundred shoppers a day or a little more.
    assert START + 6 * DAY < datetime.fromisoformat(following["expected_at"]) < START + 8 * DAY


def test_looks_missed_between_two_reports_are_taken_as_they_would_have_been(tmp_path: Path) -> None:
    view = shop(tmp_path, (0.2, 0.6)).view()
    late = analyse(plan_of(), view, START + 40 * DAY)
    for day in (2, 5, 8):
        early = analyse(plan_of(), view, START + day * DAY)
        mine, whole = taken_of(early), taken_of(late)
        assert mine == whole[: len(mine)]


def test_between_looks_the_newest_numbers_are_shown_and_do_not_decide(tmp_path: Path) -> None:
    lake = shop(tmp_path, days=2)
    # After the first look every control stays away and every treated shopper orders.
    come(lake, 2, (0.1, 0.9))
    report = analyse(plan_of(), lake.view(), START + 4 * DAY)
    comparison = report["metrics"][0]["comparisons"][0]
    assert comparison["preliminary"]
    assert comparison["absolute"]["lower"] > 0
    assert not comparison["significant"]
    assert comparison["looks"]["decided"] is None
    assert comparison["looks"]["final"] is None
    assert report["decision"]["verdict"] == "keep_running"
    assert "between_looks" in [detail["code"] for detail in report["decision"]["details"]]


def test_a_boundary_once_crossed_stays_crossed(tmp_path: Path) -> None:
    lake = shop(tmp_path, (0.2, 0.4), days=4)
    crossed = analyse(plan_of(), lake.view(), START + 6 * DAY)
    assert crossed["decision"]["verdict"] == "ship"
    look = crossed["metrics"][0]["comparisons"][0]["looks"]["decided"]
    for day in range(4, 10):
        come(lake, day, (0.9, 0.1))
    report = analyse(plan_of(), lake.view(), START + 30 * DAY)
    comparison = report["metrics"][0]["comparisons"][0]
    assert report["decision"]["verdict"] == "ship"
    assert comparison["looks"]["decided"] == look
    assert comparison["significant"]
    assert comparison["absolute"]["lower"] > 0
    assert comparison["p_value"] <= 0.05
    final = comparison["looks"]["final"]
    assert 0 < final["lower"] < final["estimate"] < final["upper"]
    # Stopping early exaggerates; the median-unbiased estimate takes that back.
    assert final["estimate"] < comparison["absolute"]["estimate"]


def test_the_last_look_settles_every_comparison(tmp_path: Path) -> None:
    report = analyse(plan_of(), shop(tmp_path, days=11).view(), START + 20 * DAY)
    comparison = report["metrics"][0]["comparisons"][0]
    assert report["looks"]["taken"] == 5
    assert report["looks"]["next"] is None
    assert not comparison["preliminary"]
    assert comparison["looks"]["final"] is not None
    codes = [detail["code"] for detail in report["decision"]["details"]]
    assert codes == ["no_conclusion", "planned_size_reached"]


def test_exposures_that_come_late_do_not_move_a_look_that_was_taken(tmp_path: Path) -> None:
    lake = shop(tmp_path, days=4)
    before = taken_of(analyse(plan_of(), lake.view(), START + 4 * DAY))
    add(lake, shoppers(9_000, 9_200, START, (0.0, 1.0)), START + 5 * DAY)
    add(lake, [conversion(f"u{number}", at=START + HOUR) for number in range(300)], START + 5 * DAY)
    after = taken_of(analyse(plan_of(), lake.view(), START + 6 * DAY))
    assert after[: len(before)] == before


def test_looks_that_fall_due_together_are_one_look(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    add(lake, shoppers(0, 1_250, START), START + HOUR)
    report = analyse(plan_of(), lake.view(), START + DAY)
    states = [row["state"] for row in report["looks"]["schedule"]]
    assert states == ["skipped", "skipped", "taken", "due", "due"]
    (look,) = taken_of(report)
    assert look["rate"] == pytest.approx(1_250 / UNITS)
    assert look["critical"] == pytest.approx(critical_values((1_250 / UNITS,), 0.05)[0], abs=1e-9)


def test_with_windows_units_count_as_far_as_their_window_has_passed(tmp_path: Path) -> None:
    # A campaign: everybody at once, so that only time brings information.
    lake = Lake(tmp_path / "lake")
    add(lake, shoppers(0, UNITS, START), START)
    plan = plan_of(metric(CONVERSION, window_hours=240))
    schedule = follow(plan, lake.view(), START + 5 * DAY)
    assert schedule is not None
    assert [look.number for look in schedule.taken] == [1, 2]
    moments = [START + 2 * DAY, START + 4 * DAY]
    report = analyse(plan, lake.view(), START + 5 * DAY)
    assert [datetime.fromisoformat(look["at"]) for look in taken_of(report)] == moments
    assert [look["rate"] for look in taken_of(report)] == pytest.approx([0.2, 0.4])
    assert datetime.fromisoformat(report["looks"]["next"]["due_at"]) == START + 6 * DAY
    assert report["looks"]["completed"] == pytest.approx(UNITS / 2)


@pytest.mark.parametrize("window", [None, 30.0])
def test_the_clock_counts_as_a_simple_loop_does(tmp_path: Path, window: float | None) -> None:
    # Exposures that come late, again, or with a clock that runs ahead; referee: a loop over the units.
    rng, lake = np.random.default_rng(4), Lake(tmp_path / "lake")
    known: dict[str, tuple[datetime, datetime]] = {}
    for day in range(6):
        received = START + day * DAY
        events = []
        for unit in rng.integers(0, 40, 15):
            at = received - float(rng.uniform(-0.002, 2)) * DAY
            events.append(exposure(f"u{unit}", at=at))
            known[f"u{unit}"] = min(known.get(f"u{unit}", (received, at)), (received, at))
        add(lake, events, received)
    plan = plan_of(metric(CONVERSION, window_hours=window))
    moments = [START + hours * HOUR for hours in (0, 1, 20.5, 49, 100, 121)]
    with connection() as engine:
        clock = Information(engine, scope_of(plan, lake.view(), START + 9 * DAY), window)
        found = clock.completed([microseconds(moment) for moment in moments])
        reached = clock.reached((3, 20), microseconds(START + 9 * DAY))
        for units, due in zip((3, 20), reached, strict=True):
            assert due is not None
            just, before = clock.completed([due, due - 1_000_000])
            assert before < units <= just
    for moment, units_then in zip(moments, found, strict=True):
        ages = [(moment - first) / HOUR for received, first in known.values() if received <= moment]
        expected = len(ages) if window is None else sum(min(max(age / window, 0.0), 1.0) for age in ages)
        assert units_then == pytest.approx(expected, abs=1e-4)


def test_an_end_on_the_sealed_date_takes_the_last_look_early(tmp_path: Path) -> None:
    view, end = shop(tmp_path, days=7).view(), START + 7 * DAY
    plan = plan_of()
    ended = replace(
        plan,
        form=plan.form.model_copy(update={"end_at": end}),
        status="stopped",
        stopped_at=end + timedelta(seconds=3),
        planned_end=end,
    )
    report = analyse(ended, view, START + 8 * DAY)
    *_, look = taken_of(report)
    assert look["rate"] == pytest.approx(0.7)
    assert look["spent"] == pytest.approx(0.05)
    assert report["looks"]["ended_early"]
    assert report["looks"]["next"] is None
    assert report["metrics"][0]["comparisons"][0]["looks"]["final"] is not None
    assert "ended_early" in [detail["code"] for detail in report["decision"]["details"]]


@pytest.mark.parametrize("moved", [False, True])
def test_a_stop_by_hand_or_on_a_date_that_was_moved_takes_no_look(tmp_path: Path, *, moved: bool) -> None:
    view, end = shop(tmp_path, days=7).view(), START + 7 * DAY
    plan = plan_of()
    changes = {"end_at": end} if moved else {}
    stopped = replace(
        plan,
        form=plan.form.model_copy(update=changes),
        status="stopped",
        stopped_at=end,
        planned_end=end + DAY,
    )
    report = analyse(stopped, view, START + 8 * DAY)
    assert [look["rate"] for look in taken_of(report)] == pytest.approx([0.2, 0.4, 0.6])
    assert report["metrics"][0]["comparisons"][0]["preliminary"]
    assert "looks_cut_off" in [detail["code"] for detail in report["decision"]["details"]]


@pytest.mark.parametrize("futility", ["non_binding", "binding"])
def test_too_little_of_the_benefit_stops_for_futility(tmp_path: Path, futility: str) -> None:
    lake = shop(tmp_path, (0.32, 0.29), days=7)
    report = analyse(plan_of(futility=futility), lake.view(), START + 7 * DAY)
    assert report["decision"]["verdict"] == "no_difference"
    assert report["decision"]["details"][0]["code"] == "futility"
    for day in range(7, 10):
        come(lake, day, (0.1, 0.9))
    later = analyse(plan_of(futility=futility), lake.view(), START + 11 * DAY)
    # Whoever went on against a futility that does not bind may still find an effect; else it is final.
    assert later["decision"]["verdict"] == ("ship" if futility == "non_binding" else "no_difference")


def test_less_of_a_metric_can_be_the_benefit(tmp_path: Path) -> None:
    fewer = metric(CONVERSION, direction="decrease")
    report = analyse(
        plan_of(fewer, futility="non_binding"), shop(tmp_path, (0.3, 0.5)).view(), START + 11 * DAY
    )
    assert report["decision"]["verdict"] in ("no_difference", "rollback")
    planned = report["metrics"][0]["comparisons"][0]["looks"]["planned"]
    other = analyse(plan_of(futility="non_binding"), shop(tmp_path / "b").view(), START + 11 * DAY)
    mirrored = other["metrics"][0]["comparisons"][0]["looks"]["planned"]
    assert [row["futility"] for row in planned[:-1]] == [-row["futility"] for row in mirrored[:-1]]
    assert planned[-1]["futility"] is None


def test_a_report_with_looks_is_computed_again_to_the_bit(tmp_path: Path) -> None:
    lake = shop(tmp_path, (0.2, 0.5))
    plan = plan_of(metric(CONVERSION), metric(REVENUE, window_hours=24), futility="binding")
    memory: Memory = {}
    for day in (3, 8, 30):
        report = json.loads(
            json.dumps(analyse(plan, lake.view(), START + day * DAY, memory), allow_nan=False)
        )
        assert verify(report, plan, lake.view()) == []
    assert memory


def test_a_look_is_measured_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    view, memory = shop(tmp_path).view(), Memory()
    first = analyse(plan_of(), view, START + 9 * DAY, memory)
    monkeypatch.setattr("experiments.analysis.looks.measure", lambda *_: pytest.fail("measured again"))
    assert taken_of(analyse(plan_of(), view, START + 9 * DAY, memory)) == taken_of(first)


def test_a_look_that_falls_due_changes_the_data_hash(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake")
    add(lake, shoppers(0, UNITS, START), START)
    plan = plan_of(metric(CONVERSION, window_hours=240))
    before = analyse(plan, lake.view(), START + DAY)
    after = analyse(plan, lake.view(), START + 3 * DAY)
    assert before["data_hash"] != after["data_hash"]


def test_a_plan_without_a_number_of_looks_is_read_at_any_moment(tmp_path: Path) -> None:
    report = analyse(plan_of(looks=None), shop(tmp_path).view(), START + 5 * DAY)
    assert report["looks"] is None
    assert not report["metrics"][0]["comparisons"][0]["preliminary"]
    assert follow(plan_of(looks=None), shop(tmp_path / "b", days=1).view(), START + DAY) is None


def test_before_any_event_no_look_is_due(tmp_path: Path) -> None:
    report = analyse(plan_of(), Lake(tmp_path).view(), START)
    assert report["looks"]["taken"] == 0
    assert report["looks"]["next"]["look"] == 1
