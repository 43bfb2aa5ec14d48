"""Reads a file of rows into the engine: its columns, and what is in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from assignment.errors import FieldError, ProefwerkError
from experiments.analysis.engine import Engine, literal
from experiments.analysis.files import readable
from experiments.participation import KEY_PATTERN

KINDS = {
    ".csv": "read_csv({path}, header = true, sample_size = -1)",
    ".csv.gz": "read_csv({path}, header = true, sample_size = -1)",
    ".tsv": "read_csv({path}, header = true, sample_size = -1, delim = '\t')",
    ".parquet": "read_parquet({path})",
    ".ndjson": "read_json({path}, format = 'newline_delimited', sample_size = -1)",
    ".ndjson.gz": "read_json({path}, format = 'newline_delimited', sample_size = -1)",
    ".jsonl": "read_json({path}, format = 'newline_delimited', sample_size = -1)",
}
_NUMBER = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|DOUBLE|FLOAT|BOOLEAN|DECIMAL\(\d+,\d+\)")
_COMMAS = r"-?([0-9]+|[0-9]{1,3}(\.[0-9]{3})+)(,[0-9]+)?"
_MOMENT = re.compile(r"DATE|TIMESTAMP[A-Z_ ]*")


@dataclass(frozen=True, slots=True)
class Data:
    """The table `data` of the engine.

    Attributes:
        path: Where it came from.
        types: DuckDB's type of each column, in the file's order.
        rows: How many.
        with_commas: Columns whose numbers were written with decimal commas.
    """

    path: Path
    types: dict[str, str]
    rows: int
    with_commas: tuple[str, ...] = ()

    def column(self, name: str, option: str) -> str:
        """The column that somebody named, whatever its case.

        Raises:
            ProefwerkError: 422, naming the option, the value and the columns that there are.
        """
        if name in self.types:
            return name
        found = [each for each in self.types if each.lower() == name.lower()]
        if len(found) == 1:
            return found[0]
        listed = ", ".join(self.types)
        raise refused(option, f"there is no column '{name}'; the file has {listed}")

    def is_number(self, column: str) -> bool:
        """Whether every value that is there is a number, or true or false."""
        return _NUMBER.fullmatch(self.types[column]) is not None

    def is_moment(self, column: str) -> bool:
        """Whether every value that is there is a date or a moment."""
        return _MOMENT.fullmatch(self.types[column]) is not None


def refused(option: str, message: str) -> ProefwerkError:
    """A refusal that names what it is about."""
    return ProefwerkError(422, "invalid", f"{option}: {message}.", (FieldError(option, message),))


def is_table(name: str) -> bool:
    """Whether an argument is a file rather than an experiment's key, which has neither dots nor slashes."""
    return KEY_PATTERN.fullmatch(name) is None


def load(engine: Engine, path: Path) -> Data:
    """Make the table `data`.

    Raises:
        ProefwerkError: 422 for a file that is missing, of another kind, broken or without rows.
    """
    reader = _reader(path)
    if reader is None:
        raise refused("file", f"'{path}' is of no kind that can be read: {', '.join(KINDS)}")
    if not path.is_file():
        raise refused("file", f"'{path}' does not exist")
    with readable(path):
        source = reader.format(path=literal(str(path)))
        engine.execute(f"CREATE OR REPLACE TEMP TABLE data AS SELECT * FROM {source}")
        # Moments of nanoseconds, as data frames have them, can be compared with nothing else.
        changes = ", ".join(
            f"make_timestamp(epoch_ns({quoted(name)}) // 1000) AS {quoted(name)}"
            for name, kind in _types(engine).items()
            if kind in ("TIMESTAMP_NS", "TIMESTAMPTZ_NS")
        )
        if changes:
            engine.execute(f"CREATE OR REPLACE TEMP TABLE data AS SELECT * REPLACE ({changes}) FROM data")
        with_commas = _numbers_with_commas(engine) if "csv" in reader else []
        if with_commas:
            # The column keeps its place; `1.234,50` is how most of the continent writes it.
            changes = ", ".join(f"{_from_commas(name)} AS {quoted(name)}" for name in with_commas)
            engine.execute(f"CREATE OR REPLACE TEMP TABLE data AS SELECT * REPLACE ({changes}) FROM data")
    types = _types(engine)
    rows = engine.execute("SELECT count(*) FROM data").fetchall()[0][0]
    if not rows:
        raise refused("file", f"'{path}' has no rows")
    return Data(path, types, rows, tuple(with_commas))


def _numbers_with_commas(engine: Engine) -> list[str]:
    """Columns of texts that are all numbers with decimal commas, of which at least one has a comma."""
    texts = [name for name, kind in _types(engine).items() if kind == "VARCHAR"]
    if not texts:
        return []
    tests = ", ".join(
        f"bool_and(regexp_full_match({name}, {literal(_COMMAS)})) AND bool_or(contains({name}, ','))"
        for name in map(quoted, texts)
    )
    found = engine.execute(f"SELECT {tests} FROM data").fetchall()[0]
    return [name for name, is_number in zip(texts, found, strict=True) if is_number]


def _from_commas(name: str) -> str:
    return f"replace(replace({quoted(name)}, '.', ''), ',', '.')::DOUBLE"


def _types(engine: Engine) -> dict[str, str]:
    return {name: kind for name, kind, *_ in engine.execute("DESCRIBE data").fetchall()}


def quoted(name: str) -> str:
    """A column's name as SQL."""
    return '"' + name.replace('"', '""') + '"'


def number(name: str) -> str:
    """A column's value as a finite number, as SQL; null where it is none."""
    value = f"TRY_CAST({quoted(name)} AS DOUBLE)"
    return f"(CASE WHEN isfinite({value}) THEN {value} END)"


def distinct(engine: Engine, columns: Sequence[str]) -> dict[str, int]:
    """How many different values each column has, empty ones apart."""
    if not columns:
        return {}
    counts = ", ".join(f"count(DISTINCT {quoted(name)})" for name in columns)
    return dict(zip(columns, engine.execute(f"SELECT {counts} FROM data").fetchall()[0], strict=True))


def check_numbers(engine: Engine, data: Data, column: str, option: str) -> None:
    """Refuse a column that is no number somewhere, naming the first such value and its row.

    Raises:
        ProefwerkError: 422.
    """
    if data.is_number(column):
        return
    name = quoted(column)
    found = engine.execute(
        "SELECT place, value FROM "
        f"(SELECT row_number() OVER () AS place, {name}::VARCHAR AS value FROM data) "
        "WHERE value IS NOT NULL AND TRY_CAST(value AS DOUBLE) IS NULL ORDER BY place LIMIT 1"
    ).fetchall()
    if found:
        place, value = found[0]
        raise refused(
            option,
            f"column '{column}' has '{value}' in row {place:,}, which is no number (decimals have a point)",
        )


def _reader(path: Path) -> str | None:
    name = path.name.lower()
    return next(
        (KINDS[suffix] for suffix in sorted(KINDS, key=len, reverse=True) if name.endswith(suffix)), None
    )
