"""Reads files of events in chunks, each row as JSON, whatever their form."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import duckdb
import pyarrow as pa

from assignment.complaints import Refused
from assignment.errors import ProefwerkError
from experiments.analysis.chunks import BOM, Chunk, Place, blocks, opened, shown
from experiments.analysis.csv_files import csv_chunks
from experiments.analysis.engine import connection, literal, parquet
from experiments.analysis.judging import Doubt
from experiments.analysis.table_rows import as_bytes, check_columns, document, documents, plain, quoted

ROWS = 32_768
"""Of Parquet, that are looked at together."""
LONGEST = 300
"""Characters of the reason why a file cannot be read."""
_BEYOND = re.compile(r" LINE \d+: | Possible Solution| The search space used was")


def check_kind(path: Path) -> None:
    """Whether the file exists and is of a kind that can be read.

    Raises:
        ProefwerkError: 422.
    """
    if _reader(path) is None:
        kinds = ", ".join(_READERS)
        raise ProefwerkError(422, "file_kind", f"'{path}' is of no kind that can be loaded: {kinds}.")
    if not path.is_file():
        raise ProefwerkError(422, "file_missing", f"'{path}' is not a file.")


def chunks_of(path: Path, start: Place = Place()) -> Iterator[Chunk]:  # noqa: B008 - it never changes
    """Every row behind a place at which a chunk ended.

    Raises:
        ProefwerkError: 422 for columns that are no fields of an event.
    """
    reader = _reader(path)
    assert reader is not None
    return reader(path, start)


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turns what breaks while reading a file into a refusal of the file.

    Raises:
        ProefwerkError: 422.
    """
    try:
        yield
    except (OSError, EOFError, csv.Error, duckdb.Error) as error:
        # DuckDB goes on with its statement, and with settings of its own that nobody can give.
        reason = _BEYOND.split(" ".join(str(error).split()))[0][:LONGEST]
        raise ProefwerkError(422, "file_unreadable", f"'{path}' cannot be read: {reason}") from error


def _reader(path: Path) -> Callable[[Path, Place], Iterator[Chunk]] | None:
    name = path.name.lower()
    return next((reader for suffix, reader in _READERS.items() if name.endswith(suffix)), None)


def _lines(path: Path, start: Place) -> Iterator[Chunk]:
    with opened(path) as (file, share):
        for first, block, end in blocks(file, start, quoted=False):
            if first.offset == 0:
                block = block.removeprefix(BOM)
            texts = block.removesuffix(b"\n").split(b"\n")
            lines: Sequence[int] = range(first.line + 1, first.line + 1 + len(texts))
            if not all(map(bytes.strip, texts)):
                given = [(line, text) for line, text in zip(lines, texts, strict=True) if text.strip()]
                lines, texts = [line for line, _ in given], [text for _, text in given]
            line_at = partial(_stripped, texts)
            doubt = Doubt(partial(_stripped_all, texts), from_stranger=True)
            yield Chunk(lines, texts, doubt, line_at, end, share=share())


def _stripped(texts: Sequence[bytes], index: int) -> bytes:
    return texts[index].strip()


def _stripped_all(texts: Sequence[bytes], indices: Sequence[int]) -> list[bytes | Refused]:
    return [texts[index].strip() for index in indices]


def _parquet(path: Path, start: Place) -> Iterator[Chunk]:
    with connection() as engine:
        described = engine.execute(f"DESCRIBE SELECT * FROM {parquet([path])}").fetchall()
        columns = {name: kind for name, kind, *_ in described}
        check_columns(path, [row[0] for row in described])
        [(count,)] = engine.execute(f"SELECT count(*) FROM {parquet([path])}").fetchall()
        source = f"read_parquet({literal(str(path))}, hive_partitioning = false, file_row_number = true)"
        cells = ", ".join(f"{plain(name, kind)} AS {quoted(name)}" for name, kind in columns.items())
        query = f"SELECT {documents(columns, from_text=False)}, {cells} FROM {source}"
        number = start.line
        for batch in engine.sql(f"{query} WHERE file_row_number >= {number}").to_arrow_reader(ROWS):
            texts = as_bytes(batch.column(0))
            lines = range(number + 1, number + 1 + len(texts))
            number += len(texts)
            row = partial(_row_of, batch, list(columns))
            doubt = Doubt(partial(_documents, row), from_stranger=False)
            place = Place(number, number)
            yield Chunk(lines, texts, doubt, partial(_shown_row, row), place, share=number / count)


def _row_of(batch: pa.RecordBatch, names: Sequence[str], index: int) -> dict[str, object] | Refused:
    """The cells of a row that have a value; the text of the row is the first column."""
    try:
        [values] = zip(*(column.slice(index, 1).to_pylist() for column in batch.columns[1:]), strict=True)
    except (ValueError, OverflowError) as error:
        return Refused(str(error))
    return {name: value for name, value in zip(names, values, strict=True) if value is not None}


def _documents(
    row: Callable[[int], dict[str, object] | Refused], indices: Sequence[int]
) -> list[bytes | Refused]:
    rows = [row(index) for index in indices]
    return [cells if isinstance(cells, Refused) else document(cells, from_text=False) for cells in rows]


def _shown_row(row: Callable[[int], dict[str, object] | Refused], index: int) -> bytes:
    cells = row(index)
    return shown(str(cells) if isinstance(cells, Refused) else cells)


_READERS: dict[str, Callable[[Path, Place], Iterator[Chunk]]] = {
    ".parquet": _parquet,
    ".csv": csv_chunks,
    ".csv.gz": csv_chunks,
    ".ndjson": _lines,
    ".ndjson.gz": _lines,
}
