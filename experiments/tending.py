"""Tends the lake once a day: drops what is older than it may become, and merges the files of quiet days."""

from __future__ import annotations

import logging
from datetime import date, datetime, timedelta

from sqlmodel import col, select

from experiments.analysis.columns import program
from experiments.analysis.retention import drop_before
from experiments.analysis.tidying import tidy
from experiments.auth import SYSTEM
from experiments.db import Database, utc_now
from experiments.lifecycle import Status
from experiments.models import Experiment
from experiments.service.audit import record
from experiments.service.records import definition
from experiments.workplace import Workplace

QUIET = timedelta(days=2)
"""Days that ended so long before today hardly change any more."""
MICROSECOND = timedelta(microseconds=1)
log = logging.getLogger(__name__)


def tend_lake(place: Workplace) -> bool:
    """Drop and merge, once on each UTC day; whether it was done now."""
    today = utc_now().date()
    if place.tended == today:
        return False
    drop_old(place, today)
    fewer = tidy(place.lake, today - QUIET)
    if fewer:
        log.info("Files of quiet days were merged; there are %d fewer", fewer)
    place.tended = today
    return True


def drop_old(place: Workplace, today: date) -> dict[str, int]:
    """Drop the events of days that are over the retention; how many rows, by kind.

    An experiment that runs or is paused keeps what it needs, and a sentence in the log says so.
    """
    if place.retention is None:
        return {}
    allowed = today - place.retention
    key, needed = _first_needed(place.database) or ("", allowed)
    first = min(allowed, needed)
    if first < allowed and any(part.day < allowed.isoformat() for part in place.lake.view().manifest.parts):
        log.warning(
            "Events from %s on are kept beyond %d days, because the experiment '%s' still needs them; "
            "end it to let them go.", first, place.retention.days, key,
        )  # fmt: skip
    removed = drop_before(place.lake, first.isoformat())
    if removed.files:
        after = {"before": first.isoformat(), "rows": removed.rows, "files": removed.files}
        with place.database.session() as session:
            record(session, SYSTEM, "drop", "events", "retention", None, after)
        log.info("Events from before %s were dropped: %s", first, removed.rows)
    return removed.rows


def _first_needed(database: Database) -> tuple[str, date] | None:
    """The experiment that needs the oldest events, and the first UTC day it needs; `None` without any."""
    found = []
    with database.reading() as session:
        alive = col(Experiment.status).in_((Status.RUNNING.value, Status.PAUSED.value))
        for row in session.exec(select(Experiment).where(alive)).all():
            began: datetime | None = row.phases[0].started_at if row.phases else row.started_at
            if began is not None:
                metrics = list(definition(session, row).metrics.values())
                columns = program(metrics, covariates=True).distinct()
                earliest = min((column.lower for column in columns), default=0)
                found.append(((began + earliest * MICROSECOND).date(), row.key))
    if not found:
        return None
    first, key = min(found)
    return key, first
