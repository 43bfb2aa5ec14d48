"""A stand-in for the platform's door for events, which a test may break."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


class Platform:
    """What was received, and how requests are answered.

    Attributes:
        statuses: Answers to the next requests; then 200.
        batches: The events of every request that was answered with 200.
    """

    def __init__(self, port: int = 0) -> None:
        self.statuses: list[int] = []
        self.batches: list[list[dict[str, Any]]] = []
        self.headers: list[dict[str, str]] = []
        self.most = 5_000
        platform = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = platform.answer(self.path, dict(self.headers), body)
                document = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(document)))
                self.send_header("Retry-After", "0")
                self.end_headers()
                self.wfile.write(document)

            def log_message(self, format: str, *arguments: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()

    def answer(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, object]:
        assert path == "/api/v1/events"
        self.headers.append(headers)
        events = json.loads(body)["events"]
        status = self.statuses.pop(0) if self.statuses else 200
        if len(events) > self.most:
            status = 413
        if status == 200:
            self.batches.append(events)
        return status, {"accepted": len(events), "duplicates": 0, "rejected": []}

    @property
    def events(self) -> list[dict[str, Any]]:
        return [event for batch in self.batches for event in batch]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@contextmanager
def platform(port: int = 0) -> Iterator[Platform]:
    running = Platform(port)
    try:
        yield running
    finally:
        running.close()
