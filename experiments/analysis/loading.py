"""Loads events in bulk from files, judged and counted as if they had come through a door."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, TypeVar

import msgspec

from assignment.events import Rules
from experiments.analysis.chunks import Chunk, Place
from experiments.analysis.files import check_kind, chunks_of, readable
from experiments.analysis.judging import judge
from experiments.analysis.lake import Added, Lake
from experiments.analysis.resuming import Done, Journal
from experiments.analysis.rows import Rows, microseconds

BATCH = 500_000
SLICE = 5_000
"""Rows that become columns together: so few that they fit the processor's cache."""
SHOWN = 20
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Step:
    """How far a file is.

    Attributes:
        path: The file.
        rows: How many of its rows were read, now or before.
        share: How much of it that is, up to 1.
        refused: How many of the rows were refused.
    """

    path: Path
    rows: int
    share: float
    refused: int


Progress = Callable[[Step], None]


@dataclass(slots=True)
class Imported:
    """What became of the rows of all files.

    Attributes:
        rows: How many were read.
        resumed: How many were read before, by a load that was broken off.
        added: New events, and those known before.
        refused: How many are no events, or name what does not exist; before too.
        refusals: The first of these: file, line (of Parquet: row) from 1, and the reason in a sentence.
        files: Where all of them are, each with its row.
    """

    rows: int = 0
    resumed: int = 0
    added: Added = field(default_factory=Added)
    refused: int = 0
    refusals: list[tuple[Path, int, str]] = field(default_factory=list)
    files: list[Path] = field(default_factory=list)


class Refusal(msgspec.Struct, frozen=True):
    """A row that is not loaded, as it is written down."""

    file: str
    line: int
    reason: str
    row: msgspec.Raw | str


@dataclass(slots=True)
class _Batch:
    rows: Rows = field(default_factory=Rows)
    refusals: list[tuple[int, str, bytes]] = field(default_factory=list)
    read: int = 0
    end: Place = field(default_factory=Place)


def import_events(
    lake: Lake,
    files: Sequence[Path],
    rules: Rules,
    now: datetime,
    progress: Progress | None = None,
    refused: Path | None = None,
) -> Imported:
    """Put the events of files into the lake; running it again adds nothing twice.

    A load that was broken off goes on where its last whole batch ended. Times may lie in the past as far as
    they like: loading history is what this is for.

    Args:
        lake: Where to.
        files: `.parquet`, `.csv`, `.ndjson`, `.csv.gz` or `.ndjson.gz`; columns are the fields of an event,
            with `attributes` and `properties` as JSON text, or a column for each of their members, such as
            `properties.margin`.
        rules: Which experiments and variants an exposure may name.
        now: Stands in where a row has no time.
        progress: Is told how far the reading of a file is, by another thread.
        refused: File for all refused rows; beside each file, with its name, unless given.

    Raises:
        ProefwerkError: 422 for a file that cannot be read, or is of another kind; earlier files, and
            whole batches of this one, stay loaded.
    """
    for path in files:
        check_kind(path)
    whole = Imported()
    for path in files:
        with readable(path):
            place = refused or path.with_name(f"{path.name}.refused.ndjson")
            _import_file(whole, lake, path, rules, now, place, progress or _silent)
    return whole


def _import_file(
    whole: Imported, lake: Lake, path: Path, rules: Rules, now: datetime, place: Path, progress: Progress
) -> None:
    journal = Journal(lake.root, path, rules)
    done = journal.load()
    whole.resumed += done.rows
    whole.refused += done.refused
    with ExitStack() as stack:
        written = _Refused(place, path, done, again=place in whole.files)
        stack.callback(written.close)
        for batch in _ahead(_batches(path, done, rules, now, progress)):
            if batch.rows.count:
                whole.added += lake.add(batch.rows)
            written.write(batch.refusals)
            refused_now = done.refused + len(batch.refusals)
            done = Done(done.path, done.rows + batch.read, batch.end, refused_now, written.size)
            journal.store(done)
            whole.rows += batch.read
            whole.refused += len(batch.refusals)
            shown = batch.refusals[: max(0, SHOWN - len(whole.refusals))]
            whole.refusals += [(path, line, reason) for line, reason, _ in shown]
    if done.refused and place not in whole.files:
        whole.files.append(place)
    journal.forget()


def _batches(path: Path, done: Done, rules: Rules, now: datetime, progress: Progress) -> Iterator[_Batch]:
    """The rows of a file behind those that are done, judged."""
    batch, rows, refused = _Batch(), done.rows, done.refused
    for chunk in _ahead(chunks_of(path, done.place)):
        rows += len(chunk.lines) + len(chunk.none)
        refused += _take(batch, chunk, rules, now)
        progress(Step(path, rows, chunk.share, refused))
        if batch.read >= BATCH:
            batch.rows.tables()
            yield batch
            batch = _Batch()
    if batch.read:
        batch.rows.tables()
        yield batch


def _take(batch: _Batch, chunk: Chunk, rules: Rules, now: datetime) -> int:
    """Add rows to a batch; how many of them are refused."""
    refused = [(line, reason, row) for line, row, reason in chunk.none]
    for start in range(0, len(chunk.texts), SLICE):
        indices = range(start, min(start + SLICE, len(chunk.texts)))
        judged = judge(chunk.texts, indices, chunk.doubt, rules, now)
        batch.rows.extend(judged.events, microseconds(now))
        refused += [(chunk.lines[index], reason, chunk.shown(index)) for index, reason in judged.refused]
    batch.refusals += sorted(refused, key=lambda each: each[0])
    batch.read += len(chunk.lines) + len(chunk.none)
    batch.end = chunk.end
    return len(refused)


def _ahead(items: Iterator[Item]) -> Iterator[Item]:
    """The same, each made in the background while the one before it is being used."""
    with ThreadPoolExecutor(max_workers=1) as worker:
        following = worker.submit(next, items, None)
        while (item := following.result()) is not None:
            following = worker.submit(next, items, None)
            yield item


class _Refused:
    """Writes all refused rows of a file down; what a broken load wrote behind its last batch goes."""

    def __init__(self, place: Path, path: Path, done: Done, *, again: bool) -> None:
        self._place, self._path = place, path
        self.size = done.refused_bytes
        self._file: BinaryIO | None = None
        if place.exists():
            if again and not done.rows:
                self.size = place.stat().st_size
            elif self.size:
                os.truncate(place, min(self.size, place.stat().st_size))
            else:
                place.unlink()

    def write(self, refusals: Sequence[tuple[int, str, bytes]]) -> None:
        """Returns once they are on disk."""
        if not refusals:
            return
        if self._file is None:
            self._file = self._place.open("ab")
        for line, reason, row in refusals:
            self._file.write(msgspec.json.encode(Refusal(str(self._path), line, reason, _raw(row))) + b"\n")
        self._file.flush()
        os.fsync(self._file.fileno())
        self.size = self._file.tell()

    def close(self) -> None:
        """Nothing more follows."""
        if self._file is not None:
            self._file.close()


def _raw(row: bytes) -> msgspec.Raw | str:
    """The row as JSON, where it is any."""
    try:
        msgspec.json.decode(row)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return row.decode(errors="replace")
    return msgspec.Raw(row)


def _silent(_step: Step) -> None:
    """Say nothing."""
