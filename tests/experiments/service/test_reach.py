"""The reach of an audience, against a full count of the events that it is estimated from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assignment.events import Event, Exposure
from assignment.targeting import compile_condition
from experiments import jobs
from experiments.analysis import visitors
from experiments.analysis.lake import Lake
from experiments.db import Database, utc_now
from experiments.forms import MetricKind
from experiments.requests import PlanRequest, ReachRequest
from experiments.service.planning import plan_document
from experiments.service.reach import daily_reach, reach_document
from experiments.workplace import Workplace
from tests.experiments.analysis.build import add
from tests.experiments.examples import running

DAY = timedelta(days=1)
NL = {"country": "NL"}
Document = dict[str, Any]
Shop = Callable[..., Workplace]


def visits(units: int = 1_500, days: int = 35, **more: Any) -> list[Event]:
    """Exposures at random moments, of units that come once or several times, with what is known of them."""
    rng, now = np.random.default_rng(20261125), utc_now()
    found: list[Event] = []
    for unit in range(units):
        attributes: dict[str, Any] = {
            "country": ("NL", "BE", "DE")[unit % 3 if unit % 2 else 0],
            "visits": int(rng.integers(1, 9)),
        }
        if unit % 4 == 0:
            attributes["tags"] = ["vip"]
        for turn in range(int(rng.integers(1, 4))):
            at = now - timedelta(days=float(rng.random() * days))
            found.append(
                Exposure(f"{unit}-{turn}", f"u{unit}", "bar", "bar", at, attributes | more.get("extra", {}))
            )
    return found


@pytest.fixture
def shop(database: Database, tmp_path: Path) -> Shop:
    """Makes a workplace with the running experiment `bar` and these events, looked at by the scheduler."""

    def make(events: list[Event], **experiment: Any) -> Workplace:
        with database.session() as session:
            running(session, **{"traffic": 1.0, "audience": None, **experiment})
        place = Workplace(database, Lake(tmp_path / "lake"), tmp_path / "log")
        if events:
            add(place.lake, events, utc_now())
        jobs.watch_visitors(place)
        return place

    return make


def reach(place: Workplace, audience: Document | None = None, **more: Any) -> Document:
    with place.database.reading() as session:
        return reach_document(session, ReachRequest(audience=audience or {}, **more))


def counted(events: list[Event], condition: Document) -> list[int]:
    """Units of the audience in each of the four weeks before the latest event, one by one."""
    fits = compile_condition(condition)
    met = [event for event in events if isinstance(event, Exposure)]
    last = max(event.time for event in met if event.time)
    weeks: list[set[str]] = [set(), set(), set(), set()]
    for event in met:
        week = (last - (event.time or last)) // (7 * DAY)
        if week < 4 and fits(event.attributes):
            weeks[week].add(event.unit)
    return [len(week) for week in weeks]


CONDITIONS: tuple[Document, ...] = (
    {},
    NL,
    {"visits": {"$gte": 5}},
    {"$and": [NL, {"tags": "vip"}]},
    {"$not": NL},
    {"country": "FR"},
)


def test_a_sample_of_everyone_gives_the_full_count(shop: Shop) -> None:
    events = visits()
    place = shop(events)
    for condition in CONDITIONS:
        found, weekly = reach(place, condition), counted(events, condition)
        assert found["audience"]["units"] == round(np.mean(weekly)), condition
        assert found["all"]["units"] == round(np.mean(counted(events, {})))
        assert found["weeks"] == 4
        assert found["sample"]["units"] == found["sample"]["of"]
        assert found["undetermined"] is None
        spread = 3.1824463 * np.std(weekly, ddof=1) / 2
        assert found["upper"] == pytest.approx(np.mean(weekly) + spread, abs=1)


def test_a_small_sample_comes_near_the_full_count_and_says_how_near(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visitors, "SAMPLE", 500)
    events = visits()
    place = shop(events)
    for condition in (NL, {"visits": {"$gte": 5}}, {"tags": "vip"}):
        found, truth = reach(place, condition)["audience"], np.mean(counted(events, condition))
        assert found["lower"] <= truth <= found["upper"], condition
        assert 0 < found["upper"] - found["lower"] < 0.8 * truth, condition


def test_traffic_layer_and_holdout_leave_their_share(shop: Shop) -> None:
    place = shop(visits())
    whole = reach(place, NL)
    layer = {"name": "checkout", "from": 0.2, "to": 0.7}
    part = reach(place, NL, traffic=0.4, layer=layer)
    assert part["units"] == pytest.approx(0.2 * whole["units"], abs=1)
    assert part["audience"] == whole["audience"]
    with place.database.session() as session:
        holdout = {"key": "held", "role": "holdout", "metrics": {"guardrails": [], "secondary": []}}
        weights = [{"key": "held", "weight": 0.1}, {"key": "tested", "weight": 0.9}]
        running(session, **holdout, variants=weights, traffic=1.0, audience=None, segments=[])
    held = reach(place, NL)
    assert held["factors"]["holdout"] == pytest.approx(0.9)
    assert held["units"] == pytest.approx(0.9 * whole["units"], abs=1)
    assert reach(place, NL, holdout=False)["units"] == whole["units"]


def test_an_experiment_with_a_tenth_of_the_traffic_shows_a_tenth_of_its_visitors(shop: Shop) -> None:
    found = reach(shop(visits(), traffic=0.1))
    seen = np.mean(counted(visits(), {}))
    assert found["all"]["units"] == pytest.approx(10 * seen, rel=1e-3)
    assert found["lower"] < found["units"] < found["upper"]


def test_an_experiment_that_nobody_met_lately_says_nothing_of_who_was_seen(shop: Shop) -> None:
    place = shop([], traffic=0.1)
    with place.database.session() as session:
        running(session, key="long-ago", traffic=1.0, audience=None)
    before = Exposure("old", "old", "long-ago", "bar", utc_now() - 60 * DAY)
    add(place.lake, [before, *visits(500)], utc_now())
    place.rests.clear()
    jobs.watch_visitors(place)
    found = reach(place)
    assert found["experiments"] == ["bar"]
    assert found["all"]["units"] == pytest.approx(10 * np.mean(counted(visits(500), {})), rel=0.01)


def test_bots_are_no_visitors(shop: Shop) -> None:
    now = utc_now()
    bots: list[Event] = [
        Exposure(f"b{number}", f"b{number}", "bar", "bar", now - number * DAY / 30, {"bot": True, **NL})
        for number in range(800)
    ]
    events = visits()
    assert reach(shop([*events, *bots]), NL)["audience"]["units"] == round(np.mean(counted(events, NL)))


def test_without_exposures_it_says_so(shop: Shop) -> None:
    place = shop([])
    for attribute in ("id", "company"):
        found = reach(place, NL, hash_attribute=attribute)
        assert found["undetermined"]["code"] == "no_events"
        assert f"'{attribute}'" in found["undetermined"]["reason"]
        assert found["units"] is None


def test_an_attribute_that_nobody_had_is_named_with_those_that_were_seen(shop: Shop) -> None:
    found = reach(shop(visits()), {"$or": [NL, {"land": "NL"}], "loyal.level": 3})
    assert found["undetermined"]["code"] == "attribute_unseen"
    assert found["undetermined"]["attributes"] == ["land", "loyal"]
    assert "there were: country, tags, visits" in found["undetermined"]["reason"]
    values = {each["name"]: [value["value"] for value in each["values"]] for each in found["attributes"]}
    assert values["country"][0] == "NL"
    assert set(values["country"]) == {"NL", "BE", "DE"}
    assert values["tags"] == ["vip"]


def test_a_value_that_few_visitors_have_is_not_told_for_it_may_be_somebodys_id(shop: Shop) -> None:
    events = visits(60)
    for event in events:
        assert isinstance(event, Exposure)
        assert event.attributes is not None
        event.attributes["anonymousId"] = f"visitor-{event.unit}"
    told = {each["name"]: each["values"] for each in reach(shop(events))["attributes"]}
    assert told["anonymousId"] == []
    assert told["country"]


def test_the_first_days_of_a_shop_are_told_as_what_they_are(shop: Shop) -> None:
    events = visits(200, days=3)
    found = reach(shop(events))
    assert found["weeks"] == 0
    assert found["days"] == pytest.approx(3, abs=0.1)
    assert found["units"] == 200


def test_the_reach_is_the_daily_traffic_of_a_plan(shop: Shop) -> None:
    place = shop(visits())
    request = ReachRequest(audience=NL, traffic=0.5)
    with place.database.reading() as session:
        daily = daily_reach(session, request)
        plan = plan_document(
            session, PlanRequest(kind=MetricKind.PROPORTION, mean=0.1, effect=0.1, reach=request)
        )
    fits = compile_condition(NL)
    last = max(event.time for event in visits() if event.time)
    units = {event.unit for event in visits() if isinstance(event, Exposure)
             and fits(event.attributes) and event.time and last - event.time < 28 * DAY}  # fmt: skip
    assert daily == pytest.approx(0.5 * len(units) / 28, rel=0.01)
    assert plan["daily"] == daily


def test_a_quiet_lake_is_not_looked_at_again(shop: Shop) -> None:
    place = shop(visits(50))
    place.rests.clear()
    assert jobs.watch_visitors(place) == []
    add(place.lake, [Exposure("new", "new", "bar", "bar", utc_now())])
    assert jobs.watch_visitors(place) == ["id"]
    add(place.lake, [Exposure("newer", "newer", "bar", "bar", utc_now())])
    assert jobs.watch_visitors(place) == []
