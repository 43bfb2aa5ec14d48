"""Says in a sentence why one event is not taken, naming the field, the value and the rule."""

from __future__ import annotations

import json
import re

import msgspec

from assignment.events import Event, decode_event

_PLACE = re.compile(r"^(?P<rule>.*?)(?: - at `\$\.?(?P<path>.*)`)?$", re.DOTALL)
_MISSING = re.compile(r"Object missing required field `(\w+)`")
_EXPECTED = re.compile(r"Expected `(?P<wanted>[^`]+)`(?P<more>.*)", re.DOTALL)
_INDEX = re.compile(r"\[(\d+)\]")
_LENGTH = re.compile(r" of length (?P<sign><=|>=) (?P<limit>\d+)")
_KINDS = {
    "str": "text",
    "float": "a number",
    "int": "a whole number",
    "object": "an object",
    "array": "a list",
    "bool": "true or false",
    "null": "null",
    "datetime": "an RFC 3339 time",
}
_SHOWN = 80


class Refused(Exception):  # noqa: N818 - the sentence for whoever sent the event
    """The event is not taken; the text says why."""


def read(piece: bytes) -> Event:
    """The event in a piece of JSON, or its refusal in words.

    Raises:
        Refused: It is no event.
    """
    try:
        event = decode_event(piece)
    except msgspec.ValidationError as error:
        raise Refused(_sentence(str(error), piece)) from None
    except msgspec.DecodeError as error:
        parse(piece)
        raise Refused(_malformed(error)) from None
    except UnicodeDecodeError:
        raise Refused("the event is not UTF-8") from None
    except RecursionError:
        raise Refused("the event is nested too deeply") from None
    parse(piece)
    return event


def parse(piece: bytes) -> object:
    """The piece as plain JSON, in which no object has a key twice.

    Raises:
        Refused: It is not such JSON.
    """
    try:
        return _strict.decode(piece.decode())
    except UnicodeDecodeError:
        raise Refused("the event is not UTF-8") from None
    except RecursionError:
        raise Refused("the event is nested too deeply") from None
    except json.JSONDecodeError as error:
        raise Refused(f"malformed JSON: {error.msg.lower()} at character {error.pos} of the event") from None


def _malformed(error: msgspec.DecodeError) -> str:
    if "utf-16" in str(error) or "truncated" in str(error):
        return "text holds half of a surrogate pair, which is no Unicode text"
    return f"malformed JSON: {error}"


def _sentence(message: str, piece: bytes) -> str:
    match = _PLACE.match(message)
    rule, path = (match["rule"], match["path"] or "") if match else (message, "")
    missing = _MISSING.fullmatch(rule)
    if missing:
        return f"{'.'.join(filter(None, (path, missing[1])))}: is missing"
    path = _INDEX.sub(r".\1", path.replace("[...]", ".*"))
    if not path:
        return f"the event is not an object but {_shown(_quietly(piece))}"
    return f"{path}: {_value(path, piece)}{_rule(path, rule)}"


def _rule(path: str, rule: str) -> str:
    if path == "type":
        return "must be 'exposure', 'conversion' or 'link'"
    if path == "currency":
        return "must be an ISO 4217 code such as EUR"
    if path == "version":
        return "must be the number of a phase, a whole one from 1"
    if path == "time":
        return "must be an RFC 3339 time with a time zone, such as 2026-11-23T10:00:00Z"
    if rule.startswith("Number out of range"):
        return "is beyond the range of a 64-bit floating-point number"
    expected = _EXPECTED.match(rule)
    if not expected:
        return rule
    wanted, more = expected["wanted"], expected["more"]
    length = _LENGTH.match(more)
    if length:
        return (
            "must not be empty"
            if length["sign"] == ">="
            else f"must have at most {length['limit']} characters"
        )
    if wanted == "int" and more:
        return "must be a whole number of at most 64 bits"
    kinds = [_KINDS.get(kind.strip(), kind.strip()) for kind in wanted.split("|")]
    return f"must be {' or '.join(kinds)}"


def _value(path: str, piece: bytes) -> str:
    """The offending value and a space, where the path leads to one."""
    value = _quietly(piece)
    if "*" in path or not isinstance(value, dict) or path not in value:
        return ""
    return f"{_shown(value[path])} "


def _quietly(piece: bytes) -> object:
    try:
        return parse(piece)
    except Refused:
        return None


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False) if not isinstance(value, _Number) else str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


class _Number(str):
    """A number as it was written; never converted, because it may have a million digits."""

    __slots__ = ()


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for key, value in pairs:
        if key in found:
            raise Refused(f"{key[:_SHOWN]}: is given more than once; a key may occur once in an object")
        found[key] = value
    return found


def _no_constant(name: str) -> object:
    raise Refused(f"{name} is not a number in JSON; leave the event out or send a finite number")


_strict = json.JSONDecoder(
    object_pairs_hook=_unique, parse_constant=_no_constant, parse_int=_Number, parse_float=_Number
)
