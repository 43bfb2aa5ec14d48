"""A published audience says of missing attributes what SDKs would otherwise make different things of."""

from __future__ import annotations

from typing import Any

import pytest

from assignment.growthbook.portable import portable
from assignment.targeting import compile_condition


@pytest.mark.parametrize(
    "condition",
    [
        {},
        {"country": "NL", "new": True, "email": None, "tags": ["a"], "o": {"x": 1}},
        {"a": {"$in": ["x", None]}, "b": {"$exists": True}, "c": {"$not": {"$eq": 8}}},
        {"$or": [{"a": "x"}, {"$not": {"b": {"$nin": [1]}}}], "$nor": [{"c": {"$size": 1}}]},
        {"country": "NL", "visits": {"$gte": 2}},
        {"visits": 3},
        {"lines": {"$elemMatch": {"$gt": 3}}},
    ],
)
def test_what_every_sdk_reads_alike_is_published_as_it_is(condition: dict[str, Any]) -> None:
    assert portable(condition) == condition


@pytest.mark.parametrize(
    ("condition", "published"),
    [
        ({"n": {"$lt": 5}}, {"n": {"$not": {"$exists": True, "$not": {"$lt": 5}}}}),
        ({"n": {"$not": {"$lt": 5}}}, {"n": {"$exists": True, "$not": {"$not": {"$not": {"$lt": 5}}}}}),
        ({"n": 0}, {"$and": [{"$or": [{"n": {"$exists": False}}, {"n": 0}]}]}),
        (
            {"$and": [{"a": 1}], "n": "null"},
            {"$and": [{"a": 1}, {"$or": [{"n": {"$exists": False}}, {"n": "null"}]}]},
        ),
        (
            {"$not": {"n": {"$vlt": "1"}}},
            {"$not": {"n": {"$not": {"$exists": True, "$not": {"$vlt": "1"}}}}},
        ),
        (
            {"lines": {"$elemMatch": {"price": {"$lt": 5}}}},
            {"lines": {"$elemMatch": {"price": {"$not": {"$exists": True, "$not": {"$lt": 5}}}}}},
        ),
    ],
)
def test_where_sdks_differ_on_a_missing_attribute_the_condition_decides(
    condition: dict[str, Any], published: dict[str, Any]
) -> None:
    assert portable(condition) == published
    for attributes in (
        {},
        {"n": None},
        {"n": 1},
        {"n": "x"},
        {"n": 9, "a": 1},
        {"lines": [{}, {"price": 6}]},
    ):
        assert compile_condition(condition)(attributes) is compile_condition(published)(attributes)


def test_a_portable_condition_is_published_as_it_is() -> None:
    once = portable({"n": {"$exists": True, "$in": [1, 2]}, "m": {"$ne": "x"}})
    assert portable(once) == once


@pytest.mark.parametrize(
    "condition", [{"$or": "x"}, {"$and": [1]}, {"$not": None}, {"$xor": [{}]}, {"a": {"$x": 1}}]
)
def test_what_is_no_condition_is_left_as_it_is(condition: dict[str, Any]) -> None:
    assert portable(condition) == condition
