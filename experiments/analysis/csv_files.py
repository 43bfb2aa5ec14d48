"""Reads CSV: blocks whose quotes stand where they should with Arrow, others row by row."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
from pyarrow.csv import ConvertOptions, ParseOptions, ReadOptions, read_csv

from experiments.analysis.chunks import BOM, Chunk, Place, blocks, opened, shown
from experiments.analysis.engine import connection
from experiments.analysis.judging import Doubt
from experiments.analysis.table_rows import as_bytes, check_columns, document, documents

_QUOTE = ord('"')
_BEFORE, _BEHIND = np.frombuffer(b",\n", dtype=np.uint8), np.frombuffer(b",\n\r", dtype=np.uint8)
Cells = Callable[[int], dict[str, str]]


def csv_chunks(path: Path, start: Place) -> Iterator[Chunk]:
    """The rows of a file behind a place."""
    with opened(path) as (file, share), connection() as engine:
        _, head, _ = next(blocks(file, Place(), quoted=True), (Place(), b"", Place()))
        rows = csv.reader(_text(head.removeprefix(BOM)), strict=True)
        header = next(rows, [])
        check_columns(path, header)
        if start == Place():
            start = Place(_behind_line(head, rows.line_num), rows.line_num)
        query = f"SELECT {documents(dict.fromkeys(header, 'VARCHAR'), from_text=True)} FROM cells"
        for first, block, end in blocks(file, start, quoted=True):
            table = _table(block, header)
            if table is None:
                chunk = _slow_chunk(engine, query, header, block, first, end)
            else:
                lines = range(first.line + 1, first.line + 1 + table.num_rows)
                chunk = _chunk(engine, query, lines, table, partial(_cells_of, table), end)
            chunk.share = share()
            yield chunk


def _chunk(
    engine: duckdb.DuckDBPyConnection,
    query: str,
    lines: Sequence[int],
    table: pa.Table | None,
    cells: Cells,
    end: Place,
) -> Chunk:
    texts: list[bytes] = [b"?"] * len(lines)
    if table is not None:
        engine.register("cells", table)
        texts = as_bytes(engine.sql(query).to_arrow_table().column(0))
        engine.unregister("cells")
    doubt = Doubt(lambda unsound: [document(cells(index), from_text=True) for index in unsound], False)
    return Chunk(lines, texts, doubt, lambda index: shown(cells(index)), end)


def _slow_chunk(
    engine: duckdb.DuckDBPyConnection,
    query: str,
    header: Sequence[str],
    block: bytes,
    first: Place,
    end: Place,
) -> Chunk:
    """Rows of which some are too long or too short, stand on several lines, or are not UTF-8."""
    reader = csv.reader(_text(block), strict=True)
    lines, rows, none = [], [], []
    try:
        for values in reader:
            line = first.line + reader.line_num
            if len(values) == len(header):
                lines.append(line)
                rows.append(values)
            elif values:
                reason = f"the row has {len(values)} values; the header names {len(header)} columns"
                none.append((line, shown(values), reason))
    except csv.Error as error:
        raise csv.Error(f"line {first.line + reader.line_num}: {error}") from error
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(header)
    try:
        table = pa.table([pa.array(column, pa.string()) for column in columns], names=list(header))
    except UnicodeEncodeError:
        table = None

    def cells(index: int) -> dict[str, str]:
        return {name: cell for name, cell in zip(header, rows[index], strict=True) if cell != ""}

    chunk = _chunk(engine, query, lines, table, cells, end)
    chunk.none = none
    return chunk


def _table(block: bytes, header: Sequence[str]) -> pa.Table | None:
    """The cells of a block as text, if every row is sound and has a line to itself."""
    if (b"\r" in block and block.count(b"\r") != block.count(b"\r\n")) or not _quotes_are_regular(block):
        return None
    try:
        table = read_csv(
            pa.BufferReader(block),
            ReadOptions(column_names=list(header), use_threads=False, block_size=len(block) + 1),
            ParseOptions(newlines_in_values=True),
            ConvertOptions(column_types=dict.fromkeys(header, pa.string()), strings_can_be_null=False),
        )
    except pa.ArrowInvalid:
        return None
    ended = block.count(b"\n") + (not block.endswith(b"\n"))
    return table if table.num_rows == ended else None


def _quotes_are_regular(block: bytes) -> bool:
    """Whether each quote begins or ends a value or is doubled within one: all readers agree on such CSV."""
    if b'"' not in block:
        return True
    text = np.frombuffer(block.replace(b'""', b""), dtype=np.uint8)
    quotes = np.flatnonzero(text == _QUOTE)
    opening, closing = quotes[::2], quotes[1::2]
    before = text[opening[opening > 0] - 1]
    behind = text[closing[closing < len(text) - 1] + 1]
    return len(opening) == len(closing) and bool(
        np.isin(before, _BEFORE).all() and np.isin(behind, _BEHIND).all()
    )


def _cells_of(table: pa.Table, index: int) -> dict[str, str]:
    [row] = table.slice(index, 1).to_pylist()
    return {name: cell for name, cell in row.items() if cell != ""}


def _text(block: bytes) -> io.StringIO:
    return io.StringIO(block.decode("utf-8", "surrogateescape"), newline="")


def _behind_line(block: bytes, line: int) -> int:
    """The offset behind so many lines."""
    at = 0
    for _ in range(line):
        at = block.find(b"\n", at) + 1 or len(block)
    return at
