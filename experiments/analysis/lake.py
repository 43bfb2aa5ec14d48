"""The lake: every event exactly once in day-partitioned Parquet, behind one atomically replaced manifest."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from experiments.analysis import known_ids, parts, tombstones
from experiments.analysis.engine import connection
from experiments.analysis.manifest import Manifest, Retired
from experiments.analysis.rows import Rows, kept, microseconds, received_after
from experiments.analysis.schema import SCHEMA
from experiments.analysis.store import LocalStore, OutrunError, State, Store
from experiments.analysis.takeover import LogReader, Takeover
from experiments.analysis.view import SPILL, Opener, View

__all__ = ["EVENTS", "OTHER", "SPILL", "Added", "Lake", "View"]

BATCH_EVENTS = 500_000
GRACE_SECONDS = 900.0
SWEEP_SECONDS = 3600.0
"""How often files are looked for that a crash left; after a failure of one's own, at once."""
EVENTS = ("exposures", "conversions", "links")
"""Kinds of which each row is an event."""
MAX_NAMES = 10_000
OTHER = "(other)"
Result = TypeVar("Result")
log = logging.getLogger(__name__)


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


def unlink(paths: Sequence[Path]) -> None:
    """Remove files; those that are gone are fine."""
    for path in paths:
        path.unlink(missing_ok=True)


class Lake:
    """The events of all experiments; any number of processes may hold one.

    Args:
        place: Where it lives: a folder, made at the first change if missing, or another store.
        opener: Opens the engine that analyses its events.
        reads_remote: See `View`.
    """

    def __init__(
        self, place: Path | Store, opener: Opener = connection, *, reads_remote: bool = False
    ) -> None:
        self.store = LocalStore(place) if isinstance(place, Path) else place
        self.root = self.store.root
        self._opener = opener
        self._reads_remote = reads_remote
        self._swept: float | None = None

    def view(self) -> View:
        """The newest published state."""
        return self.at(self.store.load().manifest)

    def at(self, manifest: Manifest) -> View:
        """The state that a manifest tells of."""
        return View(self.root, manifest, self._opener, self.store.fetch, self._reads_remote)

    def local_view(self, manifest: Manifest | None = None) -> View:
        """The newest state, or that of a manifest, for DuckDB in this process, whichever engine analyses."""
        return self.at(manifest or self.store.load().manifest).on_duckdb()

    def read(self, work: Callable[[View], Result]) -> Result:
        """What is made of the newest state; begun again where its files were replaced meanwhile."""
        while True:
            view = self.view()
            try:
                return work(view)
            except Exception:
                # Each engine has an error of its own for a file that is gone.
                if not self.replaced(view):
                    raise
                log.info("Files were replaced while they were being read; beginning again")

    def replaced(self, view: View) -> bool:
        """Whether files of a view are promised no longer, so that whoever reads it may miss them."""
        return not self.store.load().manifest.readable() >= {part.path for part in view.manifest.parts}

    def compact(self, log_folder: Path, remove: Callable[[Sequence[Path]], None] = unlink) -> Added:
        """Take over all that is in the log now, whole records only, each event once.

        Args:
            log_folder: The log's.
            remove: Does away with segments that are sealed and wholly taken over, once the rest is durable.
        """
        total = Added()
        with LogReader(log_folder, self.store.quarantine, BATCH_EVENTS) as log_reader:
            while True:
                added, news = self._compact_batch(log_reader)
                remove(news.finished)
                total += added
                if not news.more:
                    return total

    def _compact_batch(self, log_reader: LogReader) -> tuple[Added, Takeover]:
        added, news = Added(), Takeover()

        def take_over(current: Manifest) -> Manifest | None:
            nonlocal added, news
            news = log_reader.news(current.consumed)
            if news.consumed == current.consumed:
                return None
            following, added = self._with_rows(current, news.rows)
            return msgspec.structs.replace(
                following, consumed=news.consumed, damaged=current.damaged + news.damaged
            )

        self.change(take_over)
        return replace(added, damaged=news.damaged), news

    def add(self, rows: Rows | Callable[[], Rows]) -> Added:
        """Take over events that did not come through the log; those with a known id are left out.

        Args:
            rows: The events; or what makes them while nobody else of this machine writes, so that no report
                of a later moment than their receipt was made without them.
        """
        added = Added()

        def take_over(current: Manifest) -> Manifest:
            nonlocal added
            following, added = self._with_rows(current, rows() if callable(rows) else rows)
            return following

        self.change(take_over)
        return added

    def settle(self, as_of: datetime) -> View:
        """The newest state, which a report of that moment may rest on for ever.

        What comes in later was acknowledged, or shipped by another node, too late for that report, though it
        may have reached a door before: it is kept as received after that moment.
        """
        at = microseconds(as_of)

        def raise_mark(current: Manifest) -> Manifest | None:
            return None if current.settled >= at else msgspec.structs.replace(current, settled=at)

        return self.at(self.change(raise_mark))

    def change(self, prepare: Callable[[Manifest], Manifest | None], *, at_once: bool = False) -> Manifest:
        """Publish what is made of the newest manifest; made anew where another writer was faster.

        Args:
            prepare: Writes the files that it names anew; gives nothing where all is as it should be.
            at_once: Remove the files that are named no more now, and not when nobody reads them any more.

        Returns:
            The newest manifest.
        """
        while True:
            with self.store.writing():
                state = self.store.load()
                began, swept = time.monotonic(), self._swept
                if swept is None or began - swept > SWEEP_SECONDS:
                    self.store.sweep(state.manifest.named())
                    swept = began
                self._swept = None
                following = prepare(state.manifest)
                if following is not None:
                    try:
                        following = self._publish(state, following, at_once)
                    except OutrunError:
                        continue
                self._swept = swept
                return following or state.manifest

    def _publish(self, state: State, prepared: Manifest, at_once: bool) -> Manifest:
        now, current = time.time(), state.manifest
        before, after = _files(current), _files(prepared)
        new = sorted(after - before)
        expired = [item for item in current.retired if now - item.at >= GRACE_SECONDS]
        self.store.delete([item.path for item in expired])
        retired = [*(item for item in current.retired if item not in expired)]
        retired += [Retired(path, now) for path in sorted(before - after)]
        if at_once:
            # Whoever dies before they are removed leaves that to the next change.
            retired = [Retired(item.path, 0.0) for item in retired]
        following = msgspec.structs.replace(
            prepared, generation=current.generation + 1, retired=tuple(retired), schema=SCHEMA
        )
        try:
            self.store.upload(new)
            self.store.replace(state, following)
        except OutrunError:
            # Where the answer was lost and somebody else went on from there, it was published all the same.
            if self.store.load().manifest.named().isdisjoint(new):
                self.store.delete(new)
                raise
        if at_once:
            self.store.delete([item.path for item in retired])
        return following

    def _with_rows(self, current: Manifest, rows: Rows) -> tuple[Manifest, Added]:
        """The manifest with new rows, and what is new in it; their files are in the folder."""
        tables, runs, whole = received_after(current.settled, rows.tables()), current.runs, current.parts
        repeated, generation = 0, current.generation + 1
        if rows.count:
            self.store.fetch([run.path for run in runs])
            keys = known_ids.placed([tables[kind] for kind in EVENTS], rows.count)
            keep, new = known_ids.new(self.root, runs, keys)
            repeated = rows.count - len(new)
            late = tombstones.late(tables, current.erased)
            if len(late):
                keep[late] = False
                new = np.sort(keys[keep])
            if repeated or len(late):
                tables = {kind: kept(table, keep) for kind, table in tables.items()}
            with connection(self.root / SPILL) as engine:
                whole = parts.extended(engine, self.store, current.parts, tables, generation)
            if len(new):
                runs = known_ids.extended(self.root, runs, new)
        exposures, conversions, links = (tables[kind].num_rows for kind in EVENTS)
        following = msgspec.structs.replace(
            current,
            parts=whole,
            runs=runs,
            exposures=_counted(current.exposures, tables["exposures"], "experiment"),
            conversions=_counted(current.conversions, tables["conversions"], "name"),
            duplicates=current.duplicates + repeated,
        )
        return following, Added(exposures, conversions, repeated, 0, links)


def _files(manifest: Manifest) -> set[str]:
    """What a manifest consists of."""
    return {item.path for group in (manifest.parts, manifest.runs) for item in group}


def _counted(before: dict[str, int], table: pa.Table, column: str) -> dict[str, int]:
    after = dict(before)
    for item in pc.value_counts(table.column(column)).to_pylist():
        name = item["values"] if item["values"] in after or len(after) < MAX_NAMES else OTHER
        after[name] = after.get(name, 0) + item["counts"]
    return after
