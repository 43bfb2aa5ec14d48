"""Writes and merges the lake's Parquet files: by kind and UTC day, sorted for the analysis."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import duckdb
import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from experiments.analysis.engine import literal
from experiments.analysis.fingerprint import named, sum_of, together
from experiments.analysis.manifest import Part, sync_file, sync_folder
from experiments.analysis.schema import SCHEMA, names, rows_of
from experiments.analysis.store import Store

ROW_GROUP = 122_880
FAN_IN = 8
LARGE = 200_000
"""A file with so many rows is merged when its day is quiet: new events do not wait for that."""
_ORDER = {
    "exposures": "unit_key, time, id",
    "conversions": "unit_key, time, id",
    "links": "unit_key, person_key, time, id",
    "bots": "unit_key, time, id",
}
_NAMES = {"exposures": "experiment", "conversions": "name"}
"""What comes before that in the order, and has few values."""
_DAY = 86_400_000_000


def write(
    engine: duckdb.DuckDBPyConnection, root: Path, kind: str, table: pa.Table, generation: int
) -> list[Part]:
    """New files for the rows of one kind, one a day; on disk when this returns."""
    source = f"(SELECT *, {generation}::INTEGER AS generation FROM incoming)"
    made = []
    for day, rows in _by_day(table):
        engine.register("incoming", rows)
        last = pc.max(rows.column("received").cast(pa.int64())).as_py()
        part = Part("", kind, day, rows.num_rows, last, generation, generation, SCHEMA)
        made.append(_copy(engine, root, _marked(engine, part, source), source))
        engine.unregister("incoming")
    return made


def _by_day(table: pa.Table) -> Iterator[tuple[str, pa.Table]]:
    """The rows of each UTC day."""
    days = table.column("time").cast(pa.int64()).to_numpy() // _DAY
    if not len(days):
        return
    if days.min() != days.max():
        order = np.argsort(days, kind="stable")
        table, days = table.take(pa.array(order)), days[order]
    found, starts = np.unique(days, return_index=True)
    for day, start, end in zip(found, starts, [*starts[1:], len(days)], strict=True):
        yield str(np.datetime64(int(day), "D")), table.slice(start, end - start)


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
    part = Part(
        path="",
        kind=group[0].kind,
        day=group[0].day,
        rows=sum(part.rows for part in group),
        last_received=max(part.last_received for part in group),
        first_generation=min(part.first_generation for part in group),
        last_generation=max(part.last_generation for part in group),
        schema=SCHEMA,
    )
    store.fetch([part.path for part in group])
    source = rows_of(part.kind, [(store.root / part.path, part.schema) for part in group])
    digits = together(part.fingerprint for part in group)
    total = None if digits is None else int(digits, 16)
    return _copy(engine, store.root, _marked(engine, part, source, total), source)


def rewritten(engine: duckdb.DuckDBPyConnection, store: Store, part: Part, condition: str) -> list[Part]:
    """A new file with the rows of a part that meet a condition in SQL; none where no row does."""
    store.fetch([part.path])
    whole = rows_of(part.kind, [(store.root / part.path, part.schema)])
    source = f"(SELECT * FROM {whole} WHERE {condition})"
    count, last = engine.execute(f"SELECT count(*), max(epoch_us(received)) FROM {source}").fetchall()[0]
    if not count:
        return []
    left = msgspec.structs.replace(part, rows=count, last_received=last, schema=SCHEMA)
    return [_copy(engine, store.root, _marked(engine, left, source), source)]


def _marked(engine: duckdb.DuckDBPyConnection, part: Part, source: str, total: int | None = None) -> Part:
    """The part with the fingerprint of these rows, whose hashes are summed unless their total is known."""
    if total is None:
        total = engine.execute(f"SELECT {sum_of(part.kind)} FROM {source}").fetchall()[0][0]
    return msgspec.structs.replace(part, fingerprint=named(total))


def _level(rows: int) -> int:
    level = 0
    while rows >= FAN_IN * 128:
        rows //= FAN_IN
        level += 1
    return level


def _copy(engine: duckdb.DuckDBPyConnection, root: Path, part: Part, source: str) -> Part:
    """A new file with these rows in order; the part, which tells of them, with its path."""
    folder = root / part.kind / f"day={part.day}"
    if not folder.is_dir():
        folder.mkdir(parents=True)
        sync_folder(root / part.kind)
        sync_folder(root)
    path = folder / f"{uuid.uuid4().hex}.parquet"
    engine.execute(
        f"COPY ({_ordered(part.kind, source)}) TO {literal(str(path))} "
        f"(FORMAT parquet, COMPRESSION zstd, COMPRESSION_LEVEL 1, ROW_GROUP_SIZE {ROW_GROUP})"
    )
    sync_file(path)
    sync_folder(folder)
    return msgspec.structs.replace(part, path=str(path.relative_to(root)))


def _ordered(kind: str, source: str) -> str:
    name = _NAMES.get(kind)
    if name is None:
        return f"SELECT {names(kind)} FROM {source} ORDER BY {_ORDER[kind]}"
    # Sorting by a number in place of a text takes half the time.
    ranked = f"SELECT {name}, row_number() OVER (ORDER BY {name}) AS rank"
    return (
        f"SELECT {names(kind)} FROM {source} JOIN ({ranked} FROM (SELECT DISTINCT {name} FROM {source})) "
        f"USING ({name}) ORDER BY rank, {_ORDER[kind]}"
    )
