"""Conditions hold for whom every GrowthBook SDK says they hold; JavaScript decides where SDKs differ."""

from __future__ import annotations

from typing import Any

import pytest

from assignment.targeting import compile_condition


def holds(condition: object, attributes: object, groups: dict[str, Any] | None = None) -> bool:
    return compile_condition(condition, groups)(attributes)


@pytest.mark.parametrize(
    ("condition", "attributes", "expected"),
    [
        ({}, {}, True),
        ({"country": "NL"}, {"country": "NL"}, True),
        ({"country": "NL"}, {}, False),
        ({"n": "null"}, {}, True),
        ({"n": "8"}, {"n": 8}, True),
        ({"n": 8}, {"n": "8"}, True),
        ({"n": 0}, {}, True),
        ({"n": True}, {"n": 1}, True),
        ({"n": False}, {"n": 0}, True),
        ({"n": False}, {}, False),
        ({"n": None}, {}, True),
        ({"n": {}}, {"n": 1}, False),
        ({"n": {}}, {"n": {}}, True),
        ({"n": [1, 2]}, {"n": [1.0, 2]}, True),
        ({"n": [1, 2]}, {"n": [2, 1]}, False),
        ({"n": {"a": 1, "b": 2}}, {"n": {"b": 2, "a": 1}}, False),
        ({"a.b.1": "x"}, {"a": {"b": ["y", "x"]}}, True),
        ({"a.length": 2}, {"a": [1, 2]}, True),
        ({"a.b": None}, {"a": "text"}, True),
        ({"a.-1": None}, {"a": [1]}, True),
    ],
)
def test_plain_values_compare_as_in_javascript(condition: object, attributes: object, expected: bool) -> None:
    assert holds(condition, attributes) is expected


@pytest.mark.parametrize(
    ("operators", "value", "expected"),
    [
        ({"$eq": 8}, "8", False),
        ({"$eq": 1}, True, False),
        ({"$ne": 8}, None, True),
        ({"$gt": 5}, "8", True),
        ({"$lt": 5}, None, True),
        ({"$gte": 0}, None, True),
        ({"$gt": "10"}, "9", True),
        ({"$gt": 1}, "abc", False),
        ({"$gte": 2, "$lt": 3}, 2, True),
        ({"$gte": 2, "$lt": 3}, 3, False),
        ({"$lte": True}, 1, True),
        ({"$in": [1, "a"]}, "1", False),
        ({"$in": ["a"]}, ["b", "a"], True),
        ({"$in": [None]}, None, True),
        ({"$in": "a"}, "a", False),
        ({"$nin": "a"}, "b", False),
        ({"$nin": ["a"]}, "b", True),
        ({"$in": [True]}, 1, False),
        ({"$ini": ["ABC"]}, "abc", True),
        ({"$nini": ["ABC"]}, ["x", "aBc"], False),
        ({"$all": ["1", 2]}, [1, "2"], True),
        ({"$all": [{"$gt": 1}]}, [0, 2], True),
        ({"$all": ["a"]}, "a", False),
        ({"$alli": ["A"]}, ["a"], True),
        ({"$size": 2}, [1, 2], True),
        ({"$size": {"$gt": 1}}, [1], False),
        ({"$size": 4}, "text", False),
        ({"$elemMatch": {"$gt": 3}}, [1, 5], True),
        ({"$elemMatch": {"a": 1}}, [{"a": 2}, {"a": 1}], True),
        ({"$elemMatch": {"a": None}}, [None], False),
        ({"$exists": True}, None, False),
        ({"$exists": False}, None, True),
        ({"$exists": True}, 0, True),
        ({"$type": "null"}, None, True),
        ({"$type": "array"}, [], True),
        ({"$type": "object"}, {}, True),
        ({"$type": "boolean"}, True, True),
        ({"$type": "number"}, True, False),
        ({"$regex": "^4"}, 42, True),
        ({"$regex": "null"}, None, True),
        ({"$regex": "("}, "x", False),
        ({"$not": {"$regex": "("}}, "x", True),
        ({"$regexi": "^AB"}, "abc", True),
        ({"$not": {"$unknown": 1}}, "x", True),
        ({"$notRegex": "x"}, "y", False),
        ({"$veq": "v1.2.3+build"}, "1.2.3", True),
        ({"$vgt": "1.9.0"}, "1.10.0", True),
        ({"$vlt": "1.0.0"}, "1.0.0-beta.1", True),
        ({"$veq": "1.0"}, "1.0.0", False),
        ({"$vlte": "0"}, None, True),
        ({"$vne": "2.0.0"}, "1.0.0", True),
    ],
)
def test_operators_test_values_as_in_javascript(operators: object, value: object, expected: bool) -> None:
    assert holds({"n": operators}, {"n": value}) is expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ({"$or": []}, True),
        ({"$nor": []}, False),
        ({"$and": []}, True),
        ({"$or": [{"a": 2}, {"a": 1}]}, True),
        ({"$nor": [{"a": 2}, {"a": 3}]}, True),
        ({"$and": [{"a": 1}, {"b": 1}]}, False),
        ({"$not": {"a": 2}}, True),
        ({"a": 1, "$not": {"a": 2}, "$or": [{"b": None}]}, True),
        ({"$unknown": 1}, False),
        ("text", False),
    ],
)
def test_logical_operators_combine_conditions(condition: object, expected: bool) -> None:
    assert holds(condition, {"a": 1}) is expected


def test_saved_groups_resolve_plain_and_typed_ones_but_no_cycles() -> None:
    groups = {
        "plain": ["1", 2],
        "listed": {"type": "list", "attributeKey": "id", "values": ["s-1"]},
        "dutch": {"type": "condition", "condition": {"country": "NL"}},
        "cycle": {"type": "condition", "condition": {"$savedGroup": {"id": "cycle"}}},
    }
    attributes = {"id": "s-1", "country": "NL", "n": 1}
    assert holds({"n": {"$inGroup": "plain"}}, {"n": "1"}, groups)
    assert not holds({"n": {"$inGroup": "plain"}}, attributes, groups)
    assert holds({"n": {"$notInGroup": "unknown"}}, attributes, groups)
    assert holds({"$savedGroup": {"id": "listed"}}, attributes, groups)
    assert holds({"$savedGroup": {"id": "dutch"}}, attributes, groups)
    assert not holds({"$savedGroup": {"id": "cycle"}}, attributes, groups)
    assert not holds({"$savedGroup": {"id": "plain"}}, attributes, groups)


def test_hostile_attributes_never_raise() -> None:
    condition = {"a.b.0.length": {"$gt": 1, "$vgt": "1", "$regex": "x", "$elemMatch": {"c": 1}, "$size": 1}}
    hostile: list[object] = [
        None,
        1,
        "x",
        [],
        {},
        [[]],
        {"b": "x"},
        {"b": [{}]},
        {"b": [[1, 2]]},
        {"b": {"0": 1}},
    ]
    for value in hostile:
        assert holds(condition, {"a": value}) is False


@pytest.mark.parametrize("group", [{"type": "condition", "condition": {}}, {"type": "list"}, "a", None])
def test_a_saved_group_that_is_no_list_holds_nobody_and_leaves_nobody_out(group: object) -> None:
    for operator in ("$inGroup", "$notInGroup"):
        assert not compile_condition({"a": {operator: "g"}}, {"g": group})({"a": "a"})
    assert compile_condition({"a": {"$notInGroup": "unknown"}}, {"g": group})({"a": "a"})


def test_a_saved_group_is_looked_up_under_the_attribute_that_the_reference_names() -> None:
    groups = {"g": {"type": "list", "attributeKey": "a", "values": ["x"]}}
    assert compile_condition({"$savedGroup": {"id": "g", "attributeKey": "b"}}, groups)({"b": "x"})
    for attribute in ("", None, 5):
        condition = {"$savedGroup": {"id": "g", "attributeKey": attribute}}
        assert not compile_condition(condition, groups)({"a": "x"})
