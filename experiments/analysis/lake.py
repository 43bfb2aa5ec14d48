"""The lake: every event exactly once in day-partitioned Parquet, behind one atomically replaced manifest."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from experiments.analysis import known_ids, manifest, parts, takeover
from experiments.analysis.engine import connection
from experiments.analysis.manifest import Manifest, Part, Retired, Run
from experiments.analysis.rows import Rows, kept
from experiments.analysis.schema import KINDS
from experiments.analysis.view import SPILL, Opener, View

__all__ = ["EVENTS", "OTHER", "SPILL", "Added", "Lake", "View"]

BATCH_EVENTS = 500_000
GRACE_SECONDS = 900.0
LOCK = "lock"
EVENTS = ("exposures", "conversions", "links")
"""Kinds of which each row is an event."""
MAX_NAMES = 10_000
OTHER = "(other)"


@dataclass(frozen=True, slots=True)
class Added:
    """What a change brought: new events by kind, events known before, unreadable log records."""

    exposures: int = 0
    conversions: int = 0
    duplicates: int = 0
    damaged: int = 0
    links: int = 0

    def __add__(self, other: Added) -> Added:
        """Both together."""
        return Added(
            self.exposures + other.exposures,
            self.conversions + other.conversions,
            self.duplicates + other.duplicates,
            self.damaged + other.damaged,
            self.links + other.links,
        )


class Lake:
    """A folder with the events of all experiments; any number of processes may hold one.

    Args:
        root: Where it lives; made at the first change if missing.
        opener: Opens the engine that analyses its events.
    """

    def __init__(self, root: Path, opener: Opener = connection) -> None:
        self.root = root
        self._opener = opener
        self._swept = False

    def view(self) -> View:
        """The newest published state."""
        return View(self.root, manifest.load(self.root), self._opener)

    def compact(self, log_folder: Path) -> Added:
        """Take over all that is in the log now, whole records only, each event once.

        Segments that are sealed and wholly taken over are removed once the rest is durable.
        """
        total = Added()
        while True:
            with self._writing() as current:
                quarantine = self.root / takeover.QUARANTINE
                news = takeover.read_log(log_folder, current, quarantine, BATCH_EVENTS)
                if news.consumed != current.consumed:
                    total += self._publish(current, news.rows, news.consumed, news.damaged)
                for path in news.finished:
                    path.unlink(missing_ok=True)
            if not news.more:
                return total

    def add(self, rows: Rows) -> Added:
        """Take over events that did not come through the log; those with a known id are left out."""
        with self._writing() as current:
            return self._publish(current, rows, current.consumed, 0)

    def _publish(self, current: Manifest, rows: Rows, consumed: dict[str, int], damaged: int) -> Added:
        tables, runs, whole = rows.tables(), current.runs, current.parts
        repeated, generation = 0, current.generation + 1
        if rows.count:
            with connection(self.root / SPILL) as engine:
                keys = _id_keys(engine, tables, rows.count)
                keep = _first_of_each(keys)
                keep[keep] = ~known_ids.known(self.root, current.runs, keys[keep])
                repeated = rows.count - int(keep.sum())
                tables = {kind: kept(table, keep) for kind, table in tables.items()}
                whole = parts.extended(engine, self.root, current.parts, tables, generation)
            if keep.any():
                runs = known_ids.extended(self.root, current.runs, keys[keep])
        now = time.time()
        before = _paths(current.parts, current.runs)
        after = _paths(whole, runs)
        retired = [*current.retired, *(Retired(path, now) for path in sorted(before - after))]
        exposures, conversions, links = (tables[kind].num_rows for kind in EVENTS)
        added = Added(exposures, conversions, repeated, damaged, links)
        following = Manifest(
            generation=generation,
            parts=whole,
            runs=runs,
            consumed=consumed,
            retired=tuple(item for item in retired if now - item.at < GRACE_SECONDS),
            exposures=_counted(current.exposures, tables["exposures"], "experiment"),
            conversions=_counted(current.conversions, tables["conversions"], "name"),
            duplicates=current.duplicates + repeated,
            damaged=current.damaged + damaged,
            removals=current.removals,
        )
        manifest.store(self.root, following)
        for item in retired:
            if now - item.at >= GRACE_SECONDS:
                (self.root / item.path).unlink(missing_ok=True)
        return added

    @contextmanager
    def _writing(self) -> Iterator[Manifest]:
        """The newest manifest, while no other process changes the lake."""
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / LOCK).open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            current = manifest.load(self.root)
            if not self._swept:
                self._sweep(current)
            self._swept = False
            yield current
            self._swept = True

    def _sweep(self, current: Manifest) -> None:
        """Remove files that a crash left between their writing and the manifest that was to name them."""
        named = _paths(current.parts, current.runs, current.retired)
        for folder in (*KINDS, known_ids.FOLDER):
            for path in (self.root / folder).rglob("*"):
                if path.is_file() and str(path.relative_to(self.root)) not in named:
                    path.unlink(missing_ok=True)


def _paths(*groups: Iterable[Part | Run | Retired]) -> set[str]:
    return {item.path for group in groups for item in group}


def _id_keys(engine: duckdb.DuckDBPyConnection, tables: Mapping[str, pa.Table], count: int) -> known_ids.Keys:
    """64-bit hashes of the ids in order of arrival; one in 2**64 pairs of ids shares one."""
    keys = np.empty(count, dtype=np.uint64)
    for table in tables.values():
        engine.register("incoming", table)
        found = engine.execute("SELECT place, md5_number_lower(id) AS key FROM incoming").fetchnumpy()
        keys[found["place"]] = found["key"]
        engine.unregister("incoming")
    return keys


def _first_of_each(keys: known_ids.Keys) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    first = np.zeros(len(keys), dtype=np.bool_)
    first[np.unique(keys, return_index=True)[1]] = True
    return first


def _counted(before: dict[str, int], table: pa.Table, column: str) -> dict[str, int]:
    after = dict(before)
    for item in pc.value_counts(table.column(column)).to_pylist():
        name = item["values"] if item["values"] in after or len(after) < MAX_NAMES else OTHER
        after[name] = after.get(name, 0) + item["counts"]
    return after
