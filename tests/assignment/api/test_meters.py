"""Requests are counted exactly, however many threads answer them."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from prometheus_client import CollectorRegistry, Histogram, generate_latest

from assignment.api import meters
from assignment.api.meters import _BUCKETS, Meters

SECONDS = [0.0, 0.0001, 0.0005, 0.00051, 0.01, 0.3, 1.0, 5.0, 60.0]


def test_many_durations_at_once_are_counted_as_one_by_one() -> None:
    ours = Meters()
    for seconds in SECONDS * 3:
        ours.answered("assign", 200, seconds)
    registry = CollectorRegistry()
    plain = Histogram(
        "proefwerk_request_seconds",
        "Time to answer, without the network",
        ["door"],
        buckets=_BUCKETS,
        registry=registry,
    )
    for seconds in SECONDS * 3:
        plain.labels("assign").observe(seconds)
    expected = [line for line in generate_latest(registry).decode().splitlines() if "_created" not in line]
    assert set(expected) <= set(ours.exposition().decode().splitlines())


def test_no_answer_is_lost_or_counted_twice_when_threads_answer_together(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(meters, "LATE_SECONDS", 0.001)
    ours = Meters()
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda number: ours.answered("assign", 200, 0.001), range(20_000)))
    assert 'proefwerk_requests_total{door="assign",status="200"} 20000.0' in ours.exposition().decode()


def test_answers_are_counted_by_themselves_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meters, "LATE_SECONDS", 0.01)
    ours = Meters()
    for _ in range(2):
        ours.answered("ofrep", 404, 0.001)
        deadline = time.monotonic() + 10
        while ours._answers:
            assert time.monotonic() < deadline, "the answer was not counted"
            time.sleep(0.005)
    assert 'proefwerk_requests_total{door="ofrep",status="404"} 2.0' in ours.exposition().decode()
