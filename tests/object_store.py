"""A real S3-compatible server for tests, and a door before it that errs as told."""

from __future__ import annotations

import http.client
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import pytest
import requests

from experiments.analysis import object_store

HANG_SECONDS = 2.0
_SERVE = """
import sys, threading
from moto.server import ThreadedMotoServer
server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
server.start()
print(server.get_host_and_port()[1], flush=True)
sys.stdin.read()
"""
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "tests", "AWS_SECRET_ACCESS_KEY": "tests", "AWS_REGION": "eu-west-1"}


@contextmanager
def running_s3() -> Iterator[str]:
    """A server of its own process, as long as the block lasts; its address."""
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", _SERVE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


def new_bucket(endpoint: str) -> str:
    """A bucket that nobody has; its name."""
    name = f"lake-{uuid.uuid4().hex}"
    requests.put(f"{endpoint}/{name}", timeout=30).raise_for_status()
    return name


Fault = Callable[[str, str], str | None]
"""By method and path of a request: nothing, `refuse` (503), `lose` (done, but no answer) or `hang`."""


@dataclass(slots=True)
class Door:
    """Hands requests on to the server, but for what `fault` says.

    Attributes:
        endpoint: Where it listens.
        fault: What becomes of a request.
        seen: Method and path of every request that came.
        without: Headers that are left out, in lower case.
    """

    endpoint: str
    fault: Fault = lambda _method, _path: None
    seen: list[tuple[str, str]] = field(default_factory=list)
    without: frozenset[str] = frozenset()


@contextmanager
def door_to(target: str) -> Iterator[Door]:
    """A door before a server, as long as the block lasts."""
    door = Door("")
    host = urlsplit(target).netloc

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing."""

        def _hand_on(self) -> None:
            path = urlsplit(self.path).path
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            door.seen.append((self.command, path))
            fault = door.fault(self.command, path)
            if fault == "refuse":
                self._answer(503, {}, b"<Error><Code>SlowDown</Code><Message>later</Message></Error>")
                return
            if fault == "hang":
                time.sleep(HANG_SECONDS)
            headers = {
                name: value for name, value in self.headers.items() if name.lower() not in door.without
            }
            upstream = http.client.HTTPConnection(host, timeout=30)
            try:
                upstream.request(self.command, self.path, body, headers)
                answer = upstream.getresponse()
                content = answer.read()
            finally:
                upstream.close()
            if fault in ("lose", "hang"):
                self.close_connection = True
                return
            self._answer(answer.status, dict(answer.getheaders()), content)

        def _answer(self, status: int, headers: dict[str, str], content: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers.items():
                if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                    self.send_header(name, value)
            length = headers.get("Content-Length") if self.command == "HEAD" else None
            self.send_header("Content-Length", length or str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = _hand_on  # noqa: N815 - as the base class looks for them

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    door.endpoint = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield door
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def stores_behind_a_door(server: str, monkeypatch: pytest.MonkeyPatch, retry_seconds: int) -> Iterator[Door]:
    """A door through which every store goes that is opened from now on, and gives up after so long."""
    with door_to(server) as door:
        for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": door.endpoint}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(object_store, "RETRY_SECONDS", retry_seconds)
        yield door
