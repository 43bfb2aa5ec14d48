"""Layers, holdout, prerequisites and preview links, as plain functions and through the gateway."""

from __future__ import annotations

from typing import Any

import pytest

from dash_ui.components.holdout_card import holdout_card
from dash_ui.components.layer_picture import layer_picture
from dash_ui.components.previews import preview_link
from dash_ui.gateway import Gateway
from dash_ui.i18n import speaking
from dash_ui.pages.layers import holdout_document
from dash_ui.pages.result_actions import action_bar, stop_dialog
from dash_ui.records import Person, Refused
from dash_ui.sharing_records import FreePart, HeldSlice, Holdout, LayerPicture, Named
from dash_ui.sharing_words import sharing_sentences
from dash_ui.wizard import sharing, traffic
from dash_ui.wizard.state import fresh
from tests.dash_ui.shop import ANALYST, MARKETER, PASSWORD
from tests.dash_ui.trees import words as words_of


def person(gateway: Gateway, email: str) -> Person:
    found = gateway.sign_in(email, PASSWORD)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("page", "link"),
    [
        (None, "?proefwerk=bar:b"),
        ("https://shop.example", "https://shop.example/?proefwerk=bar:b"),
        (
            "https://shop.example/a?x=1&y=%C3%A9#top",
            "https://shop.example/a?x=1&y=%C3%A9&proefwerk=bar:b#top",
        ),
        ("https://shop.example/a?proefwerk=old:a&x=1", "https://shop.example/a?x=1&proefwerk=bar:b"),
    ],
)
def test_a_preview_link_keeps_the_address_and_asks_for_one_variant(page: str | None, link: str) -> None:
    assert preview_link(page, "bar", "b") == link


def test_variants_of_one_experiment_are_asked_for_together() -> None:
    state = fresh()
    sharing.read_builds_on({"prerequisites": ["one:b", "two:a", "one:c"]}, state)
    assert state["document"]["prerequisites"] == [
        {"experiment": "one", "variants": ["b", "c"]},
        {"experiment": "two", "variants": ["a"]},
    ]
    sharing.read_builds_on({}, state)
    assert len(state["document"]["prerequisites"]) == 2
    sharing.read_builds_on({"prerequisites": []}, state)
    assert state["document"]["prerequisites"] == []


def test_the_switch_of_the_holdout_says_only_that_one_stays_out() -> None:
    state = fresh()
    sharing.read_belongs({"holdout": True}, state)
    assert state["document"]["holdout"] is None
    sharing.read_belongs({"holdout": False}, state)
    assert state["document"]["holdout"] is False
    sharing.read_belongs({}, state)
    assert state["document"]["holdout"] is False
    sharing.read_belongs({"holdout": True}, state)
    assert state["document"]["holdout"] is None


def test_an_experiment_offers_itself_to_others_but_not_to_itself(gateway: Gateway) -> None:
    own = "two-column-checkout"
    keys = [parent.key for parent in gateway.parents(own)]
    assert own not in keys
    assert "basket-upsell-carousel" in keys
    assert [variant.key for variant in gateway.parents(None)[0].variants] == ["control", "b"]


def test_a_holdout_made_on_the_page_runs_and_is_told(gateway: Gateway) -> None:
    marketer = person(gateway, MARKETER)
    values = {"holdout.name": "Holdout 2026", "holdout.share": 4, "holdout.metric": "conversion"}
    key = gateway.create_holdout(marketer, holdout_document(values))
    assert gateway.running_holdout("id") is None
    gateway.start(marketer, key)
    holdout = gateway.running_holdout("id")
    assert holdout is not None
    assert (holdout.key, holdout.share) == ("holdout-2026", 0.04)
    assert gateway.running_holdout("company") is None
    (row,) = [row for row in gateway.experiments().rows if row.key == key]
    assert row.surface == "holdout"
    assert "gives them what was shipped" in words_of(stop_dialog(gateway.result(key)))
    assert "Pause" not in words_of(action_bar(gateway.result(key), marketer))
    text = words_of(holdout_card(holdout))
    assert "4% of shoppers meet none of its experiments" in text
    assert "Two-column checkout" in text
    state = fresh()
    assert "“Holdout 2026” keeps 4% of shoppers away" in str(sharing.belongs(state, gateway))


def test_an_analyst_makes_no_holdout(gateway: Gateway) -> None:
    with pytest.raises(Refused) as caught:
        gateway.create_holdout(person(gateway, ANALYST), holdout_document({"holdout.share": 5}))
    assert caught.value.status == 403


def test_a_slice_is_suggested_beside_what_others_hold(gateway: Gateway) -> None:
    marketer = person(gateway, MARKETER)
    held = {"layer": {"name": "checkout", "from": 0.0, "to": 0.6}}
    gateway.save_draft(marketer, held, "product-page-trust-badges")
    state = fresh()
    state["document"]["layer"] = {"name": "checkout", "from": 0.1, "to": 0.3}
    assert traffic.suggest(state, gateway) == {}
    assert state["document"]["layer"] == {"name": "checkout", "from": 0.6, "to": 0.8}
    gateway.save_draft(marketer, {"layer": {**held["layer"], "to": 1.0}}, "product-page-trust-badges")
    assert "layer.name" in traffic.suggest(state, gateway)
    own = {**state, "key": "product-page-trust-badges"}
    assert traffic.suggest(own, gateway) == {}


def test_a_layer_tells_who_holds_what_and_where_there_is_room() -> None:
    picture = LayerPicture(
        "checkout",
        (HeldSlice(Named("bar", "Bar"), "running", 0.25, 0.5),),
        (FreePart(0.0, 0.25), FreePart(0.5, 1.0)),
    )
    text = " ".join(words_of(layer_picture(picture, may_define=True)).split())
    assert "25% to 50%: Bar · Running" in text
    assert text.index("0% to 25% is free.") < text.index("25% to 50%") < text.index("50% to 100% is free.")
    assert "New experiment here" not in words_of(layer_picture(picture, may_define=False))


def test_a_holdout_that_ended_says_that_it_holds_nobody_out() -> None:
    ended = Holdout("h", "Holdout", "stopped", "id", 0.025, (), ())
    assert "Draws 2.50% of shoppers to leave alone; it holds nobody out now." in words_of(holdout_card(ended))


@pytest.mark.parametrize(
    ("document", "words"),
    [
        ({}, []),
        (
            {"prerequisites": [{"experiment": "bar", "variants": ["a", "b", "c"]}]},
            ["Only who takes part in bar with a, b or c takes part."],
        ),
        ({"holdout": False}, ["It stays out of the holdout, so it reaches the held-out too."]),
        ({"holdout": "h"}, ["It leaves alone whom the holdout h holds out."]),
        (
            {"role": "holdout"},
            ["A holdout: experiments that start while it runs leave the first variant alone."],
        ),
    ],
)
def test_what_an_experiment_says_of_others_is_said_in_sentences(
    document: dict[str, Any], words: list[str]
) -> None:
    assert sharing_sentences(document) == words
    with speaking("nl"):
        assert all(line not in words for line in sharing_sentences(document))
