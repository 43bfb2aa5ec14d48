"""Events arrive once, in batches, whatever happens to the platform; and whoever reports them never waits."""

from __future__ import annotations

import multiprocessing
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from proefwerk_openfeature import EventSender, conversion, exposure, sender
from proefwerk_openfeature.events import Event
from stand_in import Platform, platform

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def shop() -> Iterator[Platform]:
    with platform() as running:
        yield running


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "FIRST_PAUSE_SECONDS", 0.02)


def order(number: int) -> Event:
    return conversion("s-1", "order", float(number), {"id": f"order-{number}"})


def test_events_go_in_batches_with_the_key(shop: Platform) -> None:
    sending = EventSender(shop.url + "/", "key", batch=40)
    assert all(sending.send(order(number)) for number in range(100))
    assert sending.flush()
    assert [event["value"] for event in shop.events] == list(range(100))
    assert max(len(batch) for batch in shop.batches) == 40
    assert shop.headers[0]["Authorization"] == "Bearer key"


def test_an_event_given_twice_is_sent_once(shop: Platform) -> None:
    sending = EventSender(shop.url, "key")
    assert sending.send(exposure("s-1", "bar", "1", "control"))
    assert not sending.send(exposure("s-1", "bar", "1", "control"))
    assert sending.send(exposure("s-1", "bar", "2", "control"))
    assert sending.flush()
    assert len(shop.events) == 2


def test_what_is_remembered_is_bounded_and_the_oldest_is_forgotten(shop: Platform) -> None:
    sending = EventSender(shop.url, "key", remembered=2)
    for number in (1, 2, 1, 3):
        sending.send(order(number))
    assert not sending.send(order(1))
    assert sending.send(order(2))
    sending.close()


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_what_may_pass_is_tried_again(shop: Platform, status: int) -> None:
    shop.statuses = [status, status]
    sending = EventSender(shop.url, "key")
    sending.send(order(1))
    assert sending.flush()
    assert len(shop.events) == 1


@pytest.mark.parametrize("status", [400, 415, 422])
def test_what_will_not_pass_is_not_tried_again(shop: Platform, status: int) -> None:
    shop.statuses = [status]
    sending = EventSender(shop.url, "key")
    sending.send(order(1))
    assert sending.flush()
    sending.send(order(2))
    assert sending.flush()
    assert [event["id"] for event in shop.events] == ["order-2"]


def test_a_batch_that_is_too_large_is_sent_in_parts(shop: Platform) -> None:
    shop.most = 3
    sending = EventSender(shop.url, "key")
    for number in range(10):
        sending.send(order(number))
    assert sending.flush()
    assert [event["value"] for event in shop.events] == list(range(10))


def test_events_wait_for_a_platform_that_is_away_and_keep_their_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "FRESH_SECONDS", 0.1)
    with platform() as gone:
        port = gone.port
    sending = EventSender(f"http://127.0.0.1:{port}", "key")
    assert sending.send(order(1))
    assert not sending.flush(0.2)
    with platform(port) as back:
        assert sending.flush()
        assert [event["id"] for event in back.events] == ["order-1"]
        assert back.events[0]["time"].endswith("+00:00")


def test_whoever_reports_never_waits_and_a_full_queue_drops_what_is_new(
    caplog: pytest.LogCaptureFixture,
) -> None:
    sending = EventSender("http://127.0.0.1:9", "key", capacity=50, close_seconds=0.05)
    begun = time.monotonic()
    taken = [sending.send(order(number)) for number in range(1_000)]
    assert time.monotonic() - begun < 0.5
    assert taken == [True] * 50 + [False] * 950
    assert [record.message for record in caplog.records if "dropped" in record.message] == [
        "events are dropped: 50 wait for http://127.0.0.1:9/api/v1/events already"
    ]
    sending.close()
    assert "50 events were not sent" in caplog.records[-1].message
    assert not sending.send(order(2_000))


def test_an_event_that_is_no_json_is_refused_without_an_error() -> None:
    sending = EventSender("http://127.0.0.1:9", "key")
    recursive: Event = {"id": "x"}
    recursive["self"] = recursive
    assert not sending.send(recursive)
    assert not sending.send({"id": "x", "value": float("nan")})
    assert not sending.send({})


def test_what_is_left_is_sent_when_the_process_ends(shop: Platform) -> None:
    program = (
        "from proefwerk_openfeature import EventSender, conversion\n"
        f"EventSender({shop.url!r}, 'key', linger_seconds=60).send(conversion('s-1', 'order'))"
    )
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, timeout=60)
    assert [event["unit"] for event in shop.events] == ["s-1"]


def _report(sending: EventSender) -> None:
    sending.send(order(2))
    sending.close()


def test_a_process_that_forks_has_a_queue_of_its_own(shop: Platform) -> None:
    sending = EventSender(shop.url, "key", linger_seconds=0.3)
    sending.send(order(1))
    child = multiprocessing.get_context("fork").Process(target=_report, args=(sending,))
    child.start()
    child.join(20)
    sending.close()
    assert sorted(event["id"] for event in shop.events) == ["order-1", "order-2"]
