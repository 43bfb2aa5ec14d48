"""Who may use a door: keys from the headers or the path, known by their digests."""

from __future__ import annotations

import hashlib
from enum import StrEnum
from functools import lru_cache
from urllib.parse import parse_qs

from assignment.api.reading import Environ
from assignment.engine import CompiledSnapshot
from assignment.errors import ProefwerkError


class Kind(StrEnum):
    """What a key is for."""

    CLIENT = "client"
    SERVER = "server"
    ADMIN = "admin"


DELIVERY = frozenset((Kind.CLIENT, Kind.SERVER))
PUBLIC = frozenset((Kind.CLIENT,))


def digest(key: str) -> str:
    """The form in which a key is known to the doors."""
    # Whoever sends other keys all the time must not fill the memory with long ones.
    return _digest_of_short(key) if len(key) <= 256 else _digest(key)


def _digest(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


_digest_of_short = lru_cache(1024)(_digest)


def presented(environ: Environ) -> str:
    """The key in the `Authorization: Bearer` header, else in `X-API-Key`, else in the query; or empty."""
    authorization: str = environ.get("HTTP_AUTHORIZATION", "")
    if authorization[:7].lower() == "bearer ":
        return authorization[7:].strip()
    key: str = environ.get("HTTP_X_API_KEY", "")
    return key.strip() or _in_query(environ.get("QUERY_STRING", ""))


@lru_cache(maxsize=128)
def _in_query(query: str) -> str:
    """The key in `?key=`: a browser sends it to another origin without asking first, as headers are not."""
    return parse_qs(query).get("key", [""])[0] if "key=" in query else ""


def authenticate(compiled: CompiledSnapshot, environ: Environ, allowed: frozenset[Kind]) -> str:
    """Let the request in, or refuse it.

    Returns:
        The kind of its key.

    Raises:
        ProefwerkError: 401 for a key that is missing, unknown or revoked; 403 for one of another kind, and
            for a secret one in the address.
    """
    key = presented(environ)
    kind = check_key(compiled, key, allowed)
    if kind != Kind.CLIENT and key == _in_query(environ.get("QUERY_STRING", "")):
        raise ProefwerkError(
            403,
            "key_in_address",
            f"A key of kind '{kind}' is secret: send it in a header, not in the address.",
        )
    return kind


def check_key(compiled: CompiledSnapshot, key: str, allowed: frozenset[Kind]) -> str:
    """As `authenticate`, for a key that came with the path."""
    if not key:
        raise ProefwerkError(
            401, "key_missing", "A key is needed: send 'Authorization: Bearer KEY' or 'X-API-Key: KEY'."
        )
    kind = compiled.key_kinds.get(digest(key))
    if kind is None:
        raise ProefwerkError(401, "key_unknown", "The key is unknown or has been revoked.")
    if kind not in allowed:
        names = " or ".join(f"'{item}'" for item in sorted(allowed))
        raise ProefwerkError(
            403, "key_kind", f"A key of kind '{kind}' may not do this; use one of kind {names}."
        )
    return kind
