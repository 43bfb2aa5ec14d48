"""Asking for a rehearsal of a reading on an experiment's own units, and what came of the newest one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from sqlmodel import Session, col, select

from assignment.errors import ProefwerkError
from experiments.db import Database, lock_changes
from experiments.models import Rehearsal
from experiments.service.analysis import check_analysable, require_scheduler, wait_for
from experiments.service.lookup import find_experiment

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the newest rehearsal is.

    Attributes:
        running: Whether somebody waits for one.
        document: What the newest finished one found.
        error: Why the newest one failed.
    """

    running: bool
    document: Document | None
    error: str | None


def request_rehearsal(database: Database, key: str, timeout: float = 600.0) -> Document:
    """What a rehearsal made now finds.

    Raises:
        ProefwerkError: 404; 409 before the start; 503 when no scheduler runs, or the wait was too long;
            500 when it failed.
    """
    with database.session() as session:
        ident = start_rehearsal(session, key)
    found = wait_for(database, lambda session: _finished(session, ident), timeout)
    if found is None:
        raise ProefwerkError(
            503,
            "rehearsal_timeout",
            f"The rehearsal of '{key}' takes longer than {timeout:g} seconds; "
            "its result will appear when ready.",
        )
    return found


def start_rehearsal(session: Session, key: str) -> int:
    """Ask for a rehearsal, or join one that is under way; its number.

    Raises:
        ProefwerkError: 404; 409 before the start; 503 when no scheduler runs.
    """
    check_analysable(session, key)
    require_scheduler(session)
    lock_changes(session)
    waiting = session.exec(_of(key).where(col(Rehearsal.finished_at).is_(None)).limit(1)).first()
    if waiting is None:
        waiting = Rehearsal(experiment_key=key)
        session.add(waiting)
        session.flush()
    return waiting.id or 0


def newest_rehearsal(session: Session, key: str) -> Document:
    """What the newest finished rehearsal found.

    Raises:
        ProefwerkError: 404 without such an experiment, or without a rehearsal yet.
    """
    find_experiment(session, key)
    document = standing(session, key).document
    if document is None:
        raise ProefwerkError(404, "no_rehearsal", f"The reading of '{key}' has not been rehearsed yet.")
    return document


def standing(session: Session, key: str) -> Standing:
    """How far the newest rehearsal of an experiment is, with what the newest finished one found."""
    newest = session.exec(_of(key).limit(1)).first()
    if newest is None:
        return Standing(False, None, None)
    done = session.exec(_of(key).where(col(Rehearsal.body).is_not(None)).limit(1)).first()
    document: Document | None = json.loads(done.body) if done is not None and done.body else None
    return Standing(newest.finished_at is None, document, newest.error)


def _of(key: str) -> Any:
    return select(Rehearsal).where(Rehearsal.experiment_key == key).order_by(col(Rehearsal.id).desc())


def _finished(session: Session, ident: int) -> Document | None:
    row = session.get(Rehearsal, ident)
    if row is None or row.finished_at is None:
        return None
    if row.body is None:
        why = row.error or "The rehearsal ended without a result and without a reason."
        raise ProefwerkError(500, "rehearsal_failed", why)
    document: Document = json.loads(row.body)
    return document
