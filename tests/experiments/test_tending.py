"""Old events go once a day, but for those that an experiment still needs, and the audit log says so."""

from __future__ import annotations

import logging
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from experiments.analysis.lake import Lake
from experiments.db import Database, utc_now
from experiments.jobs import Workplace
from experiments.models import AuditEntry
from experiments.requests import StopForm
from experiments.service.transitions import stop
from experiments.tending import tend_lake
from experiments.validation import parse
from tests.experiments.analysis.build import add, exposure
from tests.experiments.conftest import BOB
from tests.experiments.examples import running

DAY = timedelta(days=1)


@pytest.fixture
def place(database: Database, tmp_path: Path) -> Workplace:
    """A lake with an event of each of the last forty days, and ten days of retention."""
    lake, now = Lake(tmp_path / "lake"), utc_now()
    add(lake, [exposure("a", at=now - number * DAY, id=f"e{number}") for number in range(40)], now)
    return Workplace(database, lake, tmp_path / "log", retention=10 * DAY)


def days(place: Workplace) -> int:
    return len({part.day for part in place.lake.view().manifest.parts})


def test_days_beyond_the_retention_are_dropped_once_a_day_with_an_audit_entry(place: Workplace) -> None:
    assert tend_lake(place)
    assert days(place) == 11
    assert not tend_lake(place)
    with place.database.reading() as session:
        (entry,) = session.exec(select(AuditEntry).where(AuditEntry.action == "drop")).all()
    assert (entry.object_kind, entry.actor) == ("events", "scheduler")
    assert entry.after is not None
    assert entry.after["rows"] == {"exposures": 29}
    place.tended = None
    assert tend_lake(place)
    with place.database.reading() as session:
        assert len(session.exec(select(AuditEntry).where(AuditEntry.action == "drop")).all()) == 1


def test_without_a_retention_all_is_kept(place: Workplace) -> None:
    place.retention = None
    assert tend_lake(place)
    assert days(place) == 40


def test_what_a_running_experiment_needs_stays_and_a_sentence_says_so(
    place: Workplace, caplog: pytest.LogCaptureFixture
) -> None:
    with place.database.session() as session:
        row = running(session)
        began = utc_now() - 15 * DAY
        row.started_at = row.phases[0].started_at = began
        session.add(row)
    caplog.set_level(logging.WARNING)
    tend_lake(place)
    # Its metrics have no window, so that covariates come from the 14 days before.
    assert days(place) == 15 + 14 + 1
    assert "because the experiment 'bar' still needs them" in caplog.text
    with place.database.session() as session:
        stop(session, "bar", parse(StopForm, {"decision": "inconclusive"}), BOB)
    place.tended = None
    tend_lake(place)
    assert days(place) == 11
