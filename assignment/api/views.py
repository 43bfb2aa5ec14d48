"""The doors as Flask views; the hot door answers some of them before Flask does, in the same words."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, request

from assignment.api import growthbook, health, mail, problems, refetch, snippet
from assignment.api.answer import CORS, Answer
from assignment.api.doors import Doors
from assignment.api.ofrep import SINGLE_PREFIX
from assignment.api.problems import as_response
from assignment.api.serve import ONE_FLAG, POSTED, Handler, serve

_ALLOWED = "Authorization, Content-Type, If-None-Match, X-API-Key, X-Proefwerk-Expose, X-Proefwerk-Force"


def register(app: Flask, doors: Doors) -> Blueprint:
    """Add every delivery door to the app, and render all of its errors as problems.

    Returns:
        The blueprint, so that protection meant for forms can be lifted from it: here a key stands in for a
        session.
    """
    problems.register(app)
    blueprint = Blueprint("delivery", __name__)
    for path, (door, handler) in POSTED.items():
        _add(blueprint, doors, path, door, handler, "POST")
    _add(blueprint, doors, f"{SINGLE_PREFIX}<path:key>", *ONE_FLAG, "POST", endpoint="ofrep_one")
    # A path without a key asks for the flag whose key is empty.
    _add(blueprint, doors, SINGLE_PREFIX, *ONE_FLAG, "POST", endpoint="ofrep_none")
    _add(blueprint, doors, f"{refetch.PREFIX}<key>", "stream", refetch.subscribe, "GET", endpoint="refetch")
    _add(blueprint, doors, "/api/features/<key>", "growthbook", growthbook.features, "GET")
    _add(blueprint, doors, "/api/eval/<key>", "growthbook", growthbook.evaluate, "POST")
    _add(blueprint, doors, "/sub/<key>", "stream", growthbook.subscribe, "GET")
    _add(blueprint, doors, f"{mail.IMAGE_PREFIX}<key>/<path:name>", "mail", mail.image, "GET")
    _add(blueprint, doors, f"{mail.LINK_PREFIX}<key>/<path:name>", "mail", mail.link, "GET")
    for path, handler in (
        ("/healthz", health.alive),
        ("/readyz", health.ready),
        ("/metrics", health.metrics),
        ("/proefwerk.js", snippet.script),
    ):
        _add(blueprint, doors, path, path.strip("/"), handler, "GET")
    app.register_blueprint(blueprint)
    return blueprint


def _add(
    blueprint: Blueprint,
    doors: Doors,
    path: str,
    door: str,
    handler: Handler,
    method: str,
    endpoint: str | None = None,
) -> None:
    def view(**_: str) -> Response:
        if request.method == "OPTIONS":
            return as_response(preflight(method, request.headers.get("Access-Control-Request-Headers")))
        return as_response(serve(door, handler, doors, request.environ))

    blueprint.add_url_rule(
        path,
        endpoint=endpoint or handler.__name__,
        view_func=view,
        methods=[method, "OPTIONS"],
        provide_automatic_options=False,
    )


def preflight(method: str, wanted: str | None) -> Answer:
    """What a browser on another origin asks first; keys travel in headers, so no credentials are involved."""
    return Answer(
        204,
        b"",
        headers=(
            CORS,
            ("Access-Control-Allow-Methods", f"{method}, OPTIONS"),
            ("Access-Control-Allow-Headers", _safe(wanted) or _ALLOWED),
            ("Access-Control-Max-Age", "86400"),
            ("Vary", "Access-Control-Request-Headers"),
        ),
    )


def _safe(wanted: str | None) -> str:
    """The requested header names, if that is what they are."""
    names = [name.strip() for name in (wanted or "").split(",")]
    fine = all(name.replace("-", "").replace("_", "").isalnum() and name.isascii() for name in names)
    return ", ".join(names) if fine and len(names) <= 50 else ""
