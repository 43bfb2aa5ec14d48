"""Liveness, readiness, metrics and the errors of everything else."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, abort
from werkzeug.test import Client, TestResponse

from assignment.api import Doors, register
from assignment.errors import FieldError, ProefwerkError
from assignment.log import EventLog, segments
from assignment.sink import LogSink
from assignment.snapshot import build, encode
from assignment.source import PollingSource
from tests.assignment.api.conftest import logged
from tests.assignment.examples import CLIENT_KEY, KEYS, several


def test_a_living_process_that_can_serve_says_so(plain: Client, doors: Doors) -> None:
    assert plain.get("/healthz").get_json() == {"status": "ok"}
    assert plain.get("/readyz").get_json() == {
        "status": "ok",
        "revision": doors.source.current().revision,
        "checks": {"snapshot": "ok", "log": "ok"},
    }


def test_readiness_names_what_is_missing(doors: Doors, tmp_path: Path) -> None:
    doors.sink.close()  # type: ignore[attr-defined]
    app = Flask("empty")
    register(app, Doors(PollingSource(lambda known: None, tmp_path / "none.json"), doors.sink))
    client = Client(app.wsgi_app)
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.content_type == "application/problem+json"
    assert "No rules" in answer.get_json()["checks"]["snapshot"]
    assert "log" in answer.get_json()["checks"]["log"]
    assert client.get("/healthz").status_code == 200
    refused = client.post("/api/v1/assign", json={}, headers={"X-API-Key": CLIENT_KEY})
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")


def test_metrics_count_requests_by_door_and_status(hot: Client) -> None:
    hot.post("/api/v1/assign", json={"context": {"targetingKey": "s"}}, headers={"X-API-Key": CLIENT_KEY})
    hot.post("/api/v1/assign", json={})
    hot.post("/api/v1/events", json=[{}], headers={"X-API-Key": CLIENT_KEY})
    answer = hot.get("/metrics")
    assert answer.content_type.startswith("text/plain")
    text = answer.get_data(as_text=True)
    assert 'proefwerk_requests_total{door="assign",status="200"} 1.0' in text
    assert 'proefwerk_requests_total{door="assign",status="401"} 1.0' in text
    assert 'proefwerk_request_seconds_count{door="assign"} 2.0' in text
    assert 'proefwerk_events_total{outcome="rejected"} 1.0' in text


def test_metrics_tell_why_events_were_rejected(hot: Client) -> None:
    order = {"type": "conversion", "unit": "u", "name": "order"}
    events = [
        {**order, "id": "1", "time": "2016-11-23T10:00:00Z"},
        {**order, "id": "2", "time": "2999-11-23T10:00:00Z"},
        {"type": "exposure", "id": "3", "unit": "u", "experiment": "gone", "variant": "bar"},
        {**order, "id": "4", "value": "much"},
        {**order, "id": "5"},
    ]
    told = hot.post("/api/v1/events", json=events, headers={"X-API-Key": CLIENT_KEY}).get_json()
    assert [item["index"] for item in told["rejected"]] == [0, 1, 2, 3]
    text = hot.get("/metrics").get_data(as_text=True)
    for reason in ("late", "ahead", "unknown", "invalid"):
        assert f'proefwerk_events_rejected_total{{reason="{reason}"}} 1.0' in text


def test_a_full_log_is_said_by_every_door_until_there_is_room_again(tmp_path: Path) -> None:
    source = PollingSource(lambda known: encode(build(several(), KEYS)), tmp_path / "snapshot.json")
    source.refresh()
    sink = LogSink(EventLog(tmp_path / "log", max_bytes=10_000))
    app = Flask("full")
    register(app, Doors(source, sink))
    client, headers = Client(app.wsgi_app), {"X-API-Key": CLIENT_KEY}

    def report(number: int) -> TestResponse:
        batch = [{"type": "conversion", "id": f"{number}", "unit": "u", "name": "order"}]
        return client.post("/api/v1/events", json=batch, headers=headers)

    taken = 0
    while (refused := report(taken)).status_code == 200:
        taken += 1
    assert (refused.status_code, refused.headers["Retry-After"]) == (503, "1")
    assert refused.get_json()["type"] == "urn:proefwerk:problem:log_full"
    assert "10,000 are allowed (PROEFWERK_LOG_MAX_BYTES)" in refused.get_json()["detail"]
    assert len(logged(tmp_path)) == taken > 100
    ready = client.get("/readyz")
    assert (ready.status_code, ready.headers["Retry-After"]) == (503, "1")
    assert "The event log is full" in ready.get_json()["checks"]["log"]
    fill = client.post("/api/v1/assign", json={"context": {"targetingKey": "s"}}, headers=headers)
    assert fill.status_code == 200, "who asks for no exposure gets a variant all the same"
    text = client.get("/metrics").get_data(as_text=True)
    assert "proefwerk_log_limit_bytes 10000.0" in text
    assert 9_800 < float(text.split("\nproefwerk_log_used_bytes ")[1].split()[0]) <= 10_000
    for path in segments(tmp_path / "log"):
        path.unlink()
    assert client.get("/readyz").status_code == 200
    assert report(taken).get_json() == {"accepted": 1, "duplicates": 0, "rejected": []}
    sink.close()


def test_every_error_of_the_app_is_a_problem(app: Flask) -> None:
    @app.get("/refused")
    def refused() -> str:
        raise ProefwerkError(
            409, "illegal", "It cannot be stopped twice.", (FieldError("status", "is stopped"),)
        )

    @app.get("/teapot")
    def teapot() -> str:
        abort(418)

    @app.get("/broken")
    def broken() -> str:
        raise ZeroDivisionError("secret of the inside")

    client = Client(app.wsgi_app)
    conflict = client.get("/refused")
    assert conflict.content_type == "application/problem+json"
    assert conflict.get_json() == {
        "type": "urn:proefwerk:problem:illegal",
        "title": "Not possible now",
        "status": 409,
        "detail": "It cannot be stopped twice.",
        "errors": [{"field": "status", "message": "is stopped"}],
    }
    assert client.get("/teapot").get_json()["status"] == 418
    assert client.get("/nowhere").get_json()["status"] == 404
    hidden = client.get("/broken")
    assert (hidden.status_code, b"secret" in hidden.data) == (500, False)


def test_redirects_are_not_problems(app: Flask) -> None:
    @app.get("/folder/")
    def folder() -> str:
        return "here"

    assert Client(app.wsgi_app).get("/folder").status_code == 308


def test_the_snippet_is_served_with_its_type_and_may_be_cached(plain: Client) -> None:
    answer = plain.get("/proefwerk.js")
    assert answer.content_type == "text/javascript; charset=utf-8"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    again = plain.get("/proefwerk.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
