"""Keys for programs: made, listed and revoked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlmodel import Session, col, select

from assignment.errors import FieldError, ProefwerkError
from experiments.auth import Actor, KeyKind, Role, digest, new_key_text, require
from experiments.db import lock_changes, utc_now
from experiments.documents import check_document, shown, timestamp
from experiments.models import ApiKey
from experiments.publish import publish
from experiments.service.audit import record
from experiments.validation import invalid

_MAX_NAME = 200
_MAX_ID = 2**31 - 1
_USE_KEPT = timedelta(hours=1)


def create_key(
    session: Session, kind: str, name: str, actor: Actor, *, text: str | None = None
) -> tuple[ApiKey, str]:
    """A new key and its text, which is shown once and kept nowhere; `text` sets it instead of chance.

    Raises:
        ProefwerkError: 422 for an unknown kind or a bad name; 409 when the text is taken; 403.
    """
    require(actor, Role.ADMIN)
    lock_changes(session)
    if kind not in tuple(KeyKind):
        kinds = ", ".join(KeyKind)
        raise invalid(FieldError("kind", f"{shown(kind)} is not one of {kinds}"))
    check_document(name)
    label = name.strip() or f"{kind} key"
    if len(label) > _MAX_NAME:
        raise invalid(FieldError("name", f"{shown(label)} is longer than {_MAX_NAME} characters"))
    secret = text or new_key_text(KeyKind(kind))
    if session.exec(select(ApiKey.id).where(ApiKey.digest == digest(secret))).first() is not None:
        raise ProefwerkError(409, "key_exists", "A key with this text exists.")
    key = ApiKey(name=label, kind=kind, digest=digest(secret), hint=secret[-4:], created_by=actor.name)
    session.add(key)
    session.flush()
    record(session, actor, "create", "key", str(key.id), None, key_document(key))
    publish(session)
    return key, secret


def list_keys(session: Session) -> Sequence[ApiKey]:
    """Every key, revoked ones too, oldest first."""
    return session.exec(select(ApiKey).order_by(col(ApiKey.id))).all()


def revoke_key(session: Session, ident: int, actor: Actor) -> ApiKey:
    """Ends a key; doing it again changes nothing.

    Raises:
        ProefwerkError: 404, 403.
    """
    require(actor, Role.ADMIN)
    lock_changes(session)
    key = _find(session, ident)
    if key.revoked_at is None:
        before = key_document(key)
        key.revoked_at = utc_now()
        session.flush()
        record(session, actor, "revoke", "key", str(key.id), before, key_document(key))
        publish(session)
    return key


def rotate_key(session: Session, ident: int, actor: Actor) -> tuple[ApiKey, str]:
    """A new key in the place of one that goes on working until it is revoked, and the new one's text.

    Raises:
        ProefwerkError: 404, 403; 409 when it was revoked or replaced already.
    """
    require(actor, Role.ADMIN)
    lock_changes(session)
    old = _find(session, ident)
    if old.revoked_at is not None or old.replaced_by is not None:
        state = "revoked" if old.revoked_at is not None else "replaced"
        raise ProefwerkError(409, f"key_{state}", f"Key number {ident} was {state} already.")
    new, text = create_key(session, old.kind, old.name, actor)
    before = key_document(old)
    old.replaced_by = new.id
    session.flush()
    record(session, actor, "rotate", "key", str(ident), before, key_document(old))
    return new, text


def note_use(session: Session, key: ApiKey) -> None:
    """Notes that a key was used, to the hour."""
    key.last_used_at = utc_now()
    session.add(key)


def use_is_noted(key: ApiKey) -> bool:
    """Whether the key's last use was noted within the hour."""
    return key.last_used_at is not None and utc_now() - key.last_used_at < _USE_KEPT


def _find(session: Session, ident: int) -> ApiKey:
    key = session.get(ApiKey, ident) if 0 < ident <= _MAX_ID else None
    if key is None:
        raise ProefwerkError(404, "key_not_found", f"There is no key number {ident}.")
    return key


def key_document(key: ApiKey) -> dict[str, Any]:
    """The key as JSON, without anything to use it by."""
    return {
        "id": key.id,
        "name": key.name,
        "kind": key.kind,
        "hint": key.hint,
        "created_by": key.created_by,
        "created_at": timestamp(key.created_at),
        "revoked_at": timestamp(key.revoked_at),
        "replaced_by": key.replaced_by,
    }
