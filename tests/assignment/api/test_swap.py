"""New rules take over between two requests: every answer is whole, and by one revision."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import Client

from assignment.api import Doors, HotDoor, register
from assignment.log import EventLog
from assignment.sink import LogSink
from assignment.snapshot import Status, build, encode
from assignment.source import PollingSource
from tests.assignment.examples import KEYS, SERVER_KEY, experiment

SWAPS = 20


@pytest.fixture
def sink(tmp_path: Path) -> Iterator[LogSink]:
    sink = LogSink(EventLog(tmp_path / "log"))
    yield sink
    sink.close()


def test_whoever_asks_while_rules_change_gets_one_revision_or_the_other(
    tmp_path: Path, sink: LogSink
) -> None:
    published = {
        snapshot.revision: (status, encode(snapshot))
        for status in (Status.RUNNING, Status.PAUSED)
        for snapshot in [build(tuple(experiment(f"e{n}", status=status) for n in range(20)), KEYS)]
    }
    documents = cycle([document for _, document in published.values()])
    source = PollingSource(lambda known: next(documents), tmp_path / "snapshot.json")
    source.refresh()
    app = Flask("swap")
    doors = Doors(source, sink)
    register(app, doors)
    door, over, wrong = HotDoor(app.wsgi_app, doors), threading.Event(), []

    def ask(thread: int) -> None:
        client, number = Client(door), 0
        while not over.is_set():
            number += 1
            context = {"context": {"targetingKey": f"s-{thread}-{number}"}}
            answer = client.post("/api/v1/assign", json=context, headers={"X-API-Key": SERVER_KEY})
            body = answer.get_json()
            reason = "SPLIT" if published[body["revision"]][0] is Status.RUNNING else "DISABLED"
            if answer.status_code != 200 or {each["reason"] for each in body["assignments"].values()} != {
                reason
            }:
                wrong.append(body)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(SWAPS):
        source.refresh()
    over.set()
    for thread in threads:
        thread.join()
    assert wrong == []
