"""The last steps of the wizard: days on the calendar, other experiments, measures, and the checklist."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import select

from dash_ui.calendar_records import CalendarMark
from dash_ui.components.calendar_strip import calendar_strip, warnings
from dash_ui.format import ZONE
from dash_ui.gateway import Gateway
from dash_ui.i18n import speaking
from dash_ui.records import Metric, Person
from dash_ui.wizard import measures, review, traffic, who
from dash_ui.wizard.checklist import Item, checklist
from dash_ui.wizard.meetings import meetings
from dash_ui.wizard.run import Run, days_needed, factor_on, planned_run, start_at, start_of
from dash_ui.wizard.state import State, fresh, of_draft
from experiments.db import utc_now
from experiments.models import Experiment
from experiments.service.observations import EVENTS, observe
from tests.dash_ui.shop import MARKETER, PASSWORD
from tests.dash_ui.trees import with_class, words

FIRST = date(2026, 11, 23)
FRIDAY = CalendarMark(1, "sale", "Black Friday", date(2026, 11, 27), date(2026, 11, 30), factor=3.0)
SEASON = CalendarMark(2, "sale", "Sinterklaas", date(2026, 11, 15), date(2026, 12, 5), factor=1.5)
TRUST = "product-page-trust-badges"


@pytest.fixture
def mark(gateway: Gateway) -> Person:
    person = gateway.sign_in(MARKETER, PASSWORD)
    assert person is not None
    return person


def opened(gateway: Gateway, **changes: Any) -> State:
    state = of_draft(gateway.experiment(TRUST), "review")
    state["document"] |= changes
    return state


def item(state: State, gateway: Gateway, code: str) -> Item:
    return next(each for each in checklist(state, gateway) if each.code == code)


def test_where_entries_meet_the_shortest_counts() -> None:
    marks = (SEASON, FRIDAY)
    days = [factor_on(date(2026, 11, day), marks) for day in (10, 26, 27, 30)]
    assert days == [1.0, 1.5, 3.0, 3.0]
    assert factor_on(date(2026, 12, 5), marks) == 1.5
    assert factor_on(date(2026, 11, 27), (CalendarMark(3, "note", "x", FIRST, FRIDAY.last),)) == 1.0


def test_expected_traffic_moves_the_end() -> None:
    assert days_needed(1_000, 100, FIRST, ()) == 10
    # 4 days of 100, then 4 of 300 reach 1,000 on the sixth day.
    assert days_needed(1_000, 100, FIRST, (FRIDAY,)) == 6
    closed = CalendarMark(4, "stock", "Closed", FIRST, FIRST + timedelta(days=6), factor=0.5)
    assert days_needed(1_000, 100, FIRST, (closed,)) == 14
    assert days_needed(10**9, 1, FIRST, ()) is None


def test_a_run_is_whole_weeks_with_what_falls_in_them(gateway: Gateway, mark: Person) -> None:
    gateway.mark(mark, "sale", "Black Friday", FRIDAY.first, FRIDAY.last, factor=3.0)
    gateway.mark(mark, "holiday", "Christmas", date(2026, 12, 25))
    gateway.mark(mark, "stock", "Sold out", FIRST, experiment=TRUST)
    run = planned_run(gateway, TRUST, FIRST, 1_000, 100)
    assert run is not None
    assert (run.days, run.ordinary, run.weeks, run.last) == (6, 10, 1, date(2026, 11, 29))
    assert [each.name for each in run.marks] == ["Sold out", "Black Friday"]
    assert planned_run(gateway, None, FIRST, 1_000, 0) is None
    strip = calendar_strip(run)
    assert "Black Friday · Sale · 27–30 Nov 2026 · 3 times the traffic" in words(strip)
    assert len(with_class(strip, "pw-strip-bar")) == 2
    assert warnings(run)[0].startswith("Black Friday (27–30 Nov 2026) falls in this run.")
    with speaking("nl"):
        assert warnings(run)[0].startswith("Black Friday (27–30 nov 2026) valt in deze looptijd.")


def test_a_run_without_sales_warns_of_none() -> None:
    run = Run(FIRST, 10, FIRST + timedelta(days=13), 10, ())
    assert warnings(run) == []
    assert "Nothing in the calendar falls in this run." in words(calendar_strip(run))


def test_a_day_to_start_on_is_midnight_of_the_shop_and_past_ones_are_now() -> None:
    day = datetime.now(ZONE).date() + timedelta(days=30)
    moment = start_at(day.isoformat(), None)
    assert moment is not None
    assert datetime.fromisoformat(moment) == datetime(day.year, day.month, day.day, tzinfo=ZONE)
    assert start_of({"start_at": moment}) == day
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZONE).isoformat()
    assert start_at(day.isoformat(), noon) == noon
    assert start_at("", moment) is None
    assert start_at("2020-01-01", None) is None


def test_experiments_of_the_same_place_are_named_with_what_to_do(gateway: Gateway) -> None:
    told = words(meetings(opened(gateway), gateway))
    assert "changes the same place (cart.banner): about 17,500 shoppers a week would see both" in told
    assert "Keep them apart in a layer, start after the other has ended" in told
    elsewhere = words(meetings(opened(gateway, placement="home"), gateway))
    assert "Each is drawn by its own lot" in elsewhere
    assert "Keep them apart" not in elsewhere


def test_a_retailer_is_proposed_money_before_orders_and_told_why() -> None:
    def metric(key: str, direction: str = "increase", **definition: Any) -> Metric:
        return Metric(key, key, "mean", direction, None, definition)

    orders, revenue, margin = metric("conversion"), metric("revenue"), metric("margin")
    for metrics, chosen in (
        ((orders, revenue, margin), "margin"),
        ((orders, revenue), "revenue"),
        ((orders,), "conversion"),
    ):
        found = measures.suggested(metrics)
        assert found is not None
        assert found[0].key == chosen
    assert measures.suggested((metric("margin", "decrease"), metric("speed"))) is None
    assert "5.0% worse" in measures.guardrail_reason(metric("refunds", non_inferiority_margin=0.05))
    assert measures.is_guardrail(metric("returns", "decrease"))


def test_measures_of_a_new_draft_are_filled_in_with_their_reasons(gateway: Gateway) -> None:
    told = words(measures.draw(fresh(), gateway))
    assert "Refunds may get at most 5.0% worse" in told


def test_a_saved_audience_is_copied(gateway: Gateway, mark: Person) -> None:
    state = fresh()
    assert who.use_saved({"saved": None}, state, gateway) == {"saved": "Choose an audience first."}
    condition = {"$or": [{"country": "NL"}, {"country": "BE"}]}
    gateway.save_audience(mark, {"key": "benelux", "name": "Benelux", "condition": condition}, None)
    assert who.use_saved({"saved": "benelux"}, state, gateway) == {}
    assert state["document"]["audience"] == condition
    assert not state["audience_json"]
    told = words(who.draw(state, gateway))
    assert "Shoppers for whom this holds: country is NL or country is BE." in told


def test_the_checklist_says_what_was_found_and_where_to_mend_it(gateway: Gateway) -> None:
    state = opened(gateway)
    assert item(state, gateway, "complete").tone == "good"
    assert item(state, gateway, "events").lines[0].startswith("Nobody has counted the events yet")
    assert item(state, gateway, "preview").tone == "warn"
    assert item(state, gateway, "rehearsal").link is not None
    assert item(state, gateway, "reach").lines == ("About 17,500 shoppers a week take part.",)
    assert (item(state, gateway, "overlap").tone, item(state, gateway, "overlap").step) == ("warn", "traffic")
    assert item(state, gateway, "guardrails").tone == "good"
    assert item(state, gateway, "dates").lines[0].startswith("Too small to test")


def test_events_of_every_measure_are_looked_at(gateway: Gateway) -> None:
    now = utc_now()
    coming = {"name": "order", "hour": 1_204, "last": now.isoformat()}
    gone = {"name": "refund", "hour": 0, "last": (now - timedelta(hours=7)).isoformat()}
    with gateway.database.session() as session:
        observe(session, EVENTS, {"events": [coming, gone]}, now)
    found = item(opened(gateway), gateway, "events")
    assert found.tone == "warn"
    assert "Orders: 1,204 events “order” in the last hour." in found.lines
    assert "Refunds: no event “refund” in the last hour; the last one came 7 hours ago." in found.lines
    with gateway.database.session() as session:
        observe(session, EVENTS, {"events": [coming, {**gone, "hour": 3}]}, now)
    assert item(opened(gateway), gateway, "events").tone == "good"


def test_a_sale_in_the_run_is_a_warning_and_a_holiday_is_none(gateway: Gateway, mark: Person) -> None:
    state = opened(gateway)
    state["document"]["plan"]["mde"] = 0.2
    assert item(state, gateway, "calendar").tone == "good"
    today = datetime.now(ZONE).date()
    gateway.mark(mark, "holiday", "Kingsday", today)
    assert item(state, gateway, "calendar").lines[0].startswith("1 holiday or other entry")
    gateway.mark(mark, "sale", "Outlet", today, today + timedelta(days=2))
    assert item(state, gateway, "calendar").tone == "warn"


def test_what_is_missing_blocks_and_is_mended_at_its_step(gateway: Gateway, mark: Person) -> None:
    gateway.save_draft(mark, {"metrics": {"primary": []}}, TRUST)
    found = item(opened(gateway), gateway, "complete")
    assert (found.tone, found.step) == ("bad", "measures")
    assert review.summary((found,)) == "It cannot start yet."


def test_warnings_are_accepted_one_by_one_and_go_into_the_journal(gateway: Gateway, mark: Person) -> None:
    items = checklist(opened(gateway), gateway)
    warned = [each.code for each in items if each.tone == "warn"]
    values = {f"accept.{code}": True for code in warned}
    left = review.unaccepted({**values, "accept.overlap": False}, items)
    assert left == "First mend or accept: Other experiments."
    assert review.unaccepted(values, items) is None
    gateway.start(mark, TRUST, review.accepted_words(items))
    told = [entry.text for entry in gateway.result(TRUST).journal]
    assert any("Accepted before the start: Dates. Too small to test" in text for text in told)
    assert any("Looked at every variant before the start." in text for text in told)


def test_the_seal_is_shown_before_it_is_set(gateway: Gateway) -> None:
    seal = gateway.seal(TRUST)
    assert seal is not None
    assert len(seal) == 64
    assert seal in words(review.draw(opened(gateway), gateway))


def test_a_holdout_has_nothing_of_this_to_check(gateway: Gateway) -> None:
    state = opened(gateway, role="holdout")
    assert [each.code for each in checklist(state, gateway)] == ["complete"]


def test_one_click_keeps_it_apart_in_the_layer_of_the_other(gateway: Gateway) -> None:
    with gateway.database.session() as session:
        other = session.exec(select(Experiment).where(Experiment.key == "two-column-checkout")).one()
        other.layer_name, other.layer_from, other.layer_to = "cart", 0.0, 0.7
    state = opened(gateway)
    found = gateway.meetings(state["document"])
    place = next(index for index, each in enumerate(found) if each.layer == "cart")
    assert found[place].units == round(17_500 * 0.7)
    assert traffic.keep_apart(state, gateway, place) == {}
    assert state["document"]["layer"] == {"name": "cart", "from": 0.7, "to": 1.0}
    apart = gateway.meetings(state["document"])
    assert "two-column-checkout" not in [each.key for each in apart]


def test_what_it_builds_on_must_run_or_it_is_told_before_the_start(gateway: Gateway, mark: Person) -> None:
    asked = [{"experiment": "recommendation-also-bought", "variants": ["control"]}]
    gateway.save_draft(mark, {"prerequisites": asked}, TRUST)
    found = item(opened(gateway), gateway, "complete")
    assert (found.tone, found.step) == ("bad", "who")
    assert found.lines == ("An experiment that it builds on does not run, or lets nobody in.",)


def test_a_day_to_start_on_is_read_once_more_before_the_start(gateway: Gateway) -> None:
    told = words(review.draw(opened(gateway, start_at="2031-05-05T00:00:00+02:00"), gateway))
    assert "It starts on 5 May 2031." in told
