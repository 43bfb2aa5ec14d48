"""What may be defined, and how what may not is refused: by field, value and rule."""

from __future__ import annotations

from typing import Any

import pytest

from assignment.errors import ProefwerkError
from experiments.forms import ExperimentForm, MetricForm
from experiments.plan import Futility, Method, PlanForm, SpendingFunction
from experiments.validation import parse
from tests.experiments.examples import BAR, document, fields

MEAN = {"key": "revenue", "name": "Revenue", "kind": "mean", "event": "order"}
PROPORTION = {"key": "conversion", "name": "Conversion", "kind": "proportion", "event": "order"}
RATIO = {
    "key": "basket",
    "name": "Basket",
    "kind": "ratio",
    "numerator": {"event": "order", "field": "value"},
    "denominator": {"event": "order"},
}
RETENTION = {**PROPORTION, "kind": "retention", "from_hours": 24, "to_hours": 168}
QUANTILE = {**MEAN, "kind": "quantile", "quantile": 0.9}


def refusal(form: type[ExperimentForm] | type[MetricForm], value: Any) -> ProefwerkError:
    with pytest.raises(ProefwerkError) as caught:
        parse(form, value)
    return caught.value


def test_the_example_of_the_contract_comes_back_as_it_went_in() -> None:
    example = {
        **BAR,
        "hash_attribute": "id",
        "fallback_attribute": None,
        "layer": {"name": "checkout", "from": 0.0, "to": 0.5},
        "prerequisites": [],
        "role": "experiment",
        "holdout": None,
        "preview_url": None,
        "plan": {
            "method": "sequential",
            "alpha": 0.05,
            "power": 0.8,
            "mde": 0.02,
            "cuped": True,
            "looks": None,
            "planned_units": None,
        },
        "trigger": None,
        "parent": None,
        "start_at": None,
        "end_at": None,
    }
    found = parse(ExperimentForm, example).model_dump(mode="json", by_alias=True)
    assert {**found, "plan": {name: found["plan"][name] for name in example["plan"]}} == example


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"key": "Bar!"}, "key", "'Bar!' is not a key"),
        ({"name": ""}, "name", "too short"),
        ({"name": "x" * 201}, "name", "200 characters are allowed"),
        ({"name": None}, "name", "required"),
        ({"surface": "banner"}, "surface", "'banner' is not one of 'offer', 'layout' or 'recommendation'"),
        ({"traffic": 1.5}, "traffic", "1.5 must be at most 1"),
        ({"traffic": "half"}, "traffic", "'half' is not a number"),
        ({"traffic": True}, "traffic", "true is not a number"),
        ({"budget": 5}, "budget", "unknown"),
        ({"variants": [BAR["variants"][0]]}, "variants", "1 given; at least 2 needed"),
        ({"variants": {"control": 1}}, "variants", "is not a list"),
        ({"audience": {"visits": {"$above": 2}}}, "audience.visits", "unknown operator '$above'"),
        ({"audience": ["NL"]}, "audience", "is not an object"),
        ({"layer": {"name": "checkout", "from": 0.5, "to": 0.5}}, "layer", "must be below 'to'"),
        ({"layer": {"name": "checkout", "from": 0.5, "to": 1.5}}, "layer.to", "1.5 must be at most 1"),
        ({"metrics": {"guardrails": ["conversion"]}}, "metrics.guardrails.0", "more than one place"),
        ({"plan": {"alpha": 0.9}}, "plan.alpha", "0.9 must be below 0.5"),
        ({"plan": {"method": "guess"}}, "plan.method", "'guess' is not one of"),
        ({"plan": {"looks": 5}}, "plan.looks", "only 'group_sequential' plans its looks"),
        ({"plan": {"spending": "pocock"}}, "plan.spending", "say how many in 'looks'"),
        ({"plan": {"futility": "binding"}}, "plan.futility", "say how many in 'looks'"),
        (
            {"plan": {"method": "group_sequential", "looks": 5, "spending": "kim_demets"}},
            "plan.spending_gamma",
            "'kim_demets' needs its gamma",
        ),
        (
            {
                "plan": {
                    "method": "group_sequential",
                    "looks": 5,
                    "spending": "kim_demets",
                    "spending_gamma": 0,
                }
            },
            "plan.spending_gamma",
            "must be above 0",
        ),
        (
            {"plan": {"method": "group_sequential", "looks": 5, "spending_gamma": 2}},
            "plan.spending_gamma",
            "'obrien_fleming' has no gamma",
        ),
        ({"plan": {"planned_units": 1.5}}, "plan.planned_units", "1.5 is not a whole number"),
        ({"segments": ["device", "device"]}, "segments.1", "'device' is named twice"),
        ({"parent": "free-shipping"}, "parent", ""),
        ({"start_at": "tomorrow"}, "start_at", "'tomorrow' is not an RFC 3339 time"),
        ({"start_at": "2030-01-01T00:00:00"}, "start_at", "has no time zone"),
        ({"start_at": "9999-12-31T23:59:59-12:00"}, "start_at", "out of reach"),
        ({"start_at": "2030-01-02T00:00:00Z", "end_at": "2030-01-01T00:00:00Z"}, "end_at", "after start_at"),
    ],
)
def test_a_wrong_field_is_named_with_its_value_and_the_rule(
    changes: dict[str, Any], field: str, words: str
) -> None:
    if field == "parent":
        changes = {"key": "free-shipping", **changes}
    error = refusal(ExperimentForm, document(**changes))
    assert (error.status, fields(error)) == (422, [field])
    assert words in error.fields[0].message


@pytest.mark.parametrize("weights", [(0.5, 0.4), (0.5, 0.6), (1.0, 1.0), (0.0, 0.0)])
def test_weights_must_sum_to_one(weights: tuple[float, float]) -> None:
    variants = [
        {**variant, "weight": weight} for variant, weight in zip(BAR["variants"], weights, strict=True)
    ]
    error = refusal(ExperimentForm, document(variants=variants))
    assert fields(error) == ["variants"]
    assert f"{sum(weights):g}" in error.fields[0].message


def test_thirds_sum_to_one() -> None:
    variants = [{"key": f"v{place}", "weight": 1 / 3} for place in range(3)]
    assert len(parse(ExperimentForm, document(variants=variants)).variants) == 3


def test_a_wrong_weight_is_named_by_its_place() -> None:
    variants = [BAR["variants"][0], {**BAR["variants"][1], "weight": "half"}]
    error = refusal(ExperimentForm, document(variants=variants))
    assert fields(error) == ["variants.1.weight"]


def test_variant_keys_must_differ() -> None:
    error = refusal(ExperimentForm, document(variants=[BAR["variants"][0]] * 2))
    assert error.fields[0].message == "variant key 'control' is used 2 times; keys must differ"


def test_every_wrong_field_is_named_at_once() -> None:
    error = refusal(ExperimentForm, document(key="", traffic=2, surface="x"))
    assert fields(error) == ["key", "surface", "traffic"]


@pytest.mark.parametrize("value", [None, 5, "text", [BAR]])
def test_what_is_no_object_is_refused(value: object) -> None:
    assert refusal(ExperimentForm, value).status == 422


@pytest.mark.parametrize(
    "value", [float("nan"), float("inf"), "a\0b", "half \ud800 character"], ids=["nan", "inf", "nul", "half"]
)
def test_a_payload_holds_only_what_can_be_kept(value: object) -> None:
    variants = [BAR["variants"][0], {**BAR["variants"][1], "payload": {"deep": [value]}}]
    error = refusal(ExperimentForm, document(variants=variants))
    assert (error.status, fields(error)) == (400, ["variants.1.payload.deep.0"])


@pytest.mark.parametrize("metric", [MEAN, PROPORTION, RATIO, RETENTION, QUANTILE, {**MEAN, "kind": "count"}])
def test_every_kind_of_metric_can_be_defined(metric: dict[str, Any]) -> None:
    assert parse(MetricForm, metric).kind == metric["kind"]


def test_a_mean_sums_the_value_unless_told_otherwise() -> None:
    assert parse(MetricForm, MEAN).field == "value"
    assert parse(MetricForm, {**MEAN, "field": "margin"}).field == "margin"


@pytest.mark.parametrize(
    ("metric", "field"),
    [
        ({**PROPORTION, "event": None}, "event"),
        ({**MEAN, "event": None}, "event"),
        ({**RATIO, "denominator": None}, "denominator"),
        ({**QUANTILE, "quantile": None}, "quantile"),
        ({**RETENTION, "to_hours": None}, "to_hours"),
    ],
)
def test_a_metric_needs_the_fields_of_its_kind(metric: dict[str, Any], field: str) -> None:
    error = refusal(MetricForm, metric)
    assert fields(error) == [field]
    assert f"of kind '{metric['kind']}' needs '{field}'" in error.fields[0].message


@pytest.mark.parametrize(
    ("metric", "field"),
    [
        ({**PROPORTION, "field": "value"}, "field"),
        ({**PROPORTION, "cap": {"value": 1}}, "cap"),
        ({**MEAN, "quantile": 0.5}, "quantile"),
        ({**RATIO, "event": "order"}, "event"),
        ({**MEAN, "from_hours": 1}, "from_hours"),
    ],
)
def test_a_metric_refuses_the_fields_of_other_kinds(metric: dict[str, Any], field: str) -> None:
    error = refusal(MetricForm, metric)
    assert fields(error) == [field]
    assert f"has no '{field}'" in error.fields[0].message


@pytest.mark.parametrize(
    ("metric", "field"),
    [
        ({**MEAN, "cap": {}}, "cap"),
        ({**MEAN, "cap": {"value": 5, "quantile": 0.99}}, "cap"),
        ({**MEAN, "cap": {"value": 0}}, "cap.value"),
        ({**MEAN, "cap": {"quantile": 0.4}}, "cap.quantile"),
        ({**MEAN, "direction": "sideways"}, "direction"),
        ({**MEAN, "window_hours": 0}, "window_hours"),
        ({**MEAN, "non_inferiority_margin": -0.1}, "non_inferiority_margin"),
        ({**RETENTION, "to_hours": 24}, "to_hours"),
        ({**RETENTION, "window_hours": 100}, "window_hours"),
        ({**RATIO, "numerator": {"field": "value"}}, "numerator.event"),
        ({**MEAN, "kind": "median"}, "kind"),
    ],
)
def test_a_wrong_metric_field_is_named(metric: dict[str, Any], field: str) -> None:
    assert fields(refusal(MetricForm, metric)) == [field]


def test_a_plan_without_futility_or_another_spending_keeps_the_text_that_it_always_had() -> None:
    plain = PlanForm(method=Method.GROUP_SEQUENTIAL, looks=5).model_dump(mode="json")
    assert not {"spending", "spending_gamma", "futility"} & set(plain)
    chosen = PlanForm(
        method=Method.GROUP_SEQUENTIAL, looks=5, spending=SpendingFunction.POCOCK, futility=Futility.BINDING
    )
    document = chosen.model_dump(mode="json")
    assert (document["spending"], document["futility"]) == ("pocock", "binding")
    assert PlanForm.model_validate(document) == chosen


def test_a_fallback_attribute_must_be_another_than_the_hash_attribute() -> None:
    error = refusal(ExperimentForm, {**BAR, "fallback_attribute": "id"})
    assert error.fields[0].field == "fallback_attribute"
    assert "must be another" in error.fields[0].message


@pytest.mark.parametrize("field", ["key", "hash_attribute", "fallback_attribute"])
def test_a_word_that_javascript_has_in_every_object_is_no_name(field: str) -> None:
    error = refusal(ExperimentForm, {**BAR, field: "constructor"})
    assert [item.field for item in error.fields] == [field]
    assert "JavaScript" in error.fields[0].message
