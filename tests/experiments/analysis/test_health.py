"""Each check of the data finds what it is for, names it, and says nothing of data that are in order."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assignment import snapshot
from assignment.allocation import owners_of, slots_of
from assignment.events import Event
from assignment.hashing import bucket_of
from experiments.analysis.arrivals import Arrivals, Delays
from experiments.analysis.health_split import sample_ratio_check
from experiments.analysis.lake import Lake
from experiments.analysis.measure import Measurement
from experiments.analysis.report import analyse
from experiments.analysis.rows import Rows, microseconds
from experiments.analysis.units import Exposed
from experiments.analysis.verify import verify
from tests.experiments.analysis.build import (
    CONVERSION,
    HOUR,
    LATER,
    REVENUE,
    START,
    add,
    conversion,
    definition,
    exposure,
    lake_of,
    metric,
)

Document = dict[str, Any]
ARMS = ("control", "treatment")
DAY = timedelta(days=1)
MINUTE = timedelta(minutes=1)


def health_of(folder: Path, events: list[Event], **changes: Any) -> Document:
    report = analyse(definition(metric(CONVERSION), **changes), lake_of(folder, events).view(), LATER)
    health: Document = report["health"]
    assert (report["decision"]["verdict"] == "unhealthy") is any(
        check["status"] == "failed" for check in health.values()
    )
    return health


def exposures(units: int, share: float = 0.5, seed: int = 1, name: str = "u", **more: Any) -> list[Event]:
    draw = random.Random(seed)
    return [
        exposure(f"{name}{number}", ARMS[draw.random() < share], more.get("at", START + number * MINUTE),
                 attributes=more.get("attributes", {}))
        for number in range(units)
    ]  # fmt: skip


def device(name: str) -> Document:
    return {"name": name, "attributes": {"device": name}}


def test_an_ordinary_experiment_passes_every_check(tmp_path: Path) -> None:
    draw = random.Random(7)
    events = exposures(3_000)
    events += [conversion(f"u{number}", at=START - HOUR) for number in range(0, 3_000, 3)]
    events += [conversion(f"u{draw.randrange(3_000)}", at=START + 50 * HOUR) for _ in range(800)]
    lake = in_pieces(tmp_path, (events, MINUTE))
    report = analyse(definition(metric(CONVERSION), segments=["device"]), lake.view(), START + 51 * HOUR)
    assert len(report["health"]) == 12
    assert {name for name, check in report["health"].items() if check["status"] != "ok"} == set()
    assert report["health"]["pre_period"]["p_value"] > 0.001


def test_a_split_that_is_off_in_one_segment_is_named_there(tmp_path: Path) -> None:
    events = exposures(4_000, 0.42, **device("mobile")) + exposures(6_000, **device("desktop"))
    srm = health_of(tmp_path, events, segments=["device"])["srm"]
    assert (srm["status"], srm["code"]) == ("failed", "sample_ratio_mismatch")
    assert (srm["origin"]["kind"], srm["origin"]["segment"], srm["origin"]["values"]) == (
        "segment", "device", ["mobile"],
    )  # fmt: skip
    assert "among device = mobile" in srm["detail"]
    assert "elsewhere it is as planned" in srm["detail"]


def test_a_segment_fails_by_itself_where_the_whole_hides_it(tmp_path: Path) -> None:
    events = exposures(2_000, 0.38, **device("tablet")) + exposures(30_000, 0.503, 2, **device("desktop"))
    srm = health_of(tmp_path, events, segments=["device"])["srm"]
    assert (srm["status"], srm["code"]) == ("failed", "sample_ratio_mismatch_in_part")
    assert srm["origin"]["values"] == ["tablet"]
    assert srm["p_value"] <= 0.001


def test_a_split_that_broke_on_a_day_is_named_by_that_day(tmp_path: Path) -> None:
    good, bad = exposures(6_000, at=START), exposures(6_000, 0.44, 2, "v", at=START + 3 * DAY)
    srm = health_of(tmp_path / "still", good + bad)["srm"]
    assert srm["status"] == "failed"
    assert (srm["origin"]["kind"], srm["origin"]["values"]) == ("since", ["2026-11-04"])
    repaired = exposures(9_000, 0.5, 3, "w", at=START + 4 * DAY)
    srm = health_of(tmp_path / "repaired", good + bad + repaired)["srm"]
    assert (srm["origin"]["kind"], srm["origin"]["values"]) == ("day", ["2026-11-04"])
    assert "first exposed on 2026-11-04" in srm["detail"]


def test_a_split_that_is_off_everywhere_names_nothing(tmp_path: Path) -> None:
    events = exposures(4_000, 0.4, **device("mobile")) + exposures(4_000, 0.4, 2, **device("desktop"))
    srm = health_of(tmp_path, events, segments=["device"])["srm"]
    assert (srm["status"], srm["origin"]) == ("failed", None)


def test_units_in_an_empty_variant_are_named_by_their_segment(tmp_path: Path) -> None:
    arms = [
        {"key": key, "weight": weight} for key, weight in (("control", 0.5), ("treatment", 0.5), ("off", 0))
    ]
    events = exposures(3_000, **device("web")) + exposures(100, **device("app"))
    events += [exposure(f"x{number}", "off", attributes={"device": "app"}) for number in range(9)]
    srm = health_of(tmp_path, events, segments=["device"], variants=arms)["srm"]
    assert (srm["code"], srm["p_value"]) == ("units_in_empty_variant", 0.0)
    assert srm["origin"]["values"] == ["app"]


def in_order(counts: np.ndarray, days: int) -> Measurement:
    """What is measured of units per day, device and variant, shape `(days, devices, variants)`."""
    places = list(np.ndindex(counts.shape[1:]))
    exposed = Exposed(
        counts=tuple(int(count) for count in counts.sum(axis=(0, 1))), multiple=0, unknown_events=0,
        segments=(tuple(f"d{place}" for place in range(counts.shape[1])),),
        segment_counts=({place: int(counts[:, place[0], place[1]].sum()) for place in places},),
        first=0, last=1,
    )  # fmt: skip
    nothing = Delays((), 0, 0)
    by_day = tuple(
        (day, tuple(int(count) for count in each.sum(axis=0))) for day, each in enumerate(counts[:days])
    )
    found = Arrivals(by_day, (0, 0), nothing, nothing, (), ())
    return Measurement(exposed, {}, [], None, (), (), found)


def split_p_values(runs: int, days: int, mobile: float) -> list[float]:
    """The smallest p-value of the split over a reading a day, by run."""
    rng = np.random.default_rng(20261125)
    plan = definition(metric(CONVERSION), segments=["device"])
    smallest = []
    for _ in range(runs):
        units = rng.poisson([[150, 80, 20]] * days)
        treated = rng.binomial(units, [[mobile, 0.5, 0.5]])
        counts = np.stack([units - treated, treated], axis=-1)
        looks = [in_order(counts[: day + 1], days) for day in range(days)]
        smallest.append(min(sample_ratio_check(plan, look)["p_value"] for look in looks))
    return smallest


def test_the_split_with_all_its_parts_keeps_its_false_alarm_rate_when_read_daily() -> None:
    # At most 5 % ever, 10 in 200 runs; 21 at the 99.9 % point of chance.
    assert sum(p_value <= 0.05 for p_value in split_p_values(200, 14, 0.5)) <= 21


def test_a_device_that_loses_a_fifth_of_one_variant_is_found_within_two_weeks() -> None:
    found = split_p_values(40, 14, 0.4 / 0.9)
    assert np.mean([p_value <= 0.001 for p_value in found]) > 0.5


def again(events: list[Event], first: str, units: int, at: timedelta = HOUR) -> list[Event]:
    """The first so many units of a variant meet the other one later."""
    other = ARMS[first == "control"]
    chosen = [each for each in events if getattr(each, "variant", "") == first][:units]
    return [exposure(each.unit, other, (each.time or START) + at) for each in chosen]


@pytest.mark.parametrize(
    ("control", "treatment", "status", "code"),
    [
        (3, 4, "ok", "multiple_exposure"),
        (60, 60, "warning", "multiple_exposure"),
        (0, 150, "failed", "one_sided_exposure"),
        (0, 30, "warning", "one_sided_exposure"),
        (350, 350, "failed", "multiple_exposure"),
    ],
)
def test_double_exposure_fails_when_it_is_frequent_or_one_sided(
    tmp_path: Path, control: int, treatment: int, status: str, code: str
) -> None:
    events = exposures(5_000)
    twice = again(events, "control", control) + again(events, "treatment", treatment)
    check = health_of(tmp_path, events + twice)["multiple_exposure"]
    assert (check["status"], check["code"]) == (status, code)
    assert (check["units"], check["first"]) == (control + treatment, [control, treatment])


def test_variants_that_differed_before_exposure_fail(tmp_path: Path) -> None:
    events = exposures(3_000)
    loyal = [each.unit for each in events if getattr(each, "variant", "") == "treatment"]
    events += [conversion(unit, at=START - HOUR) for unit in loyal[: len(loyal) // 3]]
    others = [f"u{number}" for number in range(3_000) if f"u{number}" not in set(loyal)]
    events += [conversion(unit, at=START - HOUR) for unit in others[: len(others) // 5]]
    check = health_of(tmp_path, events)["pre_period"]
    assert (check["status"], check["code"], check["variant"]) == ("failed", "unlike_before", "treatment")
    assert check["p_value"] <= 0.001


def test_without_a_pre_period_nothing_is_said_of_it(tmp_path: Path) -> None:
    check = health_of(tmp_path, exposures(100))["pre_period"]
    assert (check["status"], check["code"], check["p_value"]) == ("ok", "no_pre_period", None)


ASSIGNED = snapshot.Experiment(
    key="k", version=1, status=snapshot.Status.RUNNING, seed="k:1", hash_attribute="id",
    variants=tuple(snapshot.Variant(arm, "", 0.5, {}) for arm in ARMS), coverage=0.6, condition={},
)  # fmt: skip


def assigned(units: int, **more: Any) -> list[Event]:
    """Exposures of those whom the published rule lets take part, in the variant that it gives them."""
    owners = owners_of(slots_of(ASSIGNED))
    places = {f"u{number}": owners[bucket_of("k:1", f"u{number}")] for number in range(units)}
    return [exposure(unit, ARMS[place], **more) for unit, place in places.items() if place >= 0]


def moved(events: list[Event], count: int) -> list[Event]:
    """The first so many in the other variant."""
    swapped = [
        exposure(each.unit, ARMS[getattr(each, "variant", "") == "control"]) for each in events[:count]
    ]
    return swapped + events[count:]


@pytest.mark.parametrize(
    ("events", "status", "code"),
    [
        (assigned(2_000), "ok", "as_assigned"),
        (moved(assigned(2_000), 60), "warning", "other_variant"),
        (exposures(1_200), "ok", "assigned_elsewhere"),
        (assigned(100), "ok", "too_few_to_recheck"),
    ],
)
def test_a_sample_is_assigned_again(tmp_path: Path, events: list[Event], status: str, code: str) -> None:
    check = health_of(tmp_path, events, traffic=0.6)["assignment"]
    assert (check["status"], check["code"]) == (status, code)
    if code == "other_variant":
        assert check["other_variant"] == 60


def test_units_beyond_the_traffic_are_found(tmp_path: Path) -> None:
    check = health_of(tmp_path, assigned(2_000), traffic=0.4)["assignment"]
    assert (check["status"], check["code"]) == ("warning", "outside_traffic")
    assert check["share"] == pytest.approx(1 / 3, abs=0.06)


def test_a_report_from_before_more_traffic_came_in_is_verified(tmp_path: Path) -> None:
    view = lake_of(tmp_path, assigned(1_000)).view()
    report = analyse(definition(metric(CONVERSION), traffic=0.4), view, LATER)
    assert report["health"]["assignment"]["code"] == "outside_traffic"
    assert verify(report, definition(metric(CONVERSION), traffic=0.6), view) == []
    report["health"]["assignment"]["traffic"] = "much"
    assert len(verify(report, definition(metric(CONVERSION), traffic=0.6), view)) > 1


@pytest.mark.parametrize(
    ("attributes", "code"),
    [
        ({"country": "NL", "visits": 3}, "as_assigned"),
        ({"country": "BE", "visits": 3}, "outside_audience"),
        ({"country": "BE"}, "as_assigned"),
    ],
)
def test_units_outside_the_audience_are_found_where_their_attributes_tell(
    tmp_path: Path, attributes: Document, code: str
) -> None:
    audience = {"country": "NL", "$or": [{"visits": {"$gte": 2}}, {"visits": 0}]}
    events = assigned(1_000, attributes=attributes)
    check = health_of(tmp_path, events, traffic=0.6, audience=audience)["assignment"]
    assert check["code"] == code
    assert check["attributes_known"] == (check["units"] if "visits" in attributes else 0)


def test_a_large_experiment_is_assigned_again_by_a_sample(tmp_path: Path) -> None:
    check = health_of(tmp_path, assigned(9_000), traffic=0.6)["assignment"]
    assert 1_700 < check["units"] < 2_300
    assert check["other_variant"] == 0


def orders(events: list[Event], until: dict[str, timedelta]) -> list[Event]:
    """Every third unit orders an hour after exposure, while its variant still sends orders."""
    found = []
    for each in events[::3]:
        at = (each.time or START) + HOUR
        if at < START + until.get(getattr(each, "variant", ""), 300 * DAY):
            found.append(conversion(each.unit, at=at))
    return found


def test_a_variant_whose_orders_stop_coming_fails(tmp_path: Path) -> None:
    events = exposures(6_000)
    check = health_of(tmp_path, events + orders(events, {"treatment": 2 * DAY}))["silence"]
    assert (check["status"], check["kind"], check["variant"]) == ("failed", "conversions", "treatment")
    assert check["hours"] > 48


def test_a_variant_whose_exposures_stop_coming_fails(tmp_path: Path) -> None:
    events = exposures(6_000) + exposures(800, 0.0, name="v", at=START + 6 * DAY)
    check = health_of(tmp_path, events)["silence"]
    assert (check["status"], check["kind"], check["variant"]) == ("failed", "exposures", "treatment")


def test_a_campaign_sent_to_one_variant_after_the_other_is_no_silence(tmp_path: Path) -> None:
    events = [exposure(f"a{number}", "control", START) for number in range(2_000)]
    events += [exposure(f"b{number}", "treatment", START + HOUR) for number in range(2_000)]
    assert health_of(tmp_path, events + orders(events, {}))["silence"]["status"] == "ok"


def in_pieces(folder: Path, *pieces: tuple[list[Event], timedelta]) -> Lake:
    rows = Rows()
    for events, delay in pieces:
        for each in events:
            at = each.time or START
            rows.extend([each], microseconds(at + delay))
    lake = Lake(folder)
    lake.add(rows)
    return lake


def test_events_that_come_in_late_are_counted_and_warned_about(tmp_path: Path) -> None:
    events = exposures(40)
    bought = [conversion(each.unit, at=(each.time or START) + HOUR) for each in events]
    lake = in_pieces(tmp_path, (events + bought[:30], MINUTE), (bought[30:], 3 * DAY))
    check = analyse(definition(metric(CONVERSION)), lake.view(), START + 4 * DAY)["health"]["delay"]
    assert (check["status"], check["code"]) == ("warning", "late_events")
    assert check["conversions"] == {
        "events": 40, "median_seconds": 60, "p95_seconds": 604_800, "late_share": 0.25,
        "late_in_last_day": 10, "ahead": 0,
    }  # fmt: skip
    assert check["exposures"]["late_share"] == 0.0


def test_a_history_that_was_loaded_later_is_not_called_late(tmp_path: Path) -> None:
    events = exposures(40)
    check = analyse(definition(metric(CONVERSION)), lake_of(tmp_path, events, LATER).view(), LATER)["health"]
    assert (check["delay"]["status"], check["delay"]["code"]) == ("ok", "loaded_later")


def test_clocks_that_run_ahead_are_warned_about(tmp_path: Path) -> None:
    lake = in_pieces(tmp_path, (exposures(40), -5 * MINUTE))
    check = analyse(definition(metric(CONVERSION)), lake.view(), START + DAY)["health"]["delay"]
    assert (check["status"], check["code"], check["share"]) == ("warning", "clock_ahead", 1.0)


def test_a_report_on_unhealthy_data_is_verified_after_more_events_came_in(tmp_path: Path) -> None:
    events = exposures(1_500, 0.4, **device("mobile")) + exposures(1_500, **device("desktop"))
    lake = lake_of(tmp_path, events + again(events, "control", 50) + orders(events, {}))
    plan = replace(definition(metric(REVENUE), segments=["device"]), stopped_at=LATER - DAY)
    report = analyse(plan, lake.view(), LATER)
    add(lake, [*exposures(300, 1.0, name="w"), conversion("u5", at=START + DAY)], LATER + HOUR)
    assert report["health"]["srm"]["status"] == "failed"
    assert verify(report, plan, lake.view()) == []
