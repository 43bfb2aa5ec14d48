"""Reads a file of orders as text, whatever its form and whatever its columns are called."""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from assignment.errors import FieldError, ProefwerkError
from experiments.analysis.engine import connection, parquet

COLUMNS: dict[str, tuple[str, ...]] = {
    "order": (
        "order_id", "orderid", "order", "order_number", "ordernumber", "order_no", "order_nr",
        "ordernummer", "bestelnummer", "bestelling", "bestel_id", "transaction_id", "transactie", "id",
    ),
    "unit": (
        "unit", "unit_id", "visitor_id", "shopper_id", "shopper", "visitor", "bezoeker_id", "bezoeker",
        "user_id", "customer_id", "customer", "klant_id", "klantnummer", "klantnr", "klant", "client_id",
    ),
    "time": (
        "time", "timestamp", "created_at", "datetime", "order_date", "ordered_at", "placed_at", "date",
        "tijdstip", "tijd", "besteldatum", "orderdatum", "besteld_op", "aangemaakt_op", "datum",
    ),
    "value": (
        "value", "amount", "order_value", "order_total", "grand_total", "total_price", "total", "revenue",
        "bedrag", "orderbedrag", "totaalbedrag", "orderwaarde", "waarde", "totaal", "omzet",
    ),
    "currency": ("currency", "currency_code", "valuta", "valutacode", "munt", "munteenheid"),
    "consent": ("consent", "tracking_consent", "cookie_consent", "toestemming", "cookietoestemming"),
}  # fmt: skip
"""What is read, with the names that a column of it may have, the likeliest first."""
NEEDED = ("order", "value")
CHUNK = 50_000
Cells = Sequence[str | None]


@dataclass(frozen=True, slots=True)
class OrderTexts:
    """The rows of a file, every cell as text.

    Attributes:
        table: `place` (line of the file; of Parquet the row, both from 1) and one column of text for each of
            `COLUMNS`, null where the cell is empty or the file has no such column.
        names: Which column of the file is which.
    """

    table: pa.Table
    names: dict[str, str]


def read_orders(path: Path, named: Mapping[str, str]) -> OrderTexts:
    """Every row of a file.

    Args:
        path: `.parquet`, `.csv` or `.ndjson`, the last two also with `.gz`.
        named: Which columns are which, where their names do not tell; by the keys of `COLUMNS`.

    Raises:
        ProefwerkError: 422 for a file that cannot be read, or lacks a column.
    """
    reader = next((each for suffix, each in _READERS.items() if path.name.lower().endswith(suffix)), None)
    if reader is None:
        kinds = ", ".join(_READERS)
        raise ProefwerkError(422, "file_kind", f"'{path.name}' is of no kind that can be read: {kinds}.")
    with _readable(path):
        return reader(path, named)


def columns_of(path: Path, header: Sequence[str], named: Mapping[str, str]) -> dict[str, str]:
    """Which column of a file is which: as it was said, else by its name.

    Raises:
        ProefwerkError: 422 naming what is missing.
    """
    found: dict[str, str] = {}
    there = ", ".join(f"'{name}'" for name in header) or "none"
    plain = {_plain(name): name for name in reversed(header)}
    missing = []
    for field, known in COLUMNS.items():
        if said := named.get(field):
            if said not in header:
                missing.append(FieldError(field, f"there is no column '{said}'; there are {there}"))
            found[field] = said
            continue
        name = next((plain[each] for each in known if each in plain), None)
        if name is not None and name not in named.values():
            found[field] = name
        elif field in NEEDED:
            missing.append(FieldError(field, f"no column is called like it; say which one it is of {there}"))
    if missing:
        detail = f"The columns of '{path.name}' do not tell which is which."
        raise ProefwerkError(422, "columns_unknown", detail, tuple(missing))
    return found


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.strip().lower()).strip("_")


def _csv(path: Path, named: Mapping[str, str]) -> OrderTexts:
    with _opened(path) as raw:
        text = io.TextIOWrapper(raw, encoding="utf-8-sig", newline="")
        first = text.readline()
        if not first.strip():
            raise ProefwerkError(422, "file_unreadable", f"'{path.name}' is empty.")
        mark = max(";,\t|", key=first.count)
        header = next(csv.reader([first], delimiter=mark, strict=True))
        names = columns_of(path, header, named)
        places = [header.index(names[field]) if field in names else None for field in COLUMNS]
        lines = csv.reader(text, delimiter=mark, strict=True)

        def rows() -> Iterator[tuple[int, Cells]]:
            for values in lines:
                if not values:
                    continue
                line = lines.line_num + 1
                if len(values) != len(header):
                    reason = f"has {len(values)} values; the header names {len(header)} columns"
                    raise ProefwerkError(422, "row_invalid", f"Line {line} of '{path.name}' {reason}.")
                yield line, [None if place is None else values[place] for place in places]

        return OrderTexts(_table(rows()), names)


def _lines(path: Path, named: Mapping[str, str]) -> OrderTexts:
    with _opened(path) as raw:
        documents = _objects(path, raw)
        first = next(documents, None)
        if first is None:
            raise ProefwerkError(422, "file_unreadable", f"'{path.name}' is empty.")
        names = columns_of(path, list(first[1]), named)

        def rows() -> Iterator[tuple[int, Cells]]:
            for line, document in chain([first], documents):
                yield (
                    line,
                    [_text(document.get(names[field])) if field in names else None for field in COLUMNS],
                )

        return OrderTexts(_table(rows()), names)


def _objects(path: Path, raw: Iterable[bytes]) -> Iterator[tuple[int, dict[str, Any]]]:
    for number, line in enumerate(raw, 1):
        piece = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if not piece.strip():
            continue
        try:
            # Numbers stay as they are written: an amount is a decimal.
            document = json.loads(piece, parse_float=str, parse_int=str)
        except (ValueError, RecursionError) as error:
            raise ProefwerkError(
                422, "row_invalid", f"Line {number} of '{path.name}' is no JSON: {error}."
            ) from error
        if not isinstance(document, dict):
            raise ProefwerkError(422, "row_invalid", f"Line {number} of '{path.name}' is no JSON object.")
        yield number, document


def _text(value: object) -> str | None:
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _parquet(path: Path, named: Mapping[str, str]) -> OrderTexts:
    with connection() as engine:
        described = engine.execute(f"DESCRIBE SELECT * FROM {parquet([path])}").fetchall()
        kinds = {row[0]: row[1] for row in described}
        names = columns_of(path, list(kinds), named)
        cells = {field: _cell(field, name, kinds[name]) for field, name in names.items()}
        columns = ", ".join(f"{cells.get(field, 'NULL::VARCHAR')} AS {_quoted(field)}" for field in COLUMNS)
        found = engine.sql(f"SELECT row_number() OVER () AS place, {columns} FROM {parquet([path])}")
        table: pa.Table = found.to_arrow_table()
    return OrderTexts(table.cast(_SCHEMA), names)


def _cell(field: str, name: str, kind: str) -> str:
    """SQL of a cell as text; whole numbers that a data frame keeps as fractions are written whole."""
    column = _quoted(name)
    if field in ("order", "unit") and kind in ("DOUBLE", "FLOAT"):
        whole = f"TRY_CAST({column} AS DECIMAL(38, 0))::VARCHAR"
        column = f"CASE WHEN {column} = trunc({column}) THEN {whole} ELSE {column}::VARCHAR END"
    return f"nullif(trim({column}::VARCHAR), '')"


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


_SCHEMA = pa.schema([("place", pa.int64()), *((field, pa.string()) for field in COLUMNS)])


def _table(rows: Iterable[tuple[int, Cells]]) -> pa.Table:
    """The rows in chunks, so that memory is that of the columns alone."""
    batches: list[pa.RecordBatch] = []
    places: list[int] = []
    columns: list[list[str | None]] = [[] for _ in COLUMNS]

    def close() -> None:
        arrays = [pa.array(places, pa.int64()), *(pa.array(column, pa.string()) for column in columns)]
        batches.append(pa.record_batch(arrays, schema=_SCHEMA))
        places.clear()
        for column in columns:
            column.clear()

    for place, cells in rows:
        places.append(place)
        for column, cell in zip(columns, cells, strict=True):
            column.append((cell.strip() or None) if cell is not None else None)
        if len(places) == CHUNK:
            close()
    close()
    return pa.Table.from_batches(batches, schema=_SCHEMA)


def _opened(path: Path) -> Any:
    return gzip.open(path, "rb") if path.name.lower().endswith(".gz") else path.open("rb")


@contextmanager
def _readable(path: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, EOFError, csv.Error, UnicodeDecodeError, duckdb.Error) as error:
        reason = " ".join(str(error).split())
        raise ProefwerkError(422, "file_unreadable", f"'{path.name}' cannot be read: {reason}") from error


_READERS: dict[str, Callable[[Path, Mapping[str, str]], OrderTexts]] = {
    ".parquet": _parquet,
    ".csv": _csv,
    ".csv.gz": _csv,
    ".ndjson": _lines,
    ".ndjson.gz": _lines,
}
