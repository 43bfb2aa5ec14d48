"""Drops what is too old: whole days of events, and the links of people of whom nothing else is left."""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa

from experiments.analysis.engine import connection
from experiments.analysis.lake import Lake
from experiments.analysis.manifest import Manifest
from experiments.analysis.persons import components
from experiments.analysis.removal import Removed, without
from experiments.analysis.view import SPILL, View

UNITS = ("exposures", "conversions", "bots")


def drop_before(lake: Lake, day: str) -> Removed:
    """Drop the events of all UTC days before one.

    A link goes too, unless it is of a person of whom any event is left: the analysis joins by it. Ids of
    events stay known, as hashes.

    Args:
        lake: Where.
        day: `YYYY-MM-DD`.
    """
    removed = Removed({}, 0)

    def drop(current: Manifest) -> Manifest | None:
        nonlocal removed
        old = [part for part in current.parts if part.day < day]
        if not old:
            return None
        conditions = {part.path: "true" for part in old if part.kind != "links"}
        links = [part.path for part in old if part.kind == "links"]
        with connection(lake.root / SPILL) as engine:
            if links:
                _find_left(engine, lake.local_view(current), day)
                conditions |= dict.fromkeys(links, "unit_key NOT IN (SELECT key FROM left_over)")
            following, removed = without(engine, lake, current, conditions)
        return following if removed.files else None

    lake.change(drop)
    return removed


def _find_left(engine: duckdb.DuckDBPyConnection, view: View, day: str) -> None:
    """Make the table `left_over` of the linked ids of people with any event from the day on: `key`."""
    found = engine.execute(f"SELECT unit_key, person_key FROM {view.source('links')}").fetchnumpy()
    keys, first, _ = components(*(np.asarray(found[name]) for name in ("unit_key", "person_key")))
    engine.register("people", pa.table({"key": keys, "person": first}))
    recent = " UNION ALL ".join(f"SELECT unit_key FROM {view.days(day).source(kind)}" for kind in UNITS)
    engine.execute(
        f"""CREATE OR REPLACE TEMP TABLE left_over AS SELECT key FROM people WHERE person IN (
          SELECT person FROM people WHERE key IN (SELECT unit_key FROM ({recent})))"""
    )
    engine.unregister("people")
