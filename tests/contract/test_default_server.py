"""The doors under their default server: what only a real connection can show."""

from __future__ import annotations

import gzip
import http.client
import json
from collections.abc import Iterator
from http.client import HTTPConnection

import pytest
import requests

from tests.assignment.examples import CLIENT_KEY
from tests.contract.conftest import Live

PATHS = ["/api/v1/assign", "/api/v1/events", "/ofrep/v1/evaluate/flags/bar", f"/api/eval/{CLIENT_KEY}"]
HEADERS = {"X-API-Key": CLIENT_KEY, "Content-Type": "application/json"}
CONTEXT = json.dumps({"context": {"targetingKey": "s-1"}}).encode()


@pytest.mark.parametrize("path", PATHS)
def test_ten_megabytes_are_refused_in_words(live: Live, path: str) -> None:
    body = b'{"context":{"targetingKey":"s-1","big":"' + b"x" * 10_000_000 + b'"}}'
    answer = requests.post(live.url + path, data=body, headers=HEADERS, timeout=30)
    assert answer.status_code == 413
    document = answer.json()
    assert "larger than" in (document.get("detail") or document["errorDetails"])


@pytest.mark.parametrize("path", PATHS)
def test_a_refused_body_does_not_spoil_the_connection(live: Live, path: str) -> None:
    connection = HTTPConnection(live.url.removeprefix("http://"), timeout=10)
    for headers, status in (({"X-API-Key": "nobody"}, 401), (HEADERS, 200)):
        target = path.replace(CLIENT_KEY, "nobody") if status == 401 else "/api/v1/assign"
        body = b"x" * 300_000 if status == 401 else CONTEXT
        try:
            connection.request("POST", target, body, headers)
            answer = connection.getresponse()
        except (http.client.RemoteDisconnected, ConnectionError):
            connection.close()
            connection.request("POST", target, body, headers)
            answer = connection.getresponse()
        assert answer.status == status
        answer.read()
    connection.close()


def test_a_chunked_body_is_read(live: Live) -> None:
    def pieces() -> Iterator[bytes]:
        yield CONTEXT[:10]
        yield CONTEXT[10:]

    answer = requests.post(f"{live.url}/api/v1/assign", data=pieces(), headers=HEADERS, timeout=10)
    assert answer.status_code == 200
    assert "bar" in answer.json()["assignments"]


def test_a_chunked_body_beyond_the_limit_is_too_large(live: Live) -> None:
    chunks = (b"x" * 100_000 for _ in range(30))
    answer = requests.post(f"{live.url}/api/v1/assign", data=chunks, headers=HEADERS, timeout=30)
    assert answer.status_code == 413


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "PATCH"])
@pytest.mark.parametrize("path", ["/api/v1/assign", "/api/v1/events", "/ofrep/v1/evaluate/flags"])
def test_other_methods_are_refused_in_words(live: Live, path: str, method: str) -> None:
    answer = requests.request(method, live.url + path, headers=HEADERS, timeout=10)
    assert answer.status_code == 405
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_head_gives_the_headers_of_get(live: Live) -> None:
    url = f"{live.url}/api/features/{CLIENT_KEY}"
    head, get = requests.head(url, timeout=10), requests.get(url, timeout=10)
    assert (head.status_code, head.headers["ETag"], head.content) == (200, get.headers["ETag"], b"")


def test_the_snippet_is_under_six_kilobytes_over_the_wire(live: Live) -> None:
    connection = HTTPConnection(live.url.removeprefix("http://"), timeout=10)
    found = {}
    for accepted in ("gzip, deflate, br", "identity", "gzip;q=0"):
        connection.request("GET", "/proefwerk.js", headers={"Accept-Encoding": accepted})
        answer = connection.getresponse()
        found[accepted] = (answer.getheader("Content-Encoding"), answer.read())
        assert answer.getheader("Vary") == "Accept-Encoding"
    connection.close()
    encoding, packed = found["gzip, deflate, br"]
    assert encoding == "gzip"
    assert len(packed) < 6_000
    assert found["identity"] == found["gzip;q=0"] == (None, gzip.decompress(packed))


def test_the_snippet_is_served_and_cached(live: Live) -> None:
    answer = requests.get(f"{live.url}/proefwerk.js", timeout=10)
    assert answer.headers["Content-Type"].startswith("text/javascript")
    tag = answer.headers["ETag"]
    assert (
        requests.get(f"{live.url}/proefwerk.js", headers={"If-None-Match": tag}, timeout=10).status_code
        == 304
    )
