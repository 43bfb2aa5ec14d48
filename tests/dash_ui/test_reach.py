"""The reach of an audience in the words of the wizard, in both languages."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import delete

from dash_ui.gateway import Gateway
from dash_ui.i18n import speaking
from dash_ui.wizard import duration, reach, who
from dash_ui.wizard.state import fresh
from experiments.models import Observation
from tests.dash_ui.trees import every, property_of, with_property
from tests.dash_ui.trees import words as words_of


def told(gateway: Gateway, audience: dict[str, Any], **changes: Any) -> str:
    state = fresh()
    state["document"] |= {"audience": audience, **changes}
    return words_of(reach.told(reach.found(state, gateway)))


def test_it_is_told_with_its_share_its_interval_and_what_it_rests_on(gateway: Gateway) -> None:
    said = told(gateway, {"country": "NL"})
    assert "About 8,750 shoppers a week, 50% of all." in said
    assert "from 400 of 40,000 shoppers seen in 4 weeks" in said
    with speaking("nl"):
        assert "Ongeveer 8.750 bezoekers per week, 50% van alle." in told(gateway, {"country": "NL"})


def test_it_says_how_many_are_left_by_traffic_and_layer(gateway: Gateway) -> None:
    layer = {"name": "checkout", "from": 0.0, "to": 0.5}
    said = told(gateway, {"country": "NL"}, traffic=0.4, layer=layer)
    assert "About 8,750 shoppers a week" in said
    assert "about 1,750 take part" in said


@pytest.mark.parametrize(
    ("audience", "english", "dutch"),
    [
        (
            {"land": "NL"},
            "No shopper was seen with land. Seen were: country, visits, code.",
            "Geen bezoeker is gezien met land. Wel gezien: country, visits, code.",
        ),
        (
            {"country": "nl"},
            'Nobody like this was seen. Seen were: country: NL, BE; visits: 3; code: "42".',
            'Niemand is zo gezien. Wel gezien: country: NL, BE; visits: 3; code: "42".',
        ),
    ],
)
def test_what_was_never_seen_is_named_with_what_was(
    gateway: Gateway, audience: dict[str, Any], english: str, dutch: str
) -> None:
    assert english in told(gateway, audience)
    with speaking("nl"):
        assert dutch in told(gateway, audience)


def test_before_any_exposure_it_says_when_it_can_be_told(gateway: Gateway) -> None:
    with gateway.database.session() as session:
        session.exec(delete(Observation))
    assert "can be told once experiments have shown some" in told(gateway, {})


def test_properties_and_values_that_were_seen_are_suggested(gateway: Gateway) -> None:
    state = fresh()
    state["groups"]["groups"] = [{"join": "all", "rules": [["code", "is", ""]]}]
    drawn = who.draw(state, gateway)
    offered = {property_of(item, "label"): property_of(item, "data") for item in every(drawn)}
    assert offered["Property of the shopper"][:4] == ["country", "visits", "code", "device"]
    assert offered["Value"] == ['"42"']
    [live] = with_property(drawn, "id", "reach")
    assert property_of(live, "role") == "status"


def test_the_plan_starts_from_the_reach_of_its_audience(gateway: Gateway) -> None:
    state = fresh()
    state["document"] |= {"audience": {"country": "NL"}, "traffic": 0.5}
    [daily] = [
        item for item in every(duration.draw(state, gateway))
        if (property_of(item, "id") or {}) == {"type": "field", "name": "assume.daily", "group": "plan"}
    ]  # fmt: skip
    assert property_of(daily, "value") == round(40_000 * 0.5 / 28)


def test_another_audience_forgets_what_was_assumed_of_the_traffic() -> None:
    state = fresh()
    state["groups"]["groups"] = [{"join": "all", "rules": [["country", "is", "NL"]]}]
    state["assume"] = {"daily": 700, "mean": 3}
    values = {"audience.0.0.attribute": "country", "audience.0.0.operator": "is", "audience.0.0.value": "NL"}
    state["document"]["audience"] = {"country": "NL"}
    who.read(values, state, True)
    assert state["assume"] == {"daily": 700, "mean": 3}
    who.read({**values, "audience.0.0.value": "BE"}, state, True)
    assert state["assume"] == {"mean": 3}
