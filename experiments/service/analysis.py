"""Asking for an analysis and waiting for it; another process does the work."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any, TypeVar

from sqlmodel import Session, col, select

from assignment.errors import ProefwerkError
from experiments.db import Database, lock_changes, utc_now
from experiments.lifecycle import EDITABLE, Status
from experiments.models import SCHEDULER_LEASE, AnalysisRequest, Lease, Rehearsal, Report
from experiments.reconciliation_models import Reconciliation
from experiments.service.lookup import find_experiment

Request = TypeVar("Request", AnalysisRequest, Rehearsal, Reconciliation)
POLL_SECONDS = 0.05
_LEASE_CHECK_SECONDS = 2.0


def request_analysis(database: Database, key: str, timeout: float = 300.0) -> dict[str, Any]:
    """The report of an analysis made now.

    Args:
        database: The control database.
        key: The experiment's key.
        timeout: Seconds to wait at most.

    Raises:
        ProefwerkError: 404; 409 before the start; 503 when no scheduler runs, or the wait was too long;
            500 when the analysis failed.
    """
    with database.session() as session:
        check_analysable(session, key)
        require_scheduler(session)
        ident = enqueue(session, key)
    answer = wait_for(database, lambda session: _answer(session, ident), timeout)
    if answer is None:
        raise ProefwerkError(
            503,
            "analysis_timeout",
            f"The analysis of '{key}' takes longer than {timeout:g} seconds; "
            "its report will appear when ready.",
        )
    return answer


def wait_for(
    database: Database, look: Callable[[Session], dict[str, Any] | None], timeout: float
) -> dict[str, Any] | None:
    """What the scheduler leaves, as `look` finds it; `None` when it takes too long.

    Raises:
        ProefwerkError: 503 when no scheduler runs any more.
    """
    deadline = time.monotonic() + timeout
    next_check = time.monotonic() + _LEASE_CHECK_SECONDS
    while time.monotonic() < deadline:
        with database.reading() as session:
            answer = look(session)
            if answer is not None:
                return answer
            if time.monotonic() >= next_check:
                require_scheduler(session)
                next_check = time.monotonic() + _LEASE_CHECK_SECONDS
        time.sleep(POLL_SECONDS)
    return None


def check_analysable(session: Session, key: str) -> None:
    """Refuses an experiment that has nothing to analyse yet.

    Raises:
        ProefwerkError: 404; 409 before the start.
    """
    experiment = find_experiment(session, key)
    if Status(experiment.status) in EDITABLE:
        raise ProefwerkError(
            409,
            "not_started",
            f"'{key}' is {experiment.status}; nothing can be analysed before the start.",
        )


def enqueue(session: Session, key: str) -> int:
    """Joins a request that nobody has begun, so that many who wait cost one analysis."""
    lock_changes(session)
    waiting = session.exec(
        select(AnalysisRequest).where(
            AnalysisRequest.experiment_key == key,
            col(AnalysisRequest.started_at).is_(None),
            col(AnalysisRequest.finished_at).is_(None),
        )
    ).first()
    if waiting is None:
        waiting = AnalysisRequest(experiment_key=key)
        session.add(waiting)
        session.flush()
    return waiting.id or 0


def take_oldest(database: Database, table: type[Request]) -> tuple[int, str] | None:
    """Number and experiment of the oldest request that nobody has begun, now begun; `None` without one."""
    waiting = (
        select(table)
        .where(col(table.started_at).is_(None), col(table.finished_at).is_(None))
        .order_by(col(table.id))
        .limit(1)
    )
    with database.reading() as session:
        if session.exec(waiting).first() is None:
            return None
    with database.session() as session:
        request = session.exec(waiting.with_for_update(skip_locked=True)).first()
        if request is None or request.id is None:
            return None
        request.started_at = utc_now()
        session.add(request)
        return request.id, request.experiment_key


def require_scheduler(session: Session) -> None:
    """Refuses what nobody would do.

    Raises:
        ProefwerkError: 503 when no scheduler runs.
    """
    lease = session.get(Lease, SCHEDULER_LEASE)
    if lease is None or lease.expires_at <= utc_now():
        raise ProefwerkError(
            503,
            "no_scheduler",
            "No scheduler is running, so nothing can be analysed now; start 'proefwerk worker'.",
        )


def _answer(session: Session, ident: int) -> dict[str, Any] | None:
    request = session.get(AnalysisRequest, ident)
    if request is None or request.finished_at is None:
        return None
    report = session.get(Report, request.report_id) if request.report_id is not None else None
    if report is None:
        raise ProefwerkError(
            500,
            "analysis_failed",
            request.error or "The analysis ended without a report and without a reason.",
        )
    body: dict[str, Any] = json.loads(report.body)
    return body
