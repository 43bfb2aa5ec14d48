"""Files of orders over HTTP: described, bounded, and for admin keys only."""

from __future__ import annotations

import gzip
import io
import threading
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from flask import Flask
from werkzeug.test import TestResponse

from assignment.api import problems
from experiments import order_uploads
from experiments.analysis.fates import Fate
from experiments.analysis.lake import Lake
from experiments.api import register
from experiments.api.openapi import openapi_document
from experiments.api.openapi_reconciling import _CLASSES
from experiments.auth import KeyKind
from experiments.db import Database, utc_now
from experiments.jobs import Workplace
from experiments.models import SCHEDULER_LEASE, Lease
from experiments.order_uploads import OrderUploads
from experiments.reconciling import reconcile_requested
from experiments.service.keys import create_key
from tests.experiments.analysis.build import add, conversion, exposure
from tests.experiments.api.conftest import Api
from tests.experiments.api.test_openapi import check
from tests.experiments.conftest import ALICE
from tests.experiments.examples import running

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
LINES = b'{"id": "A", "unit": "a", "total": 20}\n{"id": "B", "unit": "a", "total": 3.1}\n'
CSV = b"order_number,unit,value,currency\nA,a,20,EUR\nB,a,3.10,EUR\n"


@pytest.fixture
def place(database: Database, tmp_path: Path) -> Workplace:
    with database.session() as session:
        running(session)
        session.add(Lease(name=SCHEDULER_LEASE, holder="test", expires_at=utc_now() + timedelta(minutes=5)))
    lake, now = Lake(tmp_path / "lake"), utc_now()
    events = [
        exposure("a", "bar", now - timedelta(hours=2), experiment="bar"),
        conversion("a", 20, now - timedelta(hours=1), id="A", currency="EUR"),
    ]
    add(lake, events, now)
    return Workplace(database, lake, tmp_path / "log")


@pytest.fixture
def api(place: Workplace) -> Api:
    """The API with a place for files, on an app that takes no bodies elsewhere."""
    app = Flask("management")
    app.config["MAX_CONTENT_LENGTH"] = 20
    problems.register(app)
    register(
        app, place.database, analyse=lambda key: {}, published=lambda: None,
        uploads=OrderUploads(lambda: place.lake.store),
    )  # fmt: skip
    with place.database.session() as session:
        keys = {kind.value: create_key(session, kind.value, "", ALICE)[1] for kind in KeyKind}
    return Api(app.test_client(), keys)


def reconcile(
    place: Workplace, api: Api, body: bytes, media_type: str = "text/csv", query: str = "", **headers: str
) -> TestResponse:
    """Send a file while a scheduler is at work."""
    answers: list[TestResponse] = []

    def send() -> None:
        sent = {"X-API-Key": api.keys["admin"], "Content-Type": media_type, **headers}
        answers.append(api.client.post(f"/api/v1/experiments/bar/reconcile{query}", data=body, headers=sent))

    waiter = threading.Thread(target=send)
    waiter.start()
    deadline = time.monotonic() + 30
    while waiter.is_alive() and time.monotonic() < deadline:
        reconcile_requested(place)
        time.sleep(0.02)
    waiter.join()
    return answers[0]


def _parquet() -> bytes:
    buffer = io.BytesIO()
    pq.write_table(pa.table({"order_id": ["A", "B"], "unit": ["a", "a"], "value": [20.0, 3.1]}), buffer)
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("body", "media_type", "headers"),
    [
        (CSV, "text/csv", {}),
        (gzip.compress(CSV), "text/csv", {"Content-Encoding": "gzip"}),
        (LINES, "application/x-ndjson", {}),
        (_parquet(), "application/vnd.apache.parquet", {}),
    ],
    ids=["csv", "gzip", "ndjson", "parquet"],
)  # fmt: skip
def test_a_file_of_each_kind_is_reconciled_as_described(
    place: Workplace, api: Api, body: bytes, media_type: str, headers: dict[str, str]
) -> None:
    answer = reconcile(place, api, body, media_type, "?file=may", **headers)
    assert answer.status_code == 200, answer.json
    described, document = openapi_document(), answer.json
    check(described, "Reconciliation", document)
    assert document is not None
    check(described, "ReconciledOrders", document["result"])
    assert [each["class"] for each in document["result"]["classes"] if each["orders"]] == [
        "counted",
        "missing",
    ]
    listed = api.send("GET", "/experiments/bar/reconciliations").json
    assert listed == {"reconciliations": [document]}
    path = f"/experiments/bar/reconciliations/{document['id']}"
    assert api.send("GET", path).json == document
    with api.send("GET", f"{path}/rows") as rows:
        assert rows.mimetype == "text/csv"
        assert rows.get_data(as_text=True).startswith("line,order,unit")


def test_the_description_names_every_class(database_url: str) -> None:
    assert list(_CLASSES) == list(Fate)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?metric=conversion", None),
        ("?metric=", "metric"),
        ("?colour=red", "colour"),
        ("?order=a&unit=", "unit"),
    ],
)
def test_options_are_strict(place: Workplace, api: Api, query: str, field: str | None) -> None:
    answer = reconcile(place, api, CSV, query=query)
    assert answer.status_code == 422
    assert answer.json is not None
    assert field is None or [each["field"] for each in answer.json["errors"]] == [field]


def test_a_file_of_another_kind_or_too_large_is_refused(
    place: Workplace, api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert reconcile(place, api, b"PK", "application/vnd.ms-excel").status_code == 415
    assert reconcile(place, api, CSV, **{"Content-Encoding": "br"}).status_code == 415
    assert reconcile(place, api, b"\xff\xff", "text/csv").status_code == 422
    monkeypatch.setattr(order_uploads, "MOST_BYTES", 10)
    assert reconcile(place, api, CSV).status_code == 413


@pytest.mark.parametrize("key", ["client", "server"])
def test_other_keys_see_no_orders(api: Api, key: str) -> None:
    for method, path in (
        ("POST", "reconcile"),
        ("GET", "reconciliations"),
        ("GET", "reconciliations/1/rows"),
    ):
        assert api.send(method, f"/experiments/bar/{path}", key=key).status_code == 403


@pytest.mark.parametrize("ident", [0, 1, 2**31, 10**40])
def test_an_unknown_number_is_not_found(api: Api, ident: int) -> None:
    assert api.send("GET", f"/experiments/bar/reconciliations/{ident}").status_code == 404
    assert api.send("GET", f"/experiments/bar/reconciliations/{ident}/rows").status_code == 404


def test_without_a_scheduler_nothing_is_kept(place: Workplace, api: Api) -> None:
    with place.database.session() as session:
        lease = session.get(Lease, SCHEDULER_LEASE)
        session.delete(lease)
    answer: Any = api.raw("POST", "/experiments/bar/reconcile", CSV, "text/csv")
    assert answer.status_code == 503
    assert not (place.lake.root / order_uploads.FOLDER).exists()
