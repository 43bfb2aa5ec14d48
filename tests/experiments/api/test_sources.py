"""Sources over HTTP: described, strict, without secrets, and for admin keys only."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from experiments.api.openapi import openapi_document
from tests.experiments.api.conftest import Api
from tests.experiments.api.test_openapi import check

SOURCE: dict[str, Any] = {
    "key": "shop", "name": "Orders of the shop", "kind": "postgresql",
    "url_variable": "PROEFWERK_SOURCE_SHOP", "event": "order",
    "orders": {"table": "orders", "id": "id", "unit": "customer", "time": "at", "value": "total"},
}  # fmt: skip


def test_a_source_is_declared_shown_changed_and_ended(api: Api) -> None:
    described = openapi_document()
    made = api.send("POST", "/sources", SOURCE)
    assert (made.status_code, made.headers["Location"]) == (201, "/api/v1/sources/shop")
    check(described, "Source", made.json)
    assert api.send("POST", "/sources", SOURCE).status_code == 409
    changed = api.send("PUT", "/sources/shop", {**SOURCE, "every_minutes": 60})
    assert changed.json is not None
    assert changed.json["every_minutes"] == 60
    assert api.send("PUT", "/sources/shop", {**SOURCE, "key": "other"}).status_code == 422
    asked = api.send("POST", "/sources/shop/pull")
    assert asked.status_code == 202
    assert asked.json is not None
    assert asked.json["state"]["requested_at"] is not None
    found = api.send("GET", "/sources").json
    assert found is not None
    assert [each["key"] for each in found["sources"]] == ["shop"]
    assert api.send("DELETE", "/sources/shop").status_code == 204
    assert api.send("GET", "/sources/shop").status_code == 404
    entries = api.send("GET", "/audit").json
    assert entries is not None
    told = [each["action"] for each in entries["audit"] if each["object"]["kind"] == "source"]
    assert told == ["delete", "pull", "update", "create"]


def test_the_first_rows_are_shown_with_what_they_mean(api: Api, tmp_path: Path) -> None:
    times = pa.array(["2026-11-01T12:00:00Z", "soon"])
    table = pa.table({"id": [1, 2], "customer": ["a", "b"], "at": times, "total": ["9.95", "1"]})
    pq.write_table(table, tmp_path / "orders.parquet")
    changes = {"kind": "parquet", "url_variable": None}
    api.send("POST", "/sources", {
        **SOURCE, **changes, "orders": {**SOURCE["orders"], "table": None, "path": str(tmp_path)},
    })  # fmt: skip
    looked = api.send("POST", "/sources/shop/check").json
    check(openapi_document(), "SourceCheck", looked)
    assert looked is not None
    good, bad = looked["orders"]["rows"]
    assert good["reads"]["value"] == "9.95"
    assert good["reads"]["time"] == "2026-11-01T12:00:00Z"
    assert bad["refused"] == "at: 'soon' is not a time such as 2030-01-31 09:00:00"


def test_a_source_that_cannot_be_reached_is_told_in_a_sentence(api: Api) -> None:
    api.send("POST", "/sources", SOURCE)
    answer = api.send("POST", "/sources/shop/check")
    assert answer.status_code == 503
    assert answer.json is not None
    assert "PROEFWERK_SOURCE_SHOP is not set" in answer.json["detail"]


PLACE = SOURCE["orders"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"key": "Shop"}, "key"),
        ({"key": "a" * 21}, "key"),
        ({"kind": "oracle"}, "kind"),
        ({"url_variable": None}, "url_variable"),
        ({"url_variable": "PROEFWERK_SECRET"}, "url_variable"),
        ({"url_variable": None, "url": "postgresql://me:secret@db/shop"}, "url"),
        ({"url_variable": None, "url": "postgresql://db/shop?password=secret"}, "url"),
        ({"url_variable": None, "url": "shop"}, "url"),
        ({"url": "postgresql://db/shop"}, "url_variable"),
        ({"kind": "parquet"}, "url_variable"),
        ({"orders": {**PLACE, "table": None}}, "orders.table"),
        ({"orders": {**PLACE, "query": "SELECT 1"}}, "orders.table"),
        ({"orders": {**PLACE, "table": None, "path": "/data"}}, "orders.path"),
        ({"orders": {**PLACE, "properties": ["margin", "margin"]}}, "orders.properties.1"),
        ({"orders": {**PLACE, "properties": ["order_id"]}}, "orders.properties.0"),
        ({"refunds": {"id": "id", "time": "at", "value": "total"}}, "refunds.order"),
        ({"refund_time": "never"}, "refund_time"),
        ({"currency": "euro"}, "currency"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"every_minutes": 0}, "every_minutes"),
        ({"secret": "x"}, "secret"),
    ],
)
def test_a_source_that_cannot_be_is_refused_by_field(api: Api, change: dict[str, Any], field: str) -> None:
    answer = api.send("POST", "/sources", {**SOURCE, **change})
    assert answer.status_code == 422
    assert answer.json is not None
    assert [each["field"] for each in answer.json["errors"]] == [field]
    assert "me:secret" not in str(answer.json)


@pytest.mark.parametrize("key", ["client", "server"])
def test_other_keys_neither_see_nor_declare_sources(api: Api, key: str) -> None:
    for method, path in (("GET", ""), ("POST", ""), ("POST", "/shop/check"), ("POST", "/shop/pull")):
        assert api.send(method, f"/sources{path}", SOURCE, key=key).status_code == 403
