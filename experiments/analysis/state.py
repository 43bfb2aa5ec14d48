"""What earlier refreshes know of each experiment's units: a DuckDB file that may be deleted at any moment."""

from __future__ import annotations

import contextlib
import logging
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
import msgspec

from experiments.analysis.counted import Counted
from experiments.analysis.engine import literal
from experiments.analysis.sums import Sums
from experiments.analysis.tallies import Tally

LAYOUT = 4
"""Another one makes a file void."""
NAME = "kept"
TABLES = ("met", "outcomes", "spans", "sampled")
HELD_ELSEWHERE = "Could not set lock on file"
"""So DuckDB says it; what it says of damaged files speaks of blocks."""
Key = tuple[str | int | None, ...]
log = logging.getLogger(__name__)


class Mark(msgspec.Struct, frozen=True):
    """Where the lake stands.

    Attributes:
        generation: Of its manifest.
        rows: Events by kind.
    """

    generation: int
    rows: dict[str, int]


class Crowd(msgspec.Struct, frozen=True):
    """Ids that may be bots by their conversions.

    Attributes:
        limit: They have more conversions than this.
        mark: Of the lake that was looked at.
        keys: Their keys.
    """

    limit: int
    mark: Mark
    keys: list[int]


class Record(msgspec.Struct, frozen=True):
    """What is known of one experiment besides its tables.

    Attributes:
        content: Hash of everything in the definition that its tables depend on.
        mark: Of the lake that they hold.
        sampled: The highest key of which exposures are kept for samples.
        exposures: What `Counted` holds, likewise those that follow.
    """

    content: str
    mark: Mark
    sampled: int
    exposures: list[tuple[Key, int]]
    conversions: list[tuple[Key, int]]
    scales: dict[int, int]
    sums: list[tuple[list[str], int | None]] | None
    firsts: list[str]
    groups: list[tuple[list[int], list[str]]]

    @classmethod
    def of(cls, content: str, mark: Mark, sampled: int, counted: Counted) -> Record:
        """A record of what was counted."""
        sums = counted.sums
        return cls(
            content,
            mark,
            sampled,
            list(counted.exposures.items()),
            list(counted.conversions.items()),
            counted.scales,
            None if sums is None else [(list(names), scale) for names, scale in sums.scales.items()],
            [] if sums is None else list(sums.firsts),
            [] if sums is None else [(list(group), [*map(str, each)]) for group, each in sums.groups.items()],
        )

    def counted(self) -> Counted:
        """What was recorded."""
        sums = None
        if self.sums is not None:
            groups = {tuple(group): tuple(map(int, numbers)) for group, numbers in self.groups}
            sums = Sums({tuple(names): scale for names, scale in self.sums}, tuple(self.firsts), groups)
        return Counted(_tally(self.exposures), _tally(self.conversions), self.scales, sums)


def _tally(items: Sequence[tuple[Key, int]]) -> Tally:
    return Counter({tuple(key): count for key, count in items})


class LockedError(RuntimeError):
    """Another process has the file open."""


class State:
    """The file, attached to an engine.

    Attributes:
        records: By experiment.
        crowds: By limit.

    Args:
        engine: To attach it to.
        folder: Where it lies.
        removals: How often events were removed from the lake: what was known before another one is void.

    Raises:
        LockedError: Another process has it open.
    """

    def __init__(self, engine: duckdb.DuckDBPyConnection, folder: Path, removals: int) -> None:
        self._engine = engine
        self._file = file_of(folder, removals)
        self._slots: dict[str, int] = {}
        self.records: dict[str, Record] = {}
        self.crowds: dict[int, Crowd] = {}
        folder.mkdir(parents=True, exist_ok=True)
        try:
            self._attach()
        except (duckdb.Error, msgspec.MsgspecError) as error:
            if HELD_ELSEWHERE in str(error):
                raise LockedError(str(error)) from error
            log.warning("What was known of units cannot be read, so it is computed anew: %s", error)
            self._begin_anew(folder)

    def _begin_anew(self, folder: Path) -> None:
        with contextlib.suppress(duckdb.Error):
            self._engine.execute(f"DETACH DATABASE IF EXISTS {NAME}")
        discard(folder)
        self.records, self.crowds, self._slots = {}, {}, {}
        self._attach()

    def _attach(self) -> None:
        execute = self._engine.execute
        # To choose how to compress takes longer than all else that writing does.
        execute("SET force_compression = 'uncompressed'")
        execute(f"ATTACH {literal(str(self._file))} AS {NAME}")
        execute(f"CREATE TABLE IF NOT EXISTS {NAME}.layout AS SELECT {LAYOUT} AS version")
        (found,) = execute(f"SELECT version FROM {NAME}.layout").fetchall()
        if found != (LAYOUT,):
            raise duckdb.InvalidInputException(f"its layout is {found[0]}, not {LAYOUT}")
        execute(f"CREATE TABLE IF NOT EXISTS {NAME}.records (key VARCHAR, slot INTEGER, body VARCHAR)")
        execute(f"CREATE TABLE IF NOT EXISTS {NAME}.crowds (body VARCHAR)")
        for key, slot, body in execute(f"SELECT key, slot, body FROM {NAME}.records").fetchall():
            self.records[key] = msgspec.json.decode(body, type=Record)
            self._slots[key] = slot
        for (body,) in execute(f"SELECT body FROM {NAME}.crowds").fetchall():
            crowd = msgspec.json.decode(body, type=Crowd)
            self.crowds[crowd.limit] = crowd

    def tables(self, key: str) -> tuple[str, str, str, str]:
        """Names of an experiment's tables: exposed ids, their outcomes, spans, exposures for samples."""
        slot = self._slots.setdefault(key, max(self._slots.values(), default=0) + 1)
        met, outcomes, spans, sampled = (f"{NAME}.{each}_{slot}" for each in TABLES)
        return met, outcomes, spans, sampled

    @contextlib.contextmanager
    def changing(self, engine: duckdb.DuckDBPyConnection) -> Iterator[None]:
        """All changes or none."""
        engine.execute("BEGIN")
        try:
            yield
        except BaseException:
            with contextlib.suppress(duckdb.Error):
                engine.execute("ROLLBACK")
            raise
        engine.execute("COMMIT")

    def put(self, engine: duckdb.DuckDBPyConnection, key: str, record: Record) -> None:
        """Keep a record, within `changing`."""
        self.tables(key)
        body = msgspec.json.encode(record).decode()
        engine.execute(f"DELETE FROM {NAME}.records WHERE key = ?", [key])
        engine.execute(f"INSERT INTO {NAME}.records VALUES (?, ?, ?)", [key, self._slots[key], body])
        self.records[key] = record

    def put_crowd(self, engine: duckdb.DuckDBPyConnection, crowd: Crowd) -> None:
        """Keep a crowd, of which there is one for each limit that was looked for."""
        self.crowds[crowd.limit] = crowd
        bodies = [[msgspec.json.encode(each).decode()] for each in self.crowds.values()]
        with self.changing(engine):
            engine.execute(f"DELETE FROM {NAME}.crowds")
            engine.executemany(f"INSERT INTO {NAME}.crowds VALUES (?)", bodies)

    def forget(self, keys: Sequence[str]) -> None:
        """Drop what is kept of experiments."""
        for key in keys:
            with self.changing(self._engine):
                self._engine.execute(f"DELETE FROM {NAME}.records WHERE key = ?", [key])
                for table in self.tables(key):
                    self._engine.execute(f"DROP TABLE IF EXISTS {table}")
            del self.records[key], self._slots[key]


def file_of(folder: Path, removals: int) -> Path:
    """The file for a lake from which events were removed so often."""
    return folder / f"units-{removals}.duckdb"


def discard(folder: Path, *, but: int | None = None) -> None:
    """Remove what is kept, but for that of a lake from which events were removed so often.

    Whoever was taken out of the lake leaves nothing behind then.
    """
    kept = None if but is None else file_of(folder, but).name
    for path in folder.glob("units*"):
        if kept is None or not path.name.startswith(kept):
            path.unlink(missing_ok=True)
