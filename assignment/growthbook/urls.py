"""What an address says about experiments: forced variations in its query, and targeting by pattern."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit, urlunsplit

from assignment.patterns import PatternError, compile_pattern

_DIGITS = re.compile(r"[0-9]{1,9}")


def query_override(key: str, url: str, count: int) -> int | None:
    """The variation that `?<key>=<index>` asks for; `None` when it asks for none that exists."""
    query = url.split("#", 1)[0].partition("?")[2]
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if name == key:
            if not _DIGITS.fullmatch(value):
                return None
            return int(value) if int(value) < count else None
    return None


def is_targeted(url: str, patterns: list[dict[str, Any]]) -> bool:
    """Whether a page is in the target: no exclude matches it, and an include does if there are any."""
    if not patterns:
        return False
    has_includes = included = False
    for pattern in patterns:
        matches = _matches(url, str(pattern.get("type", "")), str(pattern.get("pattern", "")))
        if pattern.get("include") is False:
            if matches:
                return False
        else:
            has_includes = True
            included = included or matches
    return included or not has_includes


def _matches(url: str, kind: str, pattern: str) -> bool:
    try:
        if kind == "regex":
            test = compile_pattern(pattern)
            parts = urlsplit(urljoin("https://_/", url))
            relative = urlunsplit(("", "", parts.path or "/", parts.query, parts.fragment))
            return test(f"{parts.scheme}://{parts.netloc.lower()}{relative}") or test(relative)
        return kind == "simple" and _matches_simply(url, pattern)
    except (PatternError, ValueError):
        return False


def _matches_simply(url: str, pattern: str) -> bool:
    actual = urlsplit(url)
    # A wildcard in the host would not be taken for one by a URL parser.
    text = re.sub(r"^([^:/?]*)\.", r"https://\1.", pattern)
    expected = urlsplit(text.replace("*", "_____"), scheme="https")
    host, path = expected.netloc or "_____", expected.path
    pairs = [(actual.netloc, host), (_trimmed(actual.path), _trimmed(path))]
    if expected.fragment:
        pairs.append((actual.fragment, expected.fragment))
    given = dict(reversed(parse_qsl(actual.query, keep_blank_values=True)))
    for name, value in parse_qsl(expected.query, keep_blank_values=True):
        pairs.append((given.get(name, ""), value))
    return all(_like(value, wanted) for value, wanted in pairs)


def _trimmed(path: str) -> str:
    return path.strip("/")


def _like(value: str, pattern: str) -> bool:
    expression = re.escape(unquote(pattern)).replace("_____", ".*")
    return re.fullmatch(expression, unquote(value), re.IGNORECASE | re.DOTALL) is not None
