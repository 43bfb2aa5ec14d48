"""What strangers send by mistake or on purpose: an error in words, and never a 500."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from assignment.api import problems
from experiments.api import register
from experiments.api.management import MAX_BODY
from experiments.db import Database
from tests.experiments.api.conftest import Api, make_api
from tests.experiments.examples import BAR, METRICS, document

TEXTS = st.text(max_size=8) | st.sampled_from(["\0", "\ud800", "NL", "$gte", "bar", "running"])
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture
def sqlite(tmp_path: Path, sqlite_template: Path) -> Iterator[Api]:
    """One database is enough for values that never reach it."""
    path = tmp_path / "proefwerk.db"
    path.write_bytes(sqlite_template.read_bytes())
    database = Database(f"sqlite:///{path}")
    yield make_api(database)
    database.close()


@pytest.mark.parametrize(
    ("body", "media_type", "status", "words"),
    [
        (b'{"key":', "application/json", 400, "not JSON"),
        (b"", "application/json", 400, "The body is empty"),
        (b'{"traffic":NaN}', "application/json", 400, "NaN is not a JSON number"),
        (b'{"key":"a","key":"b"}', "application/json", 400, "the key 'key' appears 2 times"),
        (b"\xff\xfe", "application/json", 400, "not UTF-8"),
        (b"[]", "application/json", 422, "[] is not an object"),
        (b"null", "application/json", 422, "null is not an object"),
        (b"key=bar", "application/x-www-form-urlencoded", 415, "send 'application/json'"),
        (b"{}", "text/plain", 415, "'text/plain'"),
        (b" " * (MAX_BODY + 1), "application/json", 413, "larger than 1,000,000 bytes"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_in_words(
    api: Api, body: bytes, media_type: str, status: int, words: str
) -> None:
    for method, path in (("POST", "/experiments"), ("POST", "/metrics"), ("PUT", "/metrics/revenue")):
        answer = api.raw(method, path, body, media_type)
        assert answer.status_code == status
        assert answer.mimetype == "application/problem+json"
        assert answer.json is not None
        assert words in answer.json["detail"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"variants": [BAR["variants"][0], {**BAR["variants"][1], "weight": "half"}]}, "variants.1.weight"),
        ({"variants": [BAR["variants"][0], {**BAR["variants"][1], "weight": 0.4}]}, "variants"),
        ({"audience": {"visits": {"$above": 2}}}, "audience.visits"),
        ({"metrics": {"primary": ["unheard-of"]}}, "metrics.primary.0"),
    ],
)
def test_invalid_fields_are_named(api: Api, changes: dict[str, Any], field: str) -> None:
    answer = api.send("POST", "/experiments", document(**changes))
    assert answer.status_code == 422
    assert answer.json is not None
    assert [error["field"] for error in answer.json["errors"]] == [field]


def test_an_overlapping_slice_names_both(api: Api) -> None:
    layer = {"name": "checkout", "from": 0.0, "to": 0.5}
    api.send("POST", "/experiments", document(layer=layer))
    answer = api.send("POST", "/experiments", document(key="other", layer=layer))
    assert answer.status_code == 422
    assert answer.json is not None
    assert "'other'" in answer.json["errors"][0]["message"]
    assert "'bar'" in answer.json["errors"][0]["message"]


@pytest.mark.parametrize("action", ["start", "pause", "resume", "archive"])
def test_an_action_takes_no_fields(api: Api, action: str) -> None:
    api.send("POST", "/experiments", BAR)
    answer = api.send("POST", f"/experiments/bar/{action}", {"force": True})
    assert answer.status_code == 422
    assert answer.json is not None
    assert answer.json["errors"][0]["field"] == "force"


@pytest.mark.parametrize("body", [{}, {"decision": "maybe"}, {"decision": "ship", "reason": "x"}])
def test_a_stop_needs_a_decision_that_exists(api: Api, body: dict[str, str]) -> None:
    api.send("POST", "/experiments", BAR)
    api.send("POST", "/experiments/bar/start")
    assert api.send("POST", "/experiments/bar/stop", body).status_code == 422


@pytest.mark.parametrize("key", ["%00", "..%2f..", "'; DROP TABLE experiments; --", "%ff", "x" * 3000])
@pytest.mark.parametrize("path", ["/experiments/{}", "/metrics/{}", "/experiments/bar/reports/{}"])
def test_a_strange_key_is_simply_not_found(api: Api, key: str, path: str) -> None:
    api.send("POST", "/experiments", BAR)
    assert api.send("GET", path.format(key)).status_code == 404


@pytest.mark.parametrize("query", ["search=%00", "search=%25", "search='--", "kind=%00&key=%00"])
def test_a_strange_search_finds_or_finds_not(api: Api, query: str) -> None:
    for path in ("/experiments", "/metrics", "/audit"):
        assert api.send("GET", f"{path}?{query}").status_code == 200


def test_a_database_that_is_down_is_said_in_words(tmp_path: Path) -> None:
    broken = make_broken(tmp_path)
    answer = broken.get("/api/v1/metrics", headers={"X-API-Key": "any"})
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(field=st.sampled_from(sorted([*BAR, "plan", "layer", "parent", "start_at", "end_at"])), value=JSON)
def test_no_value_of_any_field_is_a_surprise(sqlite: Api, field: str, value: Any) -> None:
    body = json.dumps({**BAR, field: value}).encode()
    answer = sqlite.raw("POST", "/experiments", body)
    assert answer.status_code in (201, 400, 409, 422)
    if answer.status_code == 201:
        assert answer.json is not None
        sqlite.send("DELETE", f"/experiments/{answer.json['key']}")


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(patch=st.dictionaries(st.sampled_from(sorted([*BAR, "status", "plan"])) | TEXTS, JSON, max_size=3))
def test_no_patch_is_a_surprise(sqlite: Api, patch: dict[str, Any]) -> None:
    sqlite.send("POST", "/experiments", BAR)
    answer = sqlite.raw("PATCH", "/experiments/bar", json.dumps(patch).encode())
    assert answer.status_code in (200, 400, 422)
    assert sqlite.send("GET", "/experiments/bar").status_code == 200


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    field=st.sampled_from(
        ["key", "name", "kind", "event", "field", "numerator", "cap", "quantile", "window_hours", "direction"]
    ),
    value=JSON,
)
def test_no_value_of_a_metrics_field_is_a_surprise(sqlite: Api, field: str, value: Any) -> None:
    answer = sqlite.raw("PUT", "/metrics/revenue", json.dumps({**METRICS[1], field: value}).encode())
    assert answer.status_code in (200, 400, 422)


def make_broken(tmp_path: Path) -> FlaskClient:
    app = Flask("broken")
    problems.register(app)
    database = Database(f"sqlite:///{tmp_path / 'missing' / 'x.db'}")
    register(app, database, analyse=lambda key: {}, published=lambda: None)
    return app.test_client()
