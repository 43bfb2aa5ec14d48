"""Serves the browser snippet."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path

from assignment.api.answer import CORS, Answer
from assignment.api.doors import Doors
from assignment.api.reading import Environ, matches

_FILE = Path(__file__).parent.parent / "static" / "proefwerk.js"
_CACHED = ("Cache-Control", "public, max-age=300, stale-while-revalidate=86400")


def script(doors: Doors, environ: Environ) -> Answer:
    """Answer `GET /proefwerk.js`; 304 when the browser has it already."""
    body, tag = _read()
    headers = (CORS, _CACHED, ("ETag", tag), ("X-Content-Type-Options", "nosniff"))
    if matches(environ.get("HTTP_IF_NONE_MATCH"), tag):
        return Answer(304, b"", headers=headers)
    return Answer(200, body, "text/javascript; charset=utf-8", headers)


@cache
def _read() -> tuple[bytes, str]:
    body = _FILE.read_bytes()
    return body, f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"'
