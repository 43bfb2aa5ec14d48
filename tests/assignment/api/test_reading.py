"""A body means one thing: the quick look at its colons sees every key that is given twice."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assignment.api.reading import MAX_NESTING, decode_object
from assignment.errors import ProefwerkError

TEXTS = st.text(':{}[]"\\abé😀', max_size=3)
KEYS = st.sampled_from(["context", "a", "b", ":", "{"]) | TEXTS
SCALARS = st.none() | st.booleans() | st.integers(-9, 9) | TEXTS


class _Object:
    """Members in order, of which several may have one key."""

    def __init__(self, members: list[tuple[str, Any]]) -> None:
        self.members = members


def _objects(values: st.SearchStrategy[Any]) -> st.SearchStrategy[_Object]:
    return st.lists(st.tuples(KEYS, values), max_size=4).map(_Object)


VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | _objects(inner), max_leaves=8)


def _written(value: Any, *, escaped: bool) -> str:
    if isinstance(value, _Object):
        pairs = (
            f"{_written(key, escaped=escaped)}:{_written(item, escaped=escaped)}"
            for key, item in value.members
        )
        return "{" + ",".join(pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_written(item, escaped=escaped) for item in value) + "]"
    text = json.dumps(value)
    return text.replace(":", "\\u003a") if escaped else text


def _repeats(value: Any) -> bool:
    if isinstance(value, list):
        return any(map(_repeats, value))
    if not isinstance(value, _Object):
        return False
    keys = [key for key, _ in value.members]
    return len(set(keys)) < len(keys) or any(_repeats(item) for _, item in value.members)


@settings(max_examples=250, deadline=None)
@given(value=_objects(VALUES), escaped=st.booleans())
def test_a_body_is_refused_exactly_when_a_key_is_given_twice(value: _Object, escaped: bool) -> None:
    body = _written(value, escaped=escaped)
    if _repeats(value):
        with pytest.raises(ProefwerkError) as refused:
            decode_object(body.encode())
        assert refused.value.code == "repeated_key"
    else:
        assert decode_object(body.encode()) == json.loads(body)


@pytest.mark.parametrize("opening", ['{"context":{"a":', '{"a":'])
def test_lists_nested_beyond_reason_are_refused(opening: str) -> None:
    objects = opening.count("{")

    def nested(levels: int) -> bytes:
        return f"{opening}{'[' * levels}{']' * levels}{'}' * objects}".encode()

    assert decode_object(nested(MAX_NESTING - objects))
    with pytest.raises(ProefwerkError, match="deeper"):
        decode_object(nested(MAX_NESTING - objects + 1))
