"""Streams leave the request's thread, other answers do not, and a system without threads is no disaster."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from granian.server import mp

from experiments.stream_threads import give_streams_their_own_threads

EVENTS = ("Content-Type", "text/event-stream")
PATIENCE = 20.0


class Granian:
    """Its side of one request: who iterated, and what was answered."""

    def __init__(self) -> None:
        self.answers: list[tuple[int, bytes]] = []
        self.ended = threading.Event()
        self.iterated_by: threading.Thread | None = None

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.answers.append((status, body))

    def response_iter(self, status: int, headers: list[tuple[str, str]], body: Any) -> None:
        self.iterated_by = threading.current_thread()
        with suppress(StopIteration):
            while True:
                self.answers.append((status, body.__next__()))
        body.close()
        self.ended.set()


class Body:
    """Two pieces, of which the second waits for the request to have returned."""

    def __init__(self) -> None:
        self.returned = threading.Event()
        self.closed = False
        self._pieces = iter((b"first", b"second"))

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        piece = next(self._pieces)
        if piece == b"second":
            assert self.returned.wait(PATIENCE)
        return piece

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def answer(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Has granian, changed, answer a request with a body under a content type."""
    server: Any = mp
    monkeypatch.setattr(mp, "_wsgi_call_wrap", server._wsgi_call_wrap)
    give_streams_their_own_threads()

    def run(body: Any, *headers: tuple[str, str]) -> Granian:
        def application(environ: object, start_response: Any) -> Any:
            start_response("200 OK", list(headers))
            return body

        granian = Granian()
        server._wsgi_call_wrap(application, {}, None)(granian, {"PATH_INFO": "/"})
        return granian

    return run


def test_a_stream_goes_on_after_its_request_returned(answer: Any) -> None:
    body = Body()
    granian = answer(body, EVENTS)
    body.returned.set()
    assert granian.ended.wait(PATIENCE)
    assert granian.answers == [(200, b"first"), (200, b"second")]
    assert granian.iterated_by is not threading.current_thread()
    assert body.closed


def test_other_answers_stay_in_the_thread_of_their_request(answer: Any) -> None:
    body = Body()
    body.returned.set()
    assert answer(body, ("Content-Type", "text/html")).iterated_by is threading.current_thread()
    assert answer([b"all"], ("Content-Type", "text/html")).answers == [(200, b"all")]


def test_without_a_thread_the_listener_is_asked_to_come_back(
    answer: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def start(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(threading.Thread, "start", start)
    body = Body()
    assert answer(body, EVENTS).answers == [(503, b"")]
    assert body.closed
