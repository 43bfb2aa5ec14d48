"""Keeps the newest published snapshot at hand, and the last good one on disk for when nobody answers."""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

from assignment.engine import CompiledSnapshot
from assignment.errors import ProefwerkError
from assignment.snapshot import decode

# So that nobody can make this process fetch more than fifty times a second.
JUST_NOW_SECONDS = 0.02
# Its own generator: a thread that draws from the process' shared one disturbs everybody who seeds that.
_JITTER = random.Random()
_log = logging.getLogger(__name__)

Fetch = Callable[[str | None], bytes | None]


class PollingSource:
    """The current snapshot, refreshed about every `interval` seconds by a thread of its own.

    A fetch that fails, and a document that cannot be used, leave the last good snapshot in place: decisions
    go on without the database, also after a restart.

    Args:
        fetch: Given the known revision, the newest document; `None` when it is the same one.
        cache_file: Where the last good document is kept; several processes may share it.
        interval: Seconds between fetches.
    """

    def __init__(self, fetch: Fetch, cache_file: Path, interval: float = 1.0) -> None:
        self._fetch = fetch
        self._cache_file = cache_file
        self._interval = interval
        self._compiled: CompiledSnapshot | None = None
        self._refreshing = threading.Lock()
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None
        self._complaint = ""
        self._fetched_at: float | None = None
        self._load_cache()

    def current(self) -> CompiledSnapshot:
        """The snapshot to decide by.

        Raises:
            ProefwerkError: 503, none has been published or read yet.
        """
        compiled = self._compiled
        if compiled is None:
            raise ProefwerkError(
                503, "no_snapshot", "No rules have been published or read yet; try again in a second."
            )
        return compiled

    def catch_up(self) -> CompiledSnapshot:
        """As `current`, after a fetch if the last one is not of just now.

        Raises:
            ProefwerkError: 503, none has been published or read yet.
        """
        age = self.age()
        if age is None or age > JUST_NOW_SECONDS:
            self.refresh()
        return self.current()

    def age(self) -> float | None:
        """Seconds since a fetch last succeeded; `None` when none has."""
        return None if self._fetched_at is None else time.monotonic() - self._fetched_at

    def refresh(self) -> None:
        """Fetch now; never raises, since the last good snapshot goes on serving."""
        with self._refreshing:
            known = self._compiled.revision if self._compiled else None
            try:
                document = self._fetch(known)
                if document is not None:
                    self._adopt(document)
                self._fetched_at = time.monotonic()
                self._complain("")
            except Exception as error:  # noqa: BLE001 - whatever is wrong out there, decisions go on
                self._complain(f"{type(error).__name__}: {error}")

    def start(self) -> None:
        """Fetch once, then keep fetching in the background; call it after the process has forked."""
        self.refresh()
        self._thread = threading.Thread(target=self._poll, name="snapshot", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Stop fetching; what is known goes on serving."""
        self._closed.set()
        if self._thread:
            self._thread.join()

    def _poll(self) -> None:
        while not self._closed.wait(self._interval * _JITTER.uniform(0.9, 1.1)):
            self.refresh()

    def _adopt(self, document: bytes) -> None:
        compiled = CompiledSnapshot(decode(document))
        if self._compiled is not None:
            compiled.make_ready(self._compiled)
        self._compiled = compiled
        _log.info("deciding by revision %s, %d experiments", compiled.revision, len(compiled.rules))
        self._keep(document)

    def _keep(self, document: bytes) -> None:
        beside = self._cache_file.with_name(f"{self._cache_file.name}.{os.getpid()}.{threading.get_ident()}")
        try:
            self._cache_file.parent.mkdir(parents=True, exist_ok=True)
            beside.write_bytes(document)
            beside.replace(self._cache_file)
        except OSError as error:
            _log.warning("cannot keep the snapshot in %s: %s", self._cache_file, error)
            beside.unlink(missing_ok=True)

    def _load_cache(self) -> None:
        try:
            document = self._cache_file.read_bytes()
        except OSError:
            return
        try:
            self._compiled = CompiledSnapshot(decode(document))
        except Exception as error:  # noqa: BLE001 - a damaged cache must not keep the doors from opening
            _log.warning("ignoring the snapshot kept in %s: %s", self._cache_file, error)

    def _complain(self, complaint: str) -> None:
        """Log a change for the worse or the better once, not every second."""
        if complaint and complaint != self._complaint:
            known = "the last good snapshot" if self._compiled else "nothing"
            _log.warning("cannot refresh the rules, serving %s: %s", known, complaint)
        elif self._complaint and not complaint:
            _log.info("refreshing the rules works again")
        self._complaint = complaint
