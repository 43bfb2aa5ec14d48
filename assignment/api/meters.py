"""Counts what the doors do, for Prometheus."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections import Counter as Tally
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import cache
from pathlib import Path
from threading import Timer

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

_BUCKETS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0)
LATE_SECONDS = 0.5
_LOG = {
    "used": "Bytes in the segments of the event log: one that is taken over goes once it is sealed",
    "limit": "The most bytes that the event log may have",
    "free": "Bytes left on the disk of the event log",
}


class _Durations(Histogram):
    """A histogram that takes many observations for little more than one."""

    def observe_all(self, amounts: Sequence[float]) -> None:
        self._sum.inc(sum(amounts))
        for place, count in Tally(bisect_left(self._upper_bounds, amount) for amount in amounts).items():
            self._buckets[place].inc(count)


class Meters:
    """The figures of one process; with `PROMETHEUS_MULTIPROC_DIR` set, `exposition` adds up all processes.

    Attributes:
        streams: How many event streams are open.
    """

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Counter(
            "proefwerk_requests", "Requests answered", ["door", "status"], registry=self.registry
        )
        self._seconds = _Durations(
            "proefwerk_request_seconds",
            "Time to answer, without the network",
            ["door"],
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self._events = Counter("proefwerk_events", "Events received", ["outcome"], registry=self.registry)
        self._rejected = Counter(
            "proefwerk_events_rejected", "Events rejected, by reason", ["reason"], registry=self.registry
        )
        self._log = {
            part: Gauge(
                f"proefwerk_log_{part}_bytes", meaning, registry=self.registry, multiprocess_mode="mostrecent"
            )
            for part, meaning in _LOG.items()
        }
        self._mail = Counter(
            "proefwerk_mail", "Images and links of e-mails asked for", ["outcome"], registry=self.registry
        )
        self._sticky = Counter(
            "proefwerk_sticky_requests",
            "Requests with sticky experiments, by what became of their memory",
            ["memory"],
            registry=self.registry,
        )
        self.streams = Gauge(
            "proefwerk_streams_open",
            "Event streams open",
            registry=self.registry,
            multiprocess_mode="livesum",
        )
        self._count = cache(self._requests.labels)
        self._time = cache(self._seconds.labels)
        self._answers: deque[tuple[str, int, float]] = deque()
        self._is_due = False

    def answered(self, door: str, status: int, seconds: float) -> None:
        """One request was answered; other processes see so within half a second.

        Counting answers one by one in files that processes share would take as long as deciding them.
        """
        self._answers.append((door, status, seconds))
        if not self._is_due:
            self._is_due = True
            timer = Timer(LATE_SECONDS, self._count_answers)
            timer.daemon = True
            timer.start()

    def _count_answers(self) -> None:
        # What comes from here on asks for another turn, if this one does not meet it.
        self._is_due = False
        counts: Tally[tuple[str, int]] = Tally()
        durations: defaultdict[str, list[float]] = defaultdict(list)
        with suppress(IndexError):
            while True:
                door, status, seconds = self._answers.popleft()
                counts[door, status] += 1
                durations[door].append(seconds)
        for (door, status), count in counts.items():
            self._count(door, status).inc(count)
        for door, amounts in durations.items():
            self._time(door).observe_all(amounts)

    def received(self, accepted: int, duplicates: int, rejected: Mapping[str, int]) -> None:
        """One batch of events was judged.

        Args:
            rejected: How many for which reason.
        """
        total = sum(rejected.values())
        for outcome, number in (("accepted", accepted), ("duplicate", duplicates), ("rejected", total)):
            if number:
                self._events.labels(outcome).inc(number)
        for reason, number in rejected.items():
            self._rejected.labels(reason).inc(number)

    def logged(self, used: int, limit: int, free: int) -> None:
        """What the event log takes of its disk was measured, in bytes."""
        for part, amount in (("used", used), ("limit", limit), ("free", free)):
            self._log[part].set(amount)

    def opened(self, outcome: str) -> None:
        """An e-mail's image or link was asked for."""
        self._mail.labels(outcome).inc()

    def stuck(self, memory: str) -> None:
        """A request's variants were `known`, newly `kept`, or, with the memory `away`, decided without it.

        `unlinked` are ids of one person that could not be logged as such yet.
        """
        self._sticky.labels(memory).inc()

    def exposition(self) -> bytes:
        """Everything in Prometheus' text format."""
        self._count_answers()
        if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
            return generate_latest(self.registry)
        _bury_the_dead(Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]))
        everyone = CollectorRegistry()
        MultiProcessCollector(everyone)  # type: ignore[no-untyped-call]
        return generate_latest(everyone)


def _bury_the_dead(folder: Path) -> None:
    """Drop what processes that are no more said of their present."""
    for pid in {int(path.stem.rsplit("_", 1)[1]) for path in folder.glob("gauge_live*.db")}:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            mark_process_dead(pid)  # type: ignore[no-untyped-call]
        except PermissionError:
            continue
