"""The door through which storefronts report exposures and conversions."""

from __future__ import annotations

import msgspec

from assignment.api.answer import Answer
from assignment.api.crawlers import crawler_agent
from assignment.api.doors import Doors
from assignment.api.keys import DELIVERY, authenticate
from assignment.api.problems import problem
from assignment.api.reading import Environ, read_body
from assignment.errors import ProefwerkError
from assignment.intake import MAX_BYTES


def accept(doors: Doors, environ: Environ) -> Answer:
    """Answer `POST /api/v1/events`; 200 means that what was accepted is on disk.

    Raises:
        ProefwerkError: 400 malformed, 401, 403, 413, 415, 422 invalid, 503 nothing can be recorded now.
    """
    compiled = doors.source.current()
    kind = authenticate(compiled, environ, DELIVERY)
    body = read_body(environ, MAX_BYTES)
    content_type, agent = environ.get("CONTENT_TYPE", ""), crawler_agent(environ, kind)
    batch = doors.sink.accept(body, content_type, compiled.snapshot, agent)
    document = batch.document()
    doors.meters.received(batch.accepted, batch.duplicates, batch.reasons)
    if batch.status == 200:
        return Answer(200, msgspec.json.encode(document))
    return problem(
        ProefwerkError(batch.status, "all_rejected", "None of the events was accepted; 'rejected' says why."),
        **document,
    )
