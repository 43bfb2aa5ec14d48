"""How many events of each kind and UTC day a report rests on, with a fingerprint of their content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import msgspec
import numpy as np

from experiments.analysis.keys import Keys
from experiments.analysis.known_ids import counted_before
from experiments.analysis.manifest import Part
from experiments.analysis.rows import microseconds
from experiments.analysis.schema import COLUMNS, rows_of
from experiments.analysis.view import View

Document = dict[str, Any]
KINDS = ("exposures", "conversions", "links")
LOOK_BACK = timedelta(days=14)
"""Before the start, for covariates; those of metrics with a longer window reach further."""
MOST_IDS = 20
_NOT_CONTENT = ("unit_key", "person_key", "received", "generation")
_MOST_KNOWN = 200_000
_known: dict[tuple[Path, str], tuple[int, int]] = {}
"""Of files, which never change: rows and fingerprint."""


@dataclass(frozen=True, slots=True)
class Changed:
    """Events of one kind and UTC day that are not those of the report.

    Attributes:
        kind: Of the events.
        day: `YYYY-MM-DD`.
        then: How many the report rests on.
        now: How many there are.
        added: Ids of some that the lake never took in, so that somebody wrote them into its files.
    """

    kind: str
    day: str
    then: int
    now: int
    added: tuple[str, ...] = ()


def inventory(view: View, as_of: datetime, since: datetime | None, *, fresh: bool = False) -> Document:
    """Per kind and UTC day: how many events had been received, and a fingerprint of their content.

    The fingerprint is the sum of 64-bit hashes of the rows, modulo 2**64, as hex digits: it depends neither
    on the order of events nor on the files that they lie in. DuckDB's hash is another one in other versions
    of it, so `engine` names the version.

    Args:
        view: The lake.
        as_of: What was received later does not count.
        since: Days from a while before this moment on; all of them without it.
        fresh: Read every file, also those that were read before.
    """
    first = "" if since is None else (since - LOOK_BACK).date().isoformat()
    found = {kind: _of_kind(view, kind, first, as_of, fresh=fresh) for kind in KINDS}
    return {"engine": duckdb.__version__, **{kind: days for kind, days in found.items() if days}}


def changes(then: Document, now: Document, view: View, as_of: datetime) -> list[Changed]:
    """What differs between two inventories, by kind and day."""
    same_engine = then.get("engine") == now.get("engine")
    found = []
    for kind in KINDS:
        before, after = then.get(kind) or {}, now.get(kind) or {}
        for day in sorted({*before, *after}):
            old, new = before.get(day) or [0, None], after.get(day) or [0, None]
            if old[0] != new[0] or (same_engine and old[1] != new[1]):
                change = Changed(kind, day, int(old[0]), int(new[0]))
                found.append(replace(change, added=_never_taken_in(view, change, as_of)))
    return found


def _of_kind(view: View, kind: str, first: str, as_of: datetime, *, fresh: bool) -> dict[str, list[Any]]:
    parts = [part for part in view.manifest.parts if part.kind == kind and part.day >= first]
    known = {part: None if fresh else _known.get((view.root, part.path)) for part in parts}
    missing = [
        part for part, found in known.items() if found is None or part.last_received > microseconds(as_of)
    ]
    known |= _read(view, kind, missing, as_of)
    days: dict[str, list[int]] = {}
    for part, found in known.items():
        rows, total = found or (0, 0)
        own = days.setdefault(part.day, [0, 0])
        own[0] += rows
        own[1] = (own[1] + total) % 2**64
    return {day: [rows, f"{total:016x}"] for day, (rows, total) in sorted(days.items()) if rows}


def _read(
    view: View, kind: str, parts: Sequence[Part], as_of: datetime
) -> dict[Part, tuple[int, int] | None]:
    """Rows and fingerprint of each file; whole files are remembered."""
    if not parts:
        return {}
    local = view.on_duckdb()
    local.fetch([part.path for part in parts])
    content = ", ".join(name for name in COLUMNS[kind] if name not in _NOT_CONTENT)
    union = " UNION ALL ".join(
        f"SELECT {place} AS place, * FROM {rows_of(kind, [(view.root / part.path, part.schema)])}"
        for place, part in enumerate(parts)
    )
    found: dict[Part, tuple[int, int] | None] = dict.fromkeys(parts, (0, 0))
    with local.engine() as engine:
        rows = engine.execute(
            f"""SELECT place, count(*), sum(hash({content})::HUGEINT) FROM ({union})
            WHERE epoch_us(received) <= {microseconds(as_of)} GROUP BY place"""
        ).fetchall()
    for place, count, total in rows:
        found[parts[place]] = (int(count), int(total) % 2**64)
    if len(_known) > _MOST_KNOWN:
        _known.clear()
    for part, each in found.items():
        if each is not None and part.last_received <= microseconds(as_of):
            _known[view.root, part.path] = each
    return found


def _never_taken_in(view: View, change: Changed, as_of: datetime) -> tuple[str, ...]:
    """Ids that the lake's own list of ids does not hold, the first few by name."""
    local = view.on_duckdb()
    parts = tuple(part for part in view.manifest.parts if part.kind == change.kind and part.day == change.day)
    narrowed = replace(local, manifest=msgspec.structs.replace(view.manifest, parts=parts))
    with local.engine() as engine:
        found = engine.execute(
            f"""SELECT id, md5_number_lower(id) AS key FROM {narrowed.source(change.kind)}
            WHERE epoch_us(received) <= {microseconds(as_of)} AND id IS NOT NULL ORDER BY id"""
        ).fetchnumpy()
    keys: Keys = np.asarray(found["key"], dtype=np.uint64)
    strange = ~counted_before(view.root, view.manifest.runs, keys)
    return tuple(str(name) for name in found["id"][strange][:MOST_IDS])
