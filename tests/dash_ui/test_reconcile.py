"""Reconciling orders on the screen, from a file to its words."""

from __future__ import annotations

import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, g
from flask.testing import FlaskClient

from dash_ui.app import create_dash
from dash_ui.components.reconciled import earlier, findings
from dash_ui.figures.waterfall import waterfall_figure
from dash_ui.gateway import Gateway
from dash_ui.i18n import speaking
from dash_ui.page import View
from dash_ui.pages import reconcile
from dash_ui.reconcile_records import steps
from dash_ui.reconcile_words import class_meaning, class_name, class_remedy, only_here_meaning
from experiments.analysis.fates import Fate
from experiments.analysis.store import LocalStore
from experiments.db import Database, utc_now
from experiments.models import SCHEDULER_LEASE, Lease
from experiments.order_uploads import OrderUploads
from experiments.reconciliation_models import Reconciliation
from tests.dash_ui.shop import ANALYST, PASSWORD
from tests.dash_ui.trees import every, property_of, with_property, words

KEY = "two-column-checkout"


def result(**changes: Any) -> dict[str, Any]:
    """What the scheduler found: two currencies, a bot, a cap, and an event that the export lacks."""

    def row(name: str, counted: str, *amounts: tuple[str, int, str, str]) -> dict[str, Any]:
        columns = ("currency", "orders", "amount", "counted")
        return {
            "class": name,
            "orders": sum(each[1] for each in amounts),
            "amounts": [dict(zip(columns, each, strict=True)) for each in amounts],
            "counted": counted,
            "reason": "",
            "remedy": None,
        }

    return {
        "experiment": KEY, "metric": "revenue", "name": "Revenue per shopper", "report": "r",
        "as_of": "2026-11-20T12:00:00+00:00", "event": "order", "currency": "EUR", "match": None,
        "explained": True, "orders": 7, "counted_without_consent": 0,
        "totals": [
            {"currency": "EUR", "orders": 5, "amount": "130.00", "unexplained": "0.00"},
            {"currency": "USD", "orders": 2, "amount": "50.00", "unexplained": "0.00"},
        ],
        "classes": [
            row("counted", "118.45", ("EUR", 3, "100.00", "100.00"), ("USD", 1, "20.00", "18.45")),
            row("differs", "12.00", ("EUR", 1, "10.00", "12.00")),
            row("bot", "0.00", ("EUR", 1, "20.00", "0.00")),
            row("currency", "0.00", ("USD", 1, "30.00", "0.00")),
            row("missing", "0.00"),
        ],
        "only_here": [{"reason": "again", "events": 1, "amount": "5.00", "detail": ""}],
        "variants": [
            {"variant": "control", "orders": 3, "counted": "100.00", "only_here": "5.00", "capped": "-15.00",
             "capped_units": 1, "report": "90.00", "unexplained": "0.00"},
            {"variant": "b", "orders": 2, "counted": "30.45", "only_here": "0.00", "capped": "0.00",
             "capped_units": 0, "report": "30.45", "unexplained": "0.00"},
        ],
        **changes,
    }  # fmt: skip


def keep(database: Database, **columns: Any) -> None:
    with database.session() as session:
        session.add(Reconciliation(experiment_key=KEY, file="mei.csv", form={}, actor=ANALYST, **columns))


def finished(database: Database, **changes: Any) -> None:
    keep(database, finished_at=utc_now(), stored="orders/x/mei.csv", body=json.dumps(result(**changes)))


def test_the_way_leads_from_the_export_to_the_report_without_a_gap(
    gateway: Gateway, database: Database
) -> None:
    finished(database)
    found = gateway.reconciliations(KEY)[0].result
    assert found is not None
    way = steps(found)
    assert [(step.name, str(step.amount)) for step in way] == [
        ("export", "130.00"), ("bot", "-20.00"), ("converted", "18.45"), ("other_values", "2.00"),
        ("only_here", "5.00"), ("capped", "-15.00"), ("report", "120.45"),
    ]  # fmt: skip
    inner = [step.amount for step in way if not step.total]
    assert way[0].amount + sum(inner, Decimal(0)) == way[-1].amount
    bars, labels = waterfall_figure(way, "EUR")["data"]
    ends = [base + width for base, width in zip(bars["base"], bars["x"], strict=True)]
    assert bars["base"][1:-1] == pytest.approx(ends[:-2]), "each bar begins where the last one ended"
    assert ends[-2] == pytest.approx(ends[-1])
    assert labels["text"][1].strip() == "−€20.00"


def test_a_result_is_told_with_every_class_and_its_remedy(gateway: Gateway, database: Database) -> None:
    finished(database)
    tree = findings(KEY, gateway.reconciliations(KEY)[0])
    told = words(tree)
    assert "Explained to the cent" in told
    assert "7 orders of mei.csv" in told
    assert "From €130.00 in the export" not in told, "a conclusion is a label"
    assert with_property(
        tree, "aria-label", "From €130.00 in the export to €120.45 in the report, in 5 steps."
    )
    assert "If it is none, acquit it on the page of bots." in told
    assert "US$30.00" in told
    assert "it was sent twice under two ids" in told
    assert [item.href for item in every(tree) if hasattr(item, "href")] == [
        f"/ui/reconcile/{KEY}/1/orders.csv"
    ]
    names = [name for _key, name in gateway.result(KEY).experiment.variants]
    sums = with_property(tree, "aria-label", "Sums by variant")[0]
    assert words(with_property(sums, "scope", "row")[0]) == names[0], "people know variants by their names"


def test_what_is_not_explained_is_said_first(gateway: Gateway, database: Database) -> None:
    finished(database, explained=False, counted_without_consent=2)
    told = words(findings(KEY, gateway.reconciliations(KEY)[0]))
    assert told.startswith("Not explained")
    assert "2 orders are counted, though their shoppers refused to be measured." in told


def test_a_failure_shows_each_line_that_cannot_be_understood(gateway: Gateway, database: Database) -> None:
    assert "Nothing has been reconciled" in words(findings(KEY, None))
    keep(database, finished_at=utc_now(), error="2 rows cannot be understood.\nline 2: a\nline 3: b")
    shown = findings(KEY, gateway.reconciliations(KEY)[0])
    assert len(shown.children) == 3
    keep(database)
    assert "Under way" in words(findings(KEY, gateway.reconciliations(KEY)[0]))


def test_earlier_results_can_be_looked_at_again(gateway: Gateway, database: Database) -> None:
    assert earlier(KEY, gateway.reconciliations(KEY)) is None
    finished(database, explained=False)
    keep(database, finished_at=utc_now(), error="No.")
    keep(database)
    tree = earlier(KEY, gateway.reconciliations(KEY))
    assert [words(item).split(", ")[-1] for item in every(tree) if hasattr(item, "href")] == [
        "under way", "failed", "not explained",
    ]  # fmt: skip
    app = Flask("page")
    with app.test_request_context("/ui/reconcile"):
        person = gateway.sign_in(ANALYST, PASSWORD)
        assert person is not None
        page = reconcile.render(View(gateway, person, {}, {"experiment": KEY, "run": "1"}))
    assert "Not explained" in words(with_property(page, "id", "reconcile-found"))


@pytest.mark.parametrize("language", ["en", "nl"])
def test_every_class_has_a_name_a_meaning_and_a_remedy(language: Any) -> None:
    with speaking(language):
        names = {class_name(fate.value) for fate in Fate}
        assert len(names) == len(Fate)
        assert not names & {fate.value for fate in Fate}
        assert all(class_meaning(fate.value) and class_remedy(fate.value) for fate in Fate)
        reasons = ("again", "outside_export", "not_in_export")
        assert all(only_here_meaning(reason) != reason for reason in reasons)


@pytest.fixture
def uploading(database: Database, tmp_path: Path) -> tuple[FlaskClient, str, Path]:
    """Somebody signed in on screens that keep files, with the token of their forms."""
    folder = tmp_path / "lake"
    app = Flask("screens", static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = 1_000
    gateway = Gateway(database, lambda key: {}, lambda: None, OrderUploads(lambda: LocalStore(folder)))
    create_dash(app, gateway, secret="secret-of-the-tests")
    client = app.test_client()
    token = client.get("/login").text.split('name="csrf_token" value="')[1].split('"')[0]
    client.post("/login", data={"email": ANALYST, "password": PASSWORD, "csrf_token": token})
    client.get("/ui/")
    cookie = client.get_cookie("pw_csrf")
    assert cookie is not None
    return client, cookie.value, folder


def lead(database: Database) -> None:
    with database.session() as session:
        lease = Lease(name=SCHEDULER_LEASE, holder="test", expires_at=utc_now().replace(year=2100))
        session.add(lease)


def test_a_file_goes_to_the_scheduler_and_its_rows_come_back(
    database: Database, uploading: tuple[FlaskClient, str, Path]
) -> None:
    client, token, folder = uploading
    lead(database)
    content = b"id,total\n" + b"".join(b"%d,1.00\n" % number for number in range(500))
    assert len(content) > 1_000, "more than other screens may send"
    sent = client.post(
        f"/ui/reconcile/{KEY}/orders?file=mei.csv&metric=revenue",
        data=content,
        headers={"X-CSRFToken": token, "Content-Type": "application/octet-stream"},
    )
    assert (sent.status_code, sent.json) == (200, {"id": 1})
    with database.session() as session:
        row = session.get(Reconciliation, 1)
        assert row is not None
        assert (row.form, row.actor) == ({"metric": "revenue", "timezone": "UTC"}, ANALYST)
        assert (folder / (row.stored or "")).read_bytes() == content
        (folder / (row.stored or "")).with_name("rows-of-orders.csv").write_text("line,order\n")
    with client.get(f"/ui/reconcile/{KEY}/1/orders.csv") as rows:
        assert rows.get_data(as_text=True) == "line,order\n"
    assert client.get(f"/ui/reconcile/{KEY}/2/orders.csv").status_code == 404


@pytest.mark.parametrize(
    ("query", "line"),
    [
        ("file=mei.xlsx", "'mei.xlsx' is of no kind"),
        ("file=mei.csv&metric=NO", "metric: "),
        ("file=mei.csv&colour=red", "colour: "),
    ],
)
def test_a_refused_file_is_told_in_lines(
    database: Database, uploading: tuple[FlaskClient, str, Path], query: str, line: str
) -> None:
    client, token, _ = uploading
    lead(database)
    sent = client.post(f"/ui/reconcile/{KEY}/orders?{query}", data=b"x", headers={"X-CSRFToken": token})
    assert sent.status_code == 422
    assert sent.json is not None
    assert sent.json["problem"][0].startswith(line)


def test_a_file_without_the_token_or_a_session_is_turned_away(
    uploading: tuple[FlaskClient, str, Path],
) -> None:
    client, _, folder = uploading
    assert client.post(f"/ui/reconcile/{KEY}/orders?file=a.csv", data=io.BytesIO(b"x")).status_code == 400
    client.delete_cookie("pw_session")
    assert client.post(f"/ui/reconcile/{KEY}/orders?file=a.csv", data=b"x").status_code == 401
    assert not folder.exists()


def test_only_started_experiments_that_sum_something_can_be_chosen(
    gateway: Gateway, database: Database
) -> None:
    found = gateway.order_experiments()
    keys = [each.key for each in found]
    assert KEY in keys
    assert "product-page-trust-badges" not in keys
    assert {metric.key for each in found for metric in each.metrics} == {"revenue"}
    app = Flask("page")
    with app.test_request_context("/ui/reconcile"):
        g.person = gateway.sign_in(ANALYST, PASSWORD)
        tree = reconcile.render(View(gateway, g.person, {}, {"experiment": KEY}))
    assert len([item for item in every(tree) if type(item).__name__ == "H1"]) == 1
    assert property_of(with_property(tree, "id", "reconcile-experiment")[0], "value") == KEY
