"""What shoppers did lately, by day and in the last week: how many, which events, and their amounts."""

from __future__ import annotations

import math
from typing import Any

from experiments.analysis.engine import Engine
from experiments.analysis.exclusion import find_marked, settle
from experiments.analysis.lake import View
from experiments.analysis.rows import moment
from experiments.bots import BotRules

Document = dict[str, Any]
DAYS, WEEK = 28, 7
DAY = 86_400 * 1_000_000
NAMES, FIELDS = 100, 100
"""Events that are told, and amounts among their properties, the frequent ones first."""


def daily(view: View, bots: BotRules) -> Document | None:
    """Units and events of the `DAYS` days of 24 hours up to the newest event; `None` without events.

    Bots are left out. Amounts are as sent: neither converted nor capped.

    Returns:
        `until`; `week` (the last `WEEK` days together) and `days` (oldest first, each with its end as
        `until`), both with `units` and, by name of an event, its `units`, `events` and `fields`: sums of
        amounts by `value` or by name of a property.
    """
    kinds = [kind for kind in ("exposures", "conversions") if view.has(kind)]
    if not kinds:
        return None
    with view.engine() as engine:
        find_marked(engine, view, "true", bots)
        settle(engine, bots)
        parts = " UNION ALL ".join(_events(view, kind) for kind in kinds)
        engine.execute(
            f"CREATE TEMP TABLE happened AS SELECT * FROM ({parts}) "
            "WHERE unit_key NOT IN (SELECT unit_key FROM bots)"
        )
        last = engine.execute("SELECT max(came) FROM happened").fetchall()[0][0]
        if last is None:
            return None
        engine.execute(
            f"CREATE TEMP TABLE recent AS SELECT *, ({last} - came) // {DAY} AS age FROM happened "
            f"WHERE came > {last - DAYS * DAY}"
        )
        _amounts(engine)
        ages = sorted({row[0] for row in engine.execute("SELECT DISTINCT age FROM recent").fetchall()})
        days = _periods(engine, "age", "true")
        return {
            "until": moment(last).isoformat(),
            "week": {"days": min(WEEK, ages[-1] + 1), **_periods(engine, "0", f"age < {WEEK}")[0]},
            "days": [{"until": moment(last - age * DAY).isoformat(), **days[age]} for age in reversed(ages)],
        }


def _events(view: View, kind: str) -> str:
    columns = (
        "name, value, properties"
        if kind == "conversions"
        else "NULL AS name, NULL::DOUBLE AS value, NULL AS properties"
    )
    days = sorted({part.day for part in view.manifest.parts if part.kind in ("exposures", "conversions")})
    # A day more than needed, for days of the lake begin at midnight.
    recent = view.days(days[max(0, len(days) - DAYS - 1)])
    return f"SELECT unit_key, epoch_us(time) AS came, {columns} FROM {recent.source(kind)}"


def _amounts(engine: Engine) -> None:
    """What each event says in finite numbers, a row for each; texts such as `nan` and `Infinity` are none."""
    engine.execute(
        f"""CREATE TEMP TABLE amounts AS
        WITH named AS (SELECT name, age, properties, unnest(json_keys(properties)) AS field
          FROM recent WHERE name IS NOT NULL AND properties IS NOT NULL),
        read AS (SELECT name, age, field,
          TRY_CAST(json_extract_string(properties, '/' || replace(replace(field, '~', '~0'), '/', '~1'))
            AS DOUBLE) AS amount FROM named),
        often AS (SELECT field FROM read WHERE isfinite(amount) GROUP BY field
          ORDER BY count(*) DESC, field LIMIT {FIELDS})
        SELECT name, age, field, amount FROM read WHERE isfinite(amount) AND field <> 'value'
          AND field IN (SELECT field FROM often)
        UNION ALL SELECT name, age, 'value', value FROM recent WHERE name IS NOT NULL AND isfinite(value)"""
    )


def _periods(engine: Engine, number: str, condition: str) -> dict[int, Document]:
    """Units, events and sums by the SQL of a period's number, of what fits a condition."""
    where = f"WHERE {condition}"
    found: dict[int, Document] = {
        place: {"units": units, "events": {}}
        for place, units in engine.execute(
            f"SELECT {number}, count(DISTINCT unit_key) FROM recent {where} GROUP BY 1"
        ).fetchall()
    }
    rows = engine.execute(
        f"""SELECT {number}, name, count(DISTINCT unit_key), count(*) FROM recent {where}
        AND name IN (SELECT name FROM recent GROUP BY name ORDER BY count(*) DESC, name LIMIT {NAMES})
        GROUP BY 1, 2 ORDER BY 4 DESC, 2"""
    ).fetchall()
    for place, name, units, events in rows:
        found[place]["events"][name] = {"units": units, "events": events, "fields": {}}
    sums = engine.execute(
        f"SELECT {number}, name, field, sum(amount) FROM amounts {where} GROUP BY 1, 2, 3 ORDER BY 3"
    ).fetchall()
    for place, name, field, total in sums:
        if name in found[place]["events"] and math.isfinite(total):
            found[place]["events"][name]["fields"][field] = total
    return found
