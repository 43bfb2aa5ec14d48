"""Analyses, reports and evidence follow an experiment from phase to phase."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command

from assignment.errors import ProefwerkError
from assignment.events import Exposure
from assignment.log import EventLog
from experiments import jobs, refresh
from experiments.analysis.lake import Lake
from experiments.db import Database, alembic_config, utc_now
from experiments.jobs import Workplace
from experiments.requests import PhaseForm
from experiments.service.definitions import experiment_document, get_experiment, update_experiment
from experiments.service.reports import evidence
from experiments.service.transitions import stop
from tests.experiments.analysis.build import write_log
from tests.experiments.conftest import BOB
from tests.experiments.examples import draft, running
from tests.experiments.service.test_transitions import INCONCLUSIVE
from tests.experiments.test_jobs import reports, shop


@pytest.fixture
def place(database: Database, tmp_path: Path) -> Workplace:
    """A workplace with one running experiment, `bar`."""
    with database.session() as session:
        running(session)
    return Workplace(database, Lake(tmp_path / "lake"), tmp_path / "log")


def anew(place: Workplace, carry_over: str | None = None) -> None:
    asked = PhaseForm.model_validate({"new_phase": True, "carry_over": carry_over})
    with place.database.session() as session:
        update_experiment(session, "bar", {"traffic": 0.4}, BOB, asked)


@pytest.mark.parametrize(("carry_over", "units"), [(None, 6), ("exclude", 2)])
def test_a_new_phase_counts_anew_and_says_whom_it_knows(
    place: Workplace, carry_over: str | None, units: int
) -> None:
    shop(place, 6)
    first = jobs.analyse_now(place, "bar")
    anew(place, carry_over)
    empty = jobs.analyse_now(place, "bar")
    assert (empty["version"], [arm["units"] for arm in empty["variants"]]) == (2, [0, 0])
    assert empty["plan_hash"] != first["plan_hash"]
    log_again(place)
    report = jobs.analyse_now(place, "bar")
    assert sum(arm["units"] for arm in report["variants"]) == units
    assert (report["health"]["carry_over"]["units"], report["version"]) == (4, 2)
    assert [phase["version"] for phase in report["phases"]] == [1, 2]


def log_again(place: Workplace) -> None:
    """Shoppers 2 to 7 meet the experiment; 2 to 5 have met it before."""
    log, now = EventLog(place.log_folder), utc_now()
    arms = ("control", "bar")
    write_log(log, [Exposure(f"again{n}", f"u{n}", "bar", arms[n // 2 % 2], now) for n in range(2, 8)], now)
    log.close()


def test_reports_of_every_phase_verify(place: Workplace) -> None:
    shop(place, 6)
    first = jobs.analyse_now(place, "bar")
    with place.database.session() as session:
        update_experiment(session, "bar", {"traffic": 0.9}, BOB)
    grown = jobs.analyse_now(place, "bar")
    anew(place)
    log_again(place)
    second = jobs.analyse_now(place, "bar")
    with place.database.session() as session:
        stop(session, "bar", INCONCLUSIVE, BOB)
    for report in (first, grown, second):
        assert jobs.verify_report(place, report) == []
    assert [each["version"] for each in (first, grown, second)] == [1, 1, 2]
    with pytest.raises(ProefwerkError) as unknown:
        jobs.verify_report(place, {**second, "version": 7})
    assert (unknown.value.status, unknown.value.code) == (404, "unknown_phase")


def test_evidence_over_time_begins_with_the_phase(place: Workplace) -> None:
    shop(place, 6)
    jobs.analyse_now(place, "bar")
    jobs.analyse_now(place, "bar")
    with place.database.reading() as session:
        assert len(evidence(session, "bar", "conversion", "bar")) == 2
    anew(place)
    jobs.analyse_now(place, "bar")
    with place.database.reading() as session:
        assert len(evidence(session, "bar", "conversion", "bar")) == 1


def test_a_new_phase_refreshes_the_report_though_no_event_came(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LEAST_SPACING", "MOST_SPACING"):
        monkeypatch.setattr(refresh, name, timedelta())
    monkeypatch.setattr(refresh, "REST_PER_WORK", 0.0)
    shop(place, 6)
    assert jobs.refresh_reports(place) == ["bar"]
    assert jobs.refresh_reports(place) == []
    anew(place)
    assert jobs.refresh_reports(place) == ["bar"]
    assert len(reports(place)) == 2


def test_experiments_from_before_phases_were_kept_are_in_their_first(database: Database) -> None:
    with database.session() as session:
        running(session)
        draft(session, key="later")
        before = experiment_document(get_experiment(session, "bar"))
    with database.engine.execution_options(proefwerk_writes=True).begin() as connection:
        command.downgrade(alembic_config(connection), "v0006")
        command.upgrade(alembic_config(connection), "head")
    with database.reading() as session:
        after = experiment_document(get_experiment(session, "bar"))
        assert {**after, "phases": []} == {**before, "phases": []}
        (old,), (new,) = before["phases"], after["phases"]
        assert new["splits"][0]["variants"] == old["splits"][0]["variants"]
        assert (new["version"], new["plan_hash"]) == (1, old["plan_hash"])
        assert new["started_at"] == old["started_at"] == new["splits"][0]["from"]
        assert experiment_document(get_experiment(session, "later"))["phases"] == []
