"""Every bot that the events show, with the rule that it is known by, for people to inspect."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from experiments.analysis.engine import literal
from experiments.analysis.exclusion import BEHAVIOUR, HOUR
from experiments.analysis.lake import View
from experiments.analysis.rows import microseconds, moment
from experiments.bots import BY_BEHAVIOUR

Document = dict[str, Any]
SHOWN = 10_000
"""Units that are listed, newest first; the counts are of all."""
PERIOD = timedelta(days=28)
"""How far back numbers of events are looked at."""


def sightings(view: View, limit: int | None, as_of: datetime) -> Document:
    """The rules that events fit, with their numbers of units, and the newest of these units.

    Whoever was acquitted is listed too: that is told from what people said, not from events.

    Args:
        view: The lake.
        limit: Most events an hour of a shopper; `None` without such a rule.
        as_of: Events from up to `PERIOD` before are counted by the hour.
    """
    with view.engine() as engine:
        events = (
            "SELECT unit, unit_key, rule, source, agent, list, epoch_us(time) AS seen "
            f"FROM {view.source('bots')}"
        )
        if limit is not None:
            events = " UNION ALL ".join([events, *_busy(view, limit, as_of - PERIOD)])
        engine.execute(f"CREATE TEMP TABLE sighted AS {events}")
        found = engine.execute(
            "SELECT rule, source, count(DISTINCT unit_key) AS units, max(seen), max(list) FROM sighted "
            "GROUP BY rule, source ORDER BY units DESC, rule, source"
        ).fetchall()
        units = engine.execute(
            "SELECT unit, rule, source, arg_max(agent, seen), max(seen) AS latest FROM sighted "
            f"GROUP BY unit, rule, source ORDER BY latest DESC, unit, rule LIMIT {SHOWN}"
        ).fetchall()
    return {
        "rules": [
            {
                "rule": rule,
                "source": source,
                "units": count,
                "seen_at": moment(seen).isoformat(),
                "list": known,
            }
            for rule, source, count, seen, known in found
        ],
        "units": [
            {
                "unit": unit,
                "rule": rule,
                "source": source,
                "agent": agent,
                "seen_at": moment(seen).isoformat(),
            }
            for unit, rule, source, agent, seen in units
        ],
    }


def _busy(view: View, limit: int, since: datetime) -> Iterator[str]:
    """SQL of the units with too many exposures of one experiment, or conversions, in an hour since then."""
    day, many = since.date().isoformat(), f"HAVING count(*) > {limit}"
    for kind, group in (("exposures", "experiment, "), ("conversions", "")):
        recent = f"FROM {view.days(day).source(kind)} WHERE time >= make_timestamptz({microseconds(since)})"
        yield f"""SELECT max(unit), unit_key, {literal(BY_BEHAVIOUR)}, '{BEHAVIOUR}', NULL, NULL, max(latest)
          FROM (SELECT max(unit) AS unit, unit_key, max(epoch_us(time)) AS latest {recent}
              AND unit_key IN (SELECT unit_key {recent} GROUP BY unit_key {many})
            GROUP BY {group}unit_key, epoch_us(time) // {HOUR} {many})
          GROUP BY unit_key"""
