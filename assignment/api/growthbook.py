"""The doors that GrowthBook SDKs knock at: the payload for deciding locally, and remote evaluation."""

from __future__ import annotations

from assignment.api.answer import CORS, JSON, Answer
from assignment.api.doors import Doors
from assignment.api.keys import PUBLIC, check_key
from assignment.api.ofrep import matches
from assignment.api.reading import Environ
from assignment.growthbook.payload import payload_of

FEATURES_PREFIX = "/api/features/"
CACHED = ("Cache-Control", "public, max-age=30, stale-while-revalidate=3600, stale-if-error=36000")
_EXPOSED = ("Access-Control-Expose-Headers", "ETag, Retry-After, x-sse-support")


def features(doors: Doors, environ: Environ) -> Answer:
    """Answer `GET /api/features/{client_key}`; 304 when the client has it already.

    Raises:
        ProefwerkError: 401 unknown key, 403 a key that is not a client's, 503 nothing published yet.
    """
    compiled = doors.source.current()
    check_key(compiled, path_key(environ, FEATURES_PREFIX), PUBLIC)
    payload = compiled.derived(payload_of)
    headers = (CORS, CACHED, ("ETag", payload.tag), _EXPOSED)
    if matches(environ.get("HTTP_IF_NONE_MATCH"), payload.tag):
        return Answer(304, b"", headers=headers)
    return Answer(200, payload.body, JSON, headers)


def path_key(environ: Environ, prefix: str) -> str:
    """The key at the end of the path."""
    path: str = environ["PATH_INFO"]
    return path[len(prefix) :].encode("latin-1").decode("utf-8", "replace")
