"""Takes rows out of the lake: files that hold any are written anew without them, the others stay."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import duckdb
import msgspec

from experiments.analysis import parts
from experiments.analysis.lake import OTHER, Lake
from experiments.analysis.manifest import Manifest, Part
from experiments.analysis.schema import rows_of

_COUNTED = {"exposures": "experiment", "conversions": "name"}
"""What the manifest counts the events of a kind by."""


@dataclass(frozen=True, slots=True)
class Removed:
    """What was taken away: rows by kind, and how many files held any of them."""

    rows: dict[str, int]
    files: int


def without(
    engine: duckdb.DuckDBPyConnection, lake: Lake, current: Manifest, conditions: Mapping[str, str]
) -> tuple[Manifest, Removed]:
    """The manifest without some rows.

    Args:
        engine: Any.
        lake: Within a change of which this is called.
        current: Its newest manifest.
        conditions: By path of a part, SQL that holds of the rows to take away.
    """
    rows: Counter[str] = Counter()
    counts = {kind: Counter(getattr(current, kind)) for kind in _COUNTED}
    kept: list[Part] = []
    files = 0
    lake.store.fetch(list(conditions))
    for part in current.parts:
        condition = conditions.get(part.path)
        lost = {} if condition is None else _counted(engine, lake, part, condition)
        if not lost:
            kept.append(part)
            continue
        files += 1
        rows[part.kind] += sum(lost.values())
        if part.kind in counts:
            for name, count in lost.items():
                counts[part.kind][name if name in counts[part.kind] else OTHER] -= count
        kept += parts.rewritten(engine, lake.store, part, f"NOT ({condition})")
    positive = {kind: dict(+own) for kind, own in counts.items()}
    following = msgspec.structs.replace(
        current, parts=tuple(kept), removals=current.removals + (files > 0), **positive
    )
    return following, Removed(dict(rows), files)


def _counted(engine: duckdb.DuckDBPyConnection, lake: Lake, part: Part, condition: str) -> dict[str, int]:
    """How many rows of a part meet a condition, by what the manifest counts them by."""
    by = _COUNTED.get(part.kind, "''")
    source = rows_of(part.kind, [(lake.root / part.path, part.schema)])
    found = engine.execute(f"SELECT {by}, count(*) FROM {source} WHERE {condition} GROUP BY 1").fetchall()
    return dict(found)
