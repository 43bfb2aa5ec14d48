"""Asking for a reconciliation, the job that does it, and what is kept of it for how long."""

from __future__ import annotations

import io
from datetime import timedelta
from pathlib import Path

import pytest
from sqlmodel import select

from assignment.errors import ProefwerkError
from experiments import order_uploads
from experiments.analysis.lake import Lake
from experiments.analysis.store import LocalStore
from experiments.db import Database, utc_now
from experiments.jobs import Workplace
from experiments.models import SCHEDULER_LEASE, Lease
from experiments.order_uploads import OrderUploads, rows_of
from experiments.reconciliation_models import Reconciliation
from experiments.reconciling import forget_orders, reconcile_requested
from experiments.requests import ReconcileForm
from experiments.service.reconciliations import (
    MOST_WAITING,
    SHOWN,
    await_reconciliation,
    find_reconciliation,
    list_reconciliations,
    reconciliation_document,
    start_reconciliation,
)
from tests.experiments.analysis.build import add, conversion, exposure
from tests.experiments.conftest import CHARLIE
from tests.experiments.examples import draft, running

ORDERS = b"order_number,unit,value,currency\nA,a,20,EUR\nB,a,3.10,EUR\n"


@pytest.fixture
def place(database: Database, tmp_path: Path) -> Workplace:
    """A running experiment with one order of 20 euro, and a scheduler."""
    with database.session() as session:
        running(session)
        session.add(Lease(name=SCHEDULER_LEASE, holder="test", expires_at=utc_now() + timedelta(minutes=5)))
    lake, now = Lake(tmp_path / "lake"), utc_now()
    add(
        lake,
        [
            exposure("a", "bar", now - timedelta(hours=2), experiment="bar"),
            conversion("a", 20, now - timedelta(hours=1), id="A", currency="EUR"),
        ],
        now,
    )
    return Workplace(database, lake, tmp_path / "log")


@pytest.fixture
def uploads(place: Workplace) -> OrderUploads:
    return OrderUploads(lambda: LocalStore(place.lake.root))


def ask(place: Workplace, uploads: OrderUploads, content: bytes = ORDERS, name: str = "mei.csv") -> int:
    return start_reconciliation(
        place.database, uploads, "bar", ReconcileForm(), name, io.BytesIO(content), CHARLIE
    )


def test_the_scheduler_reconciles_and_only_sums_stay_in_the_control_database(
    place: Workplace, uploads: OrderUploads
) -> None:
    ident = ask(place, uploads)
    assert reconcile_requested(place) == 1
    found = await_reconciliation(place.database, "bar", ident, 1)
    assert (found["file"], found["actor"], found["has_rows"]) == ("mei.csv", CHARLIE.name, True)
    classes = {each["class"]: each["orders"] for each in found["result"]["classes"] if each["orders"]}
    assert classes == {"counted": 1, "missing": 1}
    assert found["result"]["explained"]
    with place.database.reading() as session:
        row = find_reconciliation(session, "bar", ident)
        assert '"A"' not in (row.body or "")
        assert not (place.lake.root / (row.stored or "")).exists(), "the file itself is gone at once"
        rows = uploads.path(rows_of(row.stored or "")).read_text().splitlines()
    assert [line.split(",")[1] for line in rows[1:]] == ["A", "B"]


def test_rows_are_forgotten_after_a_day_and_results_stay(place: Workplace, uploads: OrderUploads) -> None:
    ident = ask(place, uploads)
    reconcile_requested(place)
    assert forget_orders(place) == 0
    with place.database.session() as session:
        row = find_reconciliation(session, "bar", ident)
        row.finished_at, stored = utc_now() - timedelta(days=2), row.stored or ""
        session.add(row)
    assert forget_orders(place) == 1
    with pytest.raises(ProefwerkError, match="kept for a day"):
        uploads.path(rows_of(stored))
    assert not any(path.is_file() for path in (place.lake.root / order_uploads.FOLDER).rglob("*"))
    with place.database.reading() as session:
        document = reconciliation_document(find_reconciliation(session, "bar", ident))
    assert document["has_rows"] is False
    assert document["result"]["orders"] == 2


def test_only_the_latest_results_are_kept(place: Workplace) -> None:
    with place.database.session() as session:
        for number in range(SHOWN + 5):
            session.add(
                Reconciliation(
                    experiment_key="bar", file=f"{number}.csv", form={}, actor="x", finished_at=utc_now()
                )
            )
    forget_orders(place)
    with place.database.reading() as session:
        kept = [row.file for row in list_reconciliations(session, "bar")]
        assert len(session.exec(select(Reconciliation)).all()) == SHOWN
    assert (kept[0], kept[-1]) == (f"{SHOWN + 4}.csv", "5.csv")


def test_a_file_that_cannot_be_understood_leaves_the_lines_as_the_reason(
    place: Workplace, uploads: OrderUploads
) -> None:
    ident = ask(place, uploads, b"id;bedrag\nA;veel\n")
    reconcile_requested(place)
    with pytest.raises(ProefwerkError) as refused:
        await_reconciliation(place.database, "bar", ident, 1)
    assert refused.value.status == 422
    assert "line 2: bedrag: 'veel' is no amount" in refused.value.detail
    assert not any(path.is_file() for path in (place.lake.root / order_uploads.FOLDER).rglob("*"))


def test_what_cannot_be_done_is_refused_before_a_file_is_kept(
    place: Workplace, uploads: OrderUploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ProefwerkError, match="is of no kind"):
        ask(place, uploads, name="orders.xlsx")
    monkeypatch.setattr(order_uploads, "MOST_BYTES", 10)
    with pytest.raises(ProefwerkError) as large:
        ask(place, uploads)
    assert large.value.status == 413
    assert not any(path.is_file() for path in (place.lake.root / order_uploads.FOLDER).rglob("*"))
    with place.database.session() as session:
        draft(session, key="later")
        for _ in range(MOST_WAITING):
            session.add(Reconciliation(experiment_key="bar", file="x.csv", form={}, actor="x"))
    with pytest.raises(ProefwerkError, match="Several files"):
        ask(place, uploads)
    with pytest.raises(ProefwerkError) as early:
        start_reconciliation(
            place.database, uploads, "later", ReconcileForm(), "x.csv", io.BytesIO(ORDERS), CHARLIE
        )
    assert early.value.status == 409


def test_a_name_can_lead_nowhere_else(place: Workplace, uploads: OrderUploads) -> None:
    stored = uploads.keep("../../../etc/passwd\x00.csv", io.BytesIO(ORDERS))
    assert stored.startswith("orders/")
    assert ".." not in stored
    assert uploads.path(stored).read_bytes() == ORDERS
