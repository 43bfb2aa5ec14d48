"""JSON from strangers: read strictly, refused in words."""

from __future__ import annotations

import pytest

from assignment.errors import ProefwerkError
from experiments.documents import canonical, merge_patch, read_json


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON: Expecting property name"),
        (b'{"a":1,}', "not JSON"),
        (b"\xff", "not UTF-8"),
        (b'{"a":NaN}', "NaN is not a JSON number"),
        (b'{"a":-Infinity}', "-Infinity is not a JSON number"),
        (b'{"a":1e999}', "not a number that can be kept"),
        (b'{"a":{"b":1,"b":2}}', "the key 'b' appears 2 times"),
        (b'{"a":"\\u0000"}', "NUL"),
        (b'{"\\u0000":1}', "NUL"),
        (b'{"a":"\\ud800"}', "surrogate"),
        (b"[" * 100_000, "nested too deeply"),
        (b"[" * 50 + b"]" * 50, "nested too deeply"),
        (b"9" * 5000, "too long"),
    ],
)
def test_what_cannot_be_read_is_refused_in_words(body: bytes, words: str) -> None:
    with pytest.raises(ProefwerkError) as caught:
        read_json(body)
    assert caught.value.status == 400
    assert words in caught.value.detail


@pytest.mark.parametrize(
    ("target", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        (["a", "b"], ["c", "d"], ["c", "d"]),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ([1, 2], {"a": "b", "c": None}, {"a": "b"}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_patches_merge_as_in_the_examples_of_rfc_7396(target: object, patch: object, result: object) -> None:
    assert merge_patch(target, patch) == result


def test_equal_documents_have_one_text() -> None:
    assert (
        canonical({"b": 1, "a": [1.5, "é"]})
        == canonical({"a": [1.5, "é"], "b": 1})
        == '{"a":[1.5,"é"],"b":1}'
    )
