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

ROW_GROUP = 122_880
FAN_IN = 8
LARGE = 2_000_000
_SHARED = {
    "id": "VARCHAR",
    "unit": "VARCHAR",
    "unit_key": "BIGINT",
    "time": "TIMESTAMPTZ",
    "received": "TIMESTAMPTZ",
}
TYPES = {
    "exposures": {**_SHARED, "experiment": "VARCHAR", "variant": "VARCHAR", "attributes": "VARCHAR"},
    "conversions": {
        **_SHARED,
        "name": "VARCHAR",
        "value": "DOUBLE",
        "currency": "VARCHAR",
        "properties": "VARCHAR",
    },
    "links": {**_SHARED, "person": "VARCHAR", "person_key": "BIGINT"},
    "bots": {**_SHARED, "rule": "VARCHAR", "source": "VARCHAR", "agent": "VARCHAR", "list": "VARCHAR"},
}
"""Columns by kind; `docs/lake.md` tells the world."""
KINDS = tuple(TYPES)
_ORDER = {
    "exposures": "experiment, unit_key, time, id",
    "conversions": "name, unit_key, time, id",
    "links": "unit_key, person_key, time, id",
    "bots": "unit_key, time, id",
}
_KEYS = {"unit": "unit_key", "person": "person_key"}
"""What holds the 64-bit key of an id."""


def write(engine: duckdb.DuckDBPyConnection, root: Path, kind: str, table: pa.Table) -> list[Part]:
    """New files for the rows of one kind, one a day; on disk when this returns."""
    if not table.num_rows:
        return []
    engine.register("incoming", table)
    keys = "".join(f"{key_of(name)} AS {key}, " for name, key in _KEYS.items() if name in table.column_names)
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE batch AS SELECT * EXCLUDE (place), {keys}"
        "make_timestamp(epoch_us(time))::DATE AS day FROM incoming"
    )
    engine.unregister("incoming")
    days = engine.execute("SELECT DISTINCT day FROM batch ORDER BY day").fetchall()
    return [
        _copy(engine, root, kind, day, f"batch WHERE day = {literal(day.isoformat())}") for (day,) in days
    ]


def extended(
    engine: duckdb.DuckDBPyConnection, root: Path, current: Sequence[Part], tables: Mapping[str, pa.Table]
) -> tuple[Part, ...]:
    """The parts with new rows added, and files of like size in the days concerned merged into one.

    Every row is rewritten about once per factor of `FAN_IN` in size, however often events come in.
    """
    new = [part for kind, table in tables.items() for part in write(engine, root, kind, table)]
    groups: dict[tuple[str, str, int], list[Part]] = defaultdict(list)
    days = {(part.kind, part.day) for part in new}
    for part in (*current, *new):
        if (part.kind, part.day) in days and part.rows < LARGE:
            groups[part.kind, part.day, _level(part.rows)].append(part)
    kept = [*current, *new]
    for (kind, day, _), group in sorted(groups.items()):
        if len(group) >= FAN_IN:
            source = parquet([root / part.path for part in group])
            kept = [part for part in kept if part not in group]
            kept.append(_copy(engine, root, kind, date.fromisoformat(day), source))
            for part in group:
                if part in new:
                    (root / part.path).unlink()
    return tuple(kept)


def nothing(kind: str) -> str:
    """A table expression with the columns of a kind and no rows."""
    columns = ", ".join(f"NULL::{type_} AS {name}" for name, type_ in TYPES[kind].items())
    return f"(SELECT {columns} WHERE false)"


def _level(rows: int) -> int:
    level = 0
    while rows >= FAN_IN * 128:
        rows //= FAN_IN
        level += 1
    return level


def _copy(engine: duckdb.DuckDBPyConnection, root: Path, kind: str, day: date, source: str) -> Part:
    folder = root / kind / f"day={day.isoformat()}"
    if not folder.is_dir():
        folder.mkdir(parents=True)
        sync_folder(root / kind)
        sync_folder(root)
    path = folder / f"{uuid.uuid4().hex}.parquet"
    engine.execute(
        f"COPY (SELECT {', '.join(TYPES[kind])} FROM {source} ORDER BY {_ORDER[kind]}) "
        f"TO {literal(str(path))} "
        f"(FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE {ROW_GROUP})"
    )
    sync_file(path)
    sync_folder(folder)
    rows, last = engine.execute(
        f"SELECT count(*), max(epoch_us(received)) FROM {parquet([path])}"
    ).fetchall()[0]
    return Part(str(path.relative_to(root)), kind, day.isoformat(), rows, last)
