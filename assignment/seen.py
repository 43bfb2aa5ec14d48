"""A bounded memory of event ids, so that a retry is answered as the duplicate that it is."""

from __future__ import annotations

import threading
from collections.abc import Iterable

CAPACITY = 400_000


class SeenIds:
    """The newest ids, at least half of `capacity` and at most all of it.

    What it has forgotten is found again when the lake is made: this only serves the answer.
    """

    def __init__(self, capacity: int = CAPACITY) -> None:
        self._half = max(1, capacity // 2)
        self._lock = threading.Lock()
        self._new: set[str] = set()
        self._old: set[str] = set()

    def __len__(self) -> int:
        return len(self._new | self._old)

    def known(self, ids: set[str]) -> set[str]:
        """Those of `ids` that are remembered."""
        with self._lock:
            if self._new.isdisjoint(ids) and self._old.isdisjoint(ids):
                return set()
            return (self._new & ids) | (self._old & ids)

    def remember(self, ids: Iterable[str]) -> None:
        """Adds ids; the oldest half goes when the newest is full."""
        with self._lock:
            self._new.update(ids)
            if len(self._new) >= self._half:
                self._old, self._new = self._new, set()
