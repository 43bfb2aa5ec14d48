"""A durable, append-only log of batches, in segments that one process writes and any process reads."""

from __future__ import annotations

import errno
import threading
import zlib
from pathlib import Path

from assignment.errors import ProefwerkError
from assignment.room import MAX_BYTES, Room, Use
from assignment.segment import (
    HEADER,
    MAX_PAYLOAD,
    MIN_PAYLOAD,
    Damage,
    Frame,
    Segment,
    is_sealed,
    read_frames,
    segments,
)

__all__ = [
    "MAX_BYTES", "Damage", "EventLog", "Frame", "LogFull", "LogUnavailable", "Use", "is_sealed",
    "read_frames", "segments",
]  # fmt: skip

SEGMENT_BYTES = 64 * 1024 * 1024
SEGMENT_SECONDS = 300.0
_FULL = (errno.ENOSPC, errno.EDQUOT)


class LogUnavailable(ProefwerkError):  # noqa: N818 - a condition of the disk, not a defect
    """The log cannot take anything now, so nothing was acknowledged; the same request may be sent again."""

    def __init__(self, reason: str) -> None:
        super().__init__(503, "log_unavailable", f"The event log cannot be written: {reason}.")


class LogFull(LogUnavailable):
    """There is no room for it until the lake has taken over what the log holds."""

    def __init__(self, reason: str) -> None:
        super(LogUnavailable, self).__init__(503, "log_full", f"The event log is full: {reason}.")


class _Group:
    """Appends that share one fdatasync, and how that ended."""

    __slots__ = ("failure", "frames", "full", "open")

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.failure: str | None = "it was interrupted"
        self.full = False
        self.open = threading.Lock()
        self.open.acquire()


class EventLog:
    """Appends batches durably; every instance writes segments of its own and opens one when it needs it.

    Args:
        folder: Where segments live; made if missing.
        segment_bytes: A segment that has reached this size is sealed.
        segment_seconds: A segment of this age is sealed at the next append.
        max_bytes: The most that all segments in the folder may have together.
        writers: How many processes write there; their open segments never fill it alone.
    """

    def __init__(
        self,
        folder: Path,
        segment_bytes: int = SEGMENT_BYTES,
        segment_seconds: float = SEGMENT_SECONDS,
        max_bytes: int = MAX_BYTES,
        writers: int = 1,
    ) -> None:
        self.folder = folder
        self._room = Room(folder, max_bytes)
        self._segment_bytes = min(segment_bytes, max_bytes // (2 * writers))
        self._segment_seconds = segment_seconds
        self._joining = threading.Lock()
        self._committing = threading.Lock()
        self._group = _Group()
        self._closed = False
        self._segment: Segment | None = None

    def append(self, payload: bytes) -> None:
        """Returns once the payload is on disk; concurrent callers share one fdatasync.

        Raises:
            LogUnavailable: It is not on disk; later appends may succeed.
            ValueError: The payload is shorter or longer than a record may be.
        """
        if not MIN_PAYLOAD <= len(payload) <= MAX_PAYLOAD:
            raise ValueError(f"a record has {MIN_PAYLOAD} to {MAX_PAYLOAD} bytes, not {len(payload)}")
        header = HEADER.pack(len(payload), zlib.crc32(payload))
        with self._joining:
            group = self._group
            leads = not group.frames
            group.frames += (header, payload)
        if leads:
            with self._committing:
                self._commit(group)
        else:
            with group.open:
                pass
        if group.failure is not None:
            raise (LogFull if group.full else LogUnavailable)(group.failure)

    def use(self) -> Use:
        """What the log takes of the disk now.

        Raises:
            LogUnavailable: That cannot be read.
        """
        with self._committing:
            return self._look()

    def check(self) -> None:
        """Whether an append could succeed now.

        Raises:
            LogUnavailable: It could not.
        """
        with self._committing:
            use = self._look()
            # A little early: what is still taken then are small requests alone.
            complaint = use.complaint(min(use.limit, use.free) // 100)
            if complaint is not None:
                self._seal()
                raise LogFull(complaint)
            try:
                self._ready_segment()
            except OSError as error:
                raise (LogFull if error.errno in _FULL else LogUnavailable)(_reason(error)) from error

    def close(self) -> None:
        """Seals the active segment; later appends are refused."""
        with self._committing:
            self._closed = True
            self._seal()

    def _look(self) -> Use:
        try:
            return self._room.look()
        except OSError as error:
            raise LogUnavailable(_reason(error)) from error

    def _commit(self, group: _Group) -> None:
        with self._joining:
            self._group = _Group()
        try:
            self._write(group, b"".join(group.frames))
        except OSError as error:
            group.failure, group.full = _reason(error), error.errno in _FULL
            self._abandon()
        except BaseException:
            self._abandon()
            raise
        finally:
            group.frames.clear()
            group.open.release()

    def _write(self, group: _Group, data: bytes) -> None:
        complaint = self._room.complaint(len(data))
        if complaint is None:
            self._ready_segment().write(data)
        else:
            # Sealed, it can be removed once it has been taken over: so room is made for what comes.
            self._seal()
        group.failure, group.full = complaint, complaint is not None

    def _ready_segment(self) -> Segment:
        if self._closed:
            raise OSError("it was closed")
        segment = self._segment
        if segment is not None and (
            segment.size >= self._segment_bytes or segment.age() >= self._segment_seconds
        ):
            self._seal()
        if self._segment is None:
            self._segment = Segment.create(self.folder)
        return self._segment

    def _seal(self) -> None:
        segment, self._segment = self._segment, None
        if segment is not None:
            segment.seal()

    def _abandon(self) -> None:
        # Never write on behind a failure: a reader may have seen the bytes that are cut off here.
        segment, self._segment = self._segment, None
        if segment is not None:
            segment.abandon()


def _reason(error: OSError) -> str:
    return error.strerror or str(error)
