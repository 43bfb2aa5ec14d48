"""Which events come in: by name, how many in the last hour, and when the last one did."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from experiments.analysis.lake import View
from experiments.analysis.rows import microseconds, moment

Document = dict[str, Any]
SHOWN = 500
"""Names that are listed, the frequent ones first."""
PERIOD = timedelta(days=7)
"""How far back is looked; by day of the event, so what is delayed for longer is not seen."""


def pulse(view: View, as_of: datetime) -> Document:
    """The names of conversions received in `PERIOD` before `as_of`, with counts by receipt."""
    since = as_of - PERIOD
    hour = microseconds(as_of - timedelta(hours=1))
    recent = view.days(since.date().isoformat())
    with view.engine() as engine:
        rows = engine.execute(
            f"""SELECT name, count(*) FILTER (WHERE came > {hour}), max(came)
            FROM (SELECT name, epoch_us(received) AS came FROM {recent.source("conversions")}
                WHERE received >= make_timestamptz({microseconds(since)}))
            GROUP BY name ORDER BY count(*) DESC, name LIMIT {SHOWN}"""
        ).fetchall()
    return {
        "events": [
            {"name": name, "hour": in_hour, "last": moment(last).isoformat()} for name, in_hour, last in rows
        ]
    }
