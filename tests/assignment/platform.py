"""The doors with a real log on a port of their own, with the faults that a test asks for."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from flask import Flask
from werkzeug.serving import BaseWSGIServer, make_server

from assignment.api import Doors, HotDoor, Meters, Site, Streams, register
from assignment.api.answer import CORS
from assignment.engine import CompiledSnapshot
from assignment.events import Event, decode_payload
from assignment.log import EventLog, Frame, read_frames, segments
from assignment.sink import LogSink
from assignment.snapshot import Experiment, build, encode
from assignment.source import PollingSource

from .examples import KEYS
from .memory import Memory


class Platform:
    """A running delivery side.

    Attributes:
        refuse: Answer 503 without doing anything.
        lose_answers: Do the work, then answer 503.
        delay: Seconds to wait before each answer.
        slow_paths: By path: more seconds to wait there.
        busy: Answer events with this status and `Retry-After` in seconds, without doing anything.
        requests: Method and path of every request.
    """

    def __init__(
        self,
        folder: Path,
        experiments: tuple[Experiment, ...],
        site: Site | None = None,
        port: int = 0,
        streams: int = 0,
    ) -> None:
        self.folder = folder
        self.refuse = False
        self.lose_answers = False
        self.delay = 0.0
        self.slow_paths: dict[str, float] = {}
        self.busy: tuple[int, int] | None = None
        self.requests: list[str] = []
        self._experiments = experiments
        self._source = PollingSource(
            lambda known: encode(build(self._experiments, KEYS)), folder / "snapshot.json"
        )
        self._source.refresh()
        self.sink = LogSink(EventLog(folder / "log"))
        app = Flask("platform")
        meters = Meters()
        self._streams = Streams(self._source, meters, streams) if streams else None
        doors = Doors(self._source, self.sink, meters, self._streams, site=site or Site(), sticky=Memory())
        register(app, doors)
        self._doors = HotDoor(app.wsgi_app, doors)
        self._server = serve(self._answer, port)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def publish(self, *experiments: Experiment) -> None:
        self._experiments = experiments
        self._source.refresh()

    def compiled(self) -> CompiledSnapshot:
        return self._source.current()

    def close(self) -> None:
        if self._streams:
            self._streams.close()
        self._server.shutdown()
        self._server.server_close()
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
            time.sleep(self.delay + self.slow_paths.get(environ["PATH_INFO"], 0))
        if self.busy and environ["PATH_INFO"] == "/api/v1/events" and not preflight:
            status, seconds = self.busy
            exposed = ("Access-Control-Expose-Headers", "Retry-After")
            start(f"{status} Busy", [CORS, exposed, ("Retry-After", str(seconds))])
            return [b""]
        failing = (self.refuse or self.lose_answers) and environ["PATH_INFO"] == "/api/v1/events"
        if failing and not preflight:
            if self.lose_answers:
                b"".join(self._doors(environ, lambda *_: lambda _: None))
            start("503 Service Unavailable", [CORS])
            return [b""]
        return self._doors(environ, start)


def serve(app: Any, port: int = 0) -> BaseWSGIServer:
    """A server on a free port unless one is named, in a thread of its own."""
    server = make_server("127.0.0.1", port, app, threaded=True)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
