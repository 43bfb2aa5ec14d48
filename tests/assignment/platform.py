"""The doors with a real log on a port of their own, with the faults that a test asks for."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.serving import BaseWSGIServer, make_server

from assignment.api import Doors, HotDoor, register
from assignment.events import Event, decode_payload
from assignment.log import EventLog, Frame, read_frames, segments
from assignment.sink import LogSink
from assignment.snapshot import Experiment, build, encode
from assignment.source import PollingSource

from .examples import KEYS


class Platform:
    """A running delivery side.

    Attributes:
        refuse: Answer 503 without doing anything.
        lose_answers: Do the work, then answer 503.
        delay: Seconds to wait before each answer.
        requests: Method and path of every request.
    """

    def __init__(self, folder: Path, experiments: tuple[Experiment, ...]) -> None:
        self.folder = folder
        self.refuse = False
        self.lose_answers = False
        self.delay = 0.0
        self.requests: list[str] = []
        source = PollingSource(lambda known: encode(build(experiments, KEYS)), folder / "snapshot.json")
        source.refresh()
        self.sink = LogSink(EventLog(folder / "log"))
        app = Flask("platform")
        doors = Doors(source, self.sink)
        register(app, doors)
        self._doors = HotDoor(app.wsgi_app, doors)
        self._server = serve(self._answer)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def close(self) -> None:
        self._server.shutdown()
        self.sink.close()

    def logged(self) -> list[Event]:
        frames = [frame for path in segments(self.folder / "log") for frame in read_frames(path)]
        return [
            event
            for frame in frames
            if isinstance(frame, Frame)
            for event, _ in decode_payload(frame.payload)
        ]

    def wait_for(self, count: int, seconds: float = 15) -> list[Event]:
        deadline = time.monotonic() + seconds
        while len(self.logged()) < count and time.monotonic() < deadline:
            time.sleep(0.02)
        return self.logged()

    def asked(self, path: str) -> int:
        return self.requests.count(f"POST {path}")

    def _answer(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        self.requests.append(f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']}")
        preflight = environ["REQUEST_METHOD"] == "OPTIONS"
        if not preflight:
            time.sleep(self.delay)
        failing = (self.refuse or self.lose_answers) and environ["PATH_INFO"] == "/api/v1/events"
        if failing and not preflight:
            if self.lose_answers:
                b"".join(self._doors(environ, lambda *_: lambda _: None))
            start("503 Service Unavailable", [("Access-Control-Allow-Origin", "*")])
            return [b""]
        return self._doors(environ, start)


def serve(app: Any) -> BaseWSGIServer:
    """A server on a free port, in a thread of its own."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
