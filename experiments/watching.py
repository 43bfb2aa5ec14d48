"""Keeps what people inspect at hand, so that no web worker scans the events: the bots that were seen."""

from __future__ import annotations

from datetime import timedelta

from experiments.analysis.sightings import sightings
from experiments.bots import rules_at
from experiments.db import utc_now
from experiments.service.observations import BOTS, observe
from experiments.service.verdicts import verdicts
from experiments.workplace import Workplace

FRESH = timedelta(hours=1)
"""After which numbers of events are counted again; marks are looked at as they come."""


def watch_bots(place: Workplace) -> bool:
    """List the bots again where there are new ones, the limit changed, or an hour has passed; whether so."""
    now, view = utc_now(), place.lake.view()
    with place.database.reading() as session:
        limit = rules_at(verdicts(session), now).limit
    marked = sum(part.rows for part in view.manifest.parts if part.kind == "bots")
    if place.watched is not None and place.watched[:2] == (marked, limit) and now - place.watched[2] < FRESH:
        return False
    found = sightings(view, limit, now)
    with place.database.session() as session:
        observe(session, BOTS, found, now)
    place.watched = (marked, limit, now)
    return True
