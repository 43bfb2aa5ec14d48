"""Sends events in the background, in batches, again and again until the platform has them on disk."""

from __future__ import annotations

import atexit
import json
import logging
import math
import os
import random
import threading
import time
import weakref
from collections import OrderedDict, deque
from datetime import UTC, datetime, timedelta
from http.client import HTTPException
from typing import Any, NamedTuple
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from proefwerk_openfeature.events import Event

FRESH_SECONDS = 5.0
FIRST_PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 0.5, 30.0
# What these answers refuse will be refused again.
_HOPELESS = frozenset((400, 415, 422))
_TOO_LARGE = 413
_log = logging.getLogger("proefwerk_openfeature")


class _Queued(NamedTuple):
    document: bytes
    at: float


class EventSender:
    """A queue of events and a thread that sends them; nothing that it does slows or fails its caller.

    Events wait while the platform is away, `capacity` of them at most; what comes on top is dropped and
    logged. An event whose id was given before is not sent again. At the end of the process what is left is
    sent, for at most `close_seconds`. A process that forks has a queue of its own.

    Args:
        url: Where the platform is, such as `https://tests.shop.example`.
        key: A server or client key.
        batch: Most events in one request; the platform takes 5,000.
        linger_seconds: How long the first event of a batch waits for others.
        remembered: Number of ids that are known to have been given before.
    """

    def __init__(
        self,
        url: str,
        key: str,
        *,
        capacity: int = 10_000,
        batch: int = 500,
        linger_seconds: float = 0.5,
        timeout_seconds: float = 10.0,
        close_seconds: float = 5.0,
        remembered: int = 100_000,
    ) -> None:
        self._endpoint = f"{url.rstrip('/')}/api/v1/events"
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._capacity = capacity
        self._batch = batch
        self._linger = linger_seconds
        self._timeout = timeout_seconds
        self._close_seconds = close_seconds
        self._remembered = remembered
        self._start_anew()
        _senders.add(self)

    def _start_anew(self) -> None:
        self._changed = threading.Condition()
        self._queue: deque[_Queued] = deque()
        self._known: OrderedDict[str, None] = OrderedDict()
        self._thread: threading.Thread | None = None
        self._in_flight = 0
        self._hurried = False
        self._deadline = math.inf
        self._full = False

    def send(self, event: Event) -> bool:
        """Put the event in the queue; never blocks, never raises.

        Returns:
            Whether it will be sent; not when its id was given before, the queue is full, it cannot be
            written as JSON, or the sender has been closed.
        """
        try:
            document = json.dumps(event, default=str, allow_nan=False).encode()
            ident = str(event["id"])
        except (KeyError, TypeError, ValueError, RecursionError) as error:
            _log.warning("an event cannot be sent: %s", error)
            return False
        with self._changed:
            if ident in self._known:
                self._known.move_to_end(ident)
                return False
            if self._deadline < math.inf:
                return False
            if len(self._queue) + self._in_flight >= self._capacity:
                self._complain_of_loss()
                return False
            self._known[ident] = None
            if len(self._known) > self._remembered:
                self._known.popitem(last=False)
            self._queue.append(_Queued(document, time.monotonic()))
            self._full = False
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="proefwerk-events", daemon=True)
                self._thread.start()
            if len(self._queue) in {1, self._batch}:
                self._changed.notify_all()
        return True

    def flush(self, timeout_seconds: float = 5.0) -> bool:
        """Send what is in the queue now; whether the platform had answered for all of it in time."""
        with self._changed:
            self._hurried = True
            self._changed.notify_all()
            done = self._changed.wait_for(lambda: not self._queue and not self._in_flight, timeout_seconds)
            self._hurried = False
        return done

    def close(self) -> None:
        """Send what is left, within `close_seconds`, and take no more."""
        with self._changed:
            self._deadline = min(self._deadline, time.monotonic() + self._close_seconds)
            thread = self._thread
            self._changed.notify_all()
        if thread is not None:
            thread.join(self._close_seconds + FIRST_PAUSE_SECONDS)
        with self._changed:
            lost = len(self._queue) + self._in_flight
            self._queue.clear()
            self._in_flight = 0
        if lost:
            _log.error("%d events were not sent: %s was out of reach", lost, self._endpoint)

    def _complain_of_loss(self) -> None:
        """Once, until there is room again."""
        if not self._full:
            self._full = True
            _log.error("events are dropped: %d wait for %s already", self._capacity, self._endpoint)

    def _run(self) -> None:
        while batch := self._take():
            try:
                sent = self._deliver(batch)
            except Exception:  # noqa: BLE001 - whatever went wrong with this batch, the next is sent
                _log.exception("a batch of events is lost")
                sent = True
            if not sent:
                return
            with self._changed:
                self._in_flight = 0
                self._changed.notify_all()

    def _take(self) -> list[_Queued]:
        """The next batch; empty when the sender is closed and nothing is left."""
        with self._changed:
            self._changed.wait_for(lambda: self._queue or self._deadline < math.inf)
            self._changed.wait_for(self._is_due, self._linger)
            batch = [self._queue.popleft() for _ in range(min(self._batch, len(self._queue)))]
            self._in_flight = len(batch)
            return batch

    def _is_due(self) -> bool:
        return self._hurried or self._deadline < math.inf or len(self._queue) >= self._batch

    def _deliver(self, batch: list[_Queued]) -> bool:
        """Post the batch until it is answered for; false when the sender was closed before that."""
        pause = FIRST_PAUSE_SECONDS
        while True:
            status, wait = self._post(batch)
            if status == _TOO_LARGE and len(batch) > 1:
                middle = len(batch) // 2
                return self._deliver(batch[:middle]) and self._deliver(batch[middle:])
            if status in _HOPELESS or status in {200, _TOO_LARGE}:
                return True
            if not self._pause(wait or pause * random.uniform(0.5, 1.0)):
                return False
            pause = min(LONGEST_PAUSE_SECONDS, 2 * pause)

    def _pause(self, seconds: float) -> bool:
        """Wait before the next try, not for long when the sender is being closed; false when time is up."""
        with self._changed:
            closing = self._changed.wait_for(lambda: self._deadline < math.inf, seconds)
        if closing:
            time.sleep(min(seconds, FIRST_PAUSE_SECONDS))
        return time.monotonic() < self._deadline

    def _post(self, batch: list[_Queued]) -> tuple[int, float]:
        """The status of one request, 0 when there was no answer, and the seconds that it asks to wait."""
        body = b'{"events":[%b]}' % b",".join(_timed(item) for item in batch)
        try:
            request = Request(self._endpoint, body, self._headers)
            left = max(FIRST_PAUSE_SECONDS, self._deadline - time.monotonic())
            with urlopen(request, timeout=min(self._timeout, left)) as answer:
                self._report(json.load(answer))
                return 200, 0.0
        except HTTPError as error:
            with error:
                detail = error.read(2_000).decode("utf-8", "replace")
            _log.warning("%d events were answered with %d: %s", len(batch), error.code, detail)
            wait = error.headers.get("Retry-After", "")
            return error.code, float(wait) if wait.isdigit() else 0.0
        except (OSError, HTTPException, ValueError) as error:
            _log.warning("%s is out of reach, %d events wait: %s", self._endpoint, len(batch), error)
            return 0, 0.0

    def _report(self, document: Any) -> None:
        rejected = document.get("rejected") if isinstance(document, dict) else None
        if rejected:
            _log.warning("%d events were rejected, the first because of %s", len(rejected), rejected[0])


def _timed(item: _Queued) -> bytes:
    """The event, with its time where that is no longer the time of receipt."""
    age = time.monotonic() - item.at
    if age < FRESH_SECONDS:
        return item.document
    moment = datetime.now(UTC) - timedelta(seconds=age)
    return b'%b,"time":"%b"}' % (item.document[:-1], moment.isoformat().encode())


_senders: weakref.WeakSet[EventSender] = weakref.WeakSet()


def _after_fork() -> None:
    for sender in list(_senders):
        sender._start_anew()


def _at_exit() -> None:
    for sender in list(_senders):
        sender.close()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork)
atexit.register(_at_exit)
