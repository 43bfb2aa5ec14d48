"""Loads events in bulk from files, judged and counted as if they had come through a door."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import msgspec

from assignment.complaints import Refused, read
from assignment.events import MAX_AHEAD, Event, Exposure, Rules, decode_event
from experiments.analysis.files import check_kind, is_lines, readable, rows_of
from experiments.analysis.lake import Added, Lake
from experiments.analysis.rows import Rows, microseconds

BATCH = 200_000
CHUNK = 5_000
SHOWN = 20
STEP = 10_000
Progress = Callable[[Path, int], None]


@dataclass(slots=True)
class Imported:
    """What became of the rows of all files.

    Attributes:
        rows: How many were read.
        added: New events, and those known before.
        refused: How many are no events, or name what does not exist.
        refusals: The first of these: file, line (of Parquet: row) from 1, and the reason in a sentence.
    """

    rows: int = 0
    added: Added = field(default_factory=Added)
    refused: int = 0
    refusals: list[tuple[Path, int, str]] = field(default_factory=list)


def import_events(
    lake: Lake, files: Sequence[Path], rules: Rules, now: datetime, progress: Progress | None = None
) -> Imported:
    """Put the events of files into the lake; running it again adds nothing twice.

    Times may lie in the past as far as they like: loading history is what this is for.

    Args:
        lake: Where to.
        files: `.parquet`, `.csv`, `.ndjson` or `.ndjson.gz`; columns are the fields of an event, with
            `attributes` and `properties` as JSON text, or a column for each, such as `properties.margin`.
        rules: Which experiments and variants an exposure may name.
        now: Stands in where a row has no time.
        progress: Called with a file and its number of rows so far.

    Raises:
        ProefwerkError: 422 for a file that cannot be read, or is of another kind; earlier files, and
            whole batches of this one, stay loaded.
    """
    for path in files:
        check_kind(path)
    whole = Imported()
    for path in files:
        with readable(path):
            _import_file(whole, lake, path, rules, now, progress or _silent)
    return whole


def _import_file(
    whole: Imported, lake: Lake, path: Path, rules: Rules, now: datetime, progress: Progress
) -> None:
    batch, waiting, count, received = Rows(), list[Event](), 0, microseconds(now)
    for place, document in rows_of(path):
        count += 1
        event = _judged(whole, path, place, document, rules, now)
        if event is not None:
            waiting.append(event)
        if len(waiting) >= min(CHUNK, BATCH):
            batch.extend(waiting, received)
            waiting = []
        if batch.count >= BATCH:
            whole.added += lake.add(batch)
            batch = Rows()
        if count % STEP == 0:
            progress(path, count)
    batch.extend(waiting, received)
    if batch.count:
        whole.added += lake.add(batch)
    whole.rows += count
    progress(path, count)


def _judged(
    whole: Imported, path: Path, place: int, document: bytes | Refused, rules: Rules, now: datetime
) -> Event | None:
    """The event in a row; or nothing, with its refusal noted."""
    try:
        if isinstance(document, Refused):
            raise document
        event = _decoded(document, is_lines(path))
        reason = _complaint(event, rules, now)
    except Refused as refusal:
        reason = str(refusal)
    else:
        if reason is None:
            return event
    whole.refused += 1
    if len(whole.refusals) < SHOWN:
        whole.refusals.append((path, place, reason))
    return None


def _decoded(document: bytes, from_stranger: bool) -> Event:
    """The event in JSON; what strangers wrote may have a key twice, what was made of a table has not."""
    if not from_stranger:
        with suppress(msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return decode_event(document)
    return read(document)


def _complaint(event: Event, rules: Rules, now: datetime) -> str | None:
    if event.time is not None and event.time > now + MAX_AHEAD:
        return f"time: {event.time.isoformat()} is more than 10 minutes in the future"
    return rules.complaint(event) if isinstance(event, Exposure) else None


def _silent(_path: Path, _count: int) -> None:
    """Say nothing."""
