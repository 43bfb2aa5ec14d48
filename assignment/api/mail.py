"""Images and links of e-mails: assigned when they are opened, with one exposure for each person."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import parse_qs, urlsplit

import msgspec
from werkzeug.urls import iri_to_uri

from assignment.api.answer import NO_STORE, Answer, Header
from assignment.api.context import MAX_UNIT, Context
from assignment.api.crawlers import crawler_agent
from assignment.api.doors import Doors
from assignment.api.exposing import holdouts_of, unit_of
from assignment.api.keys import Kind, digest
from assignment.api.reading import Environ, path_after
from assignment.api.sticking import keep_variants
from assignment.engine import CompiledSnapshot, Decision, decide
from assignment.errors import ProefwerkError

IMAGE_PREFIX = "/e/"
LINK_PREFIX = "/r/"
MAX_URL = 2_000
MAX_PARAMETERS = 50
TOKEN_DIGITS = 32
_SUFFIXES = (".gif", ".png", ".jpg")
_OWN = frozenset(("unit", "token", "field", "variant"))
_HEADERS: tuple[Header, ...] = (NO_STORE, ("X-Content-Type-Options", "nosniff"))
_PIXEL = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)
_NOWHERE = (
    b'<!doctype html><html lang="en"><meta charset="utf-8"><title>Link</title>'
    b'<p>This link leads nowhere any more.</p><p lang="nl">Deze link leidt nergens meer heen.</p></html>'
)
# Who fetches images on behalf of readers: Gmail's and Yahoo's proxies when a mail is opened, Apple's privacy
# protection whether it is opened or not.
READER = "reader"
_PROXIES = ("GoogleImageProxy", "YahooMailProxy")
_PREFETCH = "Mozilla/5.0"


class Outcome(StrEnum):
    """What became of a request, for the meters."""

    EXPOSED = "exposed"
    DUPLICATE = "duplicate"
    OUTSIDE = "outside"
    PREVIEW = "preview"
    UNSIGNED = "unsigned"
    UNKNOWN = "unknown"
    NOT_LOGGED = "not_logged"


class Opening(NamedTuple):
    """What the person gets: its payload, the control's, and which field holds the address."""

    payload: Mapping[str, object]
    control: Mapping[str, object]
    field: str


def image(doors: Doors, environ: Environ) -> Answer:
    """Answer `GET /e/{client_key}/{experiment}.gif`: to the variant's image, or a transparent pixel.

    An e-mail with a broken image is worse than one that is not counted: every mistake gets the control's
    image, or the pixel.
    """
    opening = _open(doors, environ, IMAGE_PREFIX, "image")
    target = https_address(opening.payload.get(opening.field))
    return _to(target) if target else Answer(200, _PIXEL, "image/gif", _HEADERS)


def link(doors: Doors, environ: Environ) -> Answer:
    """Answer `GET /r/{client_key}/{experiment}`: to the variant's address, else to the control's."""
    opening = _open(doors, environ, LINK_PREFIX, "link")
    target = https_address(opening.payload.get(opening.field)) or https_address(
        opening.control.get(opening.field)
    )
    return _to(target) if target else Answer(404, _NOWHERE, "text/html; charset=utf-8", _HEADERS)


def token(server_key_digest: str, unit: str) -> str:
    """What proves that the shop named the unit: anybody can guess the ids in an address.

    Args:
        server_key_digest: SHA-256 of one of the shop's server keys, in hexadecimal.

    Returns:
        The first 32 hexadecimal digits of HMAC-SHA-256 over `mail:` and the unit (RFC 2104).
    """
    message = f"mail:{unit}".encode("utf-8", "surrogatepass")
    return hmac.new(server_key_digest.encode(), message, hashlib.sha256).hexdigest()[:TOKEN_DIGITS]


def https_address(value: object) -> str | None:
    """The value as an address that may be redirected to; `None` unless it is one of https."""
    if not isinstance(value, str) or len(value) > MAX_URL or not value.isprintable():
        return None
    if any(character in ' \\"<>' for character in value):
        return None
    try:
        parts = urlsplit(value)
        fine = parts.scheme == "https" and parts.hostname and "@" not in parts.netloc
        return iri_to_uri(value) if fine else None
    except (ValueError, UnicodeError):
        return None


def _to(address: str) -> Answer:
    return Answer(302, b"", "text/plain", (*_HEADERS, ("Location", address)))


def _open(doors: Doors, environ: Environ, prefix: str, field: str) -> Opening:
    """Decide and log; whatever goes wrong, there is an answer."""
    try:
        opening, outcome = _decide(doors, environ, prefix, field)
    except (ProefwerkError, ValueError):
        opening, outcome = Opening({}, {}, field), Outcome.UNKNOWN
    doors.meters.opened(outcome)
    return opening


def _decide(doors: Doors, environ: Environ, prefix: str, field: str) -> tuple[Opening, Outcome]:
    compiled = doors.source.current()
    key, _, name = path_after(environ, prefix).partition("/")
    name = name[:-4] if name.endswith(_SUFFIXES) else name
    query = _query(environ)
    control = compiled.derived(_controls).get(name)
    if control is None or compiled.key_kinds.get(digest(key)) != Kind.CLIENT:
        return Opening({}, {}, field), Outcome.UNKNOWN
    shown, outcome = _shown(doors, compiled, environ, control, query)
    return Opening(shown.payload, control.payload, query.get("field", field)), outcome


def _shown(
    doors: Doors, compiled: CompiledSnapshot, environ: Environ, control: Decision, query: dict[str, str]
) -> tuple[Decision, Outcome]:
    preview = compiled.previews.get((control.experiment, query.get("variant", "")))
    if preview is not None:
        return preview, Outcome.PREVIEW
    unit = query.get("unit", "")
    if not 0 < len(unit) <= MAX_UNIT or not _signed(compiled, unit, query.get("token", "")):
        return control, Outcome.UNSIGNED
    attributes = {name: value for name, value in query.items() if name not in _OWN}
    opener = opened_by(environ.get("HTTP_USER_AGENT", ""))
    context = Context(unit, {**attributes, "opened_by": opener, "id": unit})
    decision = decide(compiled, control.experiment, context.attributes)
    # The public list of crawlers names the proxies too, though they fetch for people.
    agent = crawler_agent(environ, Kind.CLIENT) if opener == READER else None
    if decision.experiment in compiled.sticky:
        [decision] = keep_variants(doors, compiled, context.attributes, [decision], agent)
    if environ["REQUEST_METHOD"] == "HEAD":
        return decision, Outcome.NOT_LOGGED
    return decision, _log(doors, compiled, context, decision, agent)


def _log(
    doors: Doors, compiled: CompiledSnapshot, context: Context, decision: Decision, agent: str | None
) -> Outcome:
    met = (decision, *holdouts_of(compiled, context, [decision]))
    exposures = [_exposure(item, context) for item in met if item.in_experiment]
    if not exposures:
        return Outcome.OUTSIDE
    try:
        batch = doors.sink.accept(msgspec.json.encode(exposures), "", compiled.snapshot, agent)
    except ProefwerkError:
        return Outcome.NOT_LOGGED
    if batch.accepted:
        return Outcome.EXPOSED
    return Outcome.DUPLICATE if batch.duplicates else Outcome.NOT_LOGGED


def _exposure(decision: Decision, context: Context) -> dict[str, object]:
    """That the unit met the variant, under the id that every report of it has: so it counts once."""
    unit = unit_of(context, decision)
    said = ("exposure", decision.experiment, str(decision.version), decision.variant, unit)
    return {
        "type": "exposure",
        "id": hashlib.sha256("\n".join(said).encode("utf-8", "surrogatepass")).hexdigest()[:32],
        "unit": unit,
        "experiment": decision.experiment,
        "variant": decision.variant,
        "version": decision.version,
        "attributes": context.described(),
    }


def opened_by(agent: str) -> str:
    """Who fetched it, as far as the user agent tells: `reader`, `proxy` or `prefetch`."""
    if agent.strip() == _PREFETCH:
        return "prefetch"
    return "proxy" if any(name in agent for name in _PROXIES) else READER


def _query(environ: Environ) -> dict[str, str]:
    parsed = parse_qs(environ.get("QUERY_STRING", ""), max_num_fields=MAX_PARAMETERS)
    return {name: values[0] for name, values in parsed.items()}


def _signed(compiled: CompiledSnapshot, unit: str, given: str) -> bool:
    given_bytes = given.encode("utf-8", "surrogatepass")
    return any(
        hmac.compare_digest(token(key, unit).encode(), given_bytes)
        for key, kind in compiled.key_kinds.items()
        if kind == Kind.SERVER
    )


def _controls(compiled: CompiledSnapshot) -> dict[str, Decision]:
    return {
        experiment.key: compiled.previews[experiment.key, experiment.variants[0].key]
        for experiment in compiled.snapshot.experiments
    }
