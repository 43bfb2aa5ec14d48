"""Saved audiences: made, changed, archived, and which experiments started from them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, select

from assignment.errors import FieldError, ProefwerkError
from experiments.audience_models import Audience
from experiments.auth import Actor, Role, require
from experiments.db import lock_changes, utc_now
from experiments.documents import canonical, shown, timestamp
from experiments.models import AuditEntry, Experiment
from experiments.requests import AudienceForm
from experiments.service.audit import record
from experiments.validation import invalid


def create_audience(session: Session, form: AudienceForm, actor: Actor) -> Audience:
    """A new audience.

    Raises:
        ProefwerkError: 409 when the key is taken; 403.
    """
    require(actor, Role.MARKETER)
    lock_changes(session)
    if session.exec(select(Audience.id).where(Audience.key == form.key)).first() is not None:
        message = f"'{form.key}' is the key of another audience; keys must differ"
        raise ProefwerkError(409, "audience_exists", f"{message}.", (FieldError("key", message),))
    audience = Audience(key=form.key, owner=actor.name, **_columns(form))
    audience.archived_at = utc_now() if form.archived else None
    session.add(audience)
    session.flush()
    record(session, actor, "create", "audience", form.key, None, audience_document(audience))
    return audience


def update_audience(session: Session, key: str, form: AudienceForm, actor: Actor) -> Audience:
    """Replaces an audience; experiments that started from it keep what they have.

    Raises:
        ProefwerkError: 404, 403; 422 for another key.
    """
    require(actor, Role.MARKETER)
    lock_changes(session)
    audience = find_audience(session, key)
    if form.key != key:
        raise invalid(FieldError("key", f"'{form.key}' differs from '{key}'; a key never changes"))
    before = audience_document(audience)
    for name, value in _columns(form).items():
        setattr(audience, name, value)
    if form.archived != (audience.archived_at is not None):
        audience.archived_at = utc_now() if form.archived else None
    if audience_document(audience) == before:
        return audience
    audience.updated_at = utc_now()
    session.flush()
    record(session, actor, _action(before, form), "audience", key, before, audience_document(audience))
    return audience


def find_audience(session: Session, key: str) -> Audience:
    """The audience with this key.

    Raises:
        ProefwerkError: 404.
    """
    found = None
    if "\0" not in key:
        found = session.exec(select(Audience).where(Audience.key == key)).first()
    if found is None:
        raise ProefwerkError(404, "audience_not_found", f"There is no audience {shown(key)}.")
    return found


def list_audiences(session: Session) -> Sequence[Audience]:
    """Every audience, archived ones too, by key."""
    return session.exec(select(Audience).order_by(Audience.key)).all()


def users_of_audiences(session: Session) -> dict[str, dict[str, bool]]:
    """By audience, the experiments that have its condition.

    Returns:
        By key of an audience, by key of an experiment, whether it has the condition as it is now; `False`
        where it has one that the audience had before.
    """
    audiences = list_audiences(session)
    now = {row.key: canonical(row.condition) for row in audiences if row.condition}
    earlier = _earlier(session)
    experiments = session.exec(select(Experiment.key, Experiment.audience).order_by(Experiment.key)).all()
    had = [(key, canonical(condition)) for key, condition in experiments if condition]
    return {
        row.key: {
            key: text == now.get(row.key)
            for key, text in had
            if text == now.get(row.key) or text in earlier.get(row.key, ())
        }
        for row in audiences
    }


def audience_document(audience: Audience) -> dict[str, Any]:
    """The audience as JSON."""
    return {
        "key": audience.key,
        "name": audience.name,
        "description": audience.description,
        "condition": audience.condition,
        "archived": audience.archived_at is not None,
        "owner": audience.owner,
        "created_at": timestamp(audience.created_at),
        "updated_at": timestamp(audience.updated_at),
    }


def _columns(form: AudienceForm) -> dict[str, Any]:
    return {"name": form.name, "description": form.description, "condition": form.condition}


def _action(before: dict[str, Any], form: AudienceForm) -> str:
    if form.archived == before["archived"]:
        return "update"
    return "archive" if form.archived else "restore"


def _earlier(session: Session) -> dict[str, set[str]]:
    """The conditions that audiences had before they were changed, from the audit log."""
    rows = session.exec(
        select(AuditEntry.object_key, AuditEntry.before).where(AuditEntry.object_kind == "audience")
    ).all()
    found: dict[str, set[str]] = {}
    for key, before in rows:
        if before and before.get("condition"):
            found.setdefault(key, set()).add(canonical(before["condition"]))
    return found
