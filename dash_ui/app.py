"""Builds the Dash app with all screens on a Flask server."""

from __future__ import annotations

import logging
import uuid
from datetime import timedelta
from typing import Any

from dash import Dash, set_props
from flask import Flask

from dash_ui import delivery, session, shell
from dash_ui.gateway import Gateway
from dash_ui.i18n import _
from dash_ui.records import Refused
from dash_ui.routes import PAGES

log = logging.getLogger(__name__)


def create_dash(server: Flask, gateway: Gateway, *, secret: str, secure_cookies: bool = False) -> Dash:
    """All screens under `/ui/`, with `/login` and `/logout`, on an existing server.

    Args:
        server: The server that also has the API; its `secret_key` is set here when it has none.
        gateway: The way to the product.
        secret: Signs the session cookie; the same in every worker.
        secure_cookies: Whether cookies travel over HTTPS only.
    """
    server.secret_key = server.secret_key or secret
    server.config.update(
        SESSION_COOKIE_NAME="pw_session",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=secure_cookies,
        PERMANENT_SESSION_LIFETIME=timedelta(days=14),
    )
    session.register(server, gateway)
    host: Any = server
    app = Dash(
        "dash_ui",
        server=host,
        url_base_pathname=session.PREFIX,
        assets_folder="assets",
        assets_ignore=r"plotly-basic.*|login\.css",
        pages_folder="",
        serve_locally=True,
        suppress_callback_exceptions=True,
        title="Proefwerk",
        update_title="",
        csrf_token_name=session.CSRF_COOKIE,
        csrf_header_name=session.CSRF_HEADER,
        enable_mcp=False,
        on_error=_tell,
    )
    app.enable_dev_tools(debug=False)
    app.layout = lambda: shell.layout(gateway)
    shell.register(app, gateway)
    for page in PAGES:
        page.register(app, gateway)
    delivery.register(server, app)
    return app


def _tell(error: Exception) -> Any:
    """Turns an unexpected error of a callback into a sentence with a number to ask about."""
    if isinstance(error, Refused):
        message = error.detail
    else:
        ident = uuid.uuid4().hex[:8]
        log.error("callback failed, error id %s", ident, exc_info=error)
        message = _("Something went wrong (error {id}). Nothing was lost; try again.", id=ident)
    set_props(shell.PROBLEM, {"data": message})
