"""Rows of tables as the JSON of events: of whole columns in SQL, of a single row by the rules behind it."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import cast

import pyarrow as pa

from assignment.complaints import Refused
from assignment.errors import ProefwerkError
from experiments.analysis.engine import literal

OPEN_FIELDS = {"attributes": "exposure", "properties": "conversion"}
"""Fields that hold anything, each with the type of the events that have it."""
_EVERY = ("type", "id", "time", "unit")
FIELDS = (
    *_EVERY, "experiment", "variant", "version", "name", "value", "currency", "person", *OPEN_FIELDS,
)  # fmt: skip
_NUMBERS = ("value", "version")
_NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_HUGE = "[eE][+]?0*[1-9][0-9][0-9]|[0-9]{300}"
"""What a number that no double can hold has in it."""
_WORDS: dict[str, object] = {"true": True, "false": False}
_NO_JSON = "'?'"
"""Where the whole row must be looked at by itself: no JSON has it, so that it cannot go unnoticed."""


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


def document(cells: Mapping[str, object], *, from_text: bool) -> bytes | Refused:
    """The JSON of a row; `from_text` where every cell is text, so that numbers must be recognised."""
    event: dict[str, object] = {}
    field = ""
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
                numeric = field in _NUMBERS and from_text
                event[field] = _number(value) if numeric else _finite(name, value)
        return json.dumps(event, allow_nan=False, ensure_ascii=False).encode()
    except json.JSONDecodeError as error:
        return Refused(f"{field}: is not JSON: {error.msg.lower()} at character {error.pos}")
    except UnicodeEncodeError:
        return Refused("the row is not UTF-8")
    except (ValueError, TypeError, RecursionError, OverflowError) as error:
        return Refused(str(error))


def as_bytes(texts: pa.Array | pa.ChunkedArray) -> list[bytes]:
    """What `documents` gave, for Python."""
    return cast("list[bytes]", texts.cast(pa.binary()).fill_null(b"?").to_pylist())


def plain(name: str, kind: str) -> str:
    """SQL for a column as Python knows it: moments as UTC, structures as JSON text."""
    column = quoted(name)
    if kind.startswith("TIMESTAMP") and ("TZ" in kind or "ZONE" in kind):
        return f"make_timestamp(epoch_us({column}::TIMESTAMPTZ))"
    if kind.startswith("TIMESTAMP"):
        return f"{column}::TIMESTAMP"
    if name in OPEN_FIELDS and kind != "VARCHAR":
        return f"to_json({column})::VARCHAR"
    return f"{column}::VARCHAR" if kind in ("UUID", "DATE", "TIME") else column


def quoted(name: str) -> str:
    """A column's name in SQL."""
    return '"' + name.replace('"', '""') + '"'


def documents(columns: Mapping[str, str], *, from_text: bool) -> str:
    """SQL for what `document` makes of each row, as text; no JSON where that may refuse the row.

    Args:
        columns: The columns by name, each with its type in SQL, as `plain` gives them.
        from_text: Whether every cell is text, and an empty one none.
    """
    members = [f"coalesce({_cell('type', columns['type'], from_text)}, {_NO_JSON})"]
    for name, kind in columns.items():
        if name in FIELDS and name not in ("type", *OPEN_FIELDS):
            members.append(f"""',"{name}":' || {_cell(name, kind, from_text)}""")
    for field in OPEN_FIELDS:
        inner = [name for name in columns if name.startswith(f"{field}.") and name != f"{field}."]
        if field in columns or inner:
            members.append(_open(field, inner, columns, from_text))
    return f"""concat('{{"type":', {", ".join(members)}, '}}')"""


def _open(field: str, inner: Sequence[str], columns: Mapping[str, str], from_text: bool) -> str:
    """SQL for the member `attributes` or `properties`; null where no cell has anything of it."""
    branches = []
    whole = f"nullif({quoted(field)}, '')" if from_text else plain(field, columns.get(field, "VARCHAR"))
    if inner:
        cells = [
            f"{literal(json.dumps(name.partition('.')[2], ensure_ascii=False) + ':')} || "
            + _cell(name, columns[name], from_text)
            for name in inner
        ]
        joined = f"concat_ws(',', {', '.join(cells)})"
        if field in columns:
            branches.append(f"WHEN {whole} IS NOT NULL AND {joined} <> '' THEN {_NO_JSON}")
        branches.append(f"""WHEN {joined} <> '' THEN ',"{field}":{{' || {joined} || '}}'""")
    if field in columns:
        # An event of another kind passes over it, and over a number in it that is none to `document`.
        foreign = f"{quoted('type')} IS DISTINCT FROM {literal(OPEN_FIELDS[field])}"
        huge = f"{foreign} AND regexp_matches({whole}, {literal(_HUGE)})"
        branches.append(f"WHEN {huge} THEN {_NO_JSON}")
        valid = f"""CASE WHEN json_valid({whole}) THEN ',"{field}":' || {whole} ELSE {_NO_JSON} END"""
        branches.append(f"WHEN {whole} IS NOT NULL THEN {valid}")
    return f"CASE {' '.join(branches)} END"


def _cell(name: str, kind: str, from_text: bool) -> str:
    """SQL for the JSON of a cell; null where it is empty."""
    if not from_text:
        return _as_typed(name, kind)
    cell = f"nullif({quoted(name)}, '')"
    text = f"to_json({cell})::VARCHAR"
    if name in FIELDS and name not in _NUMBERS:
        return text
    bare = f"regexp_full_match({cell}, {literal(_NUMBER.pattern)})"
    if name not in FIELDS:
        bare += f" OR {cell} IN ('true', 'false')"
    # Minus zero is the whole number 0 to `document`.
    odd = f"{cell} LIKE '-0%' OR regexp_matches({cell}, {literal(_HUGE)})"
    return f"CASE WHEN {odd} THEN {_NO_JSON} WHEN {bare} THEN {cell} ELSE {text} END"


def _as_typed(name: str, kind: str) -> str:
    column = quoted(name)
    if kind.startswith("TIMESTAMP"):
        return f"""'"' || strftime({plain(name, kind)}, '%Y-%m-%dT%H:%M:%S.%fZ') || '"'"""
    if kind == "FLOAT" or kind.startswith("DECIMAL"):
        return f"to_json({column}::DOUBLE)::VARCHAR"
    if kind in ("VARCHAR", "DOUBLE", "BOOLEAN") or "INT" in kind:
        return f"to_json({column})::VARCHAR"
    if kind in ("UUID", "DATE", "TIME"):
        return f"to_json({column}::VARCHAR)::VARCHAR"
    return f"CASE WHEN {column} IS NOT NULL THEN {_NO_JSON} END"


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
