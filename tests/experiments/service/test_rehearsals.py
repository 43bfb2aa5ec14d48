"""Asking for a rehearsal, the job that does it, and what is said when it cannot be had."""

from __future__ import annotations

import threading
import time
from datetime import timedelta
from pathlib import Path

import pytest

from assignment.errors import ProefwerkError
from experiments import jobs, rehearsing
from experiments.analysis.lake import Lake
from experiments.cli.reports import rehearsal_summary
from experiments.db import Database, utc_now
from experiments.jobs import Workplace
from experiments.models import SCHEDULER_LEASE, Lease, Rehearsal
from experiments.service.rehearsals import newest_rehearsal, request_rehearsal, standing, start_rehearsal
from tests.experiments.examples import draft, running


@pytest.fixture
def place(database: Database, tmp_path: Path) -> Workplace:
    with database.session() as session:
        running(session)
    return Workplace(database, Lake(tmp_path / "lake"), tmp_path / "log")


def lead(database: Database) -> None:
    with database.session() as session:
        session.add(Lease(name=SCHEDULER_LEASE, holder="test", expires_at=utc_now() + timedelta(seconds=60)))


def test_who_waits_gets_what_the_scheduler_found(place: Workplace) -> None:
    lead(place.database)
    found: list[dict[str, object]] = []
    waiter = threading.Thread(target=lambda: found.append(request_rehearsal(place.database, "bar", 30)))
    waiter.start()
    deadline = time.monotonic() + 30
    while waiter.is_alive() and time.monotonic() < deadline:
        jobs.rehearse_requested(place)
        time.sleep(0.02)
    waiter.join()
    with place.database.reading() as session:
        assert found == [newest_rehearsal(session, "bar")]
        assert not standing(session, "bar").running
    assert found[0]["experiment"] == "bar"
    assert "cannot say" in rehearsal_summary(found[0])


def test_many_who_wait_cost_one_rehearsal(place: Workplace) -> None:
    lead(place.database)
    with place.database.session() as session:
        first = start_rehearsal(session, "bar")
    with place.database.session() as session:
        assert start_rehearsal(session, "bar") == first
        assert standing(session, "bar").running
    assert jobs.rehearse_requested(place) == 1
    assert jobs.rehearse_requested(place) == 0


def test_a_rehearsal_that_fails_leaves_its_reason(place: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError

    lead(place.database)
    monkeypatch.setattr(rehearsing, "rehearsed", broken)
    with place.database.session() as session:
        start_rehearsal(session, "bar")
    jobs.rehearse_requested(place)
    with place.database.reading() as session:
        state = standing(session, "bar")
        assert (state.running, state.document) == (False, None)
        assert "scheduler's log" in (state.error or "")


def test_a_rehearsal_that_a_dead_scheduler_took_is_offered_again(place: Workplace) -> None:
    with place.database.session() as session:
        session.add(Rehearsal(experiment_key="bar", started_at=utc_now()))
    assert jobs.rehearse_requested(place) == 0
    jobs.reopen_requests(place.database)
    assert jobs.rehearse_requested(place) == 1


def test_what_cannot_be_rehearsed_is_refused(place: Workplace) -> None:
    with place.database.session() as session:
        draft(session, key="other")
    with place.database.session() as session, pytest.raises(ProefwerkError, match="No scheduler"):
        start_rehearsal(session, "bar")
    lead(place.database)
    for key, status in (("other", 409), ("nothing", 404)):
        with place.database.session() as session, pytest.raises(ProefwerkError) as refused:
            start_rehearsal(session, key)
        assert refused.value.status == status
    with place.database.reading() as session, pytest.raises(ProefwerkError, match="not been rehearsed"):
        newest_rehearsal(session, "bar")
    with pytest.raises(ProefwerkError, match="takes longer"):
        request_rehearsal(place.database, "bar", 0.1)


def test_the_command_rehearses_at_once(place: Workplace) -> None:
    found = jobs.rehearse_now(place, "bar")
    with place.database.reading() as session:
        assert newest_rehearsal(session, "bar") == found
