"""How JavaScript turns values into text and numbers, which every SDK follows."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping

_SAFE_INTEGER = 2**53
_WHITESPACE = (
    "\t\n\v\f\r \xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000\ufeff"
)
_DECIMAL = re.compile(r"[+-]?(?:Infinity|(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)")
_RADIX = re.compile(r"0(?:[xX][0-9a-fA-F]+|[oO][0-7]+|[bB][01]+)")
_ARRAY_INDEX = re.compile(r"0|[1-9][0-9]{0,9}")


def number_text(value: int | float) -> str:
    """The number as JavaScript prints it: `1.0` is `1`, `1e21` is `1e+21`."""
    if isinstance(value, int) and -_SAFE_INTEGER <= value <= _SAFE_INTEGER:
        return str(value)
    number = _as_float(value)
    if math.isnan(number):
        return "NaN"
    if math.isinf(number):
        return "Infinity" if number > 0 else "-Infinity"
    if number == 0:
        return "0"
    sign = "-" if number < 0 else ""
    mantissa, _, power = f"{abs(number)!r}".partition("e")
    whole, _, fraction = mantissa.partition(".")
    fraction = "" if fraction == "0" else fraction
    return sign + _place_point(whole, fraction, int(power or 0))


def _place_point(whole: str, fraction: str, power: int) -> str:
    """ECMA-262, Number::toString: positional between 1e-7 and 1e21, else with an exponent."""
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + power - (len(whole + fraction) - len(digits))
    digits = digits.rstrip("0")
    count = len(digits)
    if count <= point <= 21:
        return digits + "0" * (point - count)
    if 0 < point <= 21:
        return f"{digits[:point]}.{digits[point:]}"
    if -6 < point <= 0:
        return f"0.{'0' * -point}{digits}"
    exponent = point - 1
    shown = f"{'+' if exponent > 0 else '-'}{abs(exponent)}"
    return f"{digits[0]}.{digits[1:]}e{shown}" if count > 1 else f"{digits}e{shown}"


def _as_float(value: int | float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def text_of(value: object) -> str:
    """The value as `String(value)` gives it; a missing one is `null`."""
    if isinstance(value, str):
        return value
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return number_text(value)
    if isinstance(value, list | tuple):
        return ",".join("" if item is None else text_of(item) for item in value)
    return "[object Object]"


def number_of(value: object) -> float:
    """The value as `Number(value)` gives it; what is not a number is NaN."""
    if value is None:
        return 0.0
    if isinstance(value, bool | int | float):
        return _as_float(value)
    text = text_of(value).strip(_WHITESPACE)
    if not text:
        return 0.0
    if _RADIX.fullmatch(text):
        return _as_float(int(text, 0))
    if _DECIMAL.fullmatch(text):
        return float(text.replace("Infinity", "inf"))
    return math.nan


def is_truthy(value: object) -> bool:
    """Whether JavaScript takes the value for true: `[]` and `{}` are, `0`, `""`, NaN and null are not."""
    if isinstance(value, list | tuple | Mapping):
        return True
    return bool(value) and value == value


def strictly_equal(left: object, right: object) -> bool:
    """`left === right` for values that came from JSON: no conversion, arrays and objects never equal."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | float) and isinstance(right, int | float):
        return left == right or (abs(left) > _SAFE_INTEGER and _as_float(left) == _as_float(right))
    if isinstance(left, str) and isinstance(right, str):
        return left == right
    return left is None and right is None


def is_less(left: object, right: object) -> bool:
    """`left < right`: two texts by UTF-16 code units, anything else as numbers."""
    first, second = _primitive(left), _primitive(right)
    if isinstance(first, str) and isinstance(second, str):
        return code_units(first) < code_units(second)
    return number_of(first) < number_of(second)


def is_at_most(left: object, right: object) -> bool:
    """`left <= right`, as `is_less`."""
    first, second = _primitive(left), _primitive(right)
    if isinstance(first, str) and isinstance(second, str):
        return code_units(first) <= code_units(second)
    return number_of(first) <= number_of(second)


def _primitive(value: object) -> object:
    return text_of(value) if isinstance(value, list | tuple | Mapping) else value


def code_units(text: str) -> bytes:
    """The UTF-16 code units of the text, big end first, so that bytes sort as JavaScript sorts text."""
    return text.encode("utf-16-be", "surrogatepass")


def json_text(value: object) -> str:
    """The value as `JSON.stringify` writes it: key order kept, but array-like keys first and ascending."""
    if isinstance(value, Mapping):
        return "{" + ",".join(f"{_quote(key)}:{json_text(value[key])}" for key in _key_order(value)) + "}"
    if isinstance(value, list | tuple):
        return "[" + ",".join(json_text(item) for item in value) + "]"
    if isinstance(value, str):
        return _quote(value)
    if isinstance(value, float) and not math.isfinite(value):
        return "null"
    return text_of(value)


def _quote(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _key_order(value: Mapping[str, object]) -> list[str]:
    indices = [key for key in value if _ARRAY_INDEX.fullmatch(key) and int(key) < 2**32 - 1]
    if not indices:
        return list(value)
    chosen = set(indices)
    return sorted(indices, key=int) + [key for key in value if key not in chosen]
