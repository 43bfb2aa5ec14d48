"""Keeps out what comes in late of units that were erased: what they did until then, whatever its copies."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb
import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from experiments.analysis.engine import key_of

Places = NDArray[np.int64]
WHO = ("unit", "person")
"""Columns that hold the id of a person."""


def late(
    engine: duckdb.DuckDBPyConnection, tables: Mapping[str, pa.Table], erased: Mapping[str, int]
) -> Places:
    """Places of the rows, over all kinds, that are an erased unit's and from before it was erased.

    Args:
        engine: Any.
        tables: Incoming rows by kind, with their `place`.
        erased: By key as text, the moment in microseconds since 1970 UTC.
    """
    if not erased:
        return np.empty(0, dtype=np.int64)
    keys = pa.array([int(key) for key in erased], type=pa.int64())
    engine.register("erased", pa.table({"key": keys, "until": pa.array(erased.values(), type=pa.int64())}))
    found = [np.empty(0, dtype=np.int64)]
    for table in tables.values():
        engine.register("incoming", table)
        for name in WHO:
            if name in table.column_names:
                own = f"{key_of(name)} = key AND epoch_us(time) <= until"
                places = engine.execute(f"SELECT place FROM incoming JOIN erased ON {own}").fetchnumpy()
                found.append(np.asarray(places["place"], dtype=np.int64))
        engine.unregister("incoming")
    engine.unregister("erased")
    return np.unique(np.concatenate(found))
