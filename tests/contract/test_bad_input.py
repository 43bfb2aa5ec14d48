"""Hostile and broken requests under the default server: refused in words, and nobody else is kept waiting."""

from __future__ import annotations

import json
import re
import socket
import time
from typing import Any

import pytest
import requests

from tests.assignment.examples import ADMIN_KEY, CLIENT_KEY
from tests.contract.conftest import Live

NATIVE, FLAGS, REMOTE = "/api/v1/assign", "/ofrep/v1/evaluate/flags", f"/api/eval/{CLIENT_KEY}"
DOORS = [NATIVE, FLAGS, f"{FLAGS}/bar", REMOTE]
HEADERS = {"X-API-Key": CLIENT_KEY, "Content-Type": "application/json"}
IDS = [
    "😀👩‍👩‍👧",
    "a\0b",
    "\u202e",
    "\ufeff",
    "é",
    "e\u0301",
    "'; --",
    "0",
    "null",
    " ",
    "x" * 200,
    "\U0010ffff",
]


def body_of(path: str, **attributes: Any) -> bytes:
    """A request for a unit with these attributes, as the door at the path takes it."""
    inside = {"id": "s-1", "targetingKey": "s-1", **attributes}
    return json.dumps({"attributes" if path == REMOTE else "context": inside}).encode()


def post(live: Live, path: str, body: bytes, **headers: str) -> requests.Response:
    return requests.post(live.url + path, data=body, headers={**HEADERS, **headers}, timeout=30)


def words(answer: requests.Response) -> str:
    document = answer.json()
    return str(document.get("detail") or document.get("errorDetails"))


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize(
    ("inside", "status", "said"),
    [
        (b'"big":"' + b"x" * 1_048_600 + b'"', 413, "larger than 1,048,576 bytes"),
        (b'"a":' + b"[" * 100_000, 400, "nested deeper than 32"),
        (b'"a":' + b'{"a":' * 40 + b"1" + b"}" * 40, 400, "nested deeper than 32"),
        (rb'"a":"\ud83d"', 400, "not valid JSON"),
        (b'"a":' + b"9" * 5_000, 400, "out of range"),
        (b'"a":1e400', 400, "out of range"),
        (b'"a":NaN', 400, "NaN and Infinity are not JSON"),
        (b'"a":-Infinity', 400, "NaN and Infinity are not JSON"),
        (b'"a":1,"a":2', 400, "'a' is given twice"),
        (rb'"a":1,"\u0061":2', 400, "'a' is given twice"),
        (b'"a":"\xff\xfe"', 400, "not UTF-8"),
        (b'"a":"\x00"', 400, "not valid JSON"),
    ],
)
def test_a_broken_context_is_refused_with_the_rule(
    live: Live, path: str, inside: bytes, status: int, said: str
) -> None:
    name = b"attributes" if path == REMOTE else b"context"
    answer = post(live, path, b'{"%b":{"targetingKey":"s-1",%b}}' % (name, inside))
    assert answer.status_code == status
    assert said in words(answer)
    assert len(answer.content) < 1_000


@pytest.mark.parametrize("path", DOORS)
@pytest.mark.parametrize(
    ("headers", "said"),
    [
        ({"Content-Type": "application/xml"}, "Content-Type 'application/xml'"),
        ({"Content-Type": "application/json; charset=utf-16"}, "UTF-8, not in utf-16"),
        ({"Content-Encoding": "gzip"}, "Content-Encoding 'gzip'"),
        ({"Content-Encoding": "br, identity"}, "Content-Encoding"),
    ],
)
def test_another_encoding_is_refused_unread(
    live: Live, path: str, headers: dict[str, str], said: str
) -> None:
    answer = post(live, path, body_of(path), **headers)
    assert answer.status_code == 415
    assert said in words(answer)


def test_ten_thousand_attributes_are_decided_but_not_by_remote_evaluation(live: Live) -> None:
    many = {f"attribute-{number}": number for number in range(10_000)}
    assert [post(live, path, body_of(path, **many)).status_code for path in DOORS] == [200, 200, 200, 400]


@pytest.mark.parametrize("unit", IDS)
def test_an_id_of_any_characters_gets_one_variant_from_every_door(live: Live, unit: str) -> None:
    native, flags, one, remote = (
        post(live, path, body_of(path, id=unit, targetingKey=unit)).json() for path in DOORS
    )
    variant = native["assignments"]["bar"]["variant"]
    flag = next(item for item in flags["flags"] if item["key"] == "bar")
    assert flag["variant"] == one["variant"] == variant
    assert one["metadata"]["contextId"] == unit
    assert remote["features"]["bar"]["rules"][0]["tracks"][0]["result"]["key"] == variant


@pytest.mark.parametrize(
    "key", ["%00", "..%2f..%2fx", "%c0%ae%c0%ae", "%ff", "a%20b", "a/b", "%E2%98%83", "%zz"]
)
def test_an_odd_path_is_an_unknown_flag(live: Live, key: str) -> None:
    answer = post(live, f"{FLAGS}/{key}", body_of(FLAGS))
    assert (answer.status_code, answer.json()["errorCode"]) == (404, "FLAG_NOT_FOUND")


@pytest.mark.parametrize(
    "path", ["/%00", "/..%2f..%2fetc/passwd", "/api/features/a%2fb", "/sub/", "/api/eval"]
)
def test_an_odd_address_is_not_found(live: Live, path: str) -> None:
    answer = requests.get(live.url + path, timeout=10)
    assert (answer.status_code, answer.json()["title"]) == (404, "Not found")


def test_keys_that_do_not_fit_are_refused_at_every_door(live: Live) -> None:
    for key, status in (("nobody", 401), (ADMIN_KEY, 403), ("", 401)):
        headers = {**HEADERS, "X-API-Key": key}
        for path in (NATIVE, FLAGS, f"{FLAGS}/bar", "/api/v1/events"):
            answer = requests.post(live.url + path, data=body_of(path), headers=headers, timeout=10)
            assert (answer.status_code, answer.json()["status"]) == (status, status)
        if key:
            got = [requests.get(f"{live.url}/{door}/{key}", timeout=10) for door in ("api/features", "sub")]
            got.append(requests.post(f"{live.url}/api/eval/{key}", json={}, timeout=10))
            assert [answer.status_code for answer in got] == [status] * 3
            assert all(key not in answer.text for answer in got if key != ADMIN_KEY)


def speak(live: Live, *pieces: bytes) -> bytes:
    """What the server says to bytes that are no good request, until it closes or is silent."""
    host, port = live.url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=1) as connection:
        for piece in pieces:
            connection.sendall(piece)
        said = b""
        try:
            while part := connection.recv(65_536):
                said += part
                if b"\r\n\r\n" in said and re.search(rb"content-length: 0\r\n", said):
                    break
        except (TimeoutError, ConnectionResetError):
            pass
        return said


@pytest.mark.parametrize(
    "framing",
    [
        b"Content-Length: -5",
        b"Content-Length: five",
        b"Content-Length: 99999999999999999999999",
        b"Content-Length: 3\r\nContent-Length: 4",
        b"Transfer-Encoding: gzip",
        b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"X-Odd: a\0b",
    ],
)
def test_a_body_that_cannot_be_delimited_is_refused_before_it_is_read(live: Live, framing: bytes) -> None:
    head = b"POST /api/v1/assign HTTP/1.1\r\nHost: shop\r\nX-API-Key: %b\r\n%b\r\n\r\n"
    said = speak(live, head % (CLIENT_KEY.encode(), framing))
    assert said.split(b"\r\n")[0] == b"HTTP/1.1 400 Bad Request"


def test_a_connection_that_breaks_within_a_body_is_no_error_of_ours(live: Live) -> None:
    head = b"POST /api/v1/events HTTP/1.1\r\nHost: shop\r\nX-API-Key: %b\r\nContent-Length: 500\r\n\r\n"
    for _ in range(20):
        host, port = live.url.removeprefix("http://").split(":")
        with socket.create_connection((host, int(port)), timeout=5) as connection:
            connection.sendall(head % CLIENT_KEY.encode() + b'[{"type":')
    assert post(live, NATIVE, body_of(NATIVE)).status_code == 200


def test_unfinished_headers_keep_nobody_waiting(live: Live) -> None:
    host, port = live.url.removeprefix("http://").split(":")
    waiting = [socket.create_connection((host, int(port)), timeout=5) for _ in range(64)]
    try:
        for connection in waiting:
            connection.sendall(b"POST /api/v1/assign HTTP/1.1\r\nHost: shop\r\nX-Slow: ")
        begun = time.monotonic()
        assert post(live, NATIVE, body_of(NATIVE)).status_code == 200
        assert time.monotonic() - begun < 2
    finally:
        for connection in waiting:
            connection.close()
