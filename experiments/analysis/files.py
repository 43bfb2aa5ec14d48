"""Reads files of events as JSON documents, one a row, whatever their form."""

from __future__ import annotations

import csv
import gzip
import io
import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import duckdb

from assignment.complaints import Refused
from assignment.errors import ProefwerkError
from experiments.analysis.engine import connection, parquet

OPEN_FIELDS = ("attributes", "properties")
_EVERY = ("type", "id", "time", "unit")
FIELDS = (*_EVERY, "experiment", "variant", "name", "value", "currency", "person", *OPEN_FIELDS)
CHUNK = 20_000
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_WORDS: dict[str, object] = {"true": True, "false": False}

Row = tuple[int, bytes | Refused]


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


def is_lines(path: Path) -> bool:
    """Whether rows are JSON as somebody wrote it."""
    return _reader(path) is _lines


def rows_of(path: Path) -> Iterator[Row]:
    """Every row with its line (of Parquet: its number) from 1, as JSON or as the reason why it is none.

    Raises:
        ProefwerkError: 422 for columns that are no fields of an event.
    """
    reader = _reader(path)
    assert reader is not None
    return reader(path)


@contextmanager
def readable(path: Path) -> Iterator[None]:
    """Turns what breaks while reading a file into a refusal of the file.

    Raises:
        ProefwerkError: 422.
    """
    try:
        yield
    except (OSError, EOFError, csv.Error, duckdb.Error) as error:
        reason = " ".join(str(error).split())
        raise ProefwerkError(422, "file_unreadable", f"'{path}' cannot be read: {reason}") from error


def _reader(path: Path) -> Callable[[Path], Iterator[Row]] | None:
    name = path.name.lower()
    return next((reader for suffix, reader in _READERS.items() if name.endswith(suffix)), None)


def _lines(path: Path) -> Iterator[Row]:
    with path.open("rb") as raw:
        lines: Iterable[bytes] = gzip.open(raw) if path.name.lower().endswith(".gz") else raw  # noqa: SIM115
        for number, line in enumerate(lines, 1):
            if number == 1:
                line = line.removeprefix(b"\xef\xbb\xbf")
            if stripped := line.strip():
                yield number, stripped


def _csv(path: Path) -> Iterator[Row]:
    with path.open("rb") as raw:
        text = io.TextIOWrapper(raw, encoding="utf-8-sig", errors="surrogateescape", newline="")
        lines = csv.reader(text, strict=True)
        header = next(lines, [])
        check_columns(path, header)
        for values in lines:
            if not values:
                continue
            if len(values) != len(header):
                reason = f"the row has {len(values)} values; the header names {len(header)} columns"
                yield lines.line_num, Refused(reason)
                continue
            cells = {name: value for name, value in zip(header, values, strict=True) if value != ""}
            yield lines.line_num, _document(cells, from_text=True)


def _parquet(path: Path) -> Iterator[Row]:
    with connection() as engine:
        described = engine.execute(f"DESCRIBE SELECT * FROM {parquet([path])}").fetchall()
        check_columns(path, [row[0] for row in described])
        columns = ", ".join(_plain(name, kind) for name, kind, *_ in described)
        names = [row[0] for row in described]
        found = engine.execute(f"SELECT {columns} FROM {parquet([path])}")
        number = 0
        while chunk := found.fetchmany(CHUNK):
            for values in chunk:
                number += 1
                cells = {name: each for name, each in zip(names, values, strict=True) if each is not None}
                yield number, _document(cells, from_text=False)


def check_columns(path: Path, columns: Sequence[str]) -> None:
    """Whether every column is a field of an event, and those that every event has are there.

    Raises:
        ProefwerkError: 422 naming the column.
    """
    for name in columns:
        if name not in FIELDS and name.partition(".")[0] not in OPEN_FIELDS:
            known = ", ".join(FIELDS)
            detail = f"'{path}' has a column '{name}', which no event has; there are {known}."
            raise ProefwerkError(422, "column_unknown", detail)
        if list(columns).count(name) > 1:
            raise ProefwerkError(422, "column_twice", f"'{path}' has the column '{name}' more than once.")
    for name in ("type", "id", "unit"):
        if name not in columns:
            raise ProefwerkError(
                422, "column_missing", f"'{path}' has no column '{name}'; every event has one."
            )


def _document(cells: Mapping[str, object], *, from_text: bool) -> bytes | Refused:
    """The JSON of a row; `from_text` where every cell is text, so that numbers must be recognised."""
    event: dict[str, object] = {}
    try:
        for name, value in cells.items():
            field, _, inner = name.partition(".")
            if inner:
                members = event.setdefault(field, {})
                if not isinstance(members, dict):
                    return Refused(f"{field}: is given as a whole and as '{name}'")
                members[inner] = _scalar(value) if from_text else _finite(name, value)
            elif field in OPEN_FIELDS:
                if field in event:
                    return Refused(f"{field}: is given as a whole and by its members")
                event[field] = json.loads(value) if isinstance(value, str) else value
            else:
                event[field] = _number(value) if field == "value" and from_text else _finite(name, value)
        return json.dumps(event, allow_nan=False, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        return Refused(f"{field}: is not JSON: {error.msg.lower()} at character {error.pos}")
    except UnicodeEncodeError:
        return Refused("the row is not UTF-8")
    except (ValueError, TypeError, RecursionError) as error:
        return Refused(str(error))


def _scalar(text: object) -> object:
    return _WORDS[text] if isinstance(text, str) and text in _WORDS else _number(text)


def _number(text: object) -> object:
    """The number that a text spells as JSON does, else the text itself."""
    if not isinstance(text, str) or not _NUMBER.fullmatch(text):
        return text
    return float(text) if any(sign in text for sign in ".eE") else int(text)


def _finite(name: str, value: object) -> object:
    if isinstance(value, Decimal):
        value = float(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise ValueError(f"{name}: {value} is no finite number")
    if isinstance(value, datetime):
        return value.replace(tzinfo=UTC).isoformat()
    return value


def _plain(name: str, kind: str) -> str:
    """SQL for a column as Python knows it: moments as UTC, structures as JSON text."""
    column = '"' + name.replace('"', '""') + '"'
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"make_timestamp(epoch_us({column}))"
    if kind.startswith("TIMESTAMP"):
        return f"{column}::TIMESTAMP"
    if name in OPEN_FIELDS and kind != "VARCHAR":
        return f"to_json({column})::VARCHAR"
    return f"{column}::VARCHAR" if kind in ("UUID", "DATE", "TIME") else column


_READERS: dict[str, Callable[[Path], Iterator[Row]]] = {
    ".parquet": _parquet,
    ".csv": _csv,
    ".ndjson": _lines,
    ".ndjson.gz": _lines,
}
