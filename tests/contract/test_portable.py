"""Audiences hold for the same units in every official SDK, whatever attributes a unit lacks."""

from __future__ import annotations

import json
from typing import Any

import pytest
from growthbook.core import evalCondition

from assignment.growthbook.portable import portable
from assignment.targeting import check_condition, compile_condition
from tests.contract.test_javascript_clients import asked_of_javascript
from tests.contract.typed_conditions import TypedConditions

Case = tuple[dict[str, Any], dict[str, Any]]


def cases(seed: int) -> list[Case]:
    """Conditions that may be defined, each with some attributes."""
    rules = TypedConditions(seed)
    conditions = [rules.condition() for _ in range(2_000)]
    for condition in conditions:
        check_condition(condition)
    return [(condition, rules.attributes()) for condition in conditions for _ in range(3)]


@pytest.mark.parametrize("seed", [1, 2])
def test_the_python_sdk_finds_the_same_units_in_an_audience(seed: int) -> None:
    found = [
        (compile_condition(condition)(attributes), evalCondition(attributes, portable(condition)))
        for condition, attributes in cases(seed)
    ]
    assert 0.2 < sum(ours for ours, _ in found) / len(found) < 0.8
    assert [pair for pair in zip(cases(seed), found, strict=True) if pair[1][0] is not pair[1][1]] == []


def test_without_guards_the_python_sdk_would_disagree() -> None:
    disagreements = sum(
        compile_condition(condition)(attributes) is not evalCondition(attributes, condition)
        for condition, attributes in cases(1)
    )
    assert disagreements > 100


def test_the_javascript_sdk_finds_the_same_units_in_an_audience(node: str) -> None:
    asked = [
        {
            "ctx": {
                "attributes": attributes,
                "features": {
                    "f": {
                        "defaultValue": False,
                        "rules": [{"force": True, "condition": portable(condition)}],
                    }
                },
            },
            "key": "f",
        }
        for condition, attributes in cases(3)
    ]
    answers = asked_of_javascript(node, asked)
    for (condition, attributes), answer in zip(cases(3), answers, strict=True):
        assert compile_condition(condition)(attributes) is answer["value"], json.dumps(
            (condition, attributes)
        )


@pytest.mark.parametrize("pattern", [r"^\w+$", "(?<first>Z)", r"\bë", "^Zo.$", r"Z.*\w.*ë"])
def test_published_patterns_are_found_in_other_scripts_alike(pattern: str) -> None:
    condition = {"name": {"$not": {"$regex": pattern}}}
    ours = compile_condition(condition)({"name": "Zoë"})
    assert evalCondition({"name": "Zoë"}, portable(condition)) is ours
    assert evalCondition({}, portable(condition)) is compile_condition(condition)({})


@pytest.mark.parametrize(
    ("condition", "attributes"),
    [
        ({"visits": 8}, {"visits": "8"}),
        ({"visits": {"$gt": 5}}, {"visits": "8"}),
        ({"new": True}, {"new": 1}),
        ({"app": {"$regex": "^1"}}, {"app": 1.1}),
        ({"tags": {"$all": ["1"]}}, {"tags": [1]}),
    ],
)
def test_what_the_documentation_says_that_no_condition_can_mend_is_so(
    condition: dict[str, Any], attributes: dict[str, Any]
) -> None:
    check_condition(condition)
    ours, python = compile_condition(condition)(attributes), evalCondition(attributes, portable(condition))
    assert ours is not python
