"""An audience that would not mean what its author thinks is refused, in a sentence naming the place."""

from __future__ import annotations

import pytest

from assignment.conditions import MAX_DEPTH, ConditionError
from assignment.targeting import check_condition


@pytest.mark.parametrize(
    "condition",
    [
        {},
        {"country": "NL", "visits": {"$gte": 2}},
        {"$or": [{"a": 1}, {"$not": {"b": {"$in": ["x", 1, None, True]}}}]},
        {"a": {"$elemMatch": {"b": {"$gt": 1}}}, "c": {"$elemMatch": {"$lt": 2}}},
        {"a": {"$not": {"$regex": "^x"}}, "v": {"$vgte": "1.2.3"}},
        {"a": {"$all": ["x", {"$gt": 1}]}, "b": {"$size": {"$gt": 1}}, "c": {"$size": 2}},
        {"a": {"$exists": True, "$type": "string"}, "b.c.0": None, "d": [1, 2], "e": {"f": 1}},
    ],
)
def test_a_condition_that_means_what_it_says_is_accepted(condition: object) -> None:
    check_condition(condition)


@pytest.mark.parametrize(
    ("condition", "path", "words"),
    [
        ([], "", "must be an object"),
        ({"a": {"$like": "x"}}, "a", r"unknown operator '\$like'.*\$eq.*\$regex"),
        ({"$xor": []}, "$xor", r"unknown operator '\$xor'.*\$and, \$nor, \$not, \$or"),
        ({"$gt": 1}, "$gt", "put it under an attribute"),
        ({"$or": [{"a": 1}, {"b": {"$no": 1}}]}, "$or.1.b", "unknown operator"),
        ({"$and": {"a": 1}}, "$and", "needs a list"),
        ({"$or": []}, "$or", "needs a list"),
        ({"$or": ["x"]}, "$or.0", "must be an object"),
        ({"$not": [1]}, "$not", "must be an object"),
        ({"a": {"$in": "x"}}, "a.$in", "needs a list"),
        ({"a": {"$nin": [[1]]}}, "a.$nin", "lists texts"),
        ({"a": {"$gt": None}}, "a.$gt", "needs a number or a text"),
        ({"a": {"$gte": True}}, "a.$gte", "needs a number or a text"),
        ({"a": {"$eq": [1]}}, "a.$eq", "never equal"),
        ({"a": {"$exists": "yes"}}, "a.$exists", "true or false"),
        ({"a": {"$size": "2"}}, "a.$size", "a number or operators"),
        ({"a": {"$type": "int"}}, "a.$type", "string, number"),
        ({"a": {"$type": ["int"]}}, "a.$type", "string, number"),
        ({"a": {"$regex": "("}}, "a.$regex", "not a valid regular expression"),
        ({"a": {"$regexi": 1}}, "a.$regexi", "as text"),
        ({"a": {"$regex": "(a+)+"}}, "a.$regex", "repeats a part"),
        ({"a": {"$regex": r"(a)\1"}}, "a.$regex", "refers to a group"),
        ({"a": {"$regex": "a.*b.*c"}}, "a.$regex", r"match no text beyond 125.*'\$and'"),
        ({"a": {"$regexi": "x" * 501}}, "a.$regexi", "501 characters; at most 500"),
        ({"constructor": "x"}, "constructor", "JavaScript has this word"),
        ({"$not": {"a.toString": "x"}}, "$not.a.toString", "JavaScript has this word"),
        ({"a": {"$vgt": None}}, "a.$vgt", "a version"),
        ({"a": {"$inGroup": "vips"}}, "a.$inGroup", "no saved group 'vips'"),
        ({"$savedGroup": {"id": "vips"}}, "$savedGroup", "no saved group"),
        ({"a": {"$gt": 1, "b": 2}}, "a", "do not mix"),
        ({"a": {}}, "a", r"use operators such as \$exists"),
        ({"a": {"$elemMatch": 3}}, "a.$elemMatch", "must be an object"),
        ({"a": {"$all": [{"$x": 1}]}}, "a.$all.0", "unknown operator"),
        ({"a": float("nan")}, "a", "not a number that JSON can carry"),
        ({"a": {"$lt": float("inf")}}, "a.$lt", "not a number that JSON can carry"),
        ({"": 1}, "", "must not be empty"),
        ({"targetingKey": "x"}, "targetingKey", "called 'id'"),
        ({"a": "x" * 2000}, "a", "1000 characters"),
    ],
)
def test_a_condition_that_could_mislead_is_refused_with_its_place(
    condition: object, path: str, words: str
) -> None:
    with pytest.raises(ConditionError, match=words) as caught:
        check_condition(condition)
    assert caught.value.path == path
    assert isinstance(caught.value, ValueError)


def test_nesting_is_bounded() -> None:
    condition: dict[str, object] = {"a": 1}
    for _ in range(MAX_DEPTH):
        condition = {"$not": condition}
    with pytest.raises(ConditionError, match="nested"):
        check_condition(condition)
    deep: list[object] = []
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(ConditionError, match="nested"):
        check_condition({"a": deep})


def test_size_is_bounded() -> None:
    with pytest.raises(ConditionError, match="2000 parts"):
        check_condition({"$or": [{"a": {"$gt": number}} for number in range(2000)]})


def test_known_groups_may_be_named() -> None:
    check_condition({"a": {"$inGroup": "vips"}, "$savedGroup": {"id": "vips"}}, {"vips"})
