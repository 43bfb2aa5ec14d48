"""OFREP 0.3.0: answers and errors are those of the specification."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client, TestResponse

from assignment.api import Doors
from assignment.engine import decide, decide_all
from assignment.events import Exposure
from tests.assignment.api.conftest import logged
from tests.assignment.examples import ADMIN_KEY, CLIENT_KEY, shopper

BULK = "/ofrep/v1/evaluate/flags"


def post(client: Client, path: str, json: object = None, **options: Any) -> TestResponse:
    headers = {"Authorization": f"Bearer {CLIENT_KEY}", **options.pop("headers", {})}
    return client.post(path, json=json, headers=headers, **options)


def context(unit: object = "s-1", **attributes: object) -> dict[str, Any]:
    return {"context": {"targetingKey": unit, **attributes}}


@pytest.mark.parametrize("key", ["bar", "dutch", "paused", "draft", "shipped", "rolled-back"])
def test_one_flag_is_the_experiment_with_its_payload(hot: Client, doors: Doors, key: str) -> None:
    answer = post(hot, f"{BULK}/{key}", context("s-é", country="BE"))
    decision = decide(doors.source.current(), key, shopper("s-é", country="BE"))
    assert answer.status_code == 200
    assert answer.content_type == "application/json; charset=utf-8"
    assert answer.get_json() == {
        "key": key,
        "value": decision.payload,
        "reason": decision.reason,
        "variant": decision.variant,
        "metadata": {
            "contextId": "s-é",
            "flagSetId": "proefwerk",
            "version": "1",
            "experiment": key,
            "inExperiment": decision.in_experiment,
            "hashAttribute": "id",
            "unit": "s-é",
        },
    }


def test_bulk_has_every_live_experiment_decided_as_one_by_one(hot: Client, doors: Doors) -> None:
    answer = post(hot, BULK, context("s-1", country="NL", visits=2))
    document = answer.get_json()
    expected = decide_all(doors.source.current(), shopper("s-1", country="NL", visits=2))
    assert [(flag["key"], flag["variant"]) for flag in document["flags"]] == [
        (decision.experiment, decision.variant) for decision in expected
    ]
    for flag in document["flags"]:
        assert flag == post(hot, f"{BULK}/{flag['key']}", context("s-1", country="NL", visits=2)).get_json()
    assert document["metadata"] == {
        "flagSetId": "proefwerk",
        "version": doors.source.current().revision,
        "contextId": "s-1",
    }


def test_a_tag_that_still_holds_gives_304_without_a_body(hot: Client) -> None:
    tag = post(hot, BULK, context("s-1")).headers["ETag"]
    for header in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = post(hot, BULK, context("s-1"), headers={"If-None-Match": header})
        assert (answer.status_code, answer.data) == (304, b"")
        assert answer.headers["ETag"] == tag
        assert "ETag" in answer.headers["Access-Control-Expose-Headers"]


def test_the_tag_depends_on_the_result_for_the_context(hot: Client) -> None:
    def tag(**attributes: object) -> str:
        return post(hot, BULK, context("s-1", **attributes)).headers["ETag"]

    assert tag(country="NL", visits=2) == tag(country="NL", visits=2, device="mobile")
    assert tag(country="NL", visits=2) != tag(country="BE", visits=2)
    other = post(hot, BULK, context("s-2")).headers["ETag"]
    assert post(hot, BULK, context("s-1"), headers={"If-None-Match": other}).status_code == 200


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "PARSE_ERROR"),
        (b"{", "PARSE_ERROR"),
        (b"[]", "PARSE_ERROR"),
        (b'{"context":{"targetingKey":"s","n":NaN}}', "PARSE_ERROR"),
        (b"{}", "INVALID_CONTEXT"),
        (b'{"context":[]}', "INVALID_CONTEXT"),
        (b'{"context":{"targetingKey":5}}', "INVALID_CONTEXT"),
        (b'{"context":{}}', "TARGETING_KEY_MISSING"),
        (b'{"context":{"targetingKey":""}}', "TARGETING_KEY_MISSING"),
        (b'{"context":{"targetingKey":null}}', "TARGETING_KEY_MISSING"),
    ],
)
def test_bad_requests_have_the_error_codes_of_the_specification(hot: Client, body: bytes, code: str) -> None:
    one = post(hot, f"{BULK}/bar", data=body, content_type="application/json")
    assert one.status_code == 400
    assert one.get_json()["key"] == "bar"
    assert one.get_json()["errorCode"] == code
    assert one.get_json()["errorDetails"]
    many = post(hot, BULK, data=body, content_type="application/json")
    assert many.status_code == 400
    assert many.get_json()["errorCode"] == code
    assert "key" not in many.get_json()


@pytest.mark.parametrize("key", ["unknown", "un/known", "%F0%9F%98%80", "x" * 3000])
def test_an_unknown_flag_is_not_found(hot: Client, key: str) -> None:
    answer = post(hot, f"{BULK}/{key}", context())
    assert answer.status_code == 404
    assert answer.get_json()["errorCode"] == "FLAG_NOT_FOUND"
    assert answer.get_json()["key"] == ("😀" if key.startswith("%") else key)


def test_keys_are_checked_before_the_body(hot: Client) -> None:
    for path in (BULK, f"{BULK}/bar"):
        missing = hot.post(path, data=b"{")
        assert missing.status_code == 401
        assert "WWW-Authenticate" in missing.headers
        assert hot.post(path, data=b"{", headers={"X-API-Key": ADMIN_KEY}).status_code == 403
        assert hot.post(path, json=context(), headers={"X-API-Key": CLIENT_KEY}).status_code == 200


def test_a_body_beyond_the_limit_has_an_ofrep_error(hot: Client) -> None:
    answer = post(hot, f"{BULK}/bar", context("s", big="x" * 1_100_000))
    assert answer.status_code == 413
    assert answer.get_json()["errorCode"] == "GENERAL"


def test_an_exposure_is_logged_only_by_single_evaluation_and_only_when_asked(
    hot: Client, tmp_path: Path
) -> None:
    asked = {"X-Proefwerk-Expose": "true"}
    post(hot, f"{BULK}/bar", context("s-1"))
    post(hot, f"{BULK}/bar", context("s-1"), headers={"X-Proefwerk-Expose": "false"})
    post(hot, f"{BULK}/paused", context("s-1"), headers=asked)
    post(hot, BULK, context("s-1"), headers=asked)
    assert logged(tmp_path) == []
    flag = post(hot, f"{BULK}/bar", context("s-1", device="mobile"), headers=asked).get_json()
    (event,) = logged(tmp_path)
    assert isinstance(event, Exposure)
    assert (event.unit, event.experiment, event.variant) == ("s-1", "bar", flag["variant"])
    assert str(event.version) == flag["metadata"]["version"]
    assert event.attributes == {"device": "mobile"}


def test_a_forced_variant_is_shown_but_never_counted(hot: Client, tmp_path: Path) -> None:
    headers = {"X-Proefwerk-Force": "bar=treatment-1, draft=treatment-1", "X-Proefwerk-Expose": "true"}
    for key in ("bar", "draft"):
        flag = post(hot, f"{BULK}/{key}", context("s-2"), headers=headers).get_json()
        assert (flag["variant"], flag["reason"]) == ("treatment-1", "STATIC")
    flags = {flag["key"]: flag for flag in post(hot, BULK, context(), headers=headers).get_json()["flags"]}
    assert flags["bar"]["variant"] == flags["draft"]["variant"] == "treatment-1"
    assert logged(tmp_path) == []


def test_forcing_a_variant_that_is_not_there_is_refused(hot: Client) -> None:
    for path in (BULK, f"{BULK}/bar"):
        answer = post(hot, path, context(), headers={"X-Proefwerk-Force": "bar=nope"})
        assert answer.status_code == 400
        assert answer.get_json()["errorCode"] == "GENERAL"
        assert "no variant 'nope'" in answer.get_json()["errorDetails"]


def test_when_exposures_cannot_be_logged_the_error_is_general_with_an_integer_retry_after(
    hot: Client, doors: Doors
) -> None:
    doors.sink.close()  # type: ignore[attr-defined]
    answer = post(hot, f"{BULK}/bar", context(), headers={"X-Proefwerk-Expose": "true"})
    assert answer.status_code == 503
    assert answer.get_json()["errorCode"] == "GENERAL"
    assert answer.headers["Retry-After"].isdigit()


def test_browsers_on_other_origins_may_ask_and_see_the_tag(hot: Client) -> None:
    for path in (BULK, f"{BULK}/bar"):
        preflight = hot.options(path, headers={"Access-Control-Request-Headers": "x-api-key,if-none-match"})
        assert preflight.status_code == 204
        assert "if-none-match" in preflight.headers["Access-Control-Allow-Headers"]
    answer = post(hot, BULK, context())
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    assert "ETag" in answer.headers["Access-Control-Expose-Headers"]
