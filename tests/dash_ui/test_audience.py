"""Audiences in words and the conditions that they stand for."""

from __future__ import annotations

from typing import Any

import pytest

from assignment.targeting import check_condition
from dash_ui.i18n import speaking
from dash_ui.wizard.audience import Rule, condition_of, problem_of, rules_of, sentence

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
    ],
)
def test_what_rows_cannot_say_stays_json(condition: dict[str, Any]) -> None:
    assert rules_of(condition) is None


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
