"""The doors as a WSGI application of their own, with rules of every kind, for a server in another process."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask

from assignment.api import Doors, HotDoor, register
from assignment.log import EventLog
from assignment.sink import LogSink
from assignment.snapshot import build, encode
from assignment.source import PollingSource
from tests.assignment.examples import KEYS, several

FOLDER = "FOLDER_OF_THE_DOORS"


@cache
def make_app(folder: Path) -> HotDoor:
    """The doors over a snapshot that is published once, with their log in the folder."""
    source = PollingSource(lambda known: encode(build(several(), KEYS)), folder / "snapshot.json")
    source.refresh()
    doors = Doors(source, LogSink(EventLog(folder / "log")))
    app = Flask("doors")
    register(app, doors)
    return HotDoor(app.wsgi_app, doors)


def __getattr__(name: str) -> Any:
    if name == "app":
        return make_app(Path(os.environ[FOLDER]))
    raise AttributeError(name)
