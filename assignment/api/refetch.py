"""Tells OpenFeature providers that flags changed, and sees to it that what they fetch then is new."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from urllib.parse import parse_qs, quote

import msgspec

from assignment.api.answer import Answer
from assignment.api.doors import Doors, News, SnapshotSource
from assignment.api.reading import Environ, path_after
from assignment.api.stream import listen
from assignment.engine import CompiledSnapshot, is_live

PREFIX = "/ofrep/v1/stream/"
INACTIVITY_SECONDS = 120
# Longer than from any evaluation to the opening of the stream that it named.
SETTLED = timedelta(seconds=60)


def subscribe(doors: Doors, environ: Environ) -> Answer:
    """Answer `GET /ofrep/v1/stream/{client_key}` with a message whenever flags must be fetched again.

    Whoever comes for the first time evaluated moments ago, so hears of earlier changes only where they are
    as recent as that.

    Raises:
        ProefwerkError: As `listen`.
    """
    known = environ.get("HTTP_LAST_EVENT_ID")
    if known is None:
        compiled = doors.source.current()
        if datetime.now(UTC) - published(compiled) > SETTLED:
            known = compiled.derived(refetch_news).identity
    return listen(doors, environ, path_after(environ, PREFIX), refetch_news, known)


def refetch_news(compiled: CompiledSnapshot) -> News:
    """The message that flags must be fetched again, with the tag and the time of the configuration."""
    live = [item for item in compiled.snapshot.experiments if is_live(item)]
    tag = hashlib.blake2b(msgspec.json.encode(live, order="deterministic"), digest_size=12).hexdigest()
    message = {
        "type": "refetchEvaluation",
        "etag": tag,
        "lastModified": int(published(compiled).timestamp()),
    }
    return News(tag, tag, b"id: %b\ndata: %b\n\n" % (tag.encode(), msgspec.json.encode(message)))


def published(compiled: CompiledSnapshot) -> datetime:
    """When the rules were published; long ago when they do not say."""
    stamp = compiled.snapshot.published_at
    return datetime.fromisoformat(stamp) if stamp else datetime.fromtimestamp(0, UTC)


@lru_cache(maxsize=256)
def event_streams(mount: str, client_key: str) -> bytes:
    """The member `eventStreams` of a bulk answer.

    The address has no origin: a provider takes that of its base URL, which is the public one.

    Args:
        mount: Path under which the application lies, empty for the root.
        client_key: A browser's EventSource sends no headers, so the key is in the path.
    """
    uri = f"{mount}{PREFIX}{quote(client_key, safe='')}"
    entry = {"type": "sse", "endpoint": {"requestUri": uri}, "inactivityDelaySec": INACTIVITY_SECONDS}
    return b'"eventStreams":[%b]' % msgspec.json.encode(entry)


def up_to_date(source: SnapshotSource, compiled: CompiledSnapshot, query: str) -> CompiledSnapshot:
    """The snapshot to answer by: a newer one when the query tells of a change that this one lacks.

    Another process may have told the client of the change before this one has read it.
    """
    if "flagConfig" not in query:
        return compiled
    told = parse_qs(query)
    tag = told.get("flagConfigEtag", [None])[-1]
    moment = _moment(told.get("flagConfigLastModified", [""])[-1])
    if tag == compiled.derived(refetch_news).identity or (tag is None and moment is None):
        return compiled
    here = published(compiled).replace(microsecond=0)
    # Changes of one second are told apart by their tags alone.
    if moment is not None and (moment < here or (tag is None and moment == here)):
        return compiled
    return source.catch_up()


def _moment(text: str) -> datetime | None:
    """A number of seconds since 1970, or an ISO 8601 time; what is neither says nothing."""
    try:
        moment = datetime.fromtimestamp(int(text), UTC) if text.isdigit() else datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).replace(microsecond=0)
