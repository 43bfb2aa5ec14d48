"""Saved audiences on their page: in words, with their reach and their experiments."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import select

from dash_ui.components import audience_form
from dash_ui.gateway import Gateway
from dash_ui.i18n import speaking
from dash_ui.page import View
from dash_ui.pages import audiences
from dash_ui.records import Person, Refused
from dash_ui.wizard.audience import sentence_of
from experiments.db import Database
from experiments.models import Experiment
from tests.dash_ui.shop import MARKETER

MARK = Person(2, MARKETER, "Mark de Wit", "marketer")
READER = Person(3, "aylin@shop.example", "Aylin Kaya", "analyst")
DUTCH: dict[str, Any] = {
    "key": "dutch",
    "name": "Dutch shoppers",
    "condition": {"country": "NL", "visits": {"$gte": 2}},
}


def _view(gateway: Gateway, person: Person = MARK, **query: str) -> str:
    return str(audiences.render(View(gateway, person, {}, query)))


def test_a_condition_reads_as_one_sentence_in_both_languages() -> None:
    assert sentence_of(DUTCH["condition"]) == "country is NL and visits is at least 2"
    with speaking("nl"):
        assert sentence_of(DUTCH["condition"]).startswith("country is NL en visits is")
    assert sentence_of({}) == "Everyone"
    assert sentence_of({"$or": [{"a": 1}, {"b": 2}]}) == "a is 1 or b is 2"
    assert sentence_of({"tags": {"$elemMatch": {"$eq": "x"}}}).startswith("{")


def test_the_form_of_an_audience_saves_what_it_shows(gateway: Gateway) -> None:
    saved = gateway.save_audience(MARK, DUTCH, None)
    state = audience_form.state_of(saved)
    typed = {
        "name": "Dutch shoppers",
        "description": "At home",
        "audience.0.0.attribute": "country",
        "audience.0.0.operator": "is",
        "audience.0.0.value": "NL",
        "audience.0.1.attribute": "visits",
        "audience.0.1.operator": "$gte",
        "audience.0.1.value": "3",
    }
    assert audience_form.read(typed, state, strict=True) == {}
    again = gateway.save_audience(MARK, audience_form.document_of(state), "dutch")
    assert (again.condition, again.description) == ({"country": "NL", "visits": {"$gte": 3}}, "At home")


def test_a_copy_is_new_and_an_empty_name_is_refused_by_field(gateway: Gateway) -> None:
    saved = gateway.save_audience(MARK, DUTCH, None)
    state = audience_form.state_of(saved, copy=True)
    assert (state["saved"], state["document"]["key"]) == (False, "")
    assert set(audience_form.read({}, state, strict=True)) >= {"name"}


def test_the_page_tells_the_reach_and_which_experiments_started_from_it(
    gateway: Gateway, database: Database
) -> None:
    gateway.save_audience(MARK, {**DUTCH, "condition": {"country": "NL"}}, None)
    with database.session() as session:
        session.exec(select(Experiment)).all()[0].audience = {"country": "NL"}
    assert "1 experiment" in _view(gateway)
    assert "about " in _view(gateway)
    one = _view(gateway, show="dutch")
    assert "as it is now" in one
    gateway.save_audience(MARK, DUTCH, "dutch")
    assert "as it was before a change" in _view(gateway, show="dutch")
    with pytest.raises(Refused):
        _view(gateway, show="nobody")


def test_archived_audiences_are_not_offered_and_come_back(gateway: Gateway) -> None:
    gateway.save_audience(MARK, DUTCH, None)
    gateway.save_audience(MARK, {**DUTCH, "archived": True}, "dutch")
    assert gateway.audiences() == ()
    assert [each.key for each in gateway.audiences(archived=True)] == ["dutch"]
    assert "Dutch shoppers" in _view(gateway, archived="yes")
    gateway.save_audience(MARK, DUTCH, "dutch")
    assert len(gateway.audiences()) == 1


def test_who_only_reads_sees_why_there_is_no_button(gateway: Gateway) -> None:
    gateway.save_audience(MARK, DUTCH, None)
    queries: tuple[dict[str, str], ...] = ({}, {"show": "dutch"}, {"edit": "dutch"})
    for query in queries:
        drawn = _view(gateway, READER, **query)
        assert "Your role reads only" in drawn
        assert "audience-save" not in drawn
