"""Sends simulated shoppers through the shop; they know the platform by HTTP alone."""

from __future__ import annotations

import itertools
import math
import random
import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from assignment.demo.client import Client
from assignment.demo.visit import Event, Shopper, arrive, past_orders, visit

THREADS = 6
GROUP = 20
LEAVE_SECONDS = 5.0


@dataclass(slots=True)
class Pace:
    """How many shoppers come: a rush at first, so that there is something to see, then a trickle.

    Attributes:
        rush: Shoppers a second at first.
        crowd: How many come in the rush.
        trickle: Shoppers a second from then on.
    """

    rush: float = 350.0
    crowd: int = 60_000
    trickle: float = 10.0

    def due(self, count: int) -> float:
        """Seconds after the beginning at which this many shoppers should have come."""
        rushed = min(count, self.crowd) / self.rush
        return rushed + max(0, count - self.crowd) / self.trickle


@dataclass(slots=True)
class Crowd:
    """Shoppers who come at a pace until told to stop.

    Attributes:
        seed: Together with `limit`, makes the same shoppers come again.
        threads: How many come at the same time.
        limit: About how many come at all; without it they come until `stop`.
        arrived: How many have been through the shop.
        failure: What ended it, if not `stop`.
    """

    url: str
    key: str
    pace: Pace = field(default_factory=Pace)
    seed: int | None = None
    threads: int = THREADS
    limit: int | None = None
    arrived: int = 0
    failure: Exception | None = None
    _stopped: threading.Event = field(default_factory=threading.Event)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _began: float = 0.0
    _called: int = 0
    _threads: list[threading.Thread] = field(default_factory=list)

    def start(self) -> None:
        """Shoppers begin to come."""
        self._began = time.monotonic()
        for number in range(self.threads):
            chance = random.Random(None if self.seed is None else self.seed * 1_000 + number)
            thread = threading.Thread(target=self._walk, args=(chance,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """No more shoppers; returns when the last has left, or cannot because the platform is away."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(LEAVE_SECONDS)

    def wait(self, seconds: float) -> bool:
        """Whether shoppers still come after so many seconds."""
        stopped = self._stopped.wait(seconds)
        return not stopped and any(thread.is_alive() for thread in self._threads)

    def _walk(self, chance: random.Random) -> None:
        try:
            with Client(self.url, self.key) as client:
                for _ in self._rounds():
                    if not self._wait_for_turn():
                        break
                    _group(client, chance, GROUP)
                    with self._lock:
                        self.arrived += GROUP
        except Exception as failure:  # noqa: BLE001 - told to whoever started the crowd
            self.failure = failure
            self._stopped.set()

    def _rounds(self) -> Iterable[int]:
        if self.limit is None:
            return itertools.count()
        return range(math.ceil(self.limit / (self.threads * GROUP)))

    def _wait_for_turn(self) -> bool:
        with self._lock:
            self._called += GROUP
            due = self._began + self.pace.due(self._called)
        return not self._stopped.wait(max(0.0, due - time.monotonic()))


def _group(client: Client, chance: random.Random, size: int) -> None:
    """A few shoppers at a time, so that their events share requests, as a shop's back end would do it."""
    shoppers = [arrive(chance, f"shopper-{chance.getrandbits(64):016x}") for _ in range(size)]
    now = datetime.now(UTC)
    _report(client, [order for shopper in shoppers for order in past_orders(chance, shopper, now)])
    _report(client, [event for shopper in shoppers for event in _walk_through(client, chance, shopper)])


def _walk_through(client: Client, chance: random.Random, shopper: Shopper) -> list[Event]:
    context = {"targetingKey": shopper.unit, "device": shopper.device, "country": shopper.country}

    def meet(experiment: str) -> str:
        question = {"context": context, "experiments": [experiment], "expose": True}
        answer = client.post("/api/v1/assign", question)
        variant: str = answer["assignments"][experiment]["variant"]
        return variant

    return visit(chance, shopper, meet)


def _report(client: Client, events: list[Event]) -> None:
    if events:
        client.post("/api/v1/events", {"events": events})
