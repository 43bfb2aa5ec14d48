"""Forgets people: requests to, and every row of the control database that holds the id of a unit."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlmodel import Session, col, delete, select

from assignment.errors import ProefwerkError
from experiments.auth import Actor, Role, require
from experiments.bots import Subject
from experiments.documents import timestamp
from experiments.erasure_models import Erasure
from experiments.models import AuditEntry, BotVerdict, Observation, StickyAssignment
from experiments.requests import ErasureForm

Document = dict[str, Any]


def request_erasure(session: Session, form: ErasureForm, actor: Actor) -> Erasure:
    """Ask for a person to be erased; the scheduler does it.

    Raises:
        ProefwerkError: 403.
    """
    require(actor, Role.ADMIN)
    row = Erasure(ids=form.ids, alone=form.alone, actor_kind=actor.kind, actor=actor.name)
    session.add(row)
    session.flush()
    return row


def find_erasure(session: Session, ident: int) -> Erasure:
    """An erasure that was asked for.

    Raises:
        ProefwerkError: 404.
    """
    # No database has larger ones, and none can be asked for them.
    row = session.get(Erasure, ident) if ident < 2**31 else None
    if row is None:
        raise ProefwerkError(404, "erasure_not_found", f"There is no erasure {ident}.")
    return row


def erasure_document(row: Erasure) -> Document:
    """What came of it, as the API shows it: without any id."""
    status = "waiting" if row.finished_at is None else "failed" if row.error else "done"
    return {
        "id": row.id,
        "status": status,
        "requested_at": timestamp(row.requested_at),
        "finished_at": timestamp(row.finished_at),
        "result": row.result,
        "error": row.error,
    }


def pseudonym(secret: str, ident: str) -> str:
    """What the audit log calls an erased id: a keyed hash, so that nobody can try guesses on it."""
    return hmac.new(secret.encode(), f"erased:{ident}".encode(), hashlib.sha256).hexdigest()[:32]


def forget_units(session: Session, names: Mapping[str, str]) -> dict[str, int]:
    """Take units out of every table; how many rows held one, by table.

    Args:
        session: A transaction.
        names: What the audit log calls each from now on, by id.
    """
    ids = list(names)
    kept = session.connection().execute(delete(StickyAssignment).where(col(StickyAssignment.unit).in_(ids)))
    said = session.connection().execute(
        delete(BotVerdict).where(col(BotVerdict.subject) == Subject.UNIT.value, col(BotVerdict.key).in_(ids))
    )
    found = {
        "sticky_assignments": kept.rowcount,
        "bot_verdicts": said.rowcount,
        "observations": forget_seen(session, ids),
        "audit": _rename(session, names),
    }
    return {table: count for table, count in found.items() if count}


def forget_seen(session: Session, ids: Sequence[str]) -> int:
    """Take units out of the list of bots and the samples of visitors; how many places held one."""
    gone = 0
    for row in session.exec(select(Observation)).all():
        body = json.loads(row.body)
        found = 0
        for name, unit in (("units", "unit"), ("sample", 0)):
            held = body.get(name)
            if isinstance(held, list):
                body[name] = [each for each in held if each[unit] not in ids]
                found += len(held) - len(body[name])
        if found:
            row.body = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
            session.add(row)
        gone += found
    return gone


def _rename(session: Session, names: Mapping[str, str]) -> int:
    """In the audit log, what was said of a unit stays, without its id and the words that went with it."""
    entries = session.exec(
        select(AuditEntry).where(AuditEntry.object_kind == "bot", col(AuditEntry.object_key).in_(names))
    ).all()
    for entry in entries:
        name = names[entry.object_key]
        entry.object_key = name
        entry.before, entry.after = (
            document and {**document, "unit": name, "note": ""} for document in (entry.before, entry.after)
        )
        session.add(entry)
    return len(entries)
