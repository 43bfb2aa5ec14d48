"""How often signing in may fail, so that nobody can try passwords by the thousand."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from typing import Final

MOST: Final = 8
SECONDS: Final = 300.0
_REMEMBERED: Final = 10_000


class Attempts:
    """Failures of the last minutes in this process, by address and by person; safe for threads."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._failures: OrderedDict[tuple[str, str], list[float]] = OrderedDict()

    def too_many(self, email: str, address: str) -> bool:
        """Whether this person must wait before trying again from this address."""
        with self._lock:
            return len(self._recent(email, address)) >= MOST

    def failed(self, email: str, address: str) -> None:
        """Remembers a failure."""
        with self._lock:
            key = _key(email, address)
            self._failures[key] = [*self._recent(email, address), self._clock()]
            self._failures.move_to_end(key)
            while len(self._failures) > _REMEMBERED:
                self._failures.popitem(last=False)

    def forget(self, email: str, address: str) -> None:
        """Starts again after a success."""
        with self._lock:
            self._failures.pop(_key(email, address), None)

    def _recent(self, email: str, address: str) -> list[float]:
        since = self._clock() - SECONDS
        return [moment for moment in self._failures.get(_key(email, address), []) if moment > since]


def _key(email: str, address: str) -> tuple[str, str]:
    return email.strip().casefold()[:254], address
