"""The native door: every variant of a shopper in one request, every mistake in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from assignment.api import Doors
from assignment.api.context import MAX_CONTEXT_BYTES
from assignment.engine import decide
from assignment.events import Exposure
from tests.assignment.api.conftest import logged
from tests.assignment.examples import ADMIN_KEY, CLIENT_KEY, SERVER_KEY, live_keys, shopper

PATH = "/api/v1/assign"


def post(client: Client, json: object = None, *, key: str = CLIENT_KEY, **options: Any) -> TestResponse:
    headers = {"X-API-Key": key, **options.pop("headers", {})}
    return client.post(PATH, json=json, headers=headers, **options)


def context(unit: object = "s-1", **attributes: object) -> dict[str, Any]:
    return {"context": {"targetingKey": unit, **attributes}}


def assert_problem(answer: TestResponse, status: int, *words: str, field: str | None = None) -> None:
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    document = answer.get_json()
    assert document["status"] == status
    assert {"type", "title", "detail"} <= set(document)
    for word in words:
        assert word in document["detail"]
    if field:
        assert [item["field"] for item in document["errors"]] == [field]


def test_the_answer_has_every_live_experiment_as_the_engine_decides_it(hot: Client, doors: Doors) -> None:
    answer = post(hot, context("s-1", country="NL", visits=3, company="acme"))
    compiled = doors.source.current()
    assert answer.status_code == 200
    assert answer.content_type == "application/json"
    document = answer.get_json()
    assert document["revision"] == compiled.revision
    assert list(document["assignments"]) == live_keys()
    attributes = shopper("s-1", country="NL", visits=3, company="acme")
    for key, found in document["assignments"].items():
        decision = decide(compiled, key, attributes)
        marks = {"holdout": decision.holdout, "role": "holdout" if decision.is_holdout else None}
        assert found == {name: value for name, value in marks.items() if value} | {
            "variant": decision.variant,
            "payload": decision.payload,
            "in_experiment": decision.in_experiment,
            "reason": decision.reason,
            "version": decision.version,
            "hash_attribute": decision.hash_attribute,
        }


def test_named_experiments_are_answered_whatever_their_status(hot: Client) -> None:
    answer = post(hot, {**context(), "experiments": ["draft", "bar", "rolled-back", "bar"]})
    assignments = answer.get_json()["assignments"]
    assert list(assignments) == ["draft", "bar", "rolled-back"]
    assert assignments["draft"]["reason"] == assignments["rolled-back"]["reason"] == "DISABLED"
    assert post(hot, {**context(), "experiments": []}).get_json()["assignments"] == {}


def test_id_may_stand_in_for_the_targeting_key(hot: Client) -> None:
    assert post(hot, {"context": {"id": "s-7"}}).get_json() == post(hot, context("s-7")).get_json()


@pytest.mark.parametrize("headers", [{"X-API-Key": SERVER_KEY}, {"Authorization": f"bearer {SERVER_KEY}"}])
def test_both_headers_carry_a_key(hot: Client, headers: dict[str, str]) -> None:
    assert hot.post(PATH, json=context(), headers=headers).status_code == 200


def test_a_bearer_key_is_not_needed_beside_basic_authorization_of_a_proxy(hot: Client) -> None:
    headers = {"Authorization": "Basic abc", "X-API-Key": CLIENT_KEY}
    assert hot.post(PATH, json=context(), headers=headers).status_code == 200


def test_keys_that_are_missing_unknown_or_of_another_kind_are_refused(hot: Client) -> None:
    missing = hot.post(PATH, json=context())
    assert_problem(missing, 401, "key is needed")
    assert missing.headers["WWW-Authenticate"].startswith("Bearer")
    assert_problem(post(hot, context(), key="nobody-knows-é"), 401, "unknown")
    assert_problem(post(hot, context(), key=ADMIN_KEY), 403, "'admin'", "'client' or 'server'")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b"", "empty"),
        (b"  ", "empty"),
        (b"{", "not valid JSON"),
        (b"\xff{}", "not valid JSON"),
        (b'{"context":{"targetingKey":"\xff"}}', "not UTF-8"),
        (b'{"context":{"targetingKey":"s","n":NaN}}', "NaN"),
        (b'{"context":{"targetingKey":"s","n":1e999}}', "out of range"),
        (b"[]", "must be a JSON object, not a list"),
        (b'"text"', "must be a JSON object, not a text"),
        (b"null", "must be a JSON object, not null"),
        (b'{"context":{"targetingKey":"a","targetingKey":"b"}}', "'targetingKey' is given twice"),
        (b'{"context":{"targetingKey":"a:"},"context":{"targetingKey":"b"}}', "'context' is given twice"),
        (b'{"context":{"targetingKey":"a\\u003a","x":1,"x":2}}', "'x' is given twice"),
        (b'{"context":{"targetingKey":"a","x":[{"y":1,"y":1}]}}', "'y' is given twice"),
        (b'{"context":' * 40 + b"1" + b"}" * 40, "nested deeper"),
        (b'{"x":"\\u003a","y":' + b"[" * 600 + b"]" * 600 + b"}", "nested deeper"),
        (b"[" * 100_000, "nested deeper"),
        (b'{"a":' * 100_000, "nested deeper"),
    ],
)
def test_malformed_bodies_are_refused_in_words(hot: Client, body: bytes, words: str) -> None:
    assert_problem(post(hot, data=body, content_type="application/json"), 400, words)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "context"),
        ({"context": None}, "context"),
        ({"context": "s-1"}, "context"),
        ({"context": {}}, "context.targetingKey"),
        (context(""), "context.targetingKey"),
        (context(None), "context.targetingKey"),
        (context(7), "context.targetingKey"),
        (context(True), "context.targetingKey"),
        (context(["s-1"]), "context.targetingKey"),
        (context("x" * 201), "context.targetingKey"),
        ({**context(), "experiments": "bar"}, "experiments"),
        ({**context(), "experiments": ["bar", 3]}, "experiments.1"),
        ({**context(), "experiments": ["bar"] * 1001}, "experiments"),
        ({**context(), "expose": "yes"}, "expose"),
        ({**context(), "exposed": True}, "exposed"),
        ({**context(), "forced": ["bar"]}, "forced"),
        ({**context(), "forced": {"bar": "nope"}}, "forced.bar"),
        ({**context(), "forced": {"bar": ["control"]}}, "forced.bar"),
        ({**context(), "forced": {"nope": "control"}}, "forced.nope"),
    ],
)
def test_invalid_fields_are_named(hot: Client, body: object, field: str) -> None:
    assert_problem(post(hot, body), 422, field=field)


def test_an_unknown_experiment_is_not_found_by_name(hot: Client) -> None:
    answer = post(hot, {**context(), "experiments": ["bar", "foo"]})
    assert_problem(answer, 404, "'foo'", field="experiments.1")


def test_a_body_beyond_the_limit_is_too_large(hot: Client) -> None:
    assert_problem(post(hot, context("s", big="x" * MAX_CONTEXT_BYTES)), 413, "1,048,576")


@pytest.mark.parametrize(
    ("content_type", "status"),
    [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ('application/json; charset="UTF-8"', 200),
        ("application/vnd.api+json", 200),
        ("", 200),
        ("application/json; charset=utf-16", 415),
        ("application/xml", 415),
        ("application/x-www-form-urlencoded", 415),
    ],
)
def test_only_json_in_utf8_is_taken(hot: Client, content_type: str, status: int) -> None:
    answer = post(hot, data=b'{"context":{"targetingKey":"s-1"}}', content_type=content_type)
    assert answer.status_code == status
    if status != 200:
        assert_problem(answer, status)


def test_a_compressed_body_is_refused_in_words(hot: Client) -> None:
    assert_problem(post(hot, data=b"\x1f\x8b", headers={"Content-Encoding": "gzip"}), 415, "gzip")


def test_a_length_that_is_no_number_is_refused(hot: Client) -> None:
    answer = hot.open(
        PATH, method="POST", headers={"X-API-Key": CLIENT_KEY}, environ_overrides={"CONTENT_LENGTH": "x"}
    )
    assert_problem(answer, 400, "Content-Length")


@pytest.mark.parametrize("unit", ["😀-1", "a\0b", "s 1", "x" * 200, "'; DROP TABLE units; --"])
def test_unusual_ids_are_ids(hot: Client, unit: str) -> None:
    assert post(hot, context(unit)).status_code == 200


def test_ten_thousand_attributes_are_met(hot: Client) -> None:
    many = {f"attribute-{number}": f"value:{number}" for number in range(10_000)}
    assert post(hot, context("s-1", **many)).status_code == 200


def test_exposures_are_logged_for_what_the_unit_takes_part_in_and_only_when_asked(
    hot: Client, tmp_path: Path
) -> None:
    request = {**context("s-1", country="NL", visits=1), "experiments": ["bar", "dutch", "paused"]}
    assert post(hot, request).status_code == 200
    assert logged(tmp_path) == []
    answer = post(hot, {**request, "expose": True}).get_json()
    (event,) = logged(tmp_path)
    assert isinstance(event, Exposure)
    assert (event.unit, event.experiment) == ("s-1", "bar")
    assert event.variant == answer["assignments"]["bar"]["variant"]
    assert event.version == answer["assignments"]["bar"]["version"]
    assert event.attributes == {"country": "NL", "visits": 1}


def test_an_exposure_is_logged_under_the_unit_that_was_split(hot: Client, tmp_path: Path) -> None:
    request = {**context("s-1", company="acme"), "experiments": ["bar", "by-company"], "expose": True}
    assert post(hot, request).status_code == 200
    units = {event.experiment: event.unit for event in logged(tmp_path) if isinstance(event, Exposure)}
    assert units == {"bar": "s-1", "by-company": "acme"}


def test_a_forced_variant_is_shown_but_never_counted(hot: Client, tmp_path: Path) -> None:
    for variant in ("control", "treatment-1"):
        request = {**context(), "forced": {"bar": variant, "draft": variant}, "expose": True}
        assignments = post(hot, {**request, "experiments": ["bar"]}).get_json()["assignments"]
        assert list(assignments) == ["bar", "draft"]
        for found in assignments.values():
            assert (found["variant"], found["in_experiment"], found["reason"]) == (variant, False, "STATIC")
            assert found["payload"]["variant"] == variant
    assert logged(tmp_path) == []


def test_an_exposure_that_cannot_be_logged_is_not_passed_over(hot: Client, doors: Doors) -> None:
    doors.sink.close()  # type: ignore[attr-defined]
    answer = post(hot, {**context(), "expose": True})
    assert_problem(answer, 503)
    assert answer.headers["Retry-After"] == "1"
    assert post(hot, context()).status_code == 200


def test_browsers_on_other_origins_may_ask(hot: Client) -> None:
    preflight = hot.options(
        PATH,
        headers={
            "Origin": "https://shop.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type,x-custom",
        },
    )
    assert preflight.status_code == 204
    assert preflight.headers["Access-Control-Allow-Origin"] == "*"
    assert "POST" in preflight.headers["Access-Control-Allow-Methods"]
    assert "x-custom" in preflight.headers["Access-Control-Allow-Headers"]
    assert post(hot, context()).headers["Access-Control-Allow-Origin"] == "*"
    assert hot.post(PATH, json=context()).headers["Access-Control-Allow-Origin"] == "*"


def test_another_method_is_refused_in_words(hot: Client) -> None:
    answer = hot.get(PATH)
    assert_problem(answer, 405)
    assert "POST" in answer.headers["Allow"]
