"""Audiences in words and the conditions that they stand for."""

from __future__ import annotations

from typing import Any

import pytest

from assignment.targeting import check_condition, compile_condition
from dash_ui.i18n import speaking
from dash_ui.wizard.audience import (
    Rule,
    audience_of,
    condition_of,
    condition_of_audience,
    described,
    problem_of,
    rules_of,
    sentence,
)
from dash_ui.wizard.rules import audience_in, rearrange
from dash_ui.wizard.state import fresh

CONDITIONS: tuple[dict[str, Any], ...] = (
    {},
    {"country": "NL", "visits": {"$gte": 2}},
    {"country": {"$in": ["NL", "BE"]}, "member": True},
    {"basket_value": {"$gt": 19.95, "$lt": 100}},
    {"postcode": "1234", "device": {"$ne": "bot"}},
    {"email": {"$exists": True}, "coupon": {"$exists": False}},
)


@pytest.mark.parametrize("condition", CONDITIONS)
def test_rows_stand_for_the_condition_they_came_from(condition: dict[str, Any]) -> None:
    rules = rules_of(condition)
    assert rules is not None
    back = condition_of(rules)
    check_condition(back)
    assert rules_of(back) == rules
    if len({rule.attribute for rule in rules}) == len(rules):
        assert back == condition


@pytest.mark.parametrize(
    "condition",
    [
        {"$or": [{"country": "NL"}, {"country": "BE"}]},
        {"$not": {"country": "NL"}},
        {"tags": {"$elemMatch": {"$eq": "x"}}},
        {"country": ["NL"]},
        {"country": {}},
        {"name": {"$regex": "^a"}},
        {"city": {"$in": ["Bergen, NH", "Hoorn"]}},
    ],
)
def test_what_rows_cannot_say_stays_json(condition: dict[str, Any]) -> None:
    assert rules_of(condition) is None


NESTED: tuple[tuple[dict[str, Any], str], ...] = (
    ({"$or": [{"country": "NL"}, {"country": "BE"}]}, "country is NL or country is BE"),
    ({"$not": {"country": "NL"}}, "none of (country is NL)"),
    (
        {"$and": [{"$or": [{"country": "NL"}, {"country": "BE"}]}, {"visits": {"$gte": 2}}]},
        "(country is NL or country is BE) and visits is at least 2",
    ),
    (
        {"$or": [{"country": "NL", "visits": 1}, {"country": "BE"}]},
        "(country is NL and visits is 1) or country is BE",
    ),
    (
        {"country": "NL", "$nor": [{"visits": 1}, {"visits": 2}]},
        "country is NL and none of (visits is 1 or visits is 2)",
    ),
)
SHOPPERS = [
    {"country": country, "visits": visits} for country in ("NL", "BE", "DE", None) for visits in (1, 2, 3)
]


@pytest.mark.parametrize(("condition", "said"), NESTED)
def test_groups_stand_for_the_same_shoppers_as_the_condition_and_say_who(
    condition: dict[str, Any], said: str
) -> None:
    audience = audience_of(condition)
    assert audience is not None
    back = condition_of_audience(audience)
    check_condition(back)
    before, after = compile_condition(condition), compile_condition(back)
    assert [before(each) for each in SHOPPERS] == [after(each) for each in SHOPPERS]
    assert audience_of(back) == audience
    assert described(audience) == f"Shoppers for whom this holds: {said}."


@pytest.mark.parametrize(
    "condition",
    [
        {"$not": {"country": "NL", "visits": 1}},
        {"$or": [{"$and": [{"$or": [{"a": 1}]}]}, {"b": 1}]},
        {"$or": []},
        {"$or": [{"tags": {"$elemMatch": {"$eq": "x"}}}, {"b": 1}]},
        {"$and": [{"country": "NL", "$or": [{"a": 1}, {"b": 1}]}, {"c": 1}]},
    ],
)
def test_what_two_levels_cannot_say_stays_json(condition: dict[str, Any]) -> None:
    assert audience_of(condition) is None


def test_groups_are_built_and_taken_apart() -> None:
    state = fresh()
    for name, index in (("add-rule", 0), ("add-rule", 0), ("add-group", 0), ("add-rule", 1)):
        rearrange(state, name, index)
    assert [len(group["rules"]) for group in state["groups"]["groups"]] == [2, 2]
    state["groups"]["groups"][0]["rules"][1] = ["visits", "is", "2"]
    rearrange(state, "remove-rule", "0.0")
    rearrange(state, "remove-group", 1)
    assert state["groups"]["groups"] == [{"join": "all", "rules": [["visits", "is", "2"]]}]
    assert described(audience_in(state)) == "Shoppers for whom this holds: visits is 2."
    rearrange(state, "remove-rule", "0.0")
    assert described(audience_in(state)) == "Everyone takes part."


def test_two_rules_on_one_property_must_both_hold() -> None:
    rules = [Rule("visits", "$gte", "2"), Rule("visits", "$lt", "9")]
    assert condition_of(rules) == {"$and": [{"visits": {"$gte": 2}}, {"visits": {"$lt": 9}}]}


def test_numbers_are_numbers_and_quoted_numbers_are_text() -> None:
    assert condition_of([Rule("visits", "is", "2")]) == {"visits": 2}
    assert condition_of([Rule("postcode", "is", '"1012"')]) == {"postcode": "1012"}
    assert condition_of([Rule("code", "is", "007")]) == {"code": "007"}
    assert condition_of([Rule("member", "is", "true")]) == {"member": True}


def test_a_rule_without_a_value_is_told() -> None:
    assert problem_of(Rule("country", "is", " ")) == "Fill in a value."
    assert problem_of(Rule("country", "$exists", "")) is None


def test_a_rule_reads_as_a_sentence_in_both_languages() -> None:
    rule = Rule("visits", "$gte", "2")
    assert sentence(rule) == "visits is at least 2"
    with speaking("nl"):
        assert sentence(rule) == "visits is minstens 2"


def test_a_number_with_a_comma_is_refused_where_it_would_be_compared_as_text() -> None:
    for value in ("49,95", "1,000", "1.000,50"):
        assert problem_of(Rule("basket_value", "$gte", value)) is not None
    assert problem_of(Rule("basket_value", "$gte", "49.95")) is None
    assert problem_of(Rule("size", "is", "49,95")) is None
    assert problem_of(Rule("app_version", "$gte", "1.2.3")) is None


def test_a_list_of_commas_names_nobody_and_is_refused() -> None:
    assert problem_of(Rule("country", "$in", " , ,")) is not None
