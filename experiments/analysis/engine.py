"""The analysis engine: DuckDB in memory over Parquet, with sums that do not depend on the order of rows."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa

# Scaled values stay below 2**EXACT_BITS, so that 2**31 of them fit a 128-bit integer.
EXACT_BITS = 96


class Result(Protocol):
    """What a statement gave."""

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Every row."""
        ...

    def fetchnumpy(self) -> dict[str, Any]:
        """Every column, an array each."""
        ...


class Engine(Protocol):
    """Runs the analysis's statements, which are in DuckDB's dialect, over tables of its own."""

    def execute(self, query: str, parameters: object = None, /) -> Result:
        """Run one statement."""
        ...

    def register(self, view_name: str, python_object: object, /) -> object:
        """Let statements read an Arrow table under a name."""
        ...

    def unregister(self, view_name: str, /) -> object:
        """Forget it."""
        ...


_limits: dict[str, str] = {}
"""What every engine of this process is opened with."""


def limit_memory(memory: str | None) -> None:
    """From now on an engine of this process takes no more, such as `8GB`; `None` leaves it to DuckDB."""
    _limits.clear()
    if memory is not None:
        _limits["memory_limit"] = memory


@contextmanager
def connection(spill: Path | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """A fresh in-memory engine that never reaches for the network; `spill` is where large sorts may go."""
    engine = duckdb.connect(
        config={"autoinstall_known_extensions": False, "autoload_known_extensions": False, **_limits}
    )
    try:
        engine.execute("SET TimeZone = 'UTC'")
        engine.execute("SET enable_progress_bar = false")
        if spill is not None:
            engine.execute(f"SET temp_directory = {literal(str(spill))}")
        yield engine
    finally:
        engine.close()


def key_of(column: str) -> str:
    """SQL of the 64-bit key of an id; one in 2**64 pairs of ids shares one."""
    return f"(md5_number_lower({column})::HUGEINT - 9223372036854775808)::BIGINT"


def unit_key(unit: str) -> int:
    """What `key_of` gives for an id.

    >>> unit_key("s-1")
    -7974580886131357998
    """
    digest = hashlib.md5(unit.encode(), usedforsecurity=False).digest()
    return int.from_bytes(digest[8:], "little") - 2**63


def keep(engine: Engine, name: str, rows: pa.Table) -> None:
    """Make a temporary table of rows from outside."""
    engine.register("given", rows)
    engine.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS SELECT * FROM given")
    engine.unregister("given")


def literal(text: str) -> str:
    """A text as SQL."""
    return "'" + text.replace("'", "''") + "'"


def parquet(paths: Sequence[Path]) -> str:
    """A table expression over Parquet files."""
    files = ", ".join(literal(str(path)) for path in paths)
    return f"read_parquet([{files}], hive_partitioning = false)"


def scale_for(bound: float) -> int:
    """The power of two by which values up to `bound` in size are scaled for an exact sum."""
    if bound == 0 or not math.isfinite(bound):
        return 0
    # Beyond 2**1000 the factor itself would leave the range of a double.
    return max(-1000, min(1000, EXACT_BITS - math.frexp(bound)[1]))


def exact_sum(expression: str, scale: int) -> str:
    """SQL for the sum of an expression as a scaled 128-bit integer.

    Integers add up to the same whatever the order, so a report computed again is equal to the bit.
    """
    return f"sum((({expression}) * {math.ldexp(1.0, scale)!r}::DOUBLE)::HUGEINT)"


def exact_value(total: int | None, scale: int) -> float:
    """The double nearest to a scaled sum."""
    if not total:
        return 0.0
    return total / 2**scale if scale >= 0 else float(total * 2**-scale)
