"""Values turn into text and numbers as in every JavaScript SDK."""

from __future__ import annotations

import math

import pytest

from assignment import javascript


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (-0.0, "0"),
        (0.1, "0.1"),
        (123.456, "123.456"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1.5e300, "1.5e+300"),
        (1e-6, "0.000001"),
        (1e-7, "1e-7"),
        (-1.5e-7, "-1.5e-7"),
        (5e-324, "5e-324"),
        (2**53, "9007199254740992"),
        (2**53 + 1, "9007199254740992"),
        (10**400, "Infinity"),
        (math.nan, "NaN"),
    ],
)
def test_numbers_print_as_in_javascript(value: float, text: str) -> None:
    assert javascript.number_text(value) == text


@pytest.mark.parametrize(
    ("value", "number"),
    [
        (None, 0),
        (True, 1),
        ("8", 8),
        (" 8\n", 8),
        ("", 0),
        ("0x1F", 31),
        ("0b11", 3),
        (".5e1", 5),
        ("-Infinity", -math.inf),
        ([], 0),
        ([5], 5),
        ([[7]], 7),
    ],
)
def test_values_convert_to_numbers_as_in_javascript(value: object, number: float) -> None:
    assert javascript.number_of(value) == number


@pytest.mark.parametrize("value", ["abc", "1_000", "١", "inf", "nan", "1,5", {}, [1, 2], "0x", "--1"])
def test_what_javascript_takes_for_no_number_is_nan(value: object) -> None:
    assert math.isnan(javascript.number_of(value))


def test_lists_and_objects_print_as_in_javascript() -> None:
    assert javascript.text_of([1, None, [True, "x"]]) == "1,,true,x"
    assert javascript.text_of({"a": 1}) == "[object Object]"
    assert javascript.text_of(None) == "null"


def test_json_text_keeps_key_order_but_puts_array_like_keys_first() -> None:
    value = {"b": 1.0, "10": [None, True], "2": "é\n", "a": {}}
    assert javascript.json_text(value) == '{"2":"é\\n","10":[null,true],"b":1,"a":{}}'


def test_strict_equality_never_converts() -> None:
    assert javascript.strictly_equal(1, 1.0)
    assert not javascript.strictly_equal(1, True)
    assert not javascript.strictly_equal("8", 8)
    assert not javascript.strictly_equal(None, 0)
    assert not javascript.strictly_equal([], [])
    assert javascript.strictly_equal(None, None)


def test_order_is_by_code_units_for_texts_and_by_number_for_the_rest() -> None:
    assert not javascript.is_less("9", "10")
    assert javascript.is_less("9", 10)
    assert javascript.is_less("😀", "\uffff")
    assert javascript.is_less(None, 1)
    assert javascript.is_at_most(None, 0)
    assert not javascript.is_less("abc", 1)
    assert not javascript.is_less(1, "abc")


def test_empty_lists_and_objects_are_truthy() -> None:
    assert javascript.is_truthy([])
    assert javascript.is_truthy({})
    assert not any(javascript.is_truthy(value) for value in (0, "", None, False, math.nan))
