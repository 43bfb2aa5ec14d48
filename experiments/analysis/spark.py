"""The analysis engine on Spark: the same statements over the same lake, on many machines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
from py4j.protocol import Py4JError
from pyspark.sql import DataFrame, SparkSession

from experiments.analysis import spark_exact
from experiments.analysis.schema import COLUMNS
from experiments.analysis.spark_session import session, unavailable
from experiments.analysis.spark_sql import translated

_FILES = re.compile(r"read_parquet\(\[((?:'(?:[^']|'')*'(?:, )?)+)\], hive_partitioning = false\)")
"""What `engine.parquet` writes."""
_FILE = re.compile(r"'((?:[^']|'')*)'")
_PARTITIONS = "spark.sql.shuffle.partitions"
"""Without it Spark makes 200 of every table, and each takes a task of every statement that reads it."""
_TYPES = {"VARCHAR": "STRING", "TIMESTAMPTZ": "TIMESTAMP", "INTEGER": "INT"}
_COLUMNS = ", ".join(
    f"{name} {_TYPES.get(column.type, column.type)}"
    for name, column in {name: column for kind in COLUMNS.values() for name, column in kind.items()}.items()
)
"""Of all kinds: statements ask for those that a file has, and to look into it first takes a job."""


@dataclass(frozen=True, slots=True)
class Opener:
    """Opens engines on one Spark.

    Attributes:
        master: `spark://host:port` or `local[N]`.
        lake: Where executors find the lake, such as `s3a://bucket/prefix`; `None` where they see its folder.
    """

    master: str
    lake: str | None = None

    @contextmanager
    def __call__(self, spill: Path | None = None) -> Iterator[SparkEngine]:
        """A fresh engine; `spill` lies in the lake's folder, while executors spill where Spark is told to."""
        folder = "" if spill is None else str(spill.parent)
        engine = SparkEngine(session(self.master), folder, self.lake or f"file://{folder}")
        try:
            yield engine
        finally:
            engine.close()


class SparkEngine:
    """Statements of one analysis in a session of their own: nothing that they name is seen by others.

    Args:
        shared: The session of this process.
        folder: What paths of files begin with.
        lake: What they begin with for executors.
    """

    def __init__(self, shared: SparkSession, folder: str, lake: str) -> None:
        self._session = shared.newSession()
        context = shared.sparkContext
        if not context.getConf().contains(_PARTITIONS):
            self._session.conf.set(_PARTITIONS, max(8, 2 * context.defaultParallelism))
        self._session.sql(spark_exact.FUNCTION)
        self._folder, self._lake = folder, lake
        self._kept: list[DataFrame] = []
        self._files: dict[str, str] = {}

    def execute(self, query: str, parameters: object = None, /) -> SparkResult:
        """Run one statement; one that makes a table is run once, when its rows are first needed."""
        assert parameters is None, "the analysis writes its values into its statements"
        with _told():
            statement = translated(_FILES.sub(self._named, query))
            if statement.does == "drop":
                self._session.catalog.dropTempView(statement.name)
                return SparkResult(None)
            rows = self._session.sql(statement.query)
        if statement.does == "table":
            self._kept.append(rows.persist())
        if statement.name:
            # Spark forgets the rows of a name's former table; behind a selection of them it does not see it.
            rows.select("*").createOrReplaceTempView(statement.name)
        return SparkResult(rows)

    def register(self, view_name: str, python_object: object, /) -> None:
        """Let statements read an Arrow table under a name."""
        assert isinstance(python_object, pa.Table)
        self._session.createDataFrame(_signed(python_object)).createOrReplaceTempView(view_name)

    def unregister(self, view_name: str, /) -> None:
        """Forget it."""
        self._session.catalog.dropTempView(view_name)

    def close(self) -> None:
        """Give back the memory of the tables."""
        for rows in self._kept:
            rows.unpersist()

    def _named(self, found: re.Match[str]) -> str:
        """The view over some files."""
        listed = found.group(1)
        if listed not in self._files:
            paths = [self._seen(each.replace("''", "'")) for each in _FILE.findall(listed)]
            name = self._files[listed] = f"files_{len(self._files)}"
            reader = self._session.read.option("__globPaths__", False).schema(_COLUMNS)
            reader.parquet(*paths).createOrReplaceTempView(name)
        return self._files[listed]

    def _seen(self, path: str) -> str:
        return self._lake + path.removeprefix(self._folder)


class SparkResult:
    """What a statement gave.

    Args:
        rows: `None` where there are none.
    """

    def __init__(self, rows: DataFrame | None) -> None:
        self._rows = rows

    def fetchall(self) -> list[tuple[Any, ...]]:
        """Every row."""
        if self._rows is None:
            return []
        with _told():
            return [tuple(map(_plain, row)) for row in self._rows.collect()]

    def fetchnumpy(self) -> dict[str, Any]:
        """Every column, an array each."""
        if self._rows is None:
            return {}
        with _told():
            table = self._rows.toArrow()
        return {name: table.column(name).to_numpy() for name in table.column_names}


@contextmanager
def _told() -> Iterator[None]:
    """What goes wrong in the cluster becomes one sentence."""
    try:
        yield
    except Py4JError as error:
        raise unavailable(" ".join(str(error).split("\n", 2)[:2])) from error


def _plain(value: Any) -> Any:
    """Sums of whole numbers are decimals without a fraction, where DuckDB has integers of 128 bits."""
    return int(value) if isinstance(value, Decimal) and value.as_tuple().exponent == 0 else value


def _signed(table: pa.Table) -> pa.Table:
    """Spark has no unsigned integers."""
    types = [pa.int16() if kind == pa.uint8() else kind for kind in table.schema.types]
    return table.cast(pa.schema(list(zip(table.column_names, types, strict=True))))
