"""How the screens reach the browser: page skeleton, security headers, compression, caching."""

from __future__ import annotations

import gzip
import re
from functools import lru_cache
from typing import Final

from dash import Dash
from flask import Flask, Response, request

from dash_ui.i18n import language
from dash_ui.session import PREFIX, current_theme
from dash_ui.theme import FAVICON

_SKELETON: Final = """<!DOCTYPE html>
<html lang="__LANGUAGE__" data-mantine-color-scheme="__SCHEME__" data-scheme-choice="__CHOICE__">
<head>
{%metas%}
<title>{%title%}</title>
__FAVICON__
{%css%}
</head>
<body>
{%app_entry%}
<footer>
{%config%}
{%scripts%}
{%renderer%}
</footer>
</body>
</html>"""

_COMPRESSED: Final = (
    "application/javascript",
    "text/javascript",
    "text/css",
    "application/json",
    "text/html",
)
# Polyfills for browsers of before 2018, and a table component that no page uses.
_NEEDLESS: Final = re.compile(r'<script src="[^"]*/(?:polyfill@|dash_table/)[^"]*"></script>\n?')
_YEAR: Final = 31_536_000


def register(server: Flask, app: Dash) -> None:
    """Puts our skeleton, headers and compression round everything under `/ui/`."""
    app.index_string = _SKELETON

    @server.after_request
    def _finish(response: Response) -> Response:
        if request.path.startswith(PREFIX) or request.path == "/login":
            _secure(response, app)
            _cache(response)
            _compress(response)
        return response


def _personalise(response: Response) -> None:
    choice = current_theme()
    text = response.get_data(as_text=True)
    for mark, value in (
        ("__LANGUAGE__", language()),
        ("__SCHEME__", choice or "light"),
        ("__CHOICE__", choice or "auto"),
        ("__FAVICON__", FAVICON),
    ):
        text = text.replace(mark, value, 1)
    response.set_data(_NEEDLESS.sub("", text))


def policy(app: Dash) -> str:
    """The content security policy: nothing from elsewhere, no inline script but Dash's own."""
    scripts = " ".join(app.csp_hashes())
    return (
        "default-src 'self'; "
        f"script-src 'self' {scripts}; "
        "style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; "
        "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    )


def _secure(response: Response, app: Dash) -> None:
    headers = response.headers
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "same-origin")
    headers.setdefault("X-Frame-Options", "DENY")
    if response.mimetype == "text/html":
        _personalise(response)
        headers.setdefault("Content-Security-Policy", policy(app))
        headers["Cache-Control"] = "no-store"


def _cache(response: Response) -> None:
    versioned = request.path.startswith(f"{PREFIX}assets/") and "m" in request.args
    if response.status_code == 200 and (
        versioned or request.path.endswith((".woff2", "plotly-basic.min.js"))
    ):
        response.cache_control.no_cache = None
        response.cache_control.public = True
        response.cache_control.max_age = _YEAR if versioned else 86_400
    elif response.mimetype == "application/json":
        response.headers["Cache-Control"] = "no-store"


def _compress(response: Response) -> None:
    if (
        response.status_code != 200
        or response.mimetype not in _COMPRESSED
        or not request.accept_encodings["gzip"]
        or "Content-Encoding" in response.headers
    ):
        return
    response.direct_passthrough = False
    body = response.get_data()
    if len(body) < 1024:
        return
    fixed = request.path.startswith((f"{PREFIX}_dash-component-suites/", f"{PREFIX}assets/"))
    response.set_data(_packed(body) if fixed else gzip.compress(body, 4))
    response.headers["Content-Encoding"] = "gzip"
    response.vary.add("Accept-Encoding")


@lru_cache(maxsize=64)
def _packed(body: bytes) -> bytes:
    return gzip.compress(body, 9, mtime=0)
