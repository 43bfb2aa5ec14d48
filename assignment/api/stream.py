"""Server-sent events: everyone who listens hears of every change of the rules."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from functools import cache

from assignment.api.answer import CORS, Answer
from assignment.api.doors import Doors, SnapshotSource, Telling
from assignment.api.keys import PUBLIC, check_key, digest
from assignment.api.meters import Meters
from assignment.api.problems import problem
from assignment.api.reading import Environ
from assignment.engine import CompiledSnapshot
from assignment.errors import ProefwerkError

EVENT_STREAM = "text/event-stream"
KEEP_ALIVE_SECONDS = 15.0
LOOK_SECONDS = 0.1
FULL_RETRY_SECONDS = 30
# So many listeners are woken together, with a pause before the next, lest they push requests aside.
FLOCK, FLOCK_PAUSE_SECONDS = 50, 0.005

_OPENING = b"retry: 10000\n"
_KEEP_ALIVE = b":\n\n"
# The last header keeps nginx from holding events back.
_HEADERS = (CORS, ("Cache-Control", "no-cache"), ("X-Accel-Buffering", "no"))
_log = logging.getLogger(__name__)


def listen(doors: Doors, environ: Environ, key: str, telling: Telling, known: str | None) -> Answer:
    """Answer a listener with a body that goes on until the key is revoked or the server stops.

    Args:
        key: The listener's.
        telling: What it is told of each snapshot.
        known: Identity of the news that it has; it is spared that news.

    Raises:
        ProefwerkError: 401 unknown key, 403 a key that is not a client's, 404 no streams here, 503 nothing
            published yet.
    """
    check_key(doors.source.current(), key, PUBLIC)
    if doors.streams is None:
        raise ProefwerkError(404, "streams_off", "This server has no streams; ask again from time to time.")
    if environ["REQUEST_METHOD"] == "HEAD":
        return Answer(200, b"", EVENT_STREAM, _HEADERS)
    try:
        stream = doors.streams.open(digest(key), known, telling)
    except StreamsFullError as error:
        refused = problem(error)
        rest = tuple(header for header in refused.headers if header[0] != "Retry-After")
        return refused._replace(headers=(*rest, ("Retry-After", str(FULL_RETRY_SECONDS))))
    return Answer(200, b"", EVENT_STREAM, _HEADERS, stream)


class StreamsFullError(ProefwerkError):
    """As many streams are open as this process keeps."""

    def __init__(self, limit: int) -> None:
        detail = f"All {limit:,} streams of this server are taken; ask again from time to time."
        super().__init__(503, "streams_full", detail)


class Stream:
    """What one listener is sent, as the body of an answer (PEP 3333).

    The thread that iterates over it sleeps until there is something to send.

    Args:
        key_digest: The listener's key.
        telling: What it is told of a snapshot.
    """

    def __init__(self, streams: Streams, key_digest: str, telling: Telling) -> None:
        self.key_digest = key_digest
        self.telling = telling
        self._streams = streams
        self._next: deque[bytes] = deque(maxlen=1)
        self._bell = threading.Lock()
        self._ended = False

    def offer(self, event: bytes) -> None:
        """Send the event next; one that has not been taken yet is superseded."""
        self._next.append(event)
        self._ring()

    def end(self) -> None:
        """Close the connection."""
        self._ended = True
        self._ring()

    def close(self) -> None:
        """The listener has gone, or was let go."""
        self._streams.forget(self)

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        while True:
            rung = self._bell.acquire(timeout=KEEP_ALIVE_SECONDS)
            if self._next:
                return self._next.popleft()
            if self._ended:
                raise StopIteration
            if not rung:
                return _KEEP_ALIVE

    def _ring(self) -> None:
        with suppress(RuntimeError):  # it was ringing already
            self._bell.release()


class Streams:
    """The open streams of this process, and a thread that tells them of changes.

    Args:
        limit: The most that are open at once; each takes a thread.
    """

    def __init__(self, source: SnapshotSource, meters: Meters, limit: int) -> None:
        self._source = source
        self._meters = meters
        self._limit = limit
        self._open: set[Stream] = set()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._seen: CompiledSnapshot | None = None
        self._thread = threading.Thread(target=self._watch, name="streams", daemon=True)
        self._thread.start()

    def open(self, key_digest: str, known: str | None, telling: Telling) -> Stream:
        """A stream for a key that has been checked; of a server that stops, one that ends at once.

        Args:
            known: Identity of the news that the listener has.
            telling: Makes the news of a snapshot; a function at the top of a module.

        Raises:
            StreamsFullError: The limit is reached.
        """
        stream = Stream(self, key_digest, telling)
        # Under the lock: a change is either read here or told to this stream.
        with self._lock:
            if self._closed.is_set():
                # A refusal would keep some clients away for good.
                stream.offer(_OPENING + b"\n")
                stream.end()
                return stream
            if len(self._open) >= self._limit:
                raise StreamsFullError(self._limit)
            news = self._source.current().derived(telling)
            self._open.add(stream)
            self._meters.streams.set(len(self._open))
        spared = b"id: %b\n\n" % news.identity.encode()
        stream.offer(_OPENING + (spared if known == news.identity else news.event))
        return stream

    def forget(self, stream: Stream) -> None:
        """A stream was closed."""
        with self._lock:
            self._open.discard(stream)
            self._meters.streams.set(len(self._open))

    def close(self) -> None:
        """End every stream, and open no others."""
        self._closed.set()
        for stream in self._listening():
            stream.end()

    def alive(self) -> bool:
        """Whether listeners hear of changes."""
        return self._thread.is_alive()

    def _listening(self) -> list[Stream]:
        with self._lock:
            return list(self._open)

    def _watch(self) -> None:
        while not self._closed.wait(LOOK_SECONDS):
            try:
                self._look()
            except ProefwerkError:
                continue  # nothing has been published yet
            except Exception:  # noqa: BLE001 - whatever is wrong, the next change is told again
                _log.exception("cannot tell listeners of a change")

    def _look(self) -> None:
        compiled, seen = self._source.current(), self._seen
        if compiled is seen:
            return

        @cache
        def is_news(telling: Telling) -> bool:
            return seen is None or seen.derived(telling).content != compiled.derived(telling).content

        for number, stream in enumerate(self._listening(), 1):
            if compiled.key_kinds.get(stream.key_digest) not in PUBLIC:
                stream.end()
            elif is_news(stream.telling):
                stream.offer(compiled.derived(stream.telling).event)
                if number % FLOCK == 0:
                    time.sleep(FLOCK_PAUSE_SECONDS)
        self._seen = compiled
