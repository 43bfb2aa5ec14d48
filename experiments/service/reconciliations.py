"""Asking for the reconciliation of a file of orders, and what came of the latest ones."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import IO, Any

from sqlmodel import Session, col, func, select

from assignment.errors import ProefwerkError
from experiments.auth import Actor
from experiments.db import Database
from experiments.documents import timestamp
from experiments.order_uploads import OrderUploads
from experiments.reconciliation_models import Reconciliation
from experiments.requests import ReconcileForm
from experiments.service.analysis import check_analysable, require_scheduler, wait_for
from experiments.service.lookup import find_experiment

Document = dict[str, Any]
MOST_WAITING = 20
SHOWN = 20


def start_reconciliation(
    database: Database, uploads: OrderUploads, key: str, form: ReconcileForm, name: str, content: IO[bytes],
    actor: Actor,
) -> int:  # fmt: skip
    """Keep a file of orders for the scheduler to reconcile; the number of the reconciliation.

    Raises:
        ProefwerkError: 404; 409 before the start; 413 too large; 422 for a file of another kind; 503 when no
            scheduler runs, or too many wait.
    """
    with database.reading() as session:
        check_analysable(session, key)
        require_scheduler(session)
        unfinished = col(Reconciliation.finished_at).is_(None)
        if session.exec(select(func.count()).where(unfinished)).one() >= MOST_WAITING:
            raise ProefwerkError(
                503, "busy", "Several files are being reconciled now; try again in a moment."
            )
    stored = uploads.keep(name, content)
    row = Reconciliation(
        experiment_key=key,
        file=name[-200:],
        stored=stored,
        form=form.model_dump(mode="json", exclude_none=True),
        actor=actor.name,
    )
    with database.session() as session:
        session.add(row)
        session.flush()
        return row.id or 0


def await_reconciliation(database: Database, key: str, ident: int, timeout: float = 300.0) -> Document:
    """What came of a reconciliation, once it is there.

    Raises:
        ProefwerkError: What the scheduler refused; 503 when none runs, or the wait was too long.
    """
    found = wait_for(database, lambda session: _finished(session, key, ident), timeout)
    if found is None:
        detail = (
            f"The reconciliation takes longer than {timeout:g} seconds; its result will appear when ready."
        )
        raise ProefwerkError(503, "reconciliation_timeout", detail)
    return found


def find_reconciliation(session: Session, key: str, ident: int) -> Reconciliation:
    """One of them.

    Raises:
        ProefwerkError: 404.
    """
    row = session.get(Reconciliation, ident) if 0 < ident < 2**31 else None
    if row is None or row.experiment_key != key:
        raise ProefwerkError(
            404, "reconciliation_not_found", f"There is no reconciliation {ident} of '{key}'."
        )
    return row


def list_reconciliations(session: Session, key: str) -> Sequence[Reconciliation]:
    """The latest of an experiment, newest first.

    Raises:
        ProefwerkError: 404 without such an experiment.
    """
    find_experiment(session, key)
    query = select(Reconciliation).where(Reconciliation.experiment_key == key)
    return session.exec(query.order_by(col(Reconciliation.id).desc()).limit(SHOWN)).all()


def reconciliation_document(row: Reconciliation) -> Document:
    """How far it is, and in `result` what came of it."""
    return {
        "id": row.id,
        "experiment": row.experiment_key,
        "file": row.file,
        "actor": row.actor,
        "requested_at": timestamp(row.requested_at),
        "finished_at": timestamp(row.finished_at),
        "has_rows": row.stored is not None and row.body is not None,
        "error": row.error,
        "result": None if row.body is None else json.loads(row.body),
    }


def _finished(session: Session, key: str, ident: int) -> Document | None:
    row = find_reconciliation(session, key, ident)
    if row.finished_at is None:
        return None
    if row.body is None:
        why = row.error or "The reconciliation ended without a result and without a reason."
        raise ProefwerkError(row.refused or 500, "reconciliation_failed", why)
    return reconciliation_document(row)
