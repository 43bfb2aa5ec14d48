"""Whatever is asked of OFREP, every answer has the status, headers and shape that the protocol gives it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jsonschema
import pytest
import yaml
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import Client, TestResponse

from assignment.api import Doors, HotDoor, Meters, Streams, ofrep, register
from assignment.log import EventLog
from assignment.sink import LogSink
from assignment.snapshot import build, encode
from assignment.source import PollingSource
from tests.assignment.examples import ADMIN_KEY, CLIENT_KEY, KEYS, SERVER_KEY, several

SPECIFICATION = Path(__file__).resolve().parents[4] / "shared" / "specs" / "ofrep-openapi.yaml"
BULK = "/ofrep/v1/evaluate/flags"
KEYED = {"X-API-Key": CLIENT_KEY}
REASONS = {"STATIC", "TARGETING_MATCH", "SPLIT", "DISABLED", "UNKNOWN"}
CODES = {"PARSE_ERROR", "TARGETING_KEY_MISSING", "INVALID_CONTEXT", "GENERAL"}


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Client]]:
    """The doors reached through Flask and past it."""
    folder = tmp_path_factory.mktemp("ofrep")
    source = PollingSource(lambda known: encode(build(several(), KEYS)), folder / "snapshot.json")
    source.refresh()
    meters, sink = Meters(), LogSink(EventLog(folder / "log"))
    streams = Streams(source, meters, 1)
    doors = Doors(source, sink, meters, streams)
    app = Flask("ofrep")
    register(app, doors)
    yield [Client(app.wsgi_app), Client(HotDoor(app.wsgi_app, doors))]
    streams.close()
    sink.close()


def facts(path: str, answer: TestResponse) -> None:
    """What the protocol says of any answer, in our own words."""
    headers = answer.headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Cache-Control"] == "no-store"
    assert answer.status_code in {200, 304, 400, 401, 403, 404, 413, 415}
    if answer.status_code == 304:
        assert answer.data == b""
        assert headers["ETag"]
        return
    document = answer.get_json()
    assert isinstance(document, dict)
    if answer.status_code in {401, 403}:
        assert answer.content_type == "application/problem+json"
        assert ("WWW-Authenticate" in headers) == (answer.status_code == 401)
        assert {"type", "title", "status", "detail"} <= set(document)
        return
    assert answer.content_type == "application/json; charset=utf-8"
    assert {"ETag", "Retry-After"} <= set(headers["Access-Control-Expose-Headers"].split(", "))
    if answer.status_code != 200:
        assert document["errorDetails"]
        assert document["errorCode"] in (CODES if answer.status_code != 404 else {"FLAG_NOT_FOUND"})
        assert (path == BULK) == ("key" not in document)
    elif path == BULK:
        assert headers["ETag"].startswith('"')
        assert {"flagSetId", "version", "contextId"} == set(document["metadata"])
        assert len({flag["key"] for flag in document["flags"]}) == len(document["flags"])
        for flag in document["flags"]:
            evaluated(flag)
    else:
        evaluated(document)


def evaluated(flag: dict[str, Any]) -> None:
    assert flag["reason"] in REASONS
    assert isinstance(flag["value"], dict)
    assert isinstance(flag["variant"], str)
    metadata = flag["metadata"]
    assert metadata["experiment"] == flag["key"]
    assert (metadata["inExperiment"] is True) == (flag["reason"] == "SPLIT")
    assert metadata["flagSetId"] == "proefwerk"
    for name in ("version", "contextId", "hashAttribute", "unit"):
        assert isinstance(metadata[name], str)


@cache
def specification() -> Any:
    """The protocol's OpenAPI document; `None` where it is not beside the repository."""
    return yaml.safe_load(SPECIFICATION.read_text()) if SPECIFICATION.exists() else None


def schemas(path: str, answer: TestResponse) -> None:
    """Hold an answer to the schema that the specification gives it."""
    template = BULK if path == BULK else f"{BULK}/{{key}}"
    responses = specification()["paths"][template]["post"]["responses"]
    # The protocol does not list what concerns HTTP alone, such as a body that is too large.
    response = responses.get(str(answer.status_code), responses["400"])
    if "content" in response:
        schema = response["content"]["application/json"]["schema"]
        document = {**schema, "components": specification()["components"]}
        jsonschema.Draft202012Validator(document).validate(answer.get_json())


BY_HAND: list[tuple[str, dict[str, Any]]] = [
    (BULK, {"json": {"context": {"targetingKey": "s-1"}}}),
    (BULK, {"json": {"context": {"targetingKey": "s-😀", "country": "NL", "visits": 2, "company": "acme"}}}),
    (BULK, {"json": {"context": {"targetingKey": "s-1"}}, "headers": {"If-None-Match": "*"}}),
    (BULK, {"json": {"context": {"targetingKey": "s-1"}}, "query_string": "flagConfigEtag=x"}),
    (BULK, {"json": {"context": {"targetingKey": "s-1"}}, "headers": {"X-Proefwerk-Force": "bar=nope"}}),
    (f"{BULK}/", {"json": {"context": {"targetingKey": "s-1"}}}),
    (f"{BULK}/unknown", {"json": {"context": {"targetingKey": "s-1"}}}),
    (f"{BULK}/bar", {"data": b'{"context":'}),
    (f"{BULK}/bar", {"json": {"context": {"targetingKey": "x" * 201}}}),
    (f"{BULK}/bar", {"json": {"context": {"targetingKey": "s", "big": "x" * 1_100_000}}}),
    (f"{BULK}/bar", {"data": b"a=b", "headers": {"Content-Type": "application/x-www-form-urlencoded"}}),
    (f"{BULK}/bar", {"data": b"x", "headers": {"Content-Encoding": "gzip"}}),
    (f"{BULK}/bar", {"data": b"{}", "headers": {"X-API-Key": ADMIN_KEY}}),
    (f"{BULK}/bar", {"data": b"{}", "headers": {"X-API-Key": "nobody"}}),
    (f"{BULK}/by-company", {"json": {"context": {"targetingKey": "s", "company": 7.5}}}),
    (f"{BULK}/by-company", {"json": {"context": {"targetingKey": "s", "company": [1]}}}),
    *((f"{BULK}/{item.key}", {"json": {"context": {"targetingKey": "s-1"}}}) for item in several()),
]


def ask(client: Client, path: str, options: dict[str, Any]) -> TestResponse:
    headers = {"Content-Type": "application/json"} | KEYED | options.get("headers", {})
    return client.post(path, **(options | {"headers": headers}))


@pytest.mark.parametrize(("path", "options"), BY_HAND)
def test_answers_keep_to_the_facts_of_the_protocol(
    clients: list[Client], path: str, options: dict[str, Any]
) -> None:
    for client in clients:
        facts(path, ask(client, path, options))


@pytest.mark.parametrize(("path", "options"), BY_HAND)
def test_answers_keep_to_the_schemas(clients: list[Client], path: str, options: dict[str, Any]) -> None:
    if specification() is None:
        pytest.skip("put ofrep-openapi.yaml into ../shared/specs to hold every answer to its schemas")
    for client in clients:
        schemas(path, ask(client, path, options))


@pytest.mark.parametrize("path", [BULK, f"{BULK}/bar"])
def test_what_nobody_foresaw_is_a_general_error_that_tells_nothing_of_the_inside(
    clients: list[Client], path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(document: object) -> None:
        raise RuntimeError("secret")

    monkeypatch.setattr(ofrep, "read_context", broken)
    for client in clients:
        answer = ask(client, path, {"json": {"context": {"targetingKey": "s-1"}}})
        assert answer.status_code == 500
        assert answer.get_json()["errorCode"] == "GENERAL"
        assert "secret" not in answer.text
        if specification():
            schemas(path, answer)


SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
NAMES = st.sampled_from(["targetingKey", "id", "country", "visits", "company"]) | st.text(max_size=8)
CONTEXTS = st.dictionaries(NAMES, VALUES, max_size=6)
GOOD = st.builds(lambda context, unit: context | {"targetingKey": unit}, CONTEXTS, st.text(min_size=1))
DOCUMENTS = st.fixed_dictionaries({"context": GOOD | CONTEXTS | VALUES}) | VALUES
BODIES = DOCUMENTS.map(lambda document: json.dumps(document).encode("utf-8", "replace")) | st.binary(
    max_size=50
)
FLAGS = st.sampled_from([item.key for item in several()]).map(lambda key: f"{BULK}/{key}")
PATHS = st.just(BULK) | FLAGS | st.text(max_size=12).map(lambda key: f"{BULK}/{quote(key, safe='')}")
HEADERS = st.fixed_dictionaries(
    {"X-API-Key": st.sampled_from([CLIENT_KEY] * 6 + [SERVER_KEY, ADMIN_KEY, "nobody", ""])},
    optional={
        "Content-Type": st.sampled_from(
            ["application/json", "application/json; charset=latin1", "text/html"]
        ),
        "If-None-Match": st.sampled_from(["*", '"x"', "W/*"]),
        "X-Proefwerk-Force": st.sampled_from(["bar=control", "draft=treatment-1,bar=control", "x", "="]),
        "X-Proefwerk-Expose": st.sampled_from(["true", "false", "maybe"]),
    },
)
QUERIES = st.sampled_from(
    ["", "flagConfigEtag=abc", "flagConfigLastModified=1", "flagConfigLastModified=x&%"]
)


@settings(max_examples=300, deadline=None)
@given(path=PATHS, body=BODIES, headers=HEADERS, query=QUERIES)
def test_whatever_is_asked_the_answer_keeps_to_the_facts_and_the_schemas(
    clients: list[Client], path: str, body: bytes, headers: dict[str, str], query: str
) -> None:
    plain, hot = clients
    # Flask has no route for a key with a line break, nor one that begins with a slash.
    doors = [hot] if "%0A" in path or f"{BULK}/%2F" in path else [plain, hot]
    asked = {"data": body, "headers": headers, "query_string": query}
    answers = [ask(client, path, asked) for client in doors]
    for answer in answers:
        facts(path, answer)
        if specification():
            schemas(path, answer)
    assert len({answer.data for answer in answers}) == 1
