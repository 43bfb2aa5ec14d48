"""Serves the browser snippet, without its comments and compressed."""

from __future__ import annotations

import gzip
import hashlib
import re
from functools import cache
from pathlib import Path

from assignment.api.answer import CORS, Answer
from assignment.api.doors import Doors
from assignment.api.reading import Environ, matches

_FILE = Path(__file__).parent.parent / "static" / "proefwerk.js"
_CACHED = ("Cache-Control", "public, max-age=300, stale-while-revalidate=86400")
_COMMENT = re.compile(r"^\s*(?:/\*\*.*?\*/|//[^\n]*)\n", re.MULTILINE | re.DOTALL)
_INDENT = re.compile(r"^[ ]+", re.MULTILINE)
_NO_GZIP = re.compile(r"(?:^|[\s,])gzip\s*;\s*q=0(?:\.0*)?\s*(?:,|$)")


def script(doors: Doors, environ: Environ) -> Answer:
    """Answer `GET /proefwerk.js`; 304 when the browser has it already."""
    plain, packed, tag = _read()
    headers = (
        CORS,
        _CACHED,
        ("ETag", f"W/{tag}"),
        ("Vary", "Accept-Encoding"),
        ("X-Content-Type-Options", "nosniff"),
    )
    if matches(environ.get("HTTP_IF_NONE_MATCH"), tag):
        return Answer(304, b"", headers=headers)
    media = "text/javascript; charset=utf-8"
    if takes_gzip(environ.get("HTTP_ACCEPT_ENCODING", "")):
        return Answer(200, packed, media, (*headers, ("Content-Encoding", "gzip")))
    return Answer(200, plain, media, headers)


def takes_gzip(accepted: str) -> bool:
    """Whether an `Accept-Encoding` header names gzip, with another weight than 0 (RFC 9110)."""
    accepted = accepted.lower()
    return "gzip" in accepted and not _NO_GZIP.search(accepted)


@cache
def _read() -> tuple[bytes, bytes, str]:
    """The script plain and compressed, with a tag for both."""
    text = _FILE.read_text(encoding="utf-8")
    plain = _INDENT.sub("", _COMMENT.sub("", text)).encode()
    return plain, gzip.compress(plain, 9, mtime=0), f'"{hashlib.blake2b(plain, digest_size=12).hexdigest()}"'
