"""How many events of each kind and UTC day a report rests on, with a fingerprint of their content."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import duckdb
import msgspec
import numpy as np

from experiments.analysis.fingerprint import named, sum_of, together
from experiments.analysis.keys import Keys
from experiments.analysis.known_ids import counted_before
from experiments.analysis.manifest import Part
from experiments.analysis.rows import microseconds
from experiments.analysis.schema import rows_of
from experiments.analysis.view import View

Document = dict[str, Any]
KINDS = ("exposures", "conversions", "links")
LOOK_BACK = timedelta(days=14)
"""Before the start, for covariates; those of metrics with a longer window reach further."""
MOST_IDS = 20


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
    of it, so `engine` names the version. It is `None` for a day with files that another version wrote.

    Args:
        view: The lake.
        as_of: What was received later does not count.
        since: Days from a while before this moment on; all of them without it.
        fresh: Read every file, instead of trusting what its writer noted.
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
            comparable = same_engine and None not in (old[1], new[1])
            if old[0] != new[0] or (comparable and old[1] != new[1]):
                change = Changed(kind, day, int(old[0]), int(new[0]))
                found.append(replace(change, added=_never_taken_in(view, change, as_of)))
    return found


def _of_kind(view: View, kind: str, first: str, as_of: datetime, *, fresh: bool) -> dict[str, list[Any]]:
    until = microseconds(as_of)
    days: dict[str, list[Part]] = {}
    for part in view.manifest.parts:
        if part.kind == kind and part.day >= first:
            days.setdefault(part.day, []).append(part)
    reread = [part for own in days.values() for part in own if fresh or part.last_received > until]
    found = _read(view, kind, reread, until)
    counted = {day: [found.get(part, part) for part in own] for day, own in sorted(days.items())}
    return {
        day: [rows, together(part.fingerprint for part in own)]
        for day, own in counted.items()
        if (rows := sum(part.rows for part in own))
    }


def _read(view: View, kind: str, parts: Sequence[Part], until: int) -> dict[Part, Part]:
    """The parts with the rows and the fingerprint of what their files hold up to a moment."""
    if not parts:
        return {}
    local = view.on_duckdb()
    local.fetch([part.path for part in parts])
    union = " UNION ALL ".join(
        f"SELECT {place} AS place, * FROM {rows_of(kind, [(view.root / part.path, part.schema)])}"
        for place, part in enumerate(parts)
    )
    with local.engine() as engine:
        rows = engine.execute(
            f"""SELECT place, count(*), {sum_of(kind)} FROM ({union})
            WHERE epoch_us(received) <= {until} GROUP BY place"""
        ).fetchall()
    counts = {place: (int(count), int(total)) for place, count, total in rows}
    found = {}
    for place, part in enumerate(parts):
        count, total = counts.get(place, (0, 0))
        found[part] = msgspec.structs.replace(part, rows=count, fingerprint=named(total))
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
