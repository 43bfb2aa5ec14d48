"""What every management view needs: the database, who asks, and the request read strictly."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask import g, request
from sqlmodel import Session
from werkzeug.exceptions import RequestEntityTooLarge

from assignment.errors import FieldError, ProefwerkError
from experiments.auth import Actor, KeyKind, actor_of_key, resolve_key
from experiments.db import Database
from experiments.documents import read_json, shown
from experiments.order_uploads import OrderUploads
from experiments.service.keys import note_use, use_is_noted
from experiments.validation import invalid

MAX_BODY = 1_000_000
_MAX_PAGE = 1_000_000
_MAX_PER_PAGE = 200
_JSON = frozenset({"application/json", "application/merge-patch+json"})

JsonAnswer = tuple[dict[str, Any], int] | tuple[dict[str, Any], int, dict[str, str]]


@dataclass(frozen=True, slots=True)
class Management:
    """The means of the management views.

    Attributes:
        database: The control database.
        analyse: Runs the analysis of an experiment now and returns its report.
        published: Told after a change that the doors must know at once.
        uploads: Where files of orders are kept; `None` where none are.
    """

    database: Database
    analyse: Callable[[str], dict[str, Any]]
    published: Callable[[], None]
    uploads: OrderUploads | None = None

    @contextmanager
    def change(self, *, tell_doors: bool = True) -> Iterator[tuple[Session, Actor]]:
        """A transaction for a change by whoever asks; the doors hear of it once it is committed."""
        with self.database.session() as session:
            yield session, current_actor()
        if tell_doors:
            self.published()

    def let_in(self) -> None:
        """Lets a request with an admin key in.

        Raises:
            ProefwerkError: 401 for a key that is missing or unknown; 403 for one of another kind.
        """
        text = _presented()
        if not text:
            raise ProefwerkError(
                401, "key_missing", "A key is needed: send 'Authorization: Bearer KEY' or 'X-API-Key: KEY'."
            )
        with self.database.reading() as session:
            key = resolve_key(session, text)
        if key is None:
            raise ProefwerkError(401, "key_unknown", "The key is unknown or has been revoked.")
        if key.kind != KeyKind.ADMIN.value:
            raise ProefwerkError(
                403, "key_kind", f"A key of kind '{key.kind}' may not do this; use one of kind 'admin'."
            )
        if not use_is_noted(key):
            with self.database.session() as session:
                note_use(session, key)
        g.actor = actor_of_key(key)


def current_actor() -> Actor:
    """Who asks, once let in."""
    actor: Actor = g.actor
    return actor


def read_document() -> Any:
    """The JSON body of the request.

    Raises:
        ProefwerkError: 400 malformed, 413 too large, 415 of another media type.
    """
    body = _body()
    if not body:
        raise ProefwerkError(400, "malformed_json", "The body is empty; send a JSON object.")
    if request.mimetype not in _JSON:
        raise ProefwerkError(
            415,
            "unsupported_media_type",
            f"The body has the media type {shown(request.mimetype)}; send 'application/json'.",
        )
    return read_json(body)


def refuse_body() -> None:
    """Refuses a body that would be ignored; an empty one or an empty object is fine.

    Raises:
        ProefwerkError: 400, 413, 415, or 422 naming a field.
    """
    if not _body().strip():
        return
    document = read_document()
    if document not in ({}, None):
        names = list(document) if isinstance(document, dict) else []
        fields = [FieldError(name, "this action takes no fields") for name in names[:20]]
        raise invalid(*fields) if fields else ProefwerkError(422, "invalid", "This action takes no body.")


def paging(default: int = 50) -> tuple[int, int]:
    """Page and page size that the query asks for.

    Raises:
        ProefwerkError: 422 naming `page` or `per_page`.
    """
    return _whole("page", 1, _MAX_PAGE), _whole("per_page", default, _MAX_PER_PAGE)


def day_asked(name: str) -> date | None:
    """The day that the query names, if any.

    Raises:
        ProefwerkError: 422 naming it.
    """
    text = request.args.get(name)
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise invalid(FieldError(name, f"{shown(text)} is not a day such as 2030-01-31")) from error


def _whole(name: str, default: int, most: int) -> int:
    text = request.args.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) <= 9 and 1 <= int(text) <= most):
        raise invalid(FieldError(name, f"{shown(text)} is not a whole number from 1 to {most}"))
    return int(text)


def _body() -> bytes:
    request.max_content_length = MAX_BODY
    try:
        return request.get_data()
    except RequestEntityTooLarge as error:
        raise ProefwerkError(
            413, "too_large", f"The body is larger than {MAX_BODY:,} bytes, the most that is taken."
        ) from error


def _presented() -> str:
    authorization = request.headers.get("Authorization", "")
    if authorization[:7].lower() == "bearer ":
        return authorization[7:].strip()
    return request.headers.get("X-API-Key", "").strip()
