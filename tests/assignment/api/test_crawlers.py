"""Crawlers get their variant by the same rule as everybody, and their events are known for theirs."""

from __future__ import annotations

from pathlib import Path

import pytest
from werkzeug.test import Client

from assignment.events import Sender, decode_payload, decode_records, payload_ids
from assignment.log import Frame, read_frames, segments
from tests.assignment.examples import CLIENT_KEY, SERVER_KEY

CRAWLER = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
EXPOSURE = '{"type": "exposure", "id": "%s", "unit": "u", "experiment": "bar", "variant": "control"}'
CONTEXT = {"context": {"targetingKey": "u-1"}}


def headers(agent: str, key: str = CLIENT_KEY) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}", "User-Agent": agent, "Content-Type": "application/json"}


def records(folder: Path) -> list[bytes]:
    return [
        frame.payload
        for path in segments(folder / "log")
        for frame in read_frames(path)
        if isinstance(frame, Frame)
    ]


def test_a_crawler_gets_the_same_answer_as_a_shopper(hot: Client) -> None:
    answers = [
        hot.post("/api/v1/assign", json=CONTEXT, headers=headers(agent)).data for agent in (CRAWLER, BROWSER)
    ]
    assert answers[0] == answers[1]


def agent_of(record: bytes) -> str | None:
    """The crawler that sent it."""
    [found] = decode_records([record])
    return found.agent


@pytest.mark.parametrize("door", ["hot", "plain"])
def test_events_that_a_crawler_sends_are_kept_byte_for_byte_and_known_for_its(
    door: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    client: Client = request.getfixturevalue(door)
    body = f"[ {EXPOSURE % 'a'},\n {EXPOSURE % 'b'} ]"
    taken = client.post("/api/v1/events", data=body, headers=headers(CRAWLER))
    assert taken.json == {"accepted": 2, "duplicates": 0, "rejected": []}
    [record] = records(tmp_path)
    assert agent_of(record) == CRAWLER
    assert [event.id for event, _ in decode_payload(record)] == ["a", "b"] == list(payload_ids(record))
    assert record.endswith(body[1:].encode())


@pytest.mark.parametrize(
    ("agent", "key"), [(BROWSER, CLIENT_KEY), (CRAWLER, SERVER_KEY), ("curl/8.14", CLIENT_KEY)]
)
def test_shoppers_and_back_ends_leave_no_mark(agent: str, key: str, hot: Client, tmp_path: Path) -> None:
    hot.post("/api/v1/events", data=f"[{EXPOSURE % 'a'}]", headers=headers(agent, key))
    [record] = records(tmp_path)
    assert agent_of(record) is None
    assert record[8:] == f"[{EXPOSURE % 'a'}]".encode()


def test_exposures_that_a_crawler_asks_for_are_known_for_its(hot: Client, tmp_path: Path) -> None:
    hot.post("/api/v1/assign", json=CONTEXT | {"expose": True}, headers=headers(CRAWLER))
    hot.post(
        "/ofrep/v1/evaluate/flags/bar",
        json=CONTEXT,
        headers=headers(CRAWLER) | {"X-Proefwerk-Expose": "true"},
    )
    assert [agent_of(record) for record in records(tmp_path)] == [CRAWLER] * 2


def test_nobody_can_report_what_the_door_alone_writes(hot: Client) -> None:
    sender = '{"type": "sender", "agent": "Googlebot/2.1"}'
    answer = hot.post("/api/v1/events", data=f"[{sender}]", headers=headers(BROWSER))
    assert answer.status_code == 422
    assert Sender.__struct_config__.tag == "sender"


def test_an_event_that_was_known_before_is_known_whoever_sends_it_again(hot: Client) -> None:
    hot.post("/api/v1/events", data=f"[{EXPOSURE % 'a'}]", headers=headers(CRAWLER))
    again = hot.post("/api/v1/events", data=f"[{EXPOSURE % 'a'}]", headers=headers(BROWSER))
    assert again.json == {"accepted": 0, "duplicates": 1, "rejected": []}
