"""Whatever bytes arrive, every door answers in words and none with a 500; both kinds of door alike."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import Client

from assignment.api import Doors, HotDoor, register
from assignment.log import EventLog
from assignment.sink import LogSink
from assignment.snapshot import build, encode
from assignment.source import PollingSource
from tests.assignment.examples import CLIENT_KEY, KEYS, experiment, several

# How much more to try than an ordinary run of the tests does; `make fuzz` says.
FUZZ_SCALE = int(os.environ.get("FUZZ_SCALE", "1"))
PATHS = [
    "/api/v1/assign",
    "/api/v1/events",
    "/ofrep/v1/evaluate/flags",
    "/ofrep/v1/evaluate/flags/everything",
    f"/api/eval/{CLIENT_KEY}",
]
EVERYTHING = {
    "$or": [
        {"a": {"$gt": 1, "$lt": "x"}, "a.b.0": {"$elemMatch": {"c": {"$size": 1}}}},
        {"$not": {"a.length": {"$in": [1, "a", None]}}, "b": {"$regexi": "^x+[0-9]{2,}$"}},
        {"b": {"$vgt": "1.2.3"}, "c": {"$all": ["1", {"$type": "number"}]}, "d": {"$alli": ["X"]}},
        {"c": [1, {"x": 2}], "d": {"y": None}, "e": True, "f": 8, "g": "null", "h": {"$nini": ["q"]}},
    ]
}
NAMES = st.sampled_from(["a", "b", "c", "d", "e", "f", "g", "h", "id", "targetingKey", "company", "x", "0"])
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(NAMES | st.text(max_size=5), inner, max_size=4)
    ),
    max_leaves=12,
)
CONTEXTS = st.dictionaries(NAMES, VALUES, max_size=8)
REQUESTS = st.fixed_dictionaries(
    {},
    optional={
        "context": CONTEXTS | VALUES,
        "attributes": CONTEXTS | VALUES,
        "experiments": st.lists(st.sampled_from(["everything", "bar", "nope"]) | VALUES, max_size=3) | VALUES,
        "expose": st.booleans() | VALUES,
        "forced": st.dictionaries(st.sampled_from(["bar", "nope"]), st.just("control") | VALUES) | VALUES,
        "forcedVariations": st.dictionaries(st.sampled_from(["bar", "left"]), st.integers() | VALUES)
        | VALUES,
        "forcedFeatures": VALUES,
        "url": st.text(max_size=40) | VALUES,
        "events": st.lists(VALUES, max_size=3) | VALUES,
    },
)
BODIES = (
    st.binary(max_size=60)
    | VALUES.map(lambda value: json.dumps(value).encode("utf-8", "surrogatepass"))
    | REQUESTS.map(lambda value: json.dumps(value, ensure_ascii=False).encode("utf-8", "surrogatepass"))
)


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Client, Client]]:
    folder: Path = tmp_path_factory.mktemp("fuzz")
    rules = (*several(), experiment("everything", condition=EVERYTHING, hash_attribute="b"))
    source = PollingSource(lambda known: encode(build(rules, KEYS)), folder / "snapshot.json")
    source.refresh()
    sink = LogSink(EventLog(folder / "log"))
    app = Flask("fuzz")
    doors = Doors(source, sink)
    register(app, doors)
    yield Client(app.wsgi_app), Client(HotDoor(app.wsgi_app, doors))
    sink.close()


@settings(max_examples=250 * FUZZ_SCALE, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(path=st.sampled_from(PATHS), body=BODIES)
def test_no_body_makes_a_door_fail(clients: tuple[Client, Client], path: str, body: bytes) -> None:
    headers = {"X-API-Key": CLIENT_KEY, "Content-Type": "application/json"}
    plain, hot = (client.post(path, data=body, headers=headers) for client in clients)
    assert hot.status_code < 500, hot.get_data(as_text=True)
    assert hot.status_code == plain.status_code
    if path != "/api/v1/events":
        assert hot.data == plain.data
    if hot.status_code != 200:
        document = hot.get_json()
        assert document.get("detail") or document.get("errorDetails")


VALID = [
    {"context": {"targetingKey": "s-1", "a": 2, "b": "xx10", "c": [1, {"x": 2}], "d": {"y": None}}},
    {"context": {"targetingKey": "é😀"}, "experiments": ["bar", "everything"], "expose": True},
    {"context": {"id": "s-1", "company": "c"}, "forced": {"bar": "control"}},
    {"attributes": {"id": "s-1", "a": 1.5}, "forcedVariations": {"bar": 1}, "url": "https://shop/?bar=0"},
    {"attributes": {"id": 7}, "forcedFeatures": [["bar", {"x": 1}]]},
    {"events": [{"type": "exposure", "unit": "s-1", "experiment": "bar", "variant": "control", "id": "i"}]},
    [{"type": "conversion", "unit": "s-1", "name": "order", "value": -1.5, "properties": {"margin": 2}}],
]
PIECES = [
    b"null",
    b"{",
    b"}",
    b"[",
    b"]",
    b'"',
    b",",
    b":",
    b"-",
    b"1e309",
    b"\\u0000",
    b"\xff",
    b"\0",
    b"9" * 40,
]


def mutated(random: Random) -> bytes:
    """A valid body with some bytes changed, cut out, doubled or put in."""
    body = json.dumps(random.choice(VALID), ensure_ascii=random.random() < 0.5).encode()
    for _ in range(random.choice([0, 1, 1, 2, 5])):
        start = random.randrange(len(body) + 1)
        end = min(len(body), start + random.choice([0, 1, 1, 4, 20]))
        kept = random.choice([b"", body[start:end] * 2, random.choice(PIECES), random.randbytes(2)])
        body = body[:start] + kept + body[end:]
    return body


def test_no_mutation_of_a_valid_request_makes_a_door_fail(clients: tuple[Client, Client]) -> None:
    random = Random(FUZZ_SCALE)
    _, hot = clients
    statuses: Counter[int] = Counter()
    for _ in range(1_500 * FUZZ_SCALE):
        path, body = random.choice(PATHS), mutated(random)
        kind = random.choice(
            ["application/json", "application/json", "application/x-ndjson", "", "text/plain;x"]
        )
        answer = hot.post(path, data=body, headers={"X-API-Key": CLIENT_KEY, "Content-Type": kind})
        assert answer.status_code < 500, (path, kind, body)
        statuses[answer.status_code] += 1
    print(f"{statuses.total():,} requests, answered with {dict(statuses)}")
    assert {200, 400, 415, 422} <= set(statuses)
