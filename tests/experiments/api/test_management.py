"""The contract's management requests, as a script would send them."""

from __future__ import annotations

from typing import Any

import pytest

from experiments.db import Database, utc_now
from experiments.models import Rehearsal
from tests.experiments.api.conftest import Api
from tests.experiments.examples import BAR, METRICS, document


@pytest.fixture
def started(api: Api) -> Api:
    assert api.send("POST", "/experiments", BAR).status_code == 201
    assert api.send("POST", "/experiments/bar/start").status_code == 200
    return api


def test_a_metric_lives_its_life(api: Api) -> None:
    margin = {**METRICS[1], "key": "margin", "field": "margin"}
    made = api.send("POST", "/metrics", margin)
    assert (made.status_code, made.headers["Location"]) == (201, "/api/v1/metrics/margin")
    assert made.json is not None
    assert made.json["field"] == "margin"
    assert api.send("GET", "/metrics/margin").json == made.json
    replaced = api.send("PUT", "/metrics/margin", {**made.json, "unit": "EUR"})
    assert replaced.json == {**made.json, "unit": "EUR"}
    listed = api.send("GET", "/metrics").json
    assert listed is not None
    assert [metric["key"] for metric in listed["metrics"]] == ["conversion", "margin", "refunds", "revenue"]
    assert api.send("DELETE", "/metrics/margin").status_code == 204
    assert api.send("GET", "/metrics/margin").status_code == 404


def test_an_experiment_lives_its_life(api: Api) -> None:
    made = api.send("POST", "/experiments", BAR)
    assert (made.status_code, made.headers["Location"]) == (201, "/api/v1/experiments/bar")
    assert made.json is not None
    assert {name: made.json[name] for name in BAR} == BAR
    assert api.send("GET", "/experiments/bar").json == made.json
    patched = api.send("PATCH", "/experiments/bar", {"plan": {"mde": 0.02}}).json
    assert patched is not None
    assert patched["plan"]["mde"] == 0.02
    states = []
    for action, body in (
        ("start", None),
        ("pause", None),
        ("resume", {}),
        ("stop", {"decision": "ship", "note": "Clear."}),
        ("archive", None),
    ):
        answer = api.send("POST", f"/experiments/bar/{action}", body)
        assert answer.status_code == 200, answer.json
        assert answer.json is not None
        states.append(answer.json["status"])
    assert states == ["running", "paused", "running", "stopped", "archived"]
    last = api.send("GET", "/experiments/bar").json
    assert last is not None
    assert last["decision"] == {"decision": "ship", "variant": "bar", "note": "Clear."}


def test_a_draft_is_deleted(api: Api) -> None:
    api.send("POST", "/experiments", BAR)
    assert api.send("DELETE", "/experiments/bar").status_code == 204
    assert api.send("GET", "/experiments/bar").status_code == 404


def test_the_doors_hear_of_every_change_that_concerns_them_and_of_no_other(api: Api) -> None:
    api.send("POST", "/experiments", BAR)
    api.send("POST", "/experiments/bar/start")
    assert len(api.published) == 2
    api.send("POST", "/experiments/bar/start")
    api.send("GET", "/experiments/bar")
    api.send("POST", "/experiments/bar/journal", {"text": "Hm."})
    assert len(api.published) == 2


def test_analyses_are_run_by_whoever_can(started: Api) -> None:
    answer = started.send("POST", "/experiments/bar/analyze")
    assert (answer.status_code, answer.json) == (200, {"experiment": "bar"})


def test_a_rehearsal_is_shown_once_there_is_one(started: Api, database: Database) -> None:
    assert started.send("GET", "/experiments/bar/aa").status_code == 404
    answer = started.send("POST", "/experiments/bar/aa")
    assert (answer.status_code, (answer.json or {})["detail"][:22]) == (503, "No scheduler is runnin")
    with database.session() as session:
        session.add(Rehearsal(experiment_key="bar", finished_at=utc_now(), body='{"experiment":"bar"}'))
    assert started.send("GET", "/experiments/bar/aa").json == {"experiment": "bar"}


def test_without_a_report_the_results_are_not_found(started: Api) -> None:
    assert started.send("GET", "/experiments/bar/results").status_code == 404
    listed = started.send("GET", "/experiments/bar/reports").json
    assert listed == {"reports": [], "total": 0, "page": 1, "per_page": 50}
    assert started.send("GET", "/experiments/bar/reports/none").status_code == 404


def test_the_story_and_its_follow_up(started: Api) -> None:
    assert started.send("POST", "/experiments/bar/journal", {"text": "Odd on phones."}).status_code == 201
    told = started.send("GET", "/experiments/bar/journal").json
    assert told is not None
    assert [entry["kind"] for entry in told["journal"]] == ["plan", "start", "comment"]
    child = started.send("POST", "/experiments/bar/refine")
    assert (child.status_code, child.headers["Location"]) == (201, "/api/v1/experiments/bar-2")


def test_the_audit_log_is_filtered_and_paged(started: Api) -> None:
    audit = started.send("GET", "/audit?kind=experiment&key=bar").json
    assert audit is not None
    assert [entry["action"] for entry in audit["audit"]] == ["start", "create"]
    assert audit["audit"][0]["actor"] == {"kind": "key", "name": "admin key"}
    page = started.send("GET", "/audit?per_page=1&page=2").json
    assert page is not None
    assert [entry["action"] for entry in page["audit"]] == ["create"]


def test_lists_are_filtered_and_paged(started: Api) -> None:
    started.send("POST", "/experiments", document(key="other"))
    running = started.send("GET", "/experiments?status=running").json
    assert running is not None
    assert ([row["key"] for row in running["experiments"]], running["total"]) == (["bar"], 1)
    paged = started.send("GET", "/experiments?per_page=1&page=2").json
    assert paged is not None
    assert ([row["key"] for row in paged["experiments"]], paged["total"]) == (["bar"], 2)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("status=gone", "status"),
        ("page=0", "page"),
        ("page=x", "page"),
        ("page=99999999999999999999", "page"),
        ("per_page=201", "per_page"),
        ("per_page=-1", "per_page"),
    ],
)
def test_a_query_that_makes_no_sense_is_refused_by_name(api: Api, query: str, field: str) -> None:
    answer = api.send("GET", f"/experiments?{query}")
    assert answer.status_code == 422
    assert answer.json is not None
    assert [error["field"] for error in answer.json["errors"]] == [field]


@pytest.mark.parametrize(
    ("key", "status", "code"),
    [(None, 401, "key_missing"), ("client", 403, "key_kind"), ("server", 403, "key_kind")],
)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/metrics"),
        ("POST", "/experiments"),
        ("GET", "/experiments/unheard-of"),
        ("POST", "/experiments/bar/start"),
        ("GET", "/audit"),
    ],
)
def test_only_an_admin_key_gets_in(
    api: Api, key: str | None, status: int, code: str, method: str, path: str
) -> None:
    answer = api.send(method, path, key=key)
    assert answer.status_code == status
    assert answer.json is not None
    assert answer.json["type"].endswith(code)


def test_an_unknown_key_is_refused(api: Api) -> None:
    api.keys["unknown"] = "pw_admin_made_up"
    answer = api.send("GET", "/metrics", key="unknown")
    assert answer.status_code == 401
    assert "WWW-Authenticate" in answer.headers


def test_definitions_are_shown_in_the_order_of_the_contract(api: Api) -> None:
    shown = api.send("POST", "/experiments", BAR).json
    assert shown is not None
    assert list(shown)[:4] == ["key", "name", "hypothesis", "surface"]
    assert list(shown["variants"][1]["payload"]) == ["show", "threshold"]


def test_an_answer_about_definitions_is_not_cached(api: Api) -> None:
    assert api.send("GET", "/metrics").headers["Cache-Control"] == "no-store"


def test_stopping_twice_is_a_conflict_in_words(started: Api) -> None:
    body: dict[str, Any] = {"decision": "rollback"}
    assert started.send("POST", "/experiments/bar/stop", body).status_code == 200
    answer = started.send("POST", "/experiments/bar/stop", body)
    assert answer.status_code == 409
    assert answer.mimetype == "application/problem+json"
    assert answer.json is not None
    assert "'bar' is stopped; 'stop' is possible only when it is running or paused." in answer.json["detail"]


def test_a_running_split_grows_and_another_split_is_a_new_phase(started: Api) -> None:
    grown = started.send("PATCH", "/experiments/bar", {"traffic": 0.8})
    assert grown.status_code == 200
    assert grown.json is not None
    assert (grown.json["version"], len(grown.json["phases"][0]["splits"])) == (1, 2)
    refused = started.send("PATCH", "/experiments/bar", {"traffic": 0.4})
    assert (refused.status_code, refused.json and refused.json["errors"][0]["field"]) == (409, "traffic")
    anew = {"traffic": 0.4, "new_phase": True, "phase_reason": "Too many complaints."}
    opened = started.send("PATCH", "/experiments/bar", anew).json
    assert opened is not None
    assert (opened["version"], opened["traffic"], opened["plan"]) == (2, 0.4, grown.json["plan"])
    assert opened["phases"][1]["reason"] == "Too many complaints."
    for wrong in ({"new_phase": "yes"}, {"new_phase": True, "phase_reason": "x" * 5000}):
        assert started.send("PATCH", "/experiments/bar", wrong).status_code == 422
