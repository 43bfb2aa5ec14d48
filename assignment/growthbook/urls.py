"""What an address says about experiments: forced variations in its query, and targeting by pattern."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import SplitResult, parse_qsl, quote, urljoin, urlsplit, urlunsplit

from assignment.patterns import PatternError, compile_pattern

_INDEX = re.compile(r"\s*\+?([0-9]{1,9})")


def query_override(key: str, url: str, count: int) -> int | None:
    """The variation that `?<key>=<index>` asks for; `None` when it asks for none that exists.

    What follows the index is ignored, as JavaScript's `parseInt` does.
    """
    query = [*url.split("?"), ""][1].split("#", 1)[0]
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if name == key:
            index = _INDEX.match(value)
            return int(index[1]) if index and int(index[1]) < count else None
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
        actual = _parsed(url, "https://_/")
        if kind == "regex":
            test = compile_pattern(pattern)
            relative = urlunsplit(("", "", *actual[2:]))
            return test(f"{actual.scheme}://{actual.netloc}{relative}") or test(relative)
        return kind == "simple" and _matches_simply(actual, pattern)
    except (PatternError, ValueError):
        return False


def _matches_simply(actual: SplitResult, pattern: str) -> bool:
    # A wildcard in the host would not be taken for one by a URL parser.
    text = re.sub(r"^([^:/?]*)\.", r"https://\1.", pattern)
    expected = _parsed(text.replace("*", "_____"), "https://_____/")
    if not _like(actual.netloc, re.escape(expected.netloc)):
        return False
    # Slashes at the path's ends are optional.
    if not _like(actual.path, f"/?{re.sub('^/|/$', '', re.escape(expected.path))}/?"):
        return False
    if expected.fragment and not _like(actual.fragment, re.escape(expected.fragment)):
        return False
    given = dict(reversed(parse_qsl(actual.query, keep_blank_values=True)))
    return all(
        _like(given.get(name, ""), re.escape(value))
        for name, value in parse_qsl(expected.query, keep_blank_values=True)
    )


def _like(value: str, expression: str) -> bool:
    return re.fullmatch(expression.replace("_____", ".*"), value, re.IGNORECASE) is not None


def _parsed(url: str, base: str) -> SplitResult:
    """The address as a browser reads it: absolute, its path resolved and escaped, without a usual port."""
    parts = urlsplit(urljoin(base, url.strip()))
    host = parts.netloc.lower().removesuffix(":443" if parts.scheme == "https" else ":80")
    path = quote(urlsplit(urljoin(f"{base}a/", parts.path or "/")).path, safe="%/:@!$&'()*+,;=~|^[]")
    query = quote(parts.query, safe="%/:@!$&()*+,;=?~|^`{}[]\\")
    return SplitResult(
        parts.scheme, host, path, query, quote(parts.fragment, safe="%/:@!$&'()*+,;=?~#|^[]{}\\")
    )
