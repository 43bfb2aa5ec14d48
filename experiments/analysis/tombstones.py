"""Keeps out what comes in late of units that were erased: what they did until then, whatever its copies."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

Places = NDArray[np.int64]
WHO = ("unit", "person")
"""Columns that hold the id of a person."""


def late(tables: Mapping[str, pa.Table], erased: Mapping[str, int]) -> Places:
    """Places of the rows, over all kinds, that are an erased unit's and from before it was erased.

    Args:
        tables: Incoming rows by kind, with their `place`.
        erased: By key as text, the moment in microseconds since 1970 UTC.
    """
    found = [np.empty(0, dtype=np.int64)]
    by_key = sorted((int(key), until) for key, until in erased.items())
    keys = np.array([key for key, _ in by_key], dtype=np.int64)
    untils = np.array([until for _, until in by_key], dtype=np.int64)
    for table in tables.values() if by_key else ():
        times = table.column("time").cast(pa.int64()).to_numpy()
        for name in WHO:
            if name in table.column_names:
                own = table.column(f"{name}_key").to_numpy()
                at = np.minimum(np.searchsorted(keys, own), len(keys) - 1)
                gone = (keys[at] == own) & (times <= untils[at])
                found.append(table.column("place").to_numpy()[gone])
    return np.unique(np.concatenate(found))
