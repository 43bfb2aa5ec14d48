"""One file of the event log: framed records, whose writer holds a lock on it until it is sealed.

A record is its payload's length and CRC-32 (32 bits each, little-endian), then the payload, of which the
first eight bytes are the receipt and the ninth begins a JSON array.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import struct
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

SUFFIX = ".log"
HEADER = struct.Struct("<II")
MIN_PAYLOAD = 10
MAX_PAYLOAD = 16 * 1024 * 1024
_ARRAY_AT = HEADER.size + 8
# With O_DSYNC one system call writes and syncs: threads hand the interpreter over once, not twice.
_DURABLE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_APPEND | os.O_DSYNC
_PRESENCE_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Frame:
    """A whole record: what was appended, and the offset in the file right after it."""

    payload: bytes
    end: int


@dataclass(frozen=True, slots=True)
class Damage:
    """Bytes `start` to `end` of a segment that were written as a record and are one no more."""

    start: int
    end: int
    reason: str


class Segment:
    """The segment being written; `size` is how much of it is known to be on disk."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self.size = 0
        self._descriptor = descriptor
        self._opened = self._look_at = time.monotonic()

    @classmethod
    def create(cls, folder: Path) -> Self:
        """A new, locked segment that survives a power loss right after this.

        Raises:
            OSError: The folder cannot be written.
        """
        _make_folder(folder)
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}-{os.getpid()}-{secrets.token_hex(4)}{SUFFIX}"
        # Locked before it gets its name: a reader must never take a newborn segment for a sealed one.
        newborn, path = folder / f".{name}", folder / name
        descriptor = os.open(newborn, _DURABLE, 0o640)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            newborn.rename(path)
            _sync_folder(folder)
        except BaseException:
            newborn.unlink(missing_ok=True)
            path.unlink(missing_ok=True)
            os.close(descriptor)
            raise
        return cls(path, descriptor)

    def age(self) -> float:
        """Seconds since it was opened."""
        return time.monotonic() - self._opened

    def write(self, data: bytes) -> None:
        """Returns once the data is on disk.

        Raises:
            OSError: Some of it may not be; then `abandon` is all that may follow.
        """
        written = os.write(self._descriptor, data)
        while written < len(data):
            written += os.write(self._descriptor, memoryview(data)[written:])
        now = time.monotonic()
        if now >= self._look_at:
            self._look_at = now + _PRESENCE_SECONDS
            if os.fstat(self._descriptor).st_nlink == 0:
                raise OSError("its file was removed")
        self.size += len(data)

    def seal(self) -> None:
        """Lets go of the file: it never changes again."""
        os.close(self._descriptor)
        if not self.size:
            self.path.unlink(missing_ok=True)

    def abandon(self) -> None:
        """Cuts off what was not acknowledged, as far as that still works, and seals."""
        with contextlib.suppress(OSError):
            os.ftruncate(self._descriptor, self.size)
        with contextlib.suppress(OSError):
            self.seal()


def segments(folder: Path) -> list[Path]:
    """Every segment in the folder, oldest first; none if there is no folder."""
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if path.suffix == SUFFIX and path.name[0] != ".")


def is_sealed(path: Path) -> bool:
    """Whether no process will ever write to the segment again.

    Raises:
        FileNotFoundError: It was removed.
    """
    with path.open("rb") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True


def read_frames(path: Path, offset: int = 0) -> Iterator[Frame | Damage]:
    """The records of a segment from an offset at which one begins, in order.

    Stops before a torn tail: a record that a crash (or a writer at work) left short. A damaged record,
    which has its full length or is followed by sound ones, comes as `Damage`; reading goes on behind it.

    Raises:
        OSError: The file cannot be read.
    """
    with path.open("rb") as file:
        file.seek(offset)
        while len(header := file.read(HEADER.size)) == HEADER.size:
            payload = _payload(header + file.read(_length(header)))
            if payload is None:
                file.seek(offset)
                rest = file.read()
                # A writer at work may have completed the record since it was read short.
                payload = _payload(rest)
                if payload is None:
                    damage = _damage(rest, offset)
                    if damage is None:
                        return
                    yield damage
                    offset = damage.end
                    file.seek(offset)
                    continue
                file.seek(offset + HEADER.size + len(payload))
            offset += HEADER.size + len(payload)
            yield Frame(payload, offset)


def _length(header: bytes) -> int:
    """The length of the record's payload, 0 where it cannot be one."""
    length: int = HEADER.unpack_from(header)[0]
    return length if MIN_PAYLOAD <= length <= MAX_PAYLOAD else 0


def _payload(data: bytes) -> bytes | None:
    """The payload of the record at the beginning, if that is whole and sound."""
    if len(data) < HEADER.size or not (length := _length(data)):
        return None
    payload = data[HEADER.size : HEADER.size + length]
    sound = len(payload) == length and zlib.crc32(payload) == HEADER.unpack_from(data)[1]
    return payload if sound else None


def _damage(rest: bytes, offset: int) -> Damage | None:
    """The damaged stretch at the start of `rest`, or `None` if that is a torn tail."""
    following = _next_sound(rest)
    length = _length(rest) if len(rest) >= HEADER.size else 0
    if following is not None:
        whole = HEADER.size + length == following
        reason = "record does not match its checksum" if whole else "bytes lost or lengths spoiled"
        return Damage(offset, offset + following, reason)
    if length and length <= len(rest) - HEADER.size:
        return Damage(offset, offset + HEADER.size + length, "record does not match its checksum")
    return None


def _next_sound(rest: bytes) -> int | None:
    """Where the next whole record begins behind the first byte: each holds an array at a fixed place."""
    view = memoryview(rest)
    at = rest.find(b"[", _ARRAY_AT + 1)
    while at >= 0:
        start = at - _ARRAY_AT
        length, checksum = HEADER.unpack_from(rest, start)
        end = start + HEADER.size + length
        fits = MIN_PAYLOAD <= length <= MAX_PAYLOAD and end <= len(rest)
        if fits and zlib.crc32(view[start + HEADER.size : end]) == checksum:
            return start
        at = rest.find(b"[", at + 1)
    return None


def _make_folder(folder: Path) -> None:
    if not folder.is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
