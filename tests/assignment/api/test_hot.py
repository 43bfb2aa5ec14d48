"""The hot door and the Flask views give the same bytes, whatever they are asked."""

from __future__ import annotations

import json
from typing import Any

import pytest
from werkzeug.test import Client

from assignment.api import Doors
from tests.assignment.examples import ADMIN_KEY, CLIENT_KEY

ASSIGN, EVENTS, BULK = "/api/v1/assign", "/api/v1/events", "/ofrep/v1/evaluate/flags"
GOOD = b'{"context":{"targetingKey":"s-1","country":"NL","visits":2,"url":"https://shop.example/"}}'
CONVERSION = {"type": "conversion", "id": "c-1", "unit": "s-1", "name": "order", "value": 20}

REQUESTS: list[tuple[str, bytes, dict[str, str]]] = [
    (ASSIGN, GOOD, {}),
    (ASSIGN, GOOD.replace(b"}}", b'},"experiments":["bar","draft"]}'), {}),
    (ASSIGN, GOOD.replace(b"}}", b'},"experiments":["nope"]}'), {}),
    (ASSIGN, b"{}", {}),
    (ASSIGN, b"[", {}),
    (ASSIGN, b"", {}),
    (ASSIGN, b"x" * 1_100_000, {}),
    (ASSIGN, GOOD, {"Content-Type": "text/xml"}),
    (ASSIGN, GOOD, {"Content-Encoding": "gzip"}),
    (ASSIGN, GOOD, {"X-API-Key": ADMIN_KEY}),
    (ASSIGN, GOOD, {"X-API-Key": "nobody"}),
    (ASSIGN, GOOD, {"X-API-Key": ""}),
    (BULK, GOOD, {}),
    (BULK, GOOD, {"If-None-Match": "*"}),
    (BULK, b'{"context":{}}', {}),
    (BULK, b"nonsense", {}),
    (BULK, GOOD, {"X-API-Key": "nobody"}),
    (f"{BULK}/bar", GOOD, {}),
    (f"{BULK}/nope", GOOD, {}),
    (f"{BULK}/n/o/p/e", GOOD, {}),
    (f"{BULK}/%E2%82%AC", GOOD, {}),
    (f"{BULK}/bar", b'{"context":{"targetingKey":1}}', {}),
    (f"{BULK}/bar", b"x" * 1_100_000, {}),
    (EVENTS, json.dumps({"events": []}).encode(), {}),
    (EVENTS, json.dumps([{**CONVERSION, "value": "much"}]).encode(), {}),
    (EVENTS, json.dumps([{**CONVERSION, "unit": ""}, 7]).encode(), {}),
    (EVENTS, json.dumps({**CONVERSION, "name": ""}).encode(), {"Content-Type": "application/x-ndjson"}),
    (EVENTS, b"{", {}),
    (EVENTS, b"[NaN]", {}),
    (EVENTS, b"x" * 5_000_001, {}),
    (EVENTS, b"[]", {"Content-Type": "image/png"}),
    (EVENTS, b"[]", {"X-API-Key": ADMIN_KEY}),
]


def ask(client: Client, path: str, body: bytes, headers: dict[str, str]) -> tuple[int, bytes, list[Any]]:
    sent = {"Content-Type": "application/json", "X-API-Key": CLIENT_KEY, **headers}
    answer = client.post(path, data=body, headers=sent)
    return answer.status_code, answer.data, sorted(answer.headers)


@pytest.mark.parametrize("number", range(len(REQUESTS)))
def test_both_doors_give_the_same_bytes(plain: Client, hot: Client, number: int) -> None:
    assert ask(hot, *REQUESTS[number]) == ask(plain, *REQUESTS[number])


def test_an_accepted_event_is_a_duplicate_at_the_other_door(plain: Client, hot: Client) -> None:
    body = json.dumps([CONVERSION]).encode()
    assert json.loads(ask(hot, EVENTS, body, {})[1]) == {"accepted": 1, "duplicates": 0, "rejected": []}
    assert json.loads(ask(plain, EVENTS, body, {})[1]) == {"accepted": 0, "duplicates": 1, "rejected": []}


@pytest.mark.parametrize("path", ["/healthz", "/api/v1/nothing", f"{BULK}/", ASSIGN])
def test_what_is_not_hot_goes_to_flask(plain: Client, hot: Client, path: str) -> None:
    one, two = hot.get(path), plain.get(path)
    assert (one.status_code, one.data) == (two.status_code, two.data)


@pytest.mark.parametrize("path", [ASSIGN, EVENTS, BULK, f"{BULK}/bar"])
def test_an_unforeseen_error_is_a_500_without_the_inside(
    plain: Client, hot: Client, doors: Doors, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> None:
        raise ZeroDivisionError("secret of the inside")

    monkeypatch.setattr(doors.source, "current", fail)
    one, two = ask(hot, path, GOOD, {}), ask(plain, path, GOOD, {})
    assert one == two
    assert one[0] == 500
    assert b"secret" not in one[1]


@pytest.mark.parametrize("path", [ASSIGN, EVENTS, BULK, f"{BULK}/bar"])
def test_a_body_without_a_length_is_read_to_its_end(hot: Client, path: str) -> None:
    body = GOOD if path != EVENTS else json.dumps([CONVERSION]).encode()
    answer = hot.open(
        path,
        method="POST",
        data=body,
        headers={"X-API-Key": CLIENT_KEY, "Content-Type": "application/json"},
        environ_overrides={"CONTENT_LENGTH": "", "wsgi.input_terminated": True},
    )
    assert answer.status_code == 200
