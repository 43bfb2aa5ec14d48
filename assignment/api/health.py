"""Whether this process lives, whether it can serve, and what it has done."""

from __future__ import annotations

from contextlib import suppress

import msgspec
from prometheus_client import CONTENT_TYPE_LATEST

from assignment.api.answer import NO_STORE, Answer
from assignment.api.doors import Doors
from assignment.api.problems import problem
from assignment.api.reading import Environ
from assignment.errors import ProefwerkError


def alive(doors: Doors, environ: Environ) -> Answer:
    """Answer `GET /healthz`: the process answers requests."""
    return _json({"status": "ok"})


def ready(doors: Doors, environ: Environ) -> Answer:
    """Answer `GET /readyz`: rules are loaded and events can be recorded; else 503 saying which is not."""
    checks: dict[str, str] = {}
    failed: list[str] = []
    revision = None
    try:
        revision = doors.source.current().revision
        checks["snapshot"] = "ok"
    except ProefwerkError as error:
        checks["snapshot"] = error.detail
        failed.append(error.detail)
    try:
        doors.sink.check()
        checks["log"] = "ok"
    except ProefwerkError as error:
        checks["log"] = error.detail
        failed.append(error.detail)
    if doors.streams is not None:
        # Whoever does not hear of changes can still ask for them, so this takes no worker out of service.
        checks["streams"] = "ok" if doors.streams.alive() else "Listeners are not told of changes."
    if failed:
        return problem(ProefwerkError(503, "not_ready", " ".join(failed)), checks=checks)
    return _json({"status": "ok", "revision": revision, "checks": checks})


def metrics(doors: Doors, environ: Environ) -> Answer:
    """Answer `GET /metrics` in Prometheus' text format."""
    with suppress(ProefwerkError):
        use = doors.sink.use()
        doors.meters.logged(use.used, use.limit, use.free)
    return Answer(200, doors.meters.exposition(), CONTENT_TYPE_LATEST, (NO_STORE,))


def _json(document: dict[str, object]) -> Answer:
    return Answer(200, msgspec.json.encode(document), headers=(NO_STORE,))
