"""The floors that the assignment benchmark is held against, under the same server as the product."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import flask

ANSWER = b'{"revision":"none","assignments":{}}'

bare_flask = flask.Flask("floor")


@bare_flask.post("/api/v1/assign")
def assign() -> dict[str, Any]:
    """A plain Flask view: JSON in, JSON out, nothing decided."""
    flask.request.get_json()
    return {"revision": "none", "assignments": {}}


def raw_wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """The least that a WSGI application can do: read the body, answer."""
    environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(ANSWER)))])
    return [ANSWER]
