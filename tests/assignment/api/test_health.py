"""Liveness, readiness, metrics and the errors of everything else."""

from __future__ import annotations

from pathlib import Path

from flask import Flask, abort
from werkzeug.test import Client

from assignment.api import Doors, register
from assignment.errors import FieldError, ProefwerkError
from assignment.source import PollingSource
from tests.assignment.examples import CLIENT_KEY


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
