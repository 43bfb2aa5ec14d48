"""Lets granian send streams from threads of their own, so that its few request threads stay free."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

from granian.server import mp

EVENT_STREAM = "text/event-stream"
Runner = Callable[[Any, Any], Any]


def give_streams_their_own_threads() -> None:
    """Change how this worker answers with an event stream; once a process, before the server takes requests.

    Granian has no public way to do so: its WSGI interface iterates over a body in the thread of the request.
    A larger pool of request threads would do too, but 64 busy connections then cost a third more CPU each.
    """
    server: Any = mp
    wrap = server._wsgi_call_wrap

    def wrap_with_streams(*arguments: Any) -> Runner:
        run: Runner = wrap(*arguments)
        return lambda protocol, scope: run(_Protocol(protocol), scope)

    server._wsgi_call_wrap = wrap_with_streams


class _Protocol:
    """Granian's side of one request."""

    __slots__ = ("_response_iter", "response_bytes")

    def __init__(self, protocol: Any) -> None:
        self.response_bytes = protocol.response_bytes
        self._response_iter = protocol.response_iter

    def response_iter(self, status: int, headers: list[tuple[str, str]], body: Any) -> None:
        if ("Content-Type", EVENT_STREAM) not in headers:
            self._response_iter(status, headers, body)
            return
        begun = threading.Event()
        arguments = (status, headers, _Begun(body, begun))
        thread = threading.Thread(target=self._response_iter, args=arguments, name="stream", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the system gives no more threads
            body.close()
            self.response_bytes(503, [("Access-Control-Allow-Origin", "*"), ("Retry-After", "30")], b"")
            return
        # Granian takes a request that returns without an answer for one that failed.
        begun.wait()


class _Begun:
    """A body that says when it is first asked for, which is after the status and the headers have left."""

    def __init__(self, body: Any, begun: threading.Event) -> None:
        self._body = body
        self._begun = begun

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        self._begun.set()
        item: bytes = self._body.__next__()
        return item

    def close(self) -> None:
        self._begun.set()
        self._body.close()
