"""Reads requests: path, tags, body within a limit, media type, JSON without ambiguity."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import msgspec

from assignment.errors import ProefwerkError

MAX_NESTING = 32

Environ = dict[str, Any]


def read_body(environ: Environ, limit: int) -> bytes:
    """The request's body, at most `limit` bytes.

    Raises:
        ProefwerkError: 413 too large; 415 compressed; 400 a length that is not a number or not kept.
    """
    encoding = environ.get("HTTP_CONTENT_ENCODING")
    if encoding and encoding.lower() != "identity":
        raise ProefwerkError(415, "encoded", f"Content-Encoding '{encoding}' is not accepted; send it plain.")
    length = environ.get("CONTENT_LENGTH")
    stream = environ["wsgi.input"]
    if length:
        if not length.isascii() or not length.isdigit():
            raise ProefwerkError(400, "bad_length", f"Content-Length '{length}' is not a number of bytes.")
        if int(length) > limit:
            raise _too_large(limit)
        body: bytes = stream.read(int(length))
        if len(body) < int(length):
            detail = f"The body ended after {len(body):,} of {int(length):,} bytes."
            raise ProefwerkError(400, "incomplete", detail)
    elif environ.get("wsgi.input_terminated"):
        body = stream.read(limit + 1)
    else:
        body = b""
    if len(body) > limit:
        raise _too_large(limit)
    return body


def _too_large(limit: int) -> ProefwerkError:
    return ProefwerkError(
        413, "too_large", f"The body is larger than {limit:,} bytes, the most that is taken."
    )


def require_json(environ: Environ) -> None:
    """Refuse a body that says it is something else than JSON in UTF-8; silence counts as JSON.

    Raises:
        ProefwerkError: 415.
    """
    declared = environ.get("CONTENT_TYPE", "")
    if declared in _PLAIN_JSON:
        return
    media, *parameters = (part.strip().lower() for part in declared.split(";"))
    if media not in {"", "application/json", "text/plain"} and not media.endswith("+json"):
        raise ProefwerkError(
            415, "not_json", f"Content-Type '{media}' is not accepted; send application/json."
        )
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "charset" and value.strip().strip('"') not in {"utf-8", "utf8", "us-ascii"}:
            raise ProefwerkError(415, "not_utf8", f"JSON is sent in UTF-8, not in {value.strip()}.")


def path_after(environ: Environ, prefix: str) -> str:
    """What follows the prefix in the request's path, as text."""
    path: str = environ["PATH_INFO"]
    return path[len(prefix) :].encode("latin-1").decode("utf-8", "replace")


def matches(if_none_match: str | None, tag: str) -> bool:
    """Whether an `If-None-Match` header names the tag (RFC 9110, weak comparison)."""
    if not if_none_match:
        return False
    if if_none_match == tag or if_none_match.strip() == "*":
        return True
    return any(part.strip().removeprefix("W/") == tag for part in if_none_match.split(","))


_PLAIN_JSON = frozenset(
    ("", "application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8")
)


def decode_object(body: bytes) -> dict[str, Any]:
    """The JSON object in the body.

    Raises:
        ProefwerkError: 400: not JSON, not an object, an object with the same key twice, or nested beyond
            reason.
    """
    try:
        document = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise _malformed(body, error) from error
    if not isinstance(document, dict):
        raise ProefwerkError(400, "malformed", f"The body must be a JSON object, not {_kind(document)}.")
    # Each key has one colon; any other colon lies in a text. When the sum differs a key was given twice, or
    # a colon was escaped: then look closely.
    if body.count(b":") == _count_keys(body, document):
        return document
    if body.count(b":") != _count_colons(document, 1) or b"\\u003" in body:
        _refuse_repeated_keys(body)
    return document


def _count_keys(body: bytes, document: dict[str, Any]) -> int:
    """Keys of an object that holds at most one object with no other in it, as most requests do; else -1."""
    braces = body.count(b"{")
    if braces > 2 or body.count(b"[") > MAX_NESTING - 2:
        return -1
    context = document.get("context")
    if braces == 1:
        return len(document)
    return len(document) + len(context) if context.__class__ is dict else -1


def _malformed(body: bytes, error: Exception) -> ProefwerkError:
    if not body.strip():
        detail = "The body is empty; a JSON object is expected."
    elif isinstance(error, UnicodeDecodeError):
        detail = "The body is not valid JSON: it is not UTF-8."
    elif isinstance(error, RecursionError):
        detail = f"The body is nested deeper than {MAX_NESTING} levels, the most that is taken."
    else:
        hint = "; NaN and Infinity are not JSON" if b"NaN" in body or b"Infinity" in body else ""
        detail = f"The body is not valid JSON: {str(error).removeprefix('JSON is malformed: ')}{hint}."
    return ProefwerkError(400, "malformed", detail)


def _kind(value: object) -> str:
    names = {list: "a list", str: "a text", bool: "a boolean", int: "a number", float: "a number"}
    return names.get(type(value), "null")


def _count_colons(value: Any, depth: int) -> int:
    """Colons that the value takes when written as JSON without escapes."""
    if depth > MAX_NESTING:
        raise ProefwerkError(
            400, "malformed", f"The body is nested deeper than {MAX_NESTING} levels, the most that is taken."
        )
    total = 0
    if value.__class__ is dict:
        total = len(value)
        for key in value:
            if ":" in key:
                total += key.count(":")
        value = value.values()
    for item in value:
        kind = item.__class__
        if kind is str:
            if ":" in item:
                total += item.count(":")
        elif kind is dict or kind is list:
            total += _count_colons(item, depth + 1)
    return total


def _refuse_repeated_keys(body: bytes) -> None:
    json.loads(body, object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        times = Counter(name for name, _ in pairs)
        twice = next(name for name, count in times.items() if count > 1)
        raise ProefwerkError(400, "repeated_key", f"'{twice}' is given twice in one object of the body.")
    return found
