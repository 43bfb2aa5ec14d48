"""Knows crawlers by their user agent, from the public list in the package `crawler-user-agents` (MIT)."""

from __future__ import annotations

import re
from functools import lru_cache
from importlib.metadata import version
from typing import NamedTuple

from crawleruseragents import CRAWLER_USER_AGENTS_DATA

LIST = "crawler-user-agents"
URL = "https://github.com/monperrus/crawler-user-agents"
MAX_AGENT = 300
"""Characters of a user agent that are looked at, and kept."""
# How a request was sent, not who asked: apps and back ends use these libraries for real shoppers.
_NO_CRAWLERS = "http-library"
_LITERAL = re.compile(r"(?:\\\W|[^\\.^$*+?{}\[\]|()])+")
_ESCAPE = re.compile(r"\\(\W)")


class _Patterns(NamedTuple):
    """The list: plain texts, which are found far faster, and expressions, each with the name of its rule."""

    texts: tuple[tuple[str, str], ...]
    expressions: tuple[tuple[re.Pattern[str], str], ...]


def list_version() -> str:
    """Version of the list."""
    return version(LIST)


def list_size() -> int:
    """How many rules the list has."""
    return len(_PATTERNS.texts) + len(_PATTERNS.expressions)


@lru_cache(maxsize=16_384)
def crawler(agent: str) -> str | None:
    """Name of the list's rule that the user agent fits, such as `Googlebot`; `None` for everybody else.

    An empty text, and the name of a library that sends requests, are no sign of a crawler.
    """
    agent = agent[:MAX_AGENT]
    for text, name in _PATTERNS.texts:
        if text in agent:
            return name
    for expression, name in _PATTERNS.expressions:
        if expression.search(agent):
            return name
    return None


def _read() -> _Patterns:
    texts, expressions = [], []
    for entry in CRAWLER_USER_AGENTS_DATA:
        pattern: str = entry["pattern"]
        if _NO_CRAWLERS in entry.get("tags", ()):
            continue
        plain = _ESCAPE.sub(r"\1", pattern)
        name = plain.strip("/ ")
        if _LITERAL.fullmatch(pattern):
            texts.append((plain, name))
        else:
            expressions.append((re.compile(pattern), name))
    return _Patterns(tuple(texts), tuple(expressions))


_PATTERNS = _read()
