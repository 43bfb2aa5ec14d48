"""Who may listen, what listeners are told, and how many of them there may be."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from flask import Flask
from werkzeug.test import Client

from assignment.api import Doors, Meters, Streams, register, stream
from assignment.api.growthbook import features_news
from assignment.api.keys import digest
from assignment.engine import CompiledSnapshot
from assignment.snapshot import Experiment, build
from tests.assignment.examples import ADMIN_KEY, CLIENT_KEY, KEYS, SERVER_KEY, compiled, experiment

LIMIT = 3
PATIENCE = 20.0


@dataclass
class Rules:
    """Rules that a test publishes."""

    compiled: CompiledSnapshot

    def current(self) -> CompiledSnapshot:
        return self.compiled

    def catch_up(self) -> CompiledSnapshot:
        return self.compiled

    def publish(self, *experiments: Experiment, keys: tuple[object, ...] = KEYS) -> None:
        self.compiled = CompiledSnapshot(build(experiments, keys))  # type: ignore[arg-type]


@pytest.fixture
def rules() -> Rules:
    return Rules(compiled(experiment("bar")))


@pytest.fixture
def meters() -> Meters:
    return Meters()


@pytest.fixture
def streams(rules: Rules, meters: Meters, monkeypatch: pytest.MonkeyPatch) -> Iterator[Streams]:
    monkeypatch.setattr(stream, "LOOK_SECONDS", 0.01)
    opened = Streams(rules, meters, LIMIT)
    time.sleep(0.1)  # it has seen the rules that are there
    yield opened
    opened.close()


@pytest.fixture
def client(rules: Rules, meters: Meters, streams: Streams, doors: Doors) -> Client:
    app = Flask("streams")
    register(app, Doors(rules, doors.sink, meters, streams))
    return Client(app.wsgi_app)


def test_a_listener_has_the_rules_first_and_then_every_change(rules: Rules, streams: Streams) -> None:
    listener = streams.open(digest(CLIENT_KEY), None, features_news)
    opening = next(listener)
    assert opening.startswith(b"retry: 10000\nid: ")
    assert b'\nevent: features\ndata: {"status":200,' in opening
    rules.publish(experiment("bar", coverage=0.5))
    told = next(listener)
    assert told.startswith(b"id: ")
    assert b'"coverage":0.5' in told
    assert told.endswith(b"}\n\n")


def test_a_listener_that_has_the_rules_already_is_spared_them(client: Client) -> None:
    loaded = client.get(f"/api/features/{CLIENT_KEY}").headers["ETag"].strip('"')
    answer = client.get(f"/sub/{CLIENT_KEY}", headers={"Last-Event-ID": loaded})
    assert next(answer.iter_encoded()) == b"retry: 10000\nid: %b\n\n" % loaded.encode()
    answer.close()


def test_what_changes_no_feature_is_not_sent(
    rules: Rules, streams: Streams, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stream, "KEEP_ALIVE_SECONDS", 0.2)
    listener = streams.open(digest(CLIENT_KEY), None, features_news)
    next(listener)
    rules.publish(experiment("bar"), keys=KEYS[:2])
    assert next(listener) == b":\n\n"
    rules.publish(experiment("bar", coverage=0.25), keys=KEYS[:2])
    assert b'"coverage":0.25' in next(listener)


def test_who_was_slow_gets_the_newest_rules_only(rules: Rules, streams: Streams) -> None:
    listener = streams.open(digest(CLIENT_KEY), None, features_news)
    for coverage in (0.25, 0.5):
        rules.publish(experiment("bar", coverage=coverage))
        time.sleep(0.1)
    assert b'"coverage":0.5' in next(listener)
    streams.close()
    assert list(listener) == []


def test_silence_is_filled_with_comments(streams: Streams, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "KEEP_ALIVE_SECONDS", 0.01)
    listener = streams.open(digest(CLIENT_KEY), None, features_news)
    assert [next(listener) for _ in range(3)][1:] == [b":\n\n", b":\n\n"]


def test_a_revoked_key_ends_its_streams_and_no_other(rules: Rules, streams: Streams) -> None:
    leaving = streams.open(digest(CLIENT_KEY), None, features_news)
    staying = streams.open(digest(SERVER_KEY), None, features_news)
    next(leaving)
    next(staying)
    client_key, server_key, _ = KEYS
    other = type(client_key)(server_key.digest, "client")
    rules.publish(experiment("bar", coverage=0.5), keys=(other,))
    assert list(leaving) == []
    assert b'"coverage":0.5' in next(staying)


def test_more_than_the_limit_are_refused_until_somebody_leaves(
    streams: Streams, meters: Meters, client: Client
) -> None:
    listeners = [streams.open(digest(CLIENT_KEY), None, features_news) for _ in range(LIMIT)]
    assert b"proefwerk_streams_open 3.0" in meters.exposition()
    refused = client.get(f"/sub/{CLIENT_KEY}")
    assert refused.status_code == 503
    assert int(refused.headers["Retry-After"]) > 0
    assert refused.headers.getlist("Retry-After") == [refused.headers["Retry-After"]]
    assert refused.get_json()["detail"].startswith("All 3 streams of this server are taken")
    listeners[0].close()
    assert b"proefwerk_streams_open 2.0" in meters.exposition()
    streams.open(digest(CLIENT_KEY), None, features_news)


def test_who_comes_while_the_server_stops_is_told_to_come_back_and_let_go(streams: Streams) -> None:
    listener = streams.open(digest(CLIENT_KEY), None, features_news)
    next(listener)
    streams.close()
    assert list(listener) == []
    assert list(streams.open(digest(CLIENT_KEY), None, features_news)) == [b"retry: 10000\n\n"]


@pytest.mark.parametrize(("key", "status"), [("nobody", 401), (SERVER_KEY, 403), (ADMIN_KEY, 403)])
def test_only_a_client_key_may_listen(client: Client, key: str, status: int) -> None:
    answer = client.get(f"/sub/{key}")
    assert (answer.status_code, answer.content_type) == (status, "application/problem+json")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"


def test_the_features_say_in_every_browser_that_there_are_streams(client: Client, plain: Client) -> None:
    loaded = client.get(f"/api/features/{CLIENT_KEY}")
    assert loaded.headers["x-sse-support"] == "enabled"
    assert "x-sse-support" in loaded.headers["Access-Control-Expose-Headers"]
    known = client.get(f"/api/features/{CLIENT_KEY}", headers={"If-None-Match": loaded.headers["ETag"]})
    assert (known.status_code, known.headers["x-sse-support"]) == (304, "enabled")
    assert "x-sse-support" not in plain.get(f"/api/features/{CLIENT_KEY}").headers
    assert plain.get(f"/sub/{CLIENT_KEY}").status_code == 404


def test_asking_for_the_head_takes_no_place(client: Client, meters: Meters) -> None:
    answer = client.head(f"/sub/{CLIENT_KEY}")
    assert (answer.status_code, answer.content_type) == (200, "text/event-stream")
    assert b"proefwerk_streams_open 0.0" in meters.exposition()


def test_a_browser_elsewhere_may_listen(client: Client) -> None:
    asked = client.options(f"/sub/{CLIENT_KEY}", headers={"Access-Control-Request-Headers": "last-event-id"})
    assert (asked.status_code, asked.headers["Access-Control-Allow-Headers"]) == (204, "last-event-id")


def test_readiness_says_whether_listeners_hear_of_changes(client: Client, streams: Streams) -> None:
    assert client.get("/readyz").get_json()["checks"]["streams"] == "ok"
    streams.close()
    streams._thread.join(PATIENCE)
    silent = client.get("/readyz")
    assert (silent.status_code, silent.get_json()["checks"]["streams"]) == (
        200,
        "Listeners are not told of changes.",
    )
