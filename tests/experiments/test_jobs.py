"""Background jobs: each may run again at any moment, and the failure of one leaves the others alone."""

from __future__ import annotations

import json
import logging
import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import col, select

from assignment.errors import ProefwerkError
from assignment.events import Conversion, Exposure
from assignment.log import EventLog
from experiments import jobs, refresh
from experiments.analysis.erasure import erase
from experiments.analysis.lake import Lake
from experiments.analysis.report import analyse
from experiments.analysis.rows import microseconds
from experiments.db import Database, utc_now
from experiments.forms import MetricForm
from experiments.jobs import Workplace
from experiments.models import AnalysisRequest, Experiment, MetricBaseline, Report
from experiments.requests import StopForm
from experiments.service.analysis import take_oldest
from experiments.service.baselines import known_of
from experiments.service.definitions import get_experiment
from experiments.service.lookup import find_metric
from experiments.service.metrics import create_metric
from experiments.service.records import metric_form
from experiments.service.reports import newest_report
from experiments.service.transitions import pause, stop
from experiments.validation import parse
from tests.experiments.analysis.build import write_log
from tests.experiments.conftest import BOB
from tests.experiments.examples import METRICS, add_metrics, draft, running


@pytest.fixture
def place(database: Database, tmp_path: Path) -> Workplace:
    """A workplace with one running experiment, `bar`."""
    with database.session() as session:
        running(session)
    return Workplace(database, Lake(tmp_path / "lake"), tmp_path / "log")


def shop(place: Workplace, units: int, first: int = 0, experiment: str = "bar") -> None:
    """Shoppers who meet a variant and order, acknowledged now."""
    log = EventLog(place.log_folder)
    now = utc_now()
    for number in range(first, first + units):
        unit, variant = f"u{number}", ("control", "bar")[number % 2]
        write_log(
            log,
            [
                Exposure(f"{experiment}-e{number}", unit, experiment, variant, now),
                Conversion(f"{experiment}-c{number}", unit, "order", now),
            ],
            now,
        )
    log.close()


def reports(place: Workplace, key: str = "bar") -> list[Report]:
    """All kept reports, oldest first."""
    with place.database.reading() as session:
        query = select(Report).where(Report.experiment_key == key).order_by(col(Report.as_of))
        return list(session.exec(query))


def request(place: Workplace, key: str = "bar") -> int:
    """Somebody waits for an analysis."""
    with place.database.session() as session:
        row = AnalysisRequest(experiment_key=key)
        session.add(row)
        session.flush()
        return row.id or 0


def answered(place: Workplace, ident: int) -> AnalysisRequest:
    with place.database.reading() as session:
        return session.get_one(AnalysisRequest, ident)


def age(place: Workplace, **changes: Any) -> None:
    """Change the running experiment's row, and let every pause between refreshes be over."""
    with place.database.session() as session:
        row = get_experiment(session, "bar")
        for name, value in changes.items():
            setattr(row, name, value)
        session.add(row)
    place.rests.clear()


def broken_experiment(place: Workplace, key: str = "broken") -> None:
    """A running experiment whose frozen plan cannot be read any more."""
    with place.database.session() as session:
        row = running(session, key=key)
        row.frozen_plan = "{}"
        session.add(row)


@pytest.fixture
def no_spacing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Reports may follow one another at once."""
    monkeypatch.setattr(refresh, "LEAST_SPACING", timedelta())
    monkeypatch.setattr(refresh, "REST_PER_WORK", 0)


def test_an_analysis_counts_every_event_acknowledged_before_it(place: Workplace) -> None:
    shop(place, 6)
    report = jobs.analyse_now(place, "bar")
    assert [arm["units"] for arm in report["variants"]] == [3, 3]
    with place.database.reading() as session:
        assert newest_report(session, "bar") == report


def test_a_draft_is_not_analysed(place: Workplace) -> None:
    with place.database.session() as session:
        draft(session, key="later")
    with pytest.raises(ProefwerkError) as refused:
        jobs.analyse_now(place, "later")
    assert refused.value.status == 409
    with pytest.raises(ProefwerkError) as unknown:
        jobs.analyse_now(place, "unknown")
    assert unknown.value.status == 404


def test_whoever_waits_gets_a_report_or_the_reason_why_there_is_none(
    place: Workplace, caplog: pytest.LogCaptureFixture
) -> None:
    with place.database.session() as session:
        draft(session, key="later")
    broken_experiment(place)
    refused, broken, sound = request(place, "later"), request(place, "broken"), request(place)
    assert jobs.run_requested(place) == 3
    assert "nothing can be analysed" in (answered(place, refused).error or "")
    assert answered(place, broken).error == "The analysis of 'broken' failed; the scheduler's log says why."
    assert "KeyError: 'metrics'" in caplog.text
    assert answered(place, sound).report_id == reports(place)[0].id
    assert answered(place, sound).error is None
    assert jobs.run_requested(place) == 0


def test_a_request_that_a_dead_scheduler_took_is_done_by_the_next(place: Workplace) -> None:
    ident = request(place)
    assert take_oldest(place.database, AnalysisRequest) == (ident, "bar")
    assert jobs.run_requested(place) == 0
    jobs.reopen_requests(place.database)
    assert jobs.run_requested(place) == 1
    assert answered(place, ident).finished_at is not None


@pytest.mark.usefixtures("no_spacing")
def test_new_events_give_one_new_report_and_none_give_none(place: Workplace) -> None:
    assert jobs.refresh_reports(place) == ["bar"]
    assert jobs.refresh_reports(place) == []
    shop(place, 4)
    assert jobs.refresh_reports(place) == ["bar"]
    assert jobs.refresh_reports(place) == []
    assert len(reports(place)) == 2


@pytest.mark.usefixtures("no_spacing")
def test_a_look_that_falls_due_by_time_alone_gives_a_new_report(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.session() as session:
        add_metrics(session)
        windowed = {**METRICS[0], "key": "ordered", "window_hours": 100}
        create_metric(session, parse(MetricForm, windowed), BOB)
        plan = {"method": "group_sequential", "looks": 2, "planned_units": 4}
        running(session, metrics={"primary": ["ordered"]}, plan=plan)
    place = Workplace(database, Lake(tmp_path / "lake"), tmp_path / "log")
    shop(place, 4)
    began = utc_now()
    assert jobs.refresh_reports(place) == ["bar"]
    for hours, made in ((49, []), (51, ["bar"]), (99, []), (101, ["bar"]), (300, [])):
        moment = began + timedelta(hours=hours)
        monkeypatch.setattr(refresh, "utc_now", lambda moment=moment: moment)
        place.rests.clear()
        assert jobs.refresh_reports(place) == made, hours
    with database.reading() as session:
        assert newest_report(session, "bar")["looks"]["taken"] == 2


@pytest.mark.usefixtures("no_spacing")
def test_events_that_change_no_number_give_no_new_report(place: Workplace) -> None:
    shop(place, 4)
    jobs.refresh_reports(place)
    log = EventLog(place.log_folder)
    write_log(log, [Conversion("stranger", "nobody", "order", utc_now())], utc_now())
    log.close()
    assert jobs.refresh_reports(place) == []
    place.marks.clear()
    assert jobs.refresh_reports(place) == []


def test_reports_that_nobody_asked_for_keep_their_distance(place: Workplace) -> None:
    jobs.refresh_reports(place)
    shop(place, 4)
    place.rests.clear()
    assert jobs.refresh_reports(place) == []


@pytest.mark.parametrize(("days", "seconds"), [(0.0, 5.0), (0.05, 8.64), (1.0, 172.8), (30.0, 300.0)])
def test_the_older_an_experiment_the_further_apart_its_reports(days: float, seconds: float) -> None:
    now = datetime(2026, 11, 30, tzinfo=UTC)
    assert refresh.spacing(now - timedelta(days=days), now).total_seconds() == pytest.approx(seconds)


@pytest.mark.usefixtures("no_spacing")
def test_a_paused_experiment_still_counts_what_its_shoppers_do(place: Workplace) -> None:
    shop(place, 4)
    jobs.refresh_reports(place)
    with place.database.session() as session:
        pause(session, "bar", BOB)
    log = EventLog(place.log_folder)
    write_log(log, [Conversion("more", "u1", "order", utc_now())], utc_now())
    log.close()
    jobs.refresh_reports(place)
    shop(place, 4, 4)
    assert jobs.refresh_reports(place) == ["bar"]


@pytest.mark.usefixtures("no_spacing")
def test_a_stop_gives_one_last_report(place: Workplace) -> None:
    shop(place, 4)
    jobs.refresh_reports(place)
    with place.database.session() as session:
        stop(session, "bar", StopForm.model_validate({"decision": "inconclusive"}), BOB)
    assert jobs.refresh_reports(place) == ["bar"]
    shop(place, 4, 4)
    assert jobs.refresh_reports(place) == []
    assert [row.body.count('"status":"stopped"') for row in reports(place)] == [0, 1]


@pytest.mark.usefixtures("no_spacing")
def test_an_experiment_that_cannot_be_refreshed_leaves_the_others_alone(
    place: Workplace, caplog: pytest.LogCaptureFixture
) -> None:
    broken_experiment(place, "another")
    assert jobs.refresh_reports(place) == ["bar"]
    assert "'another' could not be refreshed" in caplog.text


@pytest.mark.usefixtures("no_spacing")
def test_a_refresh_whose_files_an_erasure_takes_away_is_no_failure(
    place: Workplace, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop(place, 10)

    def amid_the_refresh(*given: Any) -> dict[str, Any]:
        erase(place.lake, ["u1"], microseconds(utc_now()))
        return analyse(*given)

    with monkeypatch.context() as patch, caplog.at_level(logging.INFO):
        patch.setattr("experiments.refresh.analyse", amid_the_refresh)
        assert jobs.refresh_reports(place) == []
    assert "Files were replaced while 'bar' was being read" in caplog.text
    assert "could not be refreshed" not in caplog.text
    assert jobs.refresh_reports(place) == ["bar"]


def test_what_is_kept_of_units_goes_when_somebody_is_erased(place: Workplace) -> None:
    place.state = place.log_folder.parent / "state"
    shop(place, 10)
    assert jobs.refresh_reports(place) == ["bar"]
    assert list(place.state.iterdir())
    erase(place.lake, ["u1"], microseconds(utc_now()))
    place.rests["bar"] = math.inf
    assert jobs.refresh_reports(place) == []
    assert not list(place.state.iterdir())


@pytest.mark.usefixtures("no_spacing")
def test_what_is_kept_of_units_outlives_a_restart_after_an_erasure(place: Workplace) -> None:
    place.state = place.log_folder.parent / "state"
    shop(place, 10)
    assert jobs.refresh_reports(place) == ["bar"]
    erase(place.lake, ["u1"], microseconds(utc_now()))
    place.rests.clear()
    assert jobs.refresh_reports(place) == ["bar"]
    restarted = Workplace(place.database, place.lake, place.log_folder, state=place.state)
    restarted.rests["bar"] = math.inf
    assert jobs.refresh_reports(restarted) == []
    assert list(place.state.iterdir())


def test_an_experiment_starts_and_stops_on_its_dates(place: Workplace) -> None:
    age(place, end_at=utc_now() - timedelta(seconds=1))
    assert jobs.apply_dates(place) == ["bar"]
    assert jobs.apply_dates(place) == []
    with place.database.reading() as session:
        assert session.exec(select(Experiment.status)).one() == "stopped"


def test_a_failed_health_check_is_told_once(place: Workplace, caplog: pytest.LogCaptureFixture) -> None:
    log = EventLog(place.log_folder)
    now = utc_now()
    write_log(log, [Exposure(f"e{n}", f"u{n}", "bar", "control", now) for n in range(500)], now)
    log.close()
    assert jobs.check_health(place) == {}
    jobs.analyse_now(place, "bar")
    assert jobs.check_health(place) == {"bar": ["srm"]}
    assert jobs.check_health(place) == {"bar": ["srm"]}
    assert caplog.text.count("fails its health checks: srm") == 1


def test_a_kept_report_verifies_and_a_changed_one_does_not(place: Workplace) -> None:
    shop(place, 6)
    report = jobs.analyse_now(place, "bar")
    shop(place, 6, 6)
    assert jobs.verify_report(place, report) == []
    report["variants"][0]["units"] += 1
    assert [line.split(":")[0] for line in jobs.verify_report(place, report)] == ["variants.0.units"]
    with pytest.raises(ProefwerkError) as unknown:
        jobs.verify_report(place, {**report, "experiment": "unknown"})
    assert unknown.value.status == 404


@pytest.mark.usefixtures("no_spacing")
@pytest.mark.parametrize("made", ["analysed", "refreshed"])
def test_a_report_goes_on_to_verify_when_an_event_from_before_it_is_acknowledged_after_it(
    place: Workplace, made: str
) -> None:
    shop(place, 6)
    received = utc_now()
    if made == "analysed":
        jobs.analyse_now(place, "bar")
    else:
        assert jobs.refresh_reports(place) == ["bar"]
    report = json.loads(reports(place)[-1].body)
    log = EventLog(place.log_folder)
    write_log(log, [Exposure("slow", "u99", "bar", "control", received)], received)
    log.close()
    assert jobs.verify_report(place, report) == []
    assert jobs.analyse_now(place, "bar")["variants"][0]["units"] == 4


def test_files_load_for_experiments_that_have_been_started(place: Workplace, tmp_path: Path) -> None:
    with place.database.session() as session:
        draft(session, key="later")
    path = tmp_path / "events.csv"
    path.write_text(
        "type,id,unit,experiment,variant\n"
        "exposure,a,u1,bar,control\nexposure,b,u2,later,control\nexposure,c,u3,unknown,control\n"
    )
    whole = jobs.import_files(place, [path])
    assert (whole.added.exposures, whole.refused) == (1, 2)
    assert [place_[1] for place_ in whole.refusals] == [3, 4]
    assert "has not been started" in whole.refusals[0][2]
    assert jobs.analyse_now(place, "bar")["variants"][0]["units"] == 1


def history(place: Workplace, units: int = 200) -> None:
    """Shoppers of the last weeks who met a variant; a quarter ordered at once."""
    now = utc_now()
    log = EventLog(place.log_folder)
    for number in range(units):
        at = now - timedelta(days=20) + timedelta(hours=2 * number)
        events: list[Any] = [Exposure(f"e{number}", f"u{number}", "bar", ("control", "bar")[number % 2], at)]
        if number % 4 == 0:
            events.append(Conversion(f"c{number}", f"u{number}", "order", at))
        write_log(log, events, now)
    log.close()
    jobs.compact(place)


def test_baselines_of_every_metric_are_computed_once_a_day_and_after_a_change(place: Workplace) -> None:
    history(place)
    assert jobs.refresh_baselines(place) == ["conversion", "refunds", "revenue"]
    assert jobs.refresh_baselines(place) == []
    with place.database.reading() as session:
        known = known_of(session, metric_form(find_metric(session, "conversion")))
        assert known is not None
        assert (known.source, known.units, known.outcome.mean) == ("exposures", 200, 0.25)
        assert session.get_one(MetricBaseline, "refunds").body is None
    with place.database.session() as session:
        session.get_one(MetricBaseline, "conversion").as_of -= timedelta(days=1)
        session.get_one(MetricBaseline, "revenue").definition_hash = "of another definition"
        session.get_one(MetricBaseline, "refunds").as_of -= timedelta(minutes=59)
    assert jobs.refresh_baselines(place) == ["conversion", "revenue"]
    with place.database.session() as session:
        session.get_one(MetricBaseline, "refunds").as_of -= timedelta(minutes=1)
    assert jobs.refresh_baselines(place) == ["refunds"]


def test_baselines_of_deleted_metrics_go(place: Workplace) -> None:
    with place.database.session() as session:
        session.add(MetricBaseline(metric_key="gone", definition_hash="x", body=None))
    jobs.refresh_baselines(place)
    with place.database.reading() as session:
        assert session.get(MetricBaseline, "gone") is None
