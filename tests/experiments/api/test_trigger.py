"""A trigger over HTTP: part of the definition until the start, and sealed from then on."""

from __future__ import annotations

from typing import Any

from experiments.db import Database
from experiments.service.definitions import definition_of
from tests.experiments.api.conftest import Api
from tests.experiments.examples import BAR

Document = dict[str, Any]
TRIGGERED: Document = {**BAR, "trigger": {"event": "cart_viewed"}}


def test_a_trigger_comes_back_as_it_went_in(api: Api) -> None:
    made = api.send("POST", "/experiments", TRIGGERED)
    assert made.status_code == 201, made.json
    path = f"/experiments/{BAR['key']}"
    found = api.send("GET", path).json
    assert found is not None
    assert found["trigger"] == {"event": "cart_viewed"}
    changed = api.send("PATCH", path, {"trigger": None}).json
    assert changed is not None
    assert changed["trigger"] is None


def test_a_trigger_cannot_be_chosen_after_the_start(api: Api) -> None:
    path = f"/experiments/{BAR['key']}"
    assert api.send("POST", "/experiments", TRIGGERED).status_code == 201
    assert api.send("POST", f"{path}/start").status_code == 200
    for late in (None, {"event": "checkout_viewed"}):
        assert api.send("PATCH", path, {"trigger": late}).status_code == 409
    found = api.send("GET", path).json
    assert found is not None
    assert found["trigger"] == {"event": "cart_viewed"}


def test_a_trigger_beside_planned_looks_is_refused_by_name(api: Api) -> None:
    plan = {"method": "group_sequential", "looks": 4, "planned_units": 1_000}
    refused = api.send("POST", "/experiments", {**TRIGGERED, "plan": plan})
    assert refused.status_code == 422
    assert refused.json is not None
    (error,) = refused.json["errors"]
    assert error["field"] == "trigger"
    assert "planned looks are due by exposures" in error["message"]


def test_a_trigger_without_an_event_is_refused(api: Api) -> None:
    refused = api.send("POST", "/experiments", {**BAR, "trigger": {}})
    assert refused.json is not None
    assert [error["field"] for error in refused.json["errors"]] == ["trigger.event"]


def test_a_new_phase_cannot_change_the_trigger_and_changes_no_earlier_plan(
    api: Api, database: Database
) -> None:
    path = f"/experiments/{BAR['key']}"
    assert api.send("POST", "/experiments", {**TRIGGERED, "layer": None}).status_code == 201
    assert api.send("POST", f"{path}/start").status_code == 200
    phase = {"new_phase": True, "phase_reason": "People log in."}
    assert api.send("PATCH", path, {"trigger": None, **phase}).status_code == 409
    assert api.send("PATCH", path, {"fallback_attribute": "device", **phase}).status_code == 200
    with database.reading() as session:
        forms = [definition_of(session, BAR["key"], version).form for version in (1, 2)]
    assert [form.fallback_attribute for form in forms] == [None, "device"]
    assert [form.trigger and form.trigger.event for form in forms] == ["cart_viewed"] * 2
