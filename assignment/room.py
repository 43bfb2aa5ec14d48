"""How much of the disk the event log takes, and whether it may take more."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from assignment.segment import SUFFIX

MAX_BYTES = 8 * 1024**3
RESERVE_SHARE = 0.02
RESERVE_BYTES = 256 * 1024**2
LOOK_SECONDS = 0.25


@dataclass(frozen=True, slots=True)
class Use:
    """What the log takes of its disk, in bytes.

    Attributes:
        used: In all segments of the folder, whoever writes them.
        limit: The most that may be.
        free: Left on the disk.
        reserve: What is kept free for those who empty the log: 2 % of the disk, at most 256 MiB.
    """

    used: int
    limit: int
    free: int
    reserve: int

    def complaint(self, more: int) -> str | None:
        """Why `more` bytes cannot be taken, in words; `None` if they can."""
        if self.used + more > self.limit:
            return f"it has {self.used:,} bytes, and {self.limit:,} are allowed (PROEFWERK_LOG_MAX_BYTES)"
        if self.free - more < self.reserve:
            return f"the disk has {self.free:,} bytes left, and {self.reserve:,} are kept free"
        return None


class Room:
    """Answers for every append whether there is room, looking at the disk a few times a second.

    Args:
        folder: Of the log; need not exist.
        limit: The most bytes that all segments in it may have, those that are being taken over included.
        clock: Seconds, monotonic.
    """

    def __init__(
        self, folder: Path, limit: int = MAX_BYTES, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._folder = folder
        self._limit = limit
        self._clock = clock
        self._use = Use(0, limit, 0, 0)
        self._written = 0
        self._look_at = clock()

    def complaint(self, more: int) -> str | None:
        """Why `more` bytes cannot be appended now, in words; else counts them as written.

        Raises:
            OSError: The folder cannot be read.
        """
        if self._clock() >= self._look_at:
            self.look()
        complaint = self._use.complaint(self._written + more)
        if complaint is None:
            self._written += more
        return complaint

    def look(self) -> Use:
        """The present use, measured now.

        Raises:
            OSError: The folder cannot be read.
        """
        disk = os.statvfs(next(folder for folder in (self._folder, *self._folder.parents) if folder.exists()))
        size = disk.f_frsize
        self._use = Use(
            used=_size(self._folder),
            limit=self._limit,
            free=disk.f_bavail * size,
            reserve=min(RESERVE_BYTES, int(RESERVE_SHARE * disk.f_blocks * size)),
        )
        self._written = 0
        self._look_at = self._clock() + LOOK_SECONDS
        return self._use


def _size(folder: Path) -> int:
    total = 0
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith(SUFFIX):
                    total += _size_of(entry)
    except FileNotFoundError:
        return 0
    return total


def _size_of(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat().st_size
    except FileNotFoundError:
        # Taken over in this moment.
        return 0
