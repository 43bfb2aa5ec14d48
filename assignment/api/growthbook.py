"""The doors that GrowthBook SDKs knock at: the payload, its changes, and remote evaluation."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec

from assignment.api.answer import CORS, JSON, Answer, Header
from assignment.api.context import MAX_CONTEXT_BYTES
from assignment.api.crawlers import crawler_agent
from assignment.api.doors import Doors, News
from assignment.api.keys import PUBLIC, Kind, check_key
from assignment.api.reading import Environ, decode_object, matches, path_after, read_body, require_json
from assignment.api.sticking import evaluable, with_memory
from assignment.api.stream import listen
from assignment.engine import CompiledSnapshot
from assignment.errors import FieldError, ProefwerkError, invalid_field
from assignment.growthbook.evaluation import User
from assignment.growthbook.payload import payload_of
from assignment.growthbook.remote import reduce_for

FEATURES_PREFIX = "/api/features/"
REMOTE_PREFIX = "/api/eval/"
STREAM_PREFIX = "/sub/"
MAX_ENTRIES = 1_000
CACHED = ("Cache-Control", "public, max-age=30, stale-while-revalidate=3600, stale-if-error=36000")
_EXPOSED = ("Access-Control-Expose-Headers", "ETag, Retry-After, x-sse-support")


def features(doors: Doors, environ: Environ) -> Answer:
    """Answer `GET /api/features/{client_key}`; 304 when the client has it already.

    Raises:
        ProefwerkError: 401 unknown key, 403 a key that is not a client's, 503 nothing published yet.
    """
    compiled = doors.source.current()
    check_key(compiled, path_after(environ, FEATURES_PREFIX), PUBLIC)
    payload = compiled.derived(payload_of)
    headers: tuple[Header, ...] = (CORS, CACHED, ("ETag", payload.tag), _EXPOSED)
    if doors.streams is not None:
        headers = (*headers, ("x-sse-support", "enabled"))
    if matches(environ.get("HTTP_IF_NONE_MATCH"), payload.tag):
        return Answer(304, b"", headers=headers)
    return Answer(200, payload.body, JSON, headers)


def subscribe(doors: Doors, environ: Environ) -> Answer:
    """Answer `GET /sub/{client_key}` with the payload, now and whenever it changes.

    A listener that names the payload it has in `Last-Event-ID` is spared that payload.

    Raises:
        ProefwerkError: As `listen`.
    """
    key = path_after(environ, STREAM_PREFIX)
    return listen(doors, environ, key, features_news, environ.get("HTTP_LAST_EVENT_ID"))


def features_news(compiled: CompiledSnapshot) -> News:
    """The payload as an event that clients apply at once."""
    payload = compiled.derived(payload_of)
    identity = payload.tag.strip('"')
    event = b"id: %b\nevent: features\ndata: %b\n\n" % (identity.encode(), payload.body)
    return News(identity, payload.features, event)


def evaluate(doors: Doors, environ: Environ) -> Answer:
    """Answer `POST /api/eval/{client_key}`: every live experiment evaluated for the user in the body.

    Raises:
        ProefwerkError: 400 malformed or more than 1,000 entries, 401, 403, 413, 415, 422 invalid, 503.
    """
    compiled = doors.source.current()
    check_key(compiled, path_after(environ, REMOTE_PREFIX), PUBLIC)
    require_json(environ)
    user = _read_user(decode_object(read_body(environ, MAX_CONTEXT_BYTES)))
    payload = compiled.derived(evaluable)
    if not compiled.sticky:
        features = reduce_for(payload, user)
    else:
        agent = crawler_agent(environ, Kind.CLIENT)
        features = with_memory(
            doors,
            compiled,
            user.attributes,
            compiled.sticky - user.forced_variations.keys(),
            lambda documents: reduce_for(payload, replace(user, sticky=documents)),
            agent,
        )
    return Answer(200, msgspec.json.encode({"status": 200, "features": features}))


def _read_user(document: dict[str, Any]) -> User:
    attributes = _object(document, "attributes")
    forced = _object(document, "forcedVariations")
    for key, index in forced.items():
        if isinstance(index, bool) or not isinstance(index, int):
            raise invalid_field(
                f"forcedVariations.{key}", f"must be the index of a variation, not {index!r:.60}"
            )
    url = document.get("url") or ""
    if not isinstance(url, str):
        raise invalid_field("url", f"must be text, not {url!r:.60}")
    return User(attributes, forced, _forced_features(document), url)


def _object(document: dict[str, Any], field: str) -> dict[str, Any]:
    value = document.get(field)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise invalid_field(field, f"must be an object, not {value!r:.60}")
    _refuse_excess(field, len(value))
    return value


def _forced_features(document: dict[str, Any]) -> dict[str, object]:
    pairs = document.get("forcedFeatures")
    if isinstance(pairs, dict):
        pairs = list(pairs.items())
    if not isinstance(pairs, list | None):
        raise invalid_field("forcedFeatures", f"must be a list of [key, value] pairs, not {pairs!r:.60}")
    forced: dict[str, object] = {}
    _refuse_excess("forcedFeatures", len(pairs or ()))
    for index, pair in enumerate(pairs or ()):
        if not isinstance(pair, list | tuple) or len(pair) != 2 or not isinstance(pair[0], str):
            raise invalid_field(f"forcedFeatures.{index}", f"must be a [key, value] pair, not {pair!r:.60}")
        forced[pair[0]] = pair[1]
    return forced


def _refuse_excess(field: str, count: int) -> None:
    if count > MAX_ENTRIES:
        message = f"has {count:,} entries; at most {MAX_ENTRIES:,} are taken"
        raise ProefwerkError(400, "too_many", f"{field} {message}.", (FieldError(field, message),))
