"""Asking another process for an analysis, and what is said when it cannot be had."""

from __future__ import annotations

import json
import threading
import time
from datetime import timedelta

import pytest
from sqlmodel import Session, col, select

from assignment.errors import ProefwerkError
from experiments.db import Database, utc_now
from experiments.models import SCHEDULER_LEASE, AnalysisRequest, Lease, Report
from experiments.service.analysis import request_analysis
from tests.experiments.examples import draft, running


@pytest.fixture
def started(database: Database) -> Database:
    with database.session() as session:
        running(session)
    return database


def lead(database: Database, seconds: float = 60) -> None:
    with database.session() as session:
        expires_at = utc_now() + timedelta(seconds=seconds)
        session.add(Lease(name=SCHEDULER_LEASE, holder="test", expires_at=expires_at))


def finish(session: Session, request: AnalysisRequest, error: str | None) -> None:
    request.started_at = request.finished_at = utc_now()
    request.error = error
    if error is None:
        request.report_id = f"r{request.id}"
        body = json.dumps({"id": request.report_id, "experiment": request.experiment_key})
        session.add(
            Report(
                id=request.report_id,
                experiment_key=request.experiment_key,
                as_of=utc_now(),
                body=body,
                data_hash="d",
            )
        )


def work(database: Database, error: str | None = None) -> threading.Thread:
    """Does what the scheduler does, for the next request."""

    def run() -> None:
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            with database.session() as session:
                query = select(AnalysisRequest).where(col(AnalysisRequest.finished_at).is_(None))
                request = session.exec(query).first()
                if request is not None:
                    finish(session, request, error)
                    return
            time.sleep(0.02)

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def refusal(database: Database, key: str = "bar", timeout: float = 0.2) -> ProefwerkError:
    with pytest.raises(ProefwerkError) as caught:
        request_analysis(database, key, timeout)
    return caught.value


def test_it_waits_for_the_report(started: Database) -> None:
    lead(started)
    worker = work(started)
    assert request_analysis(started, "bar", 30) == {"id": "r1", "experiment": "bar"}
    worker.join()


def test_a_failed_analysis_says_why(started: Database) -> None:
    lead(started)
    worker = work(started, "The lake cannot be read.")
    error = refusal(started, timeout=30)
    assert (error.status, error.code, error.detail) == (500, "analysis_failed", "The lake cannot be read.")
    worker.join()


@pytest.mark.parametrize("seconds", [None, -1])
def test_without_a_scheduler_it_says_so_at_once(started: Database, seconds: float | None) -> None:
    if seconds is not None:
        lead(started, seconds)
    error = refusal(started, timeout=60)
    assert (error.status, error.code) == (503, "no_scheduler")
    assert "proefwerk worker" in error.detail


def test_it_does_not_wait_for_ever(started: Database) -> None:
    lead(started)
    assert (refusal(started).status, refusal(started).code) == (503, "analysis_timeout")


def test_many_who_wait_cost_one_analysis(started: Database) -> None:
    lead(started)
    for _ in range(3):
        refusal(started)
    with started.reading() as session:
        assert len(session.exec(select(AnalysisRequest)).all()) == 1


def test_there_is_nothing_to_analyse_before_the_start(database: Database) -> None:
    with database.session() as session:
        draft(session)
    assert (refusal(database).status, refusal(database).code) == (409, "not_started")
    assert refusal(database, "unheard-of").status == 404
