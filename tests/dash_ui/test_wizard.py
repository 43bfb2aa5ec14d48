"""Steps of the wizard as plain functions: what they read, refuse and keep."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dash_ui.gateway import Gateway
from dash_ui.gateway.definitions import merge_patch_of
from dash_ui.i18n import speaking
from dash_ui.records import Person, Refused
from dash_ui.wizard import duration, idea, measures, payloads, rules, traffic, variants, who
from dash_ui.wizard.state import EDITED, fresh, of_draft, slug
from experiments.analysis.baseline import Baseline
from experiments.db import utc_now
from experiments.documents import merge_patch
from experiments.service.baselines import save_baselines
from experiments.service.lookup import find_metric
from experiments.service.records import metric_form
from tests.dash_ui.shop import ANALYST, MARKETER, PASSWORD
from tests.dash_ui.trees import every, property_of
from tests.dash_ui.trees import words as words_of


def test_a_key_is_made_of_the_name() -> None:
    assert slug("Free gift above €60!") == "free-gift-above-60"
    assert slug("Café crème") == "cafe-creme"


def test_a_name_and_a_hypothesis_are_asked_for() -> None:
    problems = idea.read({"name": " ", "hypothesis": ""}, fresh(), True)
    assert set(problems) == {"name", "hypothesis"}


def test_shares_that_do_not_total_100_are_refused() -> None:
    state = fresh()
    problems = variants.read({**_names(), "shares": [50, 40]}, state, True)
    assert problems["variants"] == "The shares total 90%; they must total 100%."


def test_two_variants_cannot_have_one_key() -> None:
    values = {**_names(), "variants.1.key": "control", "shares": [50, 50]}
    assert "variants.1.key" in variants.read(values, fresh(), True)


def test_an_even_split_totals_exactly_100() -> None:
    state = fresh()
    for count in range(3, 12):
        variants.add(state)
        weights = [item["weight"] for item in state["document"]["variants"]]
        assert len(weights) == count
        assert sum(weights) == pytest.approx(1, abs=1e-12)
        assert max(weights) - min(weights) < 0.002


def test_the_control_cannot_be_removed_nor_the_last_but_one() -> None:
    state = fresh()
    variants.remove(state, 1)
    variants.add(state)
    variants.remove(state, 0)
    assert [item["key"] for item in state["document"]["variants"]] == ["control", "b", "c"]


def test_a_percentage_off_needs_its_size() -> None:
    values = {**_names(), "variants.1.payload.kind": "percent", "shares": [50, 50]}
    assert variants.read(values, fresh(), True) == {"variants.1.payload.value": "How much?"}


def test_a_payload_that_the_form_cannot_show_is_shown_as_json() -> None:
    assert payloads.fits("offer", {"kind": "percent", "value": 10})
    assert not payloads.fits("offer", {"show": True})
    assert not payloads.fits("offer", {"value": "10"})


def test_a_payload_reads_as_a_sentence() -> None:
    offer = {"kind": "percent", "value": 10, "minimum_basket": 50}
    assert payloads.describe("offer", offer) == "10% off, from a basket of €50.00"
    assert payloads.describe("layout", {"columns": 2}) == "Columns: 2"
    assert payloads.describe("offer", {}) == "Nothing changes."


def test_a_rule_without_a_property_is_refused_only_when_going_on() -> None:
    state = fresh()
    rules.rearrange(state, "add-rule", 0)
    assert who.read({"audience.0.0.value": "2"}, state, False) == {}
    assert "audience.0.0.attribute" in who.read({"audience.0.0.value": "2"}, state, True)


def test_a_layer_needs_an_end_above_its_start() -> None:
    values: dict[str, Any] = {"layered": True, "layer.name": "checkout", "layer.from": 50, "layer.to": 20}
    assert "layer.to" in traffic.read({**values, "traffic": 100}, fresh(), True)


def test_a_metric_has_one_role() -> None:
    values = {"metrics.primary": "conversion", "metrics.guardrails": ["conversion"]}
    problems = measures.read(values, fresh(), True)
    assert problems == {"metrics.guardrails": "A metric has one role; conversion has two."}


def test_a_draft_keeps_a_metric_that_was_archived_since(gateway: Gateway) -> None:
    mark = Person(2, MARKETER, "Mark de Wit", "marketer")
    gateway.mark_metric(mark, "refunds", certified=False, archived=True)
    state = fresh()
    state["document"]["metrics"] = {"primary": ["conversion"], "secondary": [], "guardrails": ["refunds"]}
    drawn = str(measures.draw(state, gateway))
    assert "Refunds (archived)" in drawn
    assert "value=['refunds']" in drawn
    assert "Refunds (archived)" not in str(measures.draw(fresh(), gateway))


def test_an_estimate_needs_every_number(gateway: Gateway) -> None:
    state = fresh()
    state["document"]["metrics"]["primary"] = ["conversion"]
    values = {"assume.mean": 10.0, "plan.mde": 5.0, "plan.alpha": 5, "plan.power": 80, "assume.daily": 1000}
    found = duration.size(state, gateway, values)
    assert found is not None
    assert found.units is not None
    assert found.days == -(-found.units // 1000)
    assert duration.size(state, gateway, {**values, "plan.mde": ""}) is None
    impossible = duration.size(state, gateway, {**values, "assume.mean": 0.0})
    assert impossible is not None
    assert impossible.units is None


def planned(**changes: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A draft on conversion, and what somebody typed."""
    state = fresh()
    state["document"]["metrics"]["primary"] = ["conversion"]
    values = {"assume.mean": 10.0, "plan.mde": 5.0, "plan.alpha": 5, "plan.power": 80, "assume.daily": 5000}
    return state, {**values, **changes}


def test_the_estimate_tells_when_it_ends_and_what_some_weeks_show(gateway: Gateway) -> None:
    told, weeks = duration.estimate(*planned_with(gateway))
    words, shown = words_of(told), words_of(weeks)
    assert "On average it ends on day" in words
    assert "A lift of 5.0% or more is found with a chance of 80%." in words
    assert "Too small" not in words
    assert [row in shown for row in ("2 weeks", "4 weeks", "8 weeks")] == [True] * 3


def test_a_test_that_is_too_small_is_said_to_be_with_what_would_help(gateway: Gateway) -> None:
    told, _weeks = duration.estimate(*planned_with(gateway, **{"plan.mde": 1.0}))
    words = words_of(told)
    assert "Too small to test" in words
    assert "In 26 weeks this traffic shows +" in words
    assert "shoppers per day" in words
    with speaking("nl"):
        assert "Te klein om te testen" in words_of(
            duration.estimate(*planned_with(gateway, **{"plan.mde": 1.0}))[0]
        )


def test_less_is_better_is_planned_as_a_drop(gateway: Gateway) -> None:
    state, values = planned()
    state["document"]["metrics"]["primary"] = ["refunds"]
    words = words_of(duration.estimate(state, gateway, values)[0])
    assert "A drop of 5.0% or more" in words


def test_more_treatments_and_metrics_that_decide_take_more_shoppers(gateway: Gateway) -> None:
    state, values = planned()
    alone = duration.size(state, gateway, values)
    state["document"]["metrics"]["primary"] = ["conversion", "refunds"]
    both = duration.size(state, gateway, values)
    assert alone is not None
    assert both is not None
    assert (both.units or 0) > 1.1 * (alone.units or 0)


def test_the_shops_own_history_says_where_it_comes_from(gateway: Gateway) -> None:
    now = utc_now()
    moments = Baseline("exposures", 41_300, now - timedelta(days=28), now, 1_475.0, 0.05, 0.2, 4.0, 0.05, 1.0)
    with gateway.database.session() as session:
        form = metric_form(find_metric(session, "conversion"))
        save_baselines(session, [form], {"conversion": moments}, now)
    found = gateway.baseline("conversion")
    assert found is not None
    assert (found.mean, found.units, found.daily, found.experiment) == (0.05, 41_300, 1_475.0, None)
    state, _values = planned()
    hints = [property_of(item, "description") for item in every(duration.draw(state, gateway))]
    assert "From 41,300 shoppers in the last four weeks." in hints


def planned_with(gateway: Gateway, **changes: Any) -> tuple[dict[str, Any], Gateway, dict[str, Any]]:
    state, values = planned(**changes)
    return state, gateway, values


def test_a_baseline_comes_from_the_shops_own_reports(gateway: Gateway) -> None:
    found = gateway.baseline("conversion")
    assert found is not None
    assert found.mean == 0.1077
    assert gateway.baseline("unheard-of") is None


def test_a_draft_is_saved_step_by_step_and_a_stale_edit_is_refused(gateway: Gateway) -> None:
    person = gateway.sign_in(MARKETER, PASSWORD)
    assert person is not None
    state = fresh()
    state["document"] |= {"name": "Test", "key": "test", "hypothesis": "If, then, because."}
    sent = {name: state["document"][name] for name in (*EDITED, "key")}
    first = gateway.save_draft(person, sent, None)
    second = gateway.save_draft(person, {"audience": {"country": "NL"}}, "test", first["updated_at"])
    assert second["audience"] == {"country": "NL"}
    third = gateway.save_draft(person, {"audience": {"visits": 2}}, "test", second["updated_at"])
    assert third["audience"] == {"visits": 2}
    with pytest.raises(Refused) as refused:
        gateway.save_draft(person, {"name": "Other"}, "test", first["updated_at"])
    assert (refused.value.status, refused.value.code) == (409, "stale")
    assert of_draft(third, "who")["groups"]["groups"] == [{"join": "all", "rules": [["visits", "is", "2"]]}]


def test_an_analyst_cannot_save_a_draft(gateway: Gateway) -> None:
    person = gateway.sign_in(ANALYST, PASSWORD)
    assert person is not None
    with pytest.raises(Refused) as refused:
        gateway.save_draft(person, {"name": "Mine"}, "product-page-trust-badges")
    assert refused.value.status == 403


def test_a_merge_patch_takes_away_what_is_gone() -> None:
    before = {"audience": {"country": "NL", "visits": {"$gte": 2}}, "layer": {"name": "a"}, "name": "x"}
    after = {"audience": {"visits": {"$lt": 5}}, "layer": None}
    patched = merge_patch(before, merge_patch_of(before, after))
    assert patched == {"audience": {"visits": {"$lt": 5}}, "name": "x"}


def _names() -> dict[str, Any]:
    return {
        "variants.0.name": "Control",
        "variants.0.key": "control",
        "variants.1.name": "Variant B",
        "variants.1.key": "b",
    }


def test_people_may_keep_their_variant_when_they_log_in() -> None:
    state = fresh()
    assert traffic.read({"traffic": 100, "fallback_attribute": "anonymousId"}, state, True) == {}
    assert state["document"]["fallback_attribute"] == "anonymousId"
    traffic.read({"traffic": 100, "fallback_attribute": "-"}, state, True)
    assert state["document"]["fallback_attribute"] is None


def test_a_payload_of_any_json_is_told_at_its_field() -> None:
    for surface, payload in (
        ("offer", {"kind": ["percent"]}),
        ("recommendation", {"recipe": {}}),
        ("layout", {"columns": float("inf")}),
    ):
        assert not payloads.fits(surface, payload)
        assert set(payloads.problems_of(surface, payload)) == set(payload)
        assert payloads.describe(surface, payload)
