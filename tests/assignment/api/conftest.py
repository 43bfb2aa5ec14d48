"""The doors over a real snapshot and a real event log, reached through Flask or through the hot door."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from werkzeug.test import Client

from assignment.api import Doors, HotDoor, register
from assignment.events import Event, decode_payload
from assignment.log import EventLog, Frame, read_frames, segments
from assignment.sink import LogSink
from assignment.snapshot import build, encode
from assignment.source import PollingSource
from tests.assignment.examples import KEYS, several


@pytest.fixture
def doors(tmp_path: Path) -> Iterator[Doors]:
    source = PollingSource(lambda known: encode(build(several(), KEYS)), tmp_path / "snapshot.json")
    source.refresh()
    sink = LogSink(EventLog(tmp_path / "log"))
    yield Doors(source, sink)
    sink.close()


@pytest.fixture
def app(doors: Doors) -> Flask:
    app = Flask("doors")
    register(app, doors)
    return app


@pytest.fixture
def plain(app: Flask) -> Client:
    """Every request goes through Flask."""
    return Client(app.wsgi_app)


@pytest.fixture
def hot(app: Flask, doors: Doors) -> Client:
    """Requests of every page view pass Flask by."""
    return Client(HotDoor(app.wsgi_app, doors))


def logged(folder: Path) -> list[Event]:
    """Every event in the log of a test's folder."""
    frames = [frame for path in segments(folder / "log") for frame in read_frames(path)]
    assert all(isinstance(frame, Frame) for frame in frames)
    return [
        event for frame in frames if isinstance(frame, Frame) for event, _ in decode_payload(frame.payload)
    ]
