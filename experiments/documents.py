"""JSON documents as strangers send them: read strictly, refused in words."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from typing import Any, NoReturn

from assignment.errors import FieldError, ProefwerkError

MAX_DEPTH = 40
_SHOWN = 80


def read_json(body: bytes) -> Any:
    """The value in a JSON text.

    Raises:
        ProefwerkError: 400 for what is not JSON, has a key twice in one object, or holds what cannot be kept.
    """
    try:
        document = json.loads(
            body.decode("utf-8"), parse_constant=_refuse_constant, object_pairs_hook=_object_of
        )
    except UnicodeDecodeError as error:
        raise _malformed(f"The body is not UTF-8: byte {error.start} cannot be read.") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise _malformed(f"The body is not JSON: {error.msg} at {place}.") from error
    except RecursionError as error:
        raise _malformed(f"The body is nested too deeply; {MAX_DEPTH} levels are allowed.") from error
    except ValueError as error:
        raise _malformed(f"The body holds a number that is too long: {error}.") from error
    check_document(document)
    return document


def check_document(document: Any) -> None:
    """Refuses what JSON or a database cannot keep: NaN, infinities, NUL, half characters, deep nests.

    Raises:
        ProefwerkError: 400 naming the field.
    """
    complaint = _complaint(document, (), 0)
    if complaint is not None:
        path, rule = complaint
        name = ".".join(path)
        raise _malformed(f"{name or 'The body'}: {rule}.", (FieldError(name, rule),) if name else ())


def shown(value: object) -> str:
    """A value as it may be quoted in a sentence, cut where it is long."""
    if isinstance(value, str):
        text = f"'{value}'"
    else:
        try:
            text = json.dumps(value, ensure_ascii=False, default=str)
        except (TypeError, ValueError):
            text = str(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}..."


def canonical(document: Any) -> str:
    """The one JSON text of a value: sorted keys, no spaces; equal values give equal texts."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def timestamp(moment: datetime | None) -> str | None:
    """A moment as RFC 3339 in UTC."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def merge_patch(target: Any, patch: Any) -> Any:
    """The target changed by a JSON merge patch (RFC 7396); neither argument is changed."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merge_patch(result.get(key), value)
    return result


def _complaint(value: Any, path: tuple[str, ...], depth: int) -> tuple[tuple[str, ...], str] | None:
    if depth > MAX_DEPTH:
        return path[:3], f"nested too deeply; {MAX_DEPTH} levels are allowed"
    if isinstance(value, str):
        rule = _text_complaint(value)
        return (path, rule) if rule else None
    if isinstance(value, float) and not math.isfinite(value):
        return path, f"{value} is not a number that can be kept"
    if isinstance(value, dict):
        for key, item in value.items():
            rule = _text_complaint(key) if isinstance(key, str) else f"the key {key!r} is not text"
            found = (path, rule) if rule else _complaint(item, (*path, key), depth + 1)
            if found:
                return found
    elif isinstance(value, list):
        for index, item in enumerate(value):
            found = _complaint(item, (*path, str(index)), depth + 1)
            if found:
                return found
    return None


def _text_complaint(text: str) -> str | None:
    if "\0" in text:
        return "the text holds the character NUL, which cannot be kept"
    if any("\ud800" <= character <= "\udfff" for character in text):
        return "the text holds half a character (a lone surrogate), which cannot be kept"
    return None


def _object_of(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        rule = f"the key {shown(twice)} appears {names.count(twice)} times in one object; once is allowed"
        raise _malformed(f"The body cannot be read: {rule}.", (FieldError(twice, rule),))
    return result


def _refuse_constant(text: str) -> NoReturn:
    raise _malformed(f"The body is not JSON: {text} is not a JSON number.")


def _malformed(detail: str, fields: tuple[FieldError, ...] = ()) -> ProefwerkError:
    return ProefwerkError(400, "malformed_json", detail, fields)
