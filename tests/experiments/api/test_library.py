"""Saved audiences and marks of metrics over HTTP, as described."""

from __future__ import annotations

from experiments.api.openapi import openapi_document
from tests.experiments.api.conftest import Api
from tests.experiments.api.test_openapi import check

DUTCH = {"key": "dutch", "name": "Dutch shoppers", "condition": {"country": "NL"}}


def test_an_audience_is_saved_changed_and_archived_as_described(api: Api) -> None:
    made = api.send("POST", "/audiences", DUTCH)
    assert (made.status_code, made.headers["Location"]) == (201, "/api/v1/audiences/dutch")
    assert made.json is not None
    check(openapi_document(), "Audience", made.json)
    put = api.send("PUT", "/audiences/dutch", {**DUTCH, "description": "At home", "archived": True}).json
    assert put is not None
    assert api.send("GET", "/audiences").json == {"audiences": [put]}
    assert api.send("GET", "/audiences/dutch").json == put
    assert (put["archived"], put["used_by"]) == (True, [])
    assert api.published == []


def test_a_wrong_audience_is_refused_with_its_field(api: Api) -> None:
    answer = api.send("POST", "/audiences", {**DUTCH, "condition": {"$or": 1}})
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["errors"][0]["field"].startswith("condition")
    assert api.send("GET", "/audiences/nobody").status_code == 404
    assert api.send("POST", "/audiences", DUTCH, key="server").status_code == 403


def test_a_metric_is_certified_by_the_key_that_says_so(api: Api) -> None:
    api.send("POST", "/metrics", {"key": "orders", "name": "Orders", "kind": "count", "event": "order"})
    before = api.send("GET", "/metrics/orders/marks").json
    assert before is not None
    check(openapi_document(), "MetricMarks", before)
    marked = api.send("PUT", "/metrics/orders/marks", {"certified": True}).json
    assert marked is not None
    assert (before["certified"], marked["certified"], bool(marked["certified_by"])) == (False, True, True)
    assert api.send("PUT", "/metrics/nobody/marks", {"certified": True}).status_code == 404
