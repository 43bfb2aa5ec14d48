"""Bots are left out of the report by rules that anyone can follow; who is acquitted comes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from assignment.events import Event, encode_payload, marked
from assignment.log import EventLog
from experiments.analysis.lake import Lake
from experiments.analysis.report import analyse
from experiments.analysis.verify import verify
from experiments.bots import Says, Subject, Verdict
from experiments.definition import Definition
from tests.experiments.analysis.build import (
    CONVERSION,
    START,
    add,
    conversion,
    definition,
    exposure,
    lake_of,
    metric,
)

CRAWLER = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
LATER = START + timedelta(hours=1)
ARMS = ("control", "treatment")
Document = dict[str, Any]


def said(subject: Subject, key: str, says: Says | None = None, **more: Any) -> Verdict:
    return Verdict(subject, key, says, more.pop("limit", None), more.pop("since", START), **more)


def experiment(*verdicts: Verdict) -> Definition:
    return replace(definition(metric(CONVERSION)), bots=verdicts)


def shoppers(count: int = 100, first: int = 0) -> list[Event]:
    """Half of each variant, all of whom order."""
    units = range(first, first + count)
    return [exposure(f"u{number}", ARMS[number % 2]) for number in units] + [
        conversion(f"u{number}", at=START + timedelta(minutes=1)) for number in units
    ]


def flagged(count: int, first: int = 1_000, variant: int | None = None) -> list[Event]:
    return [
        exposure(f"u{number}", ARMS[number % 2 if variant is None else variant], attributes={"bot": True})
        for number in range(first, first + count)
    ]


def report_of(lake: Lake, *verdicts: Verdict, at: datetime = LATER) -> Document:
    return analyse(experiment(*verdicts), lake.view(), at)


def units(report: Document) -> list[int]:
    return [variant["units"] for variant in report["variants"]]


def rules(report: Document) -> dict[str, int]:
    return {each["rule"]: each["units"] for each in report["health"]["bots"].get("rules", [])}


def test_a_unit_is_left_out_by_what_the_door_the_shop_or_a_flag_says(tmp_path: Path) -> None:
    log = EventLog(tmp_path / "log")
    sent = msgspec.json.encode([exposure("g1"), exposure("g2", "treatment")])
    log.append(marked(encode_payload(START, sent), CRAWLER))
    log.append(encode_payload(START, msgspec.json.encode(shoppers(10))))
    log.close()
    lake = Lake(tmp_path / "lake")
    lake.compact(tmp_path / "log")
    passed_on = exposure("g3", attributes={"userAgent": "GPTBot/1.2", "country": "NL"})
    add(
        lake,
        [passed_on, exposure("g4", attributes={"bot": True}), exposure("g5", attributes={"bot": "true"})],
    )
    report = report_of(lake)
    assert rules(report) == {"Googlebot": 2, "GPTBot": 1, "(flagged by the shop)": 1}
    assert units(report) == [6, 5]
    assert report["health"]["bots"]["variants"] == [3, 1]


def test_a_mark_on_a_conversion_or_on_another_experiment_tells_of_the_unit_too(tmp_path: Path) -> None:
    marks = [
        conversion("u0", properties={"bot": True}),
        exposure("u1", experiment="other", attributes={"userAgent": CRAWLER}),
    ]
    report = report_of(lake_of(tmp_path, shoppers(10) + marks))
    assert units(report) == [4, 4]
    assert report["metrics"][0]["variants"][0]["units"] == 4


def test_a_report_without_bots_is_the_same_as_before_there_were_rules(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, shoppers())
    now = report_of(lake)
    before = analyse(replace(experiment(), bots=None), lake.view(), LATER)
    assert now.pop("health").pop("bots")["code"] == "no_bots"
    assert "bots" not in before.pop("health")
    assert {**now, "id": None} == {**before, "id": None}


def test_leaving_out_bots_gives_the_report_that_there_would_be_had_they_never_come(tmp_path: Path) -> None:
    with_bots = report_of(lake_of(tmp_path / "a", [*flagged(40), *shoppers()]))
    without = report_of(lake_of(tmp_path / "b", shoppers()))
    assert with_bots["metrics"] == without["metrics"]
    assert with_bots["variants"] == without["variants"]
    assert with_bots["series"] == without["series"]
    assert with_bots["data_hash"] != without["data_hash"]


def test_whoever_is_acquitted_is_back_in_the_next_report_and_whoever_is_named_is_gone(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, shoppers(10) + flagged(4))
    at = START + timedelta(minutes=30)
    verdicts = (
        said(Subject.UNIT, "u1000", Says.SHOPPER, since=at),
        said(Subject.UNIT, "u0", Says.BOT, since=at),
        said(Subject.UNIT, "u2", Says.BOT, since=at, until=at + timedelta(minutes=1)),
    )
    assert units(report_of(lake, *verdicts, at=at - timedelta(minutes=1))) == [5, 5]
    assert units(report_of(lake, *verdicts)) == [5, 5]
    assert rules(report_of(lake, *verdicts)) == {"(by hand)": 1, "(flagged by the shop)": 3}


def test_a_whole_rule_can_be_acquitted(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, [*shoppers(10), exposure("g", attributes={"userAgent": CRAWLER})])
    assert units(report_of(lake)) == [5, 5]
    assert units(report_of(lake, said(Subject.RULE, "Googlebot", Says.SHOPPER))) == [6, 5]


@pytest.mark.parametrize("kind", ["exposures", "conversions"])
def test_more_events_in_an_hour_than_the_limit_make_a_bot(tmp_path: Path, kind: str) -> None:
    make = exposure if kind == "exposures" else conversion
    busy = [make("u0", at=START + timedelta(seconds=number)) for number in range(21)]
    spread = [make("u2", at=START + timedelta(minutes=10 * number)) for number in range(40)]
    lake = lake_of(tmp_path, shoppers(10) + busy + spread)
    at = START + timedelta(days=1)
    assert rules(report_of(lake, at=at)) == {}
    assert rules(report_of(lake, said(Subject.LIMIT, "", limit=20), at=at)) == {"(too many events)": 1}
    none = (said(Subject.LIMIT, "", limit=20), said(Subject.RULE, "(too many events)", Says.SHOPPER))
    assert rules(report_of(lake, *none, at=at)) == {}
    assert rules(report_of(lake, said(Subject.LIMIT, "", limit=None), at=at)) == {}


def test_a_report_is_verified_by_the_rules_of_its_moment(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, shoppers(10) + flagged(4))
    report = report_of(lake)
    since = LATER + timedelta(minutes=1)
    later = (
        said(Subject.UNIT, "u1", Says.BOT, since=since),
        said(Subject.RULE, "(flagged by the shop)", Says.SHOPPER, since=since),
        said(Subject.LIMIT, "", limit=1, since=since),
    )
    assert verify(report, experiment(*later), lake.view()) == []


def test_a_report_from_before_bots_were_left_out_is_still_verified(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, shoppers(10) + flagged(4))
    old = analyse(replace(experiment(), bots=None), lake.view(), LATER)
    assert units(old) == [7, 7]
    assert verify(old, experiment(), lake.view()) == []


def test_running_an_import_or_a_log_again_marks_nothing_twice(tmp_path: Path) -> None:
    events = shoppers(10) + flagged(4)
    lake = lake_of(tmp_path, events)
    add(lake, events)
    assert sum(part.rows for part in lake.view().manifest.parts if part.kind == "bots") == 4


def test_one_mark_a_batch_is_kept_of_a_crawler_however_many_events_it_sends(tmp_path: Path) -> None:
    events = [exposure("g", attributes={"userAgent": CRAWLER}) for _ in range(500)]
    lake = lake_of(tmp_path, events)
    assert [part.rows for part in lake.view().manifest.parts if part.kind == "bots"] == [1]


@pytest.mark.parametrize(
    ("bots", "people", "status", "code"),
    [
        ([20, 20], 400, "ok", "bots_left_out"),
        ([80, 20], 400, "failed", "bots_uneven"),
        ([30, 0], 4_000, "warning", "bots_uneven"),
        ([100, 100], 400, "warning", "many_bots"),
    ],
)
def test_an_exclusion_that_differs_between_the_variants_is_not_believed(
    tmp_path: Path, bots: list[int], people: int, status: str, code: str
) -> None:
    events = [exposure(f"u{number}", ARMS[number % 2]) for number in range(people)]
    events += flagged(bots[0], 10_000, 0) + flagged(bots[1], 20_000, 1)
    report = report_of(lake_of(tmp_path, events))
    check = report["health"]["bots"]
    assert (check["status"], check["code"]) == (status, code)
    assert check["variants"] == bots
    assert (report["decision"]["verdict"] == "unhealthy") == (status == "failed")


def test_one_uneven_source_is_found_among_many_even_ones(tmp_path: Path) -> None:
    events = shoppers(1_000) + flagged(400, 10_000)
    busy = [
        exposure(f"u{2 * unit}", at=START + timedelta(seconds=turn))
        for unit in range(30)
        for turn in range(5)
    ]
    report = report_of(lake_of(tmp_path, events + busy), said(Subject.LIMIT, "", limit=4))
    assert report["health"]["bots"]["code"] == "bots_uneven"
    assert report["health"]["bots"]["split"] == [30, 0]
