"""The delivery side alone under the product's web server: it starts in a second, so it can die often."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from flask import Flask
from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from assignment.api import Doors, HotDoor, register
from assignment.log import EventLog
from assignment.sink import LogSink
from assignment.snapshot import build, encode
from assignment.source import PollingSource
from tests.assignment.examples import KEYS, several

HOME = "DELIVERY_HOME"
PORT = "DELIVERY_PORT"
WORKERS = "DELIVERY_WORKERS"


def make() -> Any:
    """The WSGI application on the folder that the environment names."""
    home = Path(os.environ[HOME])
    source = PollingSource(
        lambda known: encode(build(several(), KEYS)), home / f"snapshot-{os.getpid()}.json"
    )
    source.refresh()
    doors = Doors(source, LogSink(EventLog(home / "log", segment_bytes=200_000, segment_seconds=0.5)))
    app = Flask("delivery")
    register(app, doors)
    return HotDoor(app.wsgi_app, doors)


def main() -> None:
    """Serve until killed."""
    Server(
        "tests.faults.delivery:make",
        factory=True,
        address="127.0.0.1",
        port=int(os.environ[PORT]),
        interface=Interfaces.WSGI,
        workers=int(os.environ[WORKERS]),
        blocking_threads=8,
        log_level=LogLevels.error,
    ).serve()


if __name__ == "__main__":
    main()
