"""A day's rate is entered once: changes are refused in words, corrections are told and make new reports."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, col, select

from assignment.errors import ProefwerkError
from assignment.events import Conversion, Exposure
from assignment.log import EventLog
from experiments import jobs, refresh
from experiments.analysis.lake import Lake
from experiments.db import Database
from experiments.models import AnalysisRequest, AuditEntry, Experiment, Report
from experiments.rates import Quotes, day_number
from experiments.requests import RateForm
from experiments.service.rates import enter_rates, keep_rates, latest_rates, list_rates, rates_of
from experiments.service.reports import newest_report
from experiments.workplace import Workplace
from tests.experiments.analysis.build import write_log
from tests.experiments.conftest import ALICE, BOB, CHARLIE
from tests.experiments.examples import running

TODAY = datetime.now(UTC).date()
PAST = TODAY - timedelta(days=3)


def form(value: str = "1.25", day: date = PAST, currency: str = "USD", base: str = "EUR") -> RateForm:
    return RateForm(base=base, currency=currency, day=day, rate=value)


def standing(session: Session) -> dict[str, str]:
    rows, _ = list_rates(session)
    return {f"{row.base} {row.currency} {row.day}": row.value for row in rows}


def test_entering_the_same_rate_again_changes_nothing(session: Session) -> None:
    assert enter_rates(session, [form(), form(currency="GBP")], BOB).added == 2
    again = enter_rates(session, [form("1.250"), form(currency="GBP")], BOB)
    assert (again.added, again.unchanged) == (0, 2)
    assert standing(session) == {f"EUR GBP {PAST}": "1.25", f"EUR USD {PAST}": "1.25"}


@pytest.mark.parametrize("day", [PAST, TODAY])
def test_a_rate_of_a_day_that_has_begun_is_locked(session: Session, day: date) -> None:
    enter_rates(session, [form(day=day)], BOB)
    with pytest.raises(ProefwerkError) as caught:
        enter_rates(session, [form(day=day, currency="GBP"), form("1.5", day)], BOB)
    assert caught.value.status == 409
    (error,) = caught.value.fields
    assert error.field == "rates.1.rate"
    assert "1.5 differs from 1.25" in error.message
    assert str(day) in error.message
    assert "locked once its day has begun" in error.message


def test_a_rate_of_a_day_to_come_may_still_change(session: Session) -> None:
    day = TODAY + timedelta(days=9)
    enter_rates(session, [form(day=day)], BOB)
    assert enter_rates(session, [form("1.5", day)], BOB).changed == 1
    assert standing(session) == {f"EUR USD {day}": "1.5"}


def test_a_correction_keeps_what_was_and_is_in_the_audit_log(session: Session) -> None:
    enter_rates(session, [form()], BOB)
    before = datetime.now(UTC)
    assert enter_rates(session, [form("1.5")], ALICE, "The bank had sent a wrong table").corrected == 1
    now, day = datetime.now(UTC), day_number(PAST)
    for moment, value in ((before, 1.25), (now, 1.5)):
        quote = Quotes(rates_of(session), moment).find("EUR", "USD", day)
        assert quote is not None
        assert quote.rate == value
    session.flush()
    first, last = session.exec(select(AuditEntry).order_by(col(AuditEntry.id))).all()
    assert first.after is not None
    assert first.after["rates"] == [f"EUR USD {PAST} 1.25"]
    assert (last.action, last.object_kind, last.actor) == ("correct", "rate", ALICE.name)
    assert last.before is not None
    assert last.after is not None
    assert (last.before["rate"], last.after["rate"]) == ("1.25", "1.5")
    assert last.after["reason"] == "The bank had sent a wrong table"


def test_what_is_locked_does_not_keep_others_from_being_entered_where_that_is_asked(
    session: Session,
) -> None:
    enter_rates(session, [form()], BOB)
    kept = keep_rates(session, [form("2"), form(currency="GBP"), form("3", currency="GBP")], BOB)
    assert kept.added == 1
    assert [place for place, _ in kept.refused] == [0, 2]
    assert standing(session) == {f"EUR GBP {PAST}": "1.25", f"EUR USD {PAST}": "1.25"}


def test_an_analyst_enters_no_rates(session: Session) -> None:
    with pytest.raises(ProefwerkError, match="role"):
        enter_rates(session, [form()], CHARLIE)


def test_the_latest_rate_of_each_pair_is_at_hand(session: Session) -> None:
    enter_rates(session, [form(), form("1.3", PAST + timedelta(days=1)), form("0.8", currency="GBP")], BOB)
    assert [(row.currency, row.value) for row in latest_rates(session)] == [("GBP", "0.8"), ("USD", "1.3")]


def test_rates_are_read_again_only_when_there_are_others(session: Session) -> None:
    enter_rates(session, [form()], BOB)
    known = rates_of(session)
    assert rates_of(session) is known
    enter_rates(session, [form(currency="GBP")], BOB)
    assert len(rates_of(session)) == 2


def test_a_correction_has_reports_of_stopped_experiments_made_again(database: Database) -> None:
    with database.session() as session:
        for key, body in (("used", '{"rates": {"currencies": [{"currency": "USD"}]}}'), ("other", "{}")):
            session.add(stopped(key))
            session.flush()
            session.add(Report(id=key, experiment_key=key, body=body, data_hash="0"))
        enter_rates(session, [form()], BOB)
    with database.session() as session:
        assert session.exec(select(AnalysisRequest.experiment_key)).all() == []
        enter_rates(session, [form("1.5")], ALICE, "A wrong table")
        assert session.exec(select(AnalysisRequest.experiment_key)).all() == ["used"]


def test_a_report_made_before_a_correction_is_verified_after_it_and_made_anew(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with database.session() as session:
        running(session)
        enter_rates(session, [form("1.25", TODAY)], BOB)
    place = Workplace(database, Lake(tmp_path / "lake"), tmp_path / "log")
    now, log = datetime.now(UTC), EventLog(place.log_folder)
    ordered = Conversion("c1", "u1", "order", now, 30.0, "USD")
    write_log(log, [Exposure("e1", "u1", "bar", "control", now), ordered], now)
    log.close()
    earlier = jobs.analyse_now(place, "bar")
    with database.session() as session:
        enter_rates(session, [form("1.5", TODAY)], ALICE, "A wrong table")
    assert jobs.verify_report(place, earlier) == []
    monkeypatch.setattr(refresh, "LEAST_SPACING", timedelta())
    monkeypatch.setattr(refresh, "SPACINGS_PER_AGE", 10**9)
    place.rests.clear()
    assert jobs.refresh_reports(place) == ["bar"]
    with database.reading() as session:
        newest = newest_report(session, "bar")
    assert newest is not None
    assert [revenue(each) for each in (earlier, newest)] == [24.0, 20.0]
    assert earlier["rates"]["hash"] != newest["rates"]["hash"]


def revenue(report: dict[str, Any]) -> float:
    (metric,) = (each for each in report["metrics"] if each["metric"] == "revenue")
    found: float = metric["variants"][0]["sum"]
    return found


def stopped(key: str) -> Experiment:
    empty: dict[str, Any] = {}
    return Experiment(
        key=key, name=key, hypothesis="", surface="layout", placement="", hash_attribute="id", traffic=1.0,
        audience=empty, roles=empty, plan=empty, segments=[], status="stopped", owner="x",
    )  # fmt: skip
