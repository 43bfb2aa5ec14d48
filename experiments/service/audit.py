"""What changed, by whom, with the object before and after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sqlmodel import Session, col, func, select

from experiments.documents import timestamp
from experiments.models import AuditEntry

if TYPE_CHECKING:
    from experiments.auth import Actor


def record(
    session: Session,
    actor: Actor,
    action: str,
    object_kind: str,
    object_key: str,
    before: dict[str, Any] | None,
    after: dict[str, Any] | None,
) -> None:
    """Adds an entry to the audit log, in the transaction of the change itself."""
    session.add(
        AuditEntry(
            actor_kind=actor.kind,
            actor=actor.name,
            action=action,
            object_kind=object_kind,
            object_key=object_key,
            before=before,
            after=after,
        )
    )


def list_entries(
    session: Session,
    *,
    object_kind: str | None = None,
    object_key: str | None = None,
    page: int = 1,
    per_page: int = 50,
) -> tuple[Sequence[AuditEntry], int]:
    """One page of the audit log, newest first, and the number of entries that fit the filters."""
    query = select(AuditEntry)
    if object_kind is not None:
        query = query.where(AuditEntry.object_kind == object_kind)
    if object_key is not None:
        query = query.where(AuditEntry.object_key == object_key)
    total = session.exec(select(func.count()).select_from(query.subquery())).one()
    rows = session.exec(
        query.order_by(col(AuditEntry.id).desc()).offset((page - 1) * per_page).limit(per_page)
    ).all()
    return rows, total


def audit_document(entry: AuditEntry) -> dict[str, Any]:
    """The entry as JSON."""
    return {
        "id": entry.id,
        "at": timestamp(entry.at),
        "actor": {"kind": entry.actor_kind, "name": entry.actor},
        "action": entry.action,
        "object": {"kind": entry.object_kind, "key": entry.object_key},
        "before": entry.before,
        "after": entry.after,
    }
