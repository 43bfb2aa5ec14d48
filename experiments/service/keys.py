"""Keys for programs: made, listed and revoked."""

from __future__ import annotations

from collections.abc import Sequence
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
    key = session.get(ApiKey, ident) if 0 < ident <= _MAX_ID else None
    if key is None:
        raise ProefwerkError(404, "key_not_found", f"There is no key number {ident}.")
    if key.revoked_at is None:
        before = key_document(key)
        key.revoked_at = utc_now()
        session.flush()
        record(session, actor, "revoke", "key", str(key.id), before, key_document(key))
        publish(session)
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
    }
