"""What the programme page says of all experiments together."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime, timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event
from sqlmodel import select

from dash_ui.gateway import Gateway
from dash_ui.i18n import speaking
from dash_ui.page import View
from dash_ui.pages.programme import PAGE, address_of, query_from
from dash_ui.programme_records import ProgrammeQuery
from dash_ui.records import Person
from experiments.analysis.digest import digest
from experiments.db import Database
from experiments.models import Experiment, Report, ReportDigest
from tests.dash_ui.shop import ADMIN

PERSON = Person(1, ADMIN, "Sanne Adema", "admin")
START = datetime(2026, 9, 1, 9, tzinfo=UTC)


def finish(database: Database, lifts: list[float], money: bool = True) -> None:
    """Adds a finished experiment for each lift; those above 4 % shipped."""
    with database.session() as session:
        for place, lift in enumerate(lifts):
            key = f"past-{place}"
            shipped = lift > 0.04
            session.add(
                Experiment(
                    key=key,
                    name=f"Past {place}",
                    hypothesis="If we try, then we learn.",
                    surface="layout",
                    placement="cart",
                    hash_attribute="id",
                    traffic=1.0,
                    audience={},
                    roles={"primary": ["revenue"]},
                    plan={},
                    segments=[],
                    status="stopped",
                    owner=ADMIN,
                    started_at=START,
                    stopped_at=START + timedelta(days=20),
                    decision="ship" if shipped else "inconclusive",
                    decision_variant="b" if shipped else None,
                    decision_note="=Buttons matter" if shipped else None,
                )
            )
            session.flush()
            session.add(report(key, f"{key}-r", lift, START + timedelta(days=20), money))


def report(key: str, ident: str, lift: float, at: datetime, money: bool = True) -> Report:
    span = {"estimate": lift, "lower": lift - 0.05, "upper": lift + 0.05}
    arms = [
        {"variant": "control", "units": 10_000, "mean": 2.0, "std": 4.0},
        {"variant": "b", "units": 10_000, "mean": 2.0 * (1 + lift), "std": 4.0},
    ]
    row = {"variant": "b", "control": "control", "absolute": span, "relative": span, "p_value": 0.04}
    metric = {
        "metric": "revenue",
        "role": "primary",
        "kind": "mean",
        "unit": "EUR" if money else "ms",
        "direction": "increase",
        "variants": arms,
        "comparisons": [{**row, "significant": lift > 0.04, "undetermined": None}],
    }
    body = {
        "as_of": at.isoformat(),
        "started_at": START.isoformat(),
        "variants": [{"key": "control", "units": 10_000}, {"key": "b", "units": 10_000}],
        "splits": [{"from": START.isoformat(), "traffic": 1.0}],
        "metrics": [metric],
    }
    return Report(id=ident, experiment_key=key, as_of=at, body=json.dumps(body), data_hash="0" * 64)


LIFTS = [0.09, 0.05, 0.06, 0.01, 0.0, -0.02, 0.02, -0.01, 0.03, 0.0]


def test_winners_are_worth_less_than_measured_and_the_page_says_why(
    database: Database, gateway: Gateway
) -> None:
    finish(database, LIFTS)
    found = gateway.programme(ProgrammeQuery())
    assert found.winners is not None
    assert found.winners.measured == pytest.approx(0.2 / 3)
    assert 0.0 < (found.winners.shrunk.estimate or 0) < found.winners.measured
    assert (found.decided, found.shipped, found.days) == (10, 3, 20.0)
    assert found.rate is not None
    assert (found.rate.lower, found.rate.upper) == pytest.approx((0.108, 0.603), abs=0.001)
    # 20,000 shoppers in 20 days are 365,000 a year; 2 euros each, and three shipped with 20 % between them.
    assert [(money.unit, money.shipped) for money in found.money] == [("EUR", 3)]
    assert found.money[0].measured == pytest.approx(0.2 * 2.0 * 365_000)
    assert 0.0 < (found.money[0].total.estimate or 0) < found.money[0].measured
    text = str(PAGE.render(View(gateway, PERSON, {}, {})))
    assert "Whoever picks winners also picks luck" in text


def test_few_finished_experiments_are_told_as_such(database: Database, gateway: Gateway) -> None:
    finish(database, LIFTS[:2])
    found = gateway.programme(ProgrammeQuery())
    assert (found.winners, found.money) == (None, ())
    text = str(PAGE.render(View(gateway, PERSON, {}, {})))
    assert "Too few finished experiments to say" in text
    with speaking("nl"):
        assert "Te weinig afgeronde experimenten" in str(PAGE.render(View(gateway, PERSON, {}, {})))


def test_the_archive_is_found_by_words_decision_and_period_and_the_address_says_it(
    database: Database, gateway: Gateway
) -> None:
    finish(database, LIFTS)
    query = ProgrammeQuery(text="BUTTONS", decision="ship", first=date(2026, 9, 5), last=date(2026, 9, 6))
    assert {row.key for row in gateway.programme(query).rows} == {"past-0", "past-1", "past-2"}
    assert query_from(dict(pair.split("=") for pair in address_of(query).split("&"))) == query
    assert gateway.programme(ProgrammeQuery(last=date(2026, 8, 1))).matching == 0
    assert query_from({"decision": "maybe", "from": "soon"}) == ProgrammeQuery()


def test_the_file_has_all_that_fits_and_no_formulas(database: Database, admin: FlaskClient) -> None:
    finish(database, LIFTS)
    answer = admin.get("/ui/programme.csv?decision=ship")
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert [row["key"] for row in rows] == ["past-0", "past-1", "past-2"]
    assert {row["note"] for row in rows} == {"'=Buttons matter"}


def test_nobody_reads_the_file_without_signing_in(client: FlaskClient) -> None:
    assert client.get("/ui/programme.csv").status_code in (302, 401)


def test_lists_and_curves_read_no_bodies_and_ask_no_more_with_more_reports(
    database: Database, gateway: Gateway
) -> None:
    finish(database, LIFTS)
    with database.session() as session:
        for row in session.exec(select(Report)).all():
            session.add(ReportDigest(report_id=row.id, body=json.dumps(_digest(row))))
    asked = _statements(database, gateway)
    with database.session() as session:
        for number in range(40):
            at = START + timedelta(days=1, hours=number)
            more = report("past-0", f"more-{number}", 0.01, at)
            session.add(more)
            session.flush()
            session.add(ReportDigest(report_id=more.id, body=json.dumps(_digest(more))))
    again = _statements(database, gateway)
    assert len(again) <= len(asked)
    assert [text for text in asked + again if "reports.body" in text] == []


def _digest(row: Report) -> dict[str, object]:
    return digest(json.loads(row.body))


def _statements(database: Database, gateway: Gateway) -> list[str]:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, text: str, *_rest: object) -> None:
        seen.append(text)

    event.listen(database.engine, "before_cursor_execute", note)
    gateway.experiments()
    gateway.programme(ProgrammeQuery())
    event.remove(database.engine, "before_cursor_execute", note)
    return seen
