"""Keeps a shopper's id in a cookie that the server sets, since browsers shorten the life of scripts' own."""

from __future__ import annotations

from urllib.parse import quote, unquote
from uuid import uuid4

import msgspec
from werkzeug.http import parse_cookie

from assignment.api.answer import JSON, NO_STORE, Answer
from assignment.api.context import MAX_UNIT
from assignment.api.doors import Doors
from assignment.api.keys import PUBLIC, authenticate
from assignment.api.reading import Environ, decode_object, read_body, require_json
from assignment.errors import ProefwerkError, invalid_field

COOKIE = "proefwerk_unit"
MAX_AGE = 400 * 86_400
"""Seconds; browsers keep no cookie longer (RFC 6265bis, section 5.5)."""
MAX_BYTES = 10_000


def keep(doors: Doors, environ: Environ) -> Answer:
    """Answer `POST /api/v1/unit`: the id in the body, else in the cookie, else a new one, as a cookie.

    Raises:
        ProefwerkError: 400 malformed, 401, 403 for a key of another kind or a page that is not the shop's,
            413, 415, 422 invalid, 503.
    """
    authenticate(doors.source.current(), environ, PUBLIC)
    origin = _origin(doors, environ)
    require_json(environ)
    unit = _asked(read_body(environ, MAX_BYTES)) or _known(environ) or uuid4().hex
    domain = doors.site.cookie_domain
    cookie = f"{COOKIE}={quote(unit, safe='')}; Max-Age={MAX_AGE}; Path=/; SameSite=Lax"
    cookie += f"; Domain={domain}" if domain else ""
    cookie += "; Secure" if origin.startswith("https:") else ""
    headers = (
        ("Access-Control-Allow-Origin", origin),
        ("Access-Control-Allow-Credentials", "true"),
        ("Vary", "Origin"),
        NO_STORE,
        ("Set-Cookie", cookie),
    )
    return Answer(200, msgspec.json.encode({"unit": unit, "domain": domain}), JSON, headers)


def _origin(doors: Doors, environ: Environ) -> str:
    origin: str = environ.get("HTTP_ORIGIN", "")
    if origin not in doors.site.origins:
        raise ProefwerkError(
            403,
            "origin_unknown",
            f"Pages of '{origin:.200}' may not set the cookie; PROEFWERK_SHOP_ORIGINS lists those that may.",
        )
    return origin


def _asked(body: bytes) -> str | None:
    unit = decode_object(body).get("unit") if body.strip() else None
    if unit is None:
        return None
    if not isinstance(unit, str) or not 0 < len(unit) <= MAX_UNIT:
        raise invalid_field("unit", f"must be text of 1 to {MAX_UNIT} characters, not {unit!r:.60}")
    return unit


def _known(environ: Environ) -> str | None:
    unit = unquote(parse_cookie(environ).get(COOKIE, ""))
    return unit if len(unit) <= MAX_UNIT else None
