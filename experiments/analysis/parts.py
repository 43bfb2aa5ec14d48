"""Writes and merges the lake's Parquet files: by kind and UTC day, sorted for the analysis."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import duckdb
import pyarrow as pa

from experiments.analysis.engine import key_of, literal, parquet
from experiments.analysis.manifest import Part, sync_file, sync_folder
from experiments.analysis.schema import COLUMNS, SCHEMA, names, rows_of
from experiments.analysis.store import Store

ROW_GROUP = 122_880
FAN_IN = 8
LARGE = 2_000_000
_ORDER = {
    "exposures": "experiment, unit_key, time, id",
    "conversions": "name, unit_key, time, id",
    "links": "unit_key, person_key, time, id",
    "bots": "unit_key, time, id",
}
_KEYS = {"unit": "unit_key", "person": "person_key"}
"""What holds the 64-bit key of an id."""
_OPTIONAL = ("version",)
"""Columns that incoming rows may lack."""


def write(
    engine: duckdb.DuckDBPyConnection, root: Path, kind: str, table: pa.Table, generation: int
) -> list[Part]:
    """New files for the rows of one kind, one a day; on disk when this returns."""
    if not table.num_rows:
        return []
    engine.register("incoming", table)
    keys = "".join(f"{key_of(name)} AS {key}, " for name, key in _KEYS.items() if name in table.column_names)
    lacking = "".join(
        f"NULL::{COLUMNS[kind][name].type} AS {name}, "
        for name in _OPTIONAL
        if name in COLUMNS[kind] and name not in table.column_names
    )
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE batch AS SELECT * EXCLUDE (place), {keys}{lacking}"
        f"{generation}::INTEGER AS generation, make_timestamp(epoch_us(time))::DATE AS day FROM incoming"
    )
    engine.unregister("incoming")
    days = engine.execute("SELECT DISTINCT day FROM batch ORDER BY day").fetchall()
    generations = (generation, generation)
    return [
        _copy(engine, root, kind, day, f"batch WHERE day = {literal(day.isoformat())}", generations)
        for (day,) in days
    ]


def extended(
    engine: duckdb.DuckDBPyConnection,
    store: Store,
    current: Sequence[Part],
    tables: Mapping[str, pa.Table],
    generation: int,
) -> tuple[Part, ...]:
    """The parts with new rows added, and files of like size in the days concerned merged into one.

    Every row is rewritten about once per factor of `FAN_IN` in size, however often events come in.
    """
    new = [
        part for kind, table in tables.items() for part in write(engine, store.root, kind, table, generation)
    ]
    groups: dict[tuple[str, str, int], list[Part]] = defaultdict(list)
    days = {(part.kind, part.day) for part in new}
    for part in (*current, *new):
        if (part.kind, part.day) in days and part.rows < LARGE:
            groups[part.kind, part.day, _level(part.rows)].append(part)
    kept = [*current, *new]
    for _, group in sorted(groups.items()):
        if len(group) >= FAN_IN:
            kept = [part for part in kept if part not in group]
            kept.append(merged(engine, store, group))
            for part in group:
                if part in new:
                    (store.root / part.path).unlink()
    return tuple(kept)


def merged(engine: duckdb.DuckDBPyConnection, store: Store, group: Sequence[Part]) -> Part:
    """A new file with all rows of files of one kind and day."""
    kind, day = group[0].kind, date.fromisoformat(group[0].day)
    store.fetch([part.path for part in group])
    source = rows_of(kind, [(store.root / part.path, part.schema) for part in group])
    generations = (
        min(part.first_generation for part in group),
        max(part.last_generation for part in group),
    )
    return _copy(engine, store.root, kind, day, source, generations)


def rewritten(engine: duckdb.DuckDBPyConnection, store: Store, part: Part, condition: str) -> list[Part]:
    """A new file with the rows of a part that meet a condition in SQL; none where no row does."""
    store.fetch([part.path])
    source = f"{rows_of(part.kind, [(store.root / part.path, part.schema)])} WHERE {condition}"
    if not engine.execute(f"SELECT 1 FROM {source} LIMIT 1").fetchall():
        return []
    generations = (part.first_generation, part.last_generation)
    return [_copy(engine, store.root, part.kind, date.fromisoformat(part.day), source, generations)]


def _level(rows: int) -> int:
    level = 0
    while rows >= FAN_IN * 128:
        rows //= FAN_IN
        level += 1
    return level


def _copy(
    engine: duckdb.DuckDBPyConnection,
    root: Path,
    kind: str,
    day: date,
    source: str,
    generations: tuple[int, int],
) -> Part:
    folder = root / kind / f"day={day.isoformat()}"
    if not folder.is_dir():
        folder.mkdir(parents=True)
        sync_folder(root / kind)
        sync_folder(root)
    path = folder / f"{uuid.uuid4().hex}.parquet"
    engine.execute(
        f"COPY (SELECT {names(kind)} FROM {source} ORDER BY {_ORDER[kind]}) TO {literal(str(path))} "
        f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"
    )
    sync_file(path)
    sync_folder(folder)
    rows, last = engine.execute(
        f"SELECT count(*), max(epoch_us(received)) FROM {parquet([path])}"
    ).fetchall()[0]
    return Part(str(path.relative_to(root)), kind, day.isoformat(), rows, last, *generations, SCHEMA)
