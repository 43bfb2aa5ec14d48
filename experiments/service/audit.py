"""What changed, by whom, with the object before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
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


@dataclass(frozen=True, slots=True)
class AuditFilter:
    """Which entries are wanted; `None` leaves a side open.

    Attributes:
        object_kind: Such as `experiment`.
        object_key: The whole key of what changed.
        part: Part of the key of what changed, in any case.
        actor: Who changed it.
        since: From then on.
        until: Before then.
        without: Kinds that the reader may not see.
    """

    object_kind: str | None = None
    object_key: str | None = None
    part: str | None = None
    actor: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    without: tuple[str, ...] = ()


def list_entries(
    session: Session, wanted: AuditFilter, *, page: int = 1, per_page: int = 50
) -> tuple[Sequence[AuditEntry], int]:
    """One page of the audit log, newest first, and the number of entries that are wanted."""
    query = select(AuditEntry).where(*_conditions(wanted))
    total = session.exec(select(func.count()).select_from(AuditEntry).where(*_conditions(wanted))).one()
    rows = session.exec(
        query.order_by(col(AuditEntry.id).desc()).offset((page - 1) * per_page).limit(per_page)
    ).all()
    return rows, total


def entries_before(
    session: Session, wanted: AuditFilter, ident: int | None, most: int
) -> Sequence[AuditEntry]:
    """The newest wanted entries with a number below `ident`, to walk through all of them in parts."""
    query = select(AuditEntry).where(*_conditions(wanted))
    if ident is not None:
        query = query.where(col(AuditEntry.id) < ident)
    return session.exec(query.order_by(col(AuditEntry.id).desc()).limit(most)).all()


def actors(session: Session) -> list[str]:
    """Everybody and everything that ever changed something, by name."""
    return list(session.exec(select(AuditEntry.actor).distinct().order_by(AuditEntry.actor)).all())


def days_of(first: date | None, last: date | None, zone: tzinfo) -> tuple[datetime | None, datetime | None]:
    """From when and before when the days are, both inclusive, on the clock of a zone."""
    since = None if first is None else datetime.combine(first, time(), zone)
    if last is None or last == date.max:
        return since, None
    return since, datetime.combine(last + timedelta(days=1), time(), zone)


def _conditions(wanted: AuditFilter) -> list[Any]:
    found: list[Any] = []
    if wanted.object_kind is not None:
        found.append(AuditEntry.object_kind == wanted.object_kind)
    if wanted.object_key is not None:
        found.append(AuditEntry.object_key == wanted.object_key)
    if wanted.part is not None:
        found.append(col(AuditEntry.object_key).icontains(wanted.part, autoescape=True))
    if wanted.actor is not None:
        found.append(AuditEntry.actor == wanted.actor)
    if wanted.since is not None:
        found.append(col(AuditEntry.at) >= wanted.since)
    if wanted.until is not None:
        found.append(col(AuditEntry.at) < wanted.until)
    if wanted.without:
        found.append(col(AuditEntry.object_kind).not_in(wanted.without))
    return found


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
