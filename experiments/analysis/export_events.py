"""Writes events of the lake with the columns that an import reads, in one pass and little memory."""

from __future__ import annotations

import gzip
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import IO, Any

import duckdb
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq

from experiments.analysis.engine import connection, literal
from experiments.analysis.persons import find_persons
from experiments.analysis.rows import microseconds
from experiments.analysis.view import SPILL, View

FORMATS = ("parquet", "csv", "ndjson", "ndjson.gz")
BATCH = 50_000
COLUMNS = (
    "type", "id", "time", "unit", "experiment", "variant", "version", "name", "value", "currency", "person",
    "attributes", "properties",
)  # fmt: skip
_TYPES = {"exposures": "exposure", "conversions": "conversion", "links": "link"}
_OWN = {
    "exposures": ("id", "unit", "experiment", "variant", "version", "attributes"),
    "conversions": ("id", "unit", "name", "value", "currency", "properties"),
    "links": ("id", "unit", "person"),
}
_SQL_TYPES = {"version": "INTEGER", "value": "DOUBLE"}
_MOMENT = "%Y-%m-%dT%H:%M:%S.%fZ"
_RAW = ("attributes", "properties")
"""JSON already."""
Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events.

    Attributes:
        experiment: Its exposures, and whatever else those units did; `None` for all events.
        since: From this moment on.
        until: Before this moment.
    """

    experiment: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def export_events(
    view: View, wanted: Wanted, form: str, file: IO[bytes], progress: Progress | None = None
) -> int:
    """Write the events; how many.

    What a door noted of a crawler's requests goes along as the attribute (of conversions: the property)
    `userAgent`, so that whoever loads the file knows the bots too.

    Args:
        view: The lake.
        wanted: Which events.
        form: One of `FORMATS`.
        file: Where to; it need not be seekable.
        progress: Called with the number of events so far.
    """
    count = 0
    with connection(view.root / SPILL) as engine:
        _choose(engine, view, wanted)
        rows = _lines(view, wanted) if form.startswith("ndjson") else _table(engine, view, wanted)
        reader = engine.sql(rows).to_arrow_reader(BATCH)
        with _writer(form, file, reader.schema) as write:
            for batch in reader:
                write(batch)
                count += batch.num_rows
                if progress is not None:
                    progress(count)
    return count


def _choose(engine: duckdb.DuckDBPyConnection, view: View, wanted: Wanted) -> None:
    """Make the tables `chosen` of ids, where only some are wanted, and `crawlers` of ids and user agents."""
    engine.execute(
        "CREATE TEMP TABLE crawlers AS SELECT unit_key, min(agent) AS agent "
        f"FROM {view.source('bots')} WHERE source = 'agent' GROUP BY unit_key"
    )
    if wanted.experiment is None:
        return
    exposed = (
        f"SELECT DISTINCT unit_key FROM {view.source('exposures')} "
        f"WHERE experiment = {literal(wanted.experiment)}"
    )
    if find_persons(engine, view, "true"):
        exposed = (
            f"WITH own AS ({exposed}) SELECT unit_key FROM own UNION SELECT persons.unit_key FROM persons "
            "WHERE person_key IN (SELECT person_key FROM persons JOIN own USING (unit_key))"
        )
    engine.execute(f"CREATE TEMP TABLE chosen AS {exposed}")


def _events(view: View, wanted: Wanted, kind: str) -> str:
    """SQL from `FROM` to `WHERE` of the events of a kind."""
    conditions = ["true"]
    if wanted.since is not None:
        conditions.append(f"event.time >= make_timestamptz({microseconds(wanted.since)})")
    if wanted.until is not None:
        conditions.append(f"event.time < make_timestamptz({microseconds(wanted.until)})")
    if wanted.experiment is not None:
        if kind == "exposures":
            conditions.append(f"event.experiment = {literal(wanted.experiment)}")
        else:
            conditions.append("event.unit_key IN (SELECT unit_key FROM chosen)")
    return (
        f"FROM {view.source(kind)} AS event LEFT JOIN crawlers ON event.unit_key = crawlers.unit_key "
        f"WHERE {' AND '.join(conditions)}"
    )


def _value(name: str) -> str:
    if name not in _RAW:
        return f"event.{name}"
    agent = "json_object('userAgent', crawlers.agent)"
    whole = f"json_merge_patch({agent}, coalesce(event.{name}, '{{}}'))::VARCHAR"
    return f"CASE WHEN crawlers.agent IS NULL THEN event.{name} ELSE {whole} END"


def _table(engine: duckdb.DuckDBPyConnection, view: View, wanted: Wanted) -> str:
    told = f"SELECT 1 {_events(view, wanted, 'exposures')} AND event.version IS NOT NULL LIMIT 1"
    names = [name for name in COLUMNS if name != "version" or engine.execute(told).fetchall()]
    selects = []
    for kind, own in _OWN.items():
        cells = {name: _value(name) for name in own} | {"type": literal(_TYPES[kind]), "time": "event.time"}
        nothing = {name: f"NULL::{_SQL_TYPES.get(name, 'VARCHAR')}" for name in names}
        columns = ", ".join(f"{(nothing | cells)[name]} AS {name}" for name in names)
        selects.append(f"SELECT {columns} {_events(view, wanted, kind)}")
    return " UNION ALL ".join(selects)


def _lines(view: View, wanted: Wanted) -> str:
    selects = []
    moment = f"strftime(make_timestamp(epoch_us(event.time)), {literal(_MOMENT)})"
    for kind, own in _OWN.items():
        members = [literal(f'{{"type":"{_TYPES[kind]}","time":"'), moment, literal('"')]
        for name in own:
            value = _value(name) if name in _RAW else f"to_json(event.{name})::VARCHAR"
            label = literal(f',"{name}":')
            members.append(f"coalesce({label} || {value}, '')")
        selects.append(f"SELECT {' || '.join(members)} || '}}' AS line {_events(view, wanted, kind)}")
    return " UNION ALL ".join(selects)


@contextmanager
def _writer(form: str, file: Any, schema: pa.Schema) -> Iterator[Callable[[pa.RecordBatch], None]]:
    """What takes batches, and leaves a whole file at the end."""
    if form.endswith(".gz"):
        with (
            gzip.GzipFile(fileobj=file, mode="wb", mtime=0) as packed,
            _writer(form.removesuffix(".gz"), packed, schema) as write,
        ):
            yield write
    elif form == "parquet":
        with pq.ParquetWriter(file, schema, compression="zstd") as parquet:
            yield parquet.write_batch
    elif form == "ndjson":
        yield lambda batch: _write_lines(file, batch)
    else:
        plain = pa.schema(
            [field.with_type(pa.string()) if field.name == "time" else field for field in schema]
        )
        options = pyarrow.csv.WriteOptions(quoting_style="needed")
        with pyarrow.csv.CSVWriter(file, plain, write_options=options) as writer:
            yield lambda batch: writer.write(_with_texts(batch, plain))


def _write_lines(file: IO[bytes], batch: pa.RecordBatch) -> None:
    file.write("".join(f"{line}\n" for line in batch.column(0).to_pylist()).encode())


def _with_texts(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Moments as RFC 3339."""
    place = schema.names.index("time")
    moments = pa.compute.strftime(batch.column(place), "%Y-%m-%dT%H:%M:%SZ")
    arrays = [moments if index == place else column for index, column in enumerate(batch.columns)]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)
