"""OpenFeature providers hear of changes, and what they fetch then is not older than what they heard of."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client, TestResponse

from assignment.api import Doors, Meters, Streams, register, stream
from assignment.api.refetch import PREFIX, refetch_news
from assignment.engine import CompiledSnapshot
from assignment.snapshot import Experiment, Status, build
from tests.assignment.examples import CLIENT_KEY, KEYS, SERVER_KEY, experiment

BULK = "/ofrep/v1/evaluate/flags"
STREAM = f"{PREFIX}{CLIENT_KEY}"
LONG_AGO = datetime(2026, 1, 1, tzinfo=UTC)


def rules_of(*experiments: Experiment, at: datetime = LONG_AGO) -> CompiledSnapshot:
    return CompiledSnapshot(build(experiments, KEYS, at))


@dataclass
class Rules:
    """Rules of one process; others may have read newer ones."""

    here: CompiledSnapshot = field(default_factory=lambda: rules_of(experiment("bar")))
    elsewhere: CompiledSnapshot | None = None
    fetches: int = 0

    def current(self) -> CompiledSnapshot:
        return self.here

    def catch_up(self) -> CompiledSnapshot:
        self.fetches += 1
        self.here = self.elsewhere or self.here
        return self.here


@pytest.fixture
def rules() -> Rules:
    return Rules()


@pytest.fixture
def client(rules: Rules, doors: Doors, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setattr(stream, "LOOK_SECONDS", 0.01)
    meters = Meters()
    streams = Streams(rules, meters, 3)
    app = Flask("refetch")
    register(app, Doors(rules, doors.sink, meters, streams))
    yield Client(app.wsgi_app)
    streams.close()


def evaluate(client: Client, query: str = "", key: str = CLIENT_KEY) -> TestResponse:
    body = {"context": {"targetingKey": "s-1"}}
    return client.post(BULK, json=body, query_string=query, headers={"X-API-Key": key})


def message(event: bytes) -> Any:
    fields = re.fullmatch(rb"(?:retry: 10000\n)?id: (\w+)\ndata: (.*)\n\n", event)
    assert fields, event
    said = json.loads(fields[2])
    assert said["etag"] == fields[1].decode()
    return said


def test_a_client_key_is_told_where_to_listen_under_the_origin_that_it_knows(client: Client) -> None:
    (entry,) = evaluate(client).get_json()["eventStreams"]
    assert entry == {"type": "sse", "endpoint": {"requestUri": STREAM}, "inactivityDelaySec": 120}
    below = client.post(
        BULK,
        json={"context": {"targetingKey": "s-1"}},
        headers={"X-API-Key": CLIENT_KEY},
        environ_overrides={"SCRIPT_NAME": "/shop"},
    )
    assert below.get_json()["eventStreams"][0]["endpoint"]["requestUri"] == f"/shop{STREAM}"


def test_a_server_key_never_gets_an_address_with_its_key(client: Client) -> None:
    assert "eventStreams" not in evaluate(client, key=SERVER_KEY).get_json()
    assert client.get(f"{PREFIX}{SERVER_KEY}").status_code == 403


def test_a_server_without_streams_names_none(plain: Client) -> None:
    assert "eventStreams" not in evaluate(plain).get_json()
    assert plain.get(STREAM).status_code == 404


def test_a_listener_hears_of_every_change_with_its_tag_and_moment(client: Client, rules: Rules) -> None:
    answer = client.get(STREAM)
    assert (answer.status_code, answer.content_type) == (200, "text/event-stream")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    told = answer.iter_encoded()
    assert re.fullmatch(rb"retry: 10000\nid: \w+\n\n", next(told))
    rules.here = rules_of(experiment("bar", coverage=0.5), at=LONG_AGO + timedelta(seconds=90))
    said = message(next(told))
    assert said == {
        "type": "refetchEvaluation",
        "etag": refetch_news(rules.here).identity,
        "lastModified": int((LONG_AGO + timedelta(seconds=90)).timestamp()),
    }
    answer.close()


def test_what_changes_no_flag_is_no_news(rules: Rules) -> None:
    keyless = CompiledSnapshot(build((experiment("bar"),), KEYS[:1]))
    assert refetch_news(keyless).content == refetch_news(rules.here).content
    draft = rules_of(experiment("bar"), experiment("new", status=Status.DRAFT))
    assert refetch_news(draft).content == refetch_news(rules.here).content
    assert refetch_news(rules_of(experiment("other"))).content != refetch_news(rules.here).content


def test_a_change_between_the_evaluation_and_the_opening_is_not_missed(client: Client, rules: Rules) -> None:
    rules.here = rules_of(experiment("bar", coverage=0.5), at=datetime.now(UTC) - timedelta(seconds=2))
    answer = client.get(STREAM)
    assert message(next(answer.iter_encoded()))["type"] == "refetchEvaluation"
    answer.close()


def test_who_comes_back_hears_only_of_what_was_missed(client: Client, rules: Rules) -> None:
    known = refetch_news(rules.here).identity
    same = client.get(STREAM, headers={"Last-Event-ID": known})
    assert b"data" not in next(same.iter_encoded())
    same.close()
    changed = client.get(STREAM, headers={"Last-Event-ID": "another"})
    assert message(next(changed.iter_encoded()))["etag"] == known
    changed.close()


def test_a_process_that_lags_behind_reads_the_change_before_it_answers(client: Client, rules: Rules) -> None:
    rules.elsewhere = rules_of(experiment("bar"), experiment("new"), at=LONG_AGO + timedelta(seconds=5))
    tag = refetch_news(rules.elsewhere).identity
    assert [flag["key"] for flag in evaluate(client).get_json()["flags"]] == ["bar"]
    answer = evaluate(client, f"flagConfigEtag={tag}&flagConfigLastModified=1767225605")
    assert [flag["key"] for flag in answer.get_json()["flags"]] == ["bar", "new"]
    assert rules.fetches == 1
    evaluate(client, f"flagConfigEtag={tag}")
    assert rules.fetches == 1


@pytest.mark.parametrize(
    ("query", "fetches"),
    [
        ("", 0),
        ("other=1", 0),
        ("flagConfigLastModified=1767225599", 0),
        ("flagConfigLastModified=1767225600", 0),
        ("flagConfigLastModified=1767225601", 1),
        ("flagConfigLastModified=2026-01-01T00:00:00Z", 0),
        ("flagConfigLastModified=2026-01-01T00:00:00", 0),
        ("flagConfigLastModified=2026-01-01T02:00:01%2B01:00", 1),
        ("flagConfigEtag=another", 1),
        ("flagConfigEtag=another&flagConfigLastModified=1767225599", 0),
        ("flagConfigEtag=another&flagConfigLastModified=1767225600", 1),
        ("flagConfigEtag=&flagConfigLastModified=", 0),
        ("flagConfigLastModified=" + "9" * 400, 0),
        ("flagConfigLastModified=%F0%9F%98%80&flagConfigLastModified=1%00", 0),
    ],
)
def test_only_news_makes_a_process_read_again(client: Client, rules: Rules, query: str, fetches: int) -> None:
    assert evaluate(client, query).status_code == 200
    assert rules.fetches == fetches
