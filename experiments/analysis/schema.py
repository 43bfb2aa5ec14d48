"""The columns of the lake's Parquet files, by kind and version of the format, as `docs/lake.md` tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments.analysis.engine import parquet

SCHEMA = 2
"""The version that is written; every earlier one is read."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        type: Its SQL type.
        since: The version of the format that brought it.
        before: SQL of what rows of earlier versions have in its place.
    """

    type: str
    since: int = 1
    before: str = "NULL"


_TEXT = Column("VARCHAR")
_KEY = Column("BIGINT")
_MOMENT = Column("TIMESTAMPTZ")
_HEAD = {"id": _TEXT, "unit": _TEXT, "unit_key": _KEY, "time": _MOMENT, "received": _MOMENT}
_GENERATION = {"generation": Column("INTEGER", since=2, before="0")}
COLUMNS = {
    "exposures": {
        **_HEAD,
        "experiment": _TEXT,
        "variant": _TEXT,
        "attributes": _TEXT,
        "version": Column("INTEGER", since=2),
        **_GENERATION,
    },
    "conversions": {
        **_HEAD,
        "name": _TEXT,
        "value": Column("DOUBLE"),
        "currency": _TEXT,
        "properties": _TEXT,
        **_GENERATION,
    },
    "links": {**_HEAD, "person": _TEXT, "person_key": _KEY, **_GENERATION},
    "bots": {**_HEAD, "rule": _TEXT, "source": _TEXT, "agent": _TEXT, "list": _TEXT, **_GENERATION},
}
KINDS = tuple(COLUMNS)


def names(kind: str) -> str:
    """The columns of a kind, as a list for SQL."""
    return ", ".join(COLUMNS[kind])


def rows_of(kind: str, files: Sequence[tuple[Path, int]]) -> str:
    """A table expression with every column of the kind, typed and empty where there are no files.

    Args:
        kind: Of the rows.
        files: Each with the version of its format.
    """
    if not files:
        typed = ", ".join(f"NULL::{column.type} AS {name}" for name, column in COLUMNS[kind].items())
        return f"(SELECT {typed} WHERE false)"
    reads = []
    for schema in sorted({schema for _, schema in files}, reverse=True):
        source = parquet([path for path, own in files if own == schema])
        reads.append(f"SELECT {_selected(kind, schema)} FROM {source}")
    return f"({' UNION ALL '.join(reads)})"


def _selected(kind: str, schema: int) -> str:
    return ", ".join(
        name if column.since <= schema else f"{column.before}::{column.type} AS {name}"
        for name, column in COLUMNS[kind].items()
    )
