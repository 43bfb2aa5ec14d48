"""A durable, append-only log of batches, in segments that one process writes and any process reads."""

from __future__ import annotations

import errno
import os
import threading
import zlib
from pathlib import Path

from assignment.errors import ProefwerkError
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

__all__ = ["Damage", "EventLog", "Frame", "LogUnavailable", "is_sealed", "read_frames", "segments"]

SEGMENT_BYTES = 64 * 1024 * 1024
SEGMENT_SECONDS = 300.0
FREE_BYTES = 1024 * 1024


class LogUnavailable(ProefwerkError):  # noqa: N818 - a condition of the disk, not a defect
    """The log cannot take anything now, so nothing was acknowledged; the same request may be sent again."""

    def __init__(self, reason: str) -> None:
        super().__init__(503, "log_unavailable", f"The event log cannot be written: {reason}.")


class _Group:
    """Appends that share one fdatasync, and how that ended."""

    __slots__ = ("failure", "frames", "open")

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.failure: str | None = "it was interrupted"
        self.open = threading.Lock()
        self.open.acquire()


class EventLog:
    """Appends batches durably; every instance writes segments of its own and opens one when it needs it.

    Args:
        folder: Where segments live; made if missing.
        segment_bytes: A segment that has reached this size is sealed.
        segment_seconds: A segment of this age is sealed at the next append.
    """

    def __init__(
        self, folder: Path, segment_bytes: int = SEGMENT_BYTES, segment_seconds: float = SEGMENT_SECONDS
    ) -> None:
        self.folder = folder
        self._segment_bytes = segment_bytes
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
            raise LogUnavailable(group.failure)

    def check(self) -> None:
        """Whether an append could succeed now.

        Raises:
            LogUnavailable: It could not.
        """
        with self._committing:
            try:
                self._ready_segment()
                disk = os.statvfs(self.folder)
            except OSError as error:
                raise LogUnavailable(_reason(error)) from error
        if disk.f_bavail * disk.f_frsize < FREE_BYTES:
            raise LogUnavailable(os.strerror(errno.ENOSPC))

    def close(self) -> None:
        """Seals the active segment; later appends are refused."""
        with self._committing:
            self._closed = True
            self._seal()

    def _commit(self, group: _Group) -> None:
        with self._joining:
            self._group = _Group()
        try:
            self._ready_segment().write(b"".join(group.frames))
        except OSError as error:
            group.failure = _reason(error)
            self._abandon()
        except BaseException:
            self._abandon()
            raise
        else:
            group.failure = None
        finally:
            group.frames.clear()
            group.open.release()

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
