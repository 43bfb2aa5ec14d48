"""Takes a person out of what lies beside the lake: the log up to where it was taken over, the quarantine."""

from __future__ import annotations

import json
import os
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

from assignment.events import Link, decode_payload
from assignment.log import Damage, Frame, read_frames, segments
from assignment.segment import HEADER

_RECEIPT = 8


def scrub_log(folder: Path, consumed: Mapping[str, int], ids: Sequence[str]) -> int:
    """Blank the records of people in segments that are still being written; how many records.

    Only what the lake has taken over is touched: nothing reads it again, and it goes with its segment. A
    blanked record is a sound one without events.

    Args:
        folder: Of the log.
        consumed: How far each segment was taken over, in bytes.
        ids: Of the people.
    """
    traces, blanked = _traces(ids), 0
    for path in segments(folder):
        until, start = consumed.get(path.name, 0), 0
        try:
            for record in read_frames(path):
                if record.end > until:
                    break
                if isinstance(record, Damage) or _tells_of(record, ids, traces):
                    _overwrite(path, start, _blank(record, start))
                    blanked += 1
                start = record.end
        except FileNotFoundError:
            continue
    return blanked


def scrub_files(folder: Path, ids: Sequence[str]) -> int:
    """Remove the files of a folder that hold any of these ids; how many."""
    traces, removed = _traces(ids), 0
    for path in folder.iterdir() if folder.is_dir() else ():
        data = path.read_bytes()
        if any(trace in data for trace in traces):
            path.unlink()
            removed += 1
    return removed


def _tells_of(record: Frame, ids: Sequence[str], traces: Sequence[bytes]) -> bool:
    if any(trace in record.payload for trace in traces):
        return True
    try:
        events = decode_payload(record.payload)
    except ValueError:
        return True
    return any(event.unit in ids or (isinstance(event, Link) and event.person in ids) for event, _ in events)


def _blank(record: Frame | Damage, start: int) -> bytes:
    """As many bytes: a record without events, or nothing at all where it was damaged anyway."""
    if isinstance(record, Damage):
        return bytes(record.end - start)
    payload = record.payload[:_RECEIPT] + b"[" + b" " * (len(record.payload) - _RECEIPT - 2) + b"]"
    return HEADER.pack(len(payload), zlib.crc32(payload)) + payload


def _overwrite(path: Path, start: int, data: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_DSYNC)
    try:
        os.pwrite(descriptor, data, start)
    finally:
        os.close(descriptor)


def _traces(ids: Sequence[str]) -> list[bytes]:
    """How ids look in JSON, with letters beyond ASCII as they are or escaped."""
    return sorted(
        {json.dumps(each, ensure_ascii=ascii)[1:-1].encode() for each in ids for ascii in (True, False)}
    )
