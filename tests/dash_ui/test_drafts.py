"""Drafts: how they begin, what is saved as people type, and what happens when two meet."""

from __future__ import annotations

from typing import Any

import pytest
from dash import no_update
from flask.testing import FlaskClient

from dash_ui.finding_words import finding
from dash_ui.gateway import Gateway
from dash_ui.i18n import speaking
from dash_ui.records import Person, Refused
from dash_ui.wizard import answering, idea, payloads, turning, variants
from dash_ui.wizard.checklist import checklist
from dash_ui.wizard.hypothesis import Sentence, sentence_of
from dash_ui.wizard.state import State, changed, fresh, of_copy, of_draft
from dash_ui.wizard.templates import templates
from tests.dash_ui.shop import ADMIN, MARKETER, PASSWORD

DRAFT = "product-page-trust-badges"


def person(gateway: Gateway, email: str = MARKETER) -> Person:
    """Somebody who is signed in."""
    found = gateway.sign_in(email, PASSWORD)
    assert found is not None
    return found


def opened(gateway: Gateway, step: str = "variants") -> State:
    """The wizard's state of a draft that somebody has just opened."""
    return {**of_draft(gateway.experiment(DRAFT), step), "who": 2, "slot": DRAFT, "opened": "now", "edit": 0}


def answers(**changes: Any) -> dict[str, Any]:
    """What stands in the inputs of the second step."""
    values = {
        "variants.0.name": "Control",
        "variants.0.key": "control",
        "variants.1.name": "Variant B",
        "variants.1.key": "b",
        "shares": [50, 50],
        "placement": "cart.banner",
    }
    return {**values, **changes}


def test_a_sentence_is_read_back_from_its_text_in_either_language() -> None:
    parts = Sentence("show the amount", "shoppers with a basket", "baskets grow", "it is near")
    assert parts.text == (
        "If we show the amount for shoppers with a basket, then baskets grow, because it is near."
    )
    assert sentence_of(parts.text) == parts
    with speaking("nl"):
        dutch = parts.text
    assert dutch.startswith("Als we show")
    assert sentence_of(dutch) == parts
    assert sentence_of("Baskets may grow.") is None
    assert Sentence("a", "", "b", "c").text == "If we a, then b, because c."


def test_every_template_passes_the_first_two_steps_in_both_languages(gateway: Gateway) -> None:
    for language in ("en", "nl"):
        with speaking(language):
            for each in templates():
                state = fresh()
                idea.begin(state, gateway, each.code)
                document = state["document"]
                assert sentence_of(document["hypothesis"]) == each.sentence
                assert len(document["variants"]) >= 2
                for variant in document["variants"]:
                    assert payloads.fits(document["surface"], variant["payload"])
                    assert payloads.problems_of(document["surface"], variant["payload"]) == {}


def test_free_text_stays_free_and_a_lead_is_kept_before_the_sentence() -> None:
    state = fresh()
    idea.read({"name": "A", "hypothesis": "Baskets may grow.", "hypothesis_mode": "sentence"}, state, False)
    assert state["as_text"]
    state["document"]["hypothesis"] = "It was better.\n\nIf we a, then b, because c."
    typed = {"hypothesis.change": "d", "hypothesis.effect": "b", "hypothesis.reason": "c"}
    assert idea.read({"name": "A", **typed}, state, True) == {}
    assert state["document"]["hypothesis"] == "It was better.\n\nIf we d, then b, because c."
    assert set(idea.read({"name": "A", **typed, "hypothesis.reason": " "}, state, True)) == {
        "hypothesis.reason"
    }


@pytest.mark.parametrize(
    ("surface", "payload", "field"),
    [
        ("offer", {"kind": "percent", "value": "ten"}, "value"),
        ("offer", {"kind": "amount", "value": 10, "minimum_basket": 5}, "minimum_basket"),
        ("offer", {"kind": "gift", "valid_until": "31-12-2026"}, "valid_until"),
        ("offer", {"kind": "gift", "valid_until": "2020-01-01"}, "valid_until"),
        ("layout", {"columns": 2.5}, "columns"),
        ("layout", {"slots": ["price", "price"]}, "slots"),
        ("recommendation", {"recipe": "magic"}, "recipe"),
        ("recommendation", {"items": 0}, "items"),
        ("recommendation", {"stock_floor": -1}, "stock_floor"),
    ],
)
def test_a_payload_is_refused_at_the_field_that_is_wrong(
    surface: str, payload: dict[str, Any], field: str
) -> None:
    assert set(payloads.problems_of(surface, payload)) == {field}
    state = fresh()
    state["document"]["surface"] = surface
    state["payload_json"] = True
    text = str(payload).replace("'", '"')
    assert set(variants.read(answers(**{"variants.1.payload": text}), state, True)) == {"variants.1.payload"}


def test_json_of_the_shop_itself_is_welcome_but_no_number_that_json_lacks() -> None:
    assert payloads.problems_of("offer", {"badges": ["kiyoh"]}) == {}
    assert variants.read_object('{"value": NaN}')[1] == "This is not JSON: look at line 1."


def test_the_last_day_of_an_offer_is_chosen_as_a_date_and_a_day_that_cannot_be_shown_stays_json() -> None:
    drawn = str(payloads.draw("offer", 1, {"kind": "gift", "valid_until": "2099-12-31"}))
    assert drawn.count("inputProps={'type': 'date'}") == 1
    assert payloads.fits("offer", {"valid_until": "2099-12-31"})
    assert not payloads.fits("offer", {"valid_until": "31-12-2099"})


def test_another_surface_and_back_loses_nothing() -> None:
    state = fresh()
    filled = {"variants.1.payload.kind": "percent", "variants.1.payload.value": 10}
    variants.read(answers(**filled, surface="layout"), state, False)
    assert state["document"]["variants"][1]["payload"] == {}
    variants.read(answers(**{"variants.1.payload.columns": 2}, surface="offer"), state, False)
    assert state["document"]["variants"][1]["payload"] == {"kind": "percent", "value": 10}
    variants.read(answers(**filled, payload_mode="json"), state, False)
    assert state["payload_json"]
    assert state["document"]["variants"][1]["payload"] == {"kind": "percent", "value": 10}


def test_what_is_typed_is_saved_and_only_the_fields_that_changed(gateway: Gateway) -> None:
    state = opened(gateway)
    assert turning.autosave(gateway, person(gateway), state, answers(placement="cart.top")) == {}
    assert gateway.experiment(DRAFT)["placement"] == "cart.top"
    assert changed(state) == {}
    problems = turning.autosave(gateway, person(gateway), state, answers(preview_url="the shop"))
    assert set(problems) == {"preview_url"}
    assert gateway.experiment(DRAFT)["preview_url"] is None


def test_who_comes_second_is_told_who_changed_what_and_may_save_over_it(gateway: Gateway) -> None:
    mine, theirs = opened(gateway), opened(gateway)
    turning.autosave(gateway, person(gateway, ADMIN), theirs, answers(placement="cart.top"))
    values = answers(preview_url="https://shop.example/")
    with pytest.raises(Refused) as refused:
        turning.autosave(gateway, person(gateway), mine, values)
    assert refused.value.code == "stale"
    assert refused.value.detail.startswith("Sanne Adema changed the place at ")
    assert gateway.experiment(DRAFT)["preview_url"] is None
    assert turning.settle(gateway, person(gateway), mine, values, turning.TAKE_OVER) == {}
    saved = gateway.experiment(DRAFT)
    assert (saved["placement"], saved["preview_url"]) == ("cart.top", "https://shop.example/")


def test_a_draft_that_was_started_or_deleted_meanwhile_may_become_a_new_one(gateway: Gateway) -> None:
    state = opened(gateway)
    gateway.start(person(gateway, ADMIN), DRAFT)
    with pytest.raises(Refused) as refused:
        turning.autosave(gateway, person(gateway), state, answers(placement="cart.top"))
    assert refused.value.code == "started"
    assert refused.value.detail.startswith("Sanne Adema started this experiment at ")
    turning.settle(gateway, person(gateway), state, answers(placement="cart.top"), turning.AS_NEW)
    assert state["key"] == f"{DRAFT}-2"
    gateway.delete_draft(person(gateway, ADMIN), state["key"])
    with pytest.raises(Refused) as refused:
        turning.autosave(gateway, person(gateway), state, answers(placement="cart.left"))
    assert refused.value.code == "deleted"
    assert refused.value.detail.startswith("Sanne Adema deleted this draft at ")


def test_answers_that_a_browser_kept_come_back_to_the_same_person_and_draft_only(gateway: Gateway) -> None:
    state, who = opened(gateway), person(gateway)
    state["who"] = who.id
    kept = {"state": dict(state), "values": answers(placement="cart.top"), "shares": [40, 60]}
    mine = turning.restored(opened(gateway) | {"who": who.id}, kept, who)
    assert mine is not None
    assert mine["restored"]
    assert mine["document"]["placement"] == "cart.top"
    assert mine["document"]["variants"][1]["weight"] == 0.6
    other = person(gateway, ADMIN)
    assert turning.restored(opened(gateway) | {"who": other.id}, kept, other) is None
    assert turning.restored(opened(gateway), {"state": {"who": who.id}}, who) is None


def test_a_copy_asks_the_same_under_another_name_and_takes_no_slice(gateway: Gateway) -> None:
    source = gateway.experiment("autumn-bundle-offer")
    copy = of_copy(source)
    assert copy["key"] is None
    assert copy["document"]["name"] == "Autumn bundle offer (copy)"
    assert copy["document"]["variants"] == source["variants"]
    assert copy["document"]["metrics"] == source["metrics"]
    assert (copy["document"]["layer"], copy["document"]["parent"]) == (None, None)


def test_a_follow_up_starts_from_the_finding_in_the_readers_language(gateway: Gateway) -> None:
    with speaking("nl"):
        words = finding(gateway.result("autumn-bundle-offer"))
        key = gateway.refine(person(gateway), "autumn-bundle-offer", words)
    assert words.startswith("“Autumn bundle offer” ging vooraf. Het rapport van ")
    saved = gateway.experiment(key)
    assert saved["hypothesis"].startswith(words + "\n\n")
    assert saved["parent"] == "autumn-bundle-offer"


def test_variants_that_were_looked_at_are_marked_until_they_change(
    gateway: Gateway, admin: FlaskClient
) -> None:
    who = person(gateway)
    assert admin.get(f"/ui/look/{DRAFT}/b").headers["Location"] == f"/ui/e/{DRAFT}"
    assert gateway.looked(DRAFT) == {}
    gateway.say_page(who, DRAFT, "https://shop.example/cart?x=1")
    for key in ("control", "b"):
        answer = admin.get(f"/ui/look/{DRAFT}/{key}")
        assert answer.headers["Location"] == f"https://shop.example/cart?x=1&proefwerk={DRAFT}:{key}"
    assert admin.get(f"/ui/look/{DRAFT}/nobody").status_code == 404
    assert {key: name for key, (name, _at) in gateway.looked(DRAFT).items()} == {
        "control": "Sanne Adema",
        "b": "Sanne Adema",
    }
    assert _tone(gateway) == "good"
    document = gateway.experiment(DRAFT)
    document["variants"][1]["payload"] = {"kind": "gift"}
    gateway.save_draft(who, {"variants": document["variants"]}, DRAFT)
    assert set(gateway.looked(DRAFT)) == {"control"}
    assert _tone(gateway) == "warn"
    gateway.delete_draft(who, DRAFT)


def _tone(gateway: Gateway) -> str:
    return next(item.tone for item in checklist(opened(gateway), gateway) if item.code == "preview")


@pytest.mark.parametrize("act", ["add-variant", turning.RELOAD, turning.TAKE_OVER])
def test_a_draft_that_was_deleted_while_open_keeps_its_form_whatever_is_pressed(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    state, pressed = opened(gateway), {"type": "act", "act": act, "index": 0}
    monkeypatch.setattr(answering, "current_person", lambda: person(gateway))
    gateway.delete_draft(person(gateway, ADMIN), DRAFT)
    frame, draft, *_rest = answering.answer(gateway, state, answers(), {"what": pressed}, [])
    assert frame is no_update
    assert draft["conflict"]["code"] == "deleted"
    assert draft["conflict"]["words"].startswith("Sanne Adema deleted this draft at ")
    assert (draft["step"], len(draft["document"]["variants"])) == ("variants", 2)
    turning.settle(gateway, person(gateway), draft, answers(placement="cart.top"), turning.AS_NEW)
    assert gateway.experiment(draft["key"])["placement"] == "cart.top"
