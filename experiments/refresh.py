"""Makes new reports of experiments that have new events, ever further apart as an experiment grows older."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import TypeVar

from sqlmodel import and_, col, func, or_, select

from experiments.adjustments import adjustments
from experiments.analysis.batch import opened
from experiments.analysis.lake import OTHER, View
from experiments.analysis.measure import measure
from experiments.analysis.report import Measure, analyse
from experiments.db import Database, utc_now
from experiments.definition import Definition
from experiments.forms import MetricKind
from experiments.lifecycle import Status
from experiments.models import Experiment, Report
from experiments.service.definitions import definition_of
from experiments.service.reports import save_report
from experiments.workplace import Workplace, compact, forget_removed

LEAST_SPACING = timedelta(seconds=5)
MOST_SPACING = timedelta(minutes=5)
SPACINGS_PER_AGE = 500
# A report that takes long is made less often, so that refreshing never fills the machine.
REST_PER_WORK = 10
log = logging.getLogger(__name__)


def refresh_reports(place: Workplace) -> list[str]:
    """New reports of experiments with new events; the keys of those that got one.

    The older an experiment, the further apart its reports. Events that change no number give no new
    report. After a stop one last report is made.
    """
    compact(place)
    view = place.lake.view()
    as_of = utc_now()
    # Retention removes events too, and a process may have ended between the lake and this.
    forget_removed(place, view)
    watched = _watched(place.database)
    looked = [_surviving(place, view, each, partial(_due, place, view, each, as_of)) for each in watched]
    due = [each for each in looked if each is not None]
    if not due:
        return []
    experiments = [each.definition for each in due]
    # Taken with the lake: after an erasure nobody keeps anything of the lake before it.
    with place.state_in_use:
        view = place.lake.settle(as_of)
        with opened(view, experiments, place.state, [each.key for each in watched]) as batch:
            measured = measure if batch is None else batch.measure
            return [
                each.watched.key
                for each in due
                if _surviving(
                    place, view, each.watched, partial(_refresh, place, view, each, as_of, measured)
                )
            ]


Found = TypeVar("Found")


def _surviving(place: Workplace, view: View, watched: _Watched, work: Callable[[], Found]) -> Found | None:
    """What came of it; `None` where it failed, which is no reason to leave other experiments alone."""
    try:
        return work()
    except Exception:
        if place.lake.replaced(view):
            log.info("Files were replaced while '%s' was being read; its report follows", watched.key)
        else:
            log.exception("The report of '%s' could not be refreshed", watched.key)
        return None


def spacing(started_at: datetime | None, now: datetime) -> timedelta:
    """Time between two reports that nobody asked for."""
    age = now - started_at if started_at is not None else timedelta()
    return min(max(age / SPACINGS_PER_AGE, LEAST_SPACING), MOST_SPACING)


@dataclass(frozen=True, slots=True)
class _Watched:
    """An experiment whose reports are refreshed, with what is known of its newest one; reads as its key."""

    key: str
    started_at: datetime | None
    stopped_at: datetime | None
    reported_at: datetime | None
    data_hash: str | None

    def __str__(self) -> str:
        return self.key


def _watched(database: Database) -> list[_Watched]:
    """Running and paused experiments, and stopped ones without a report from after their stop."""
    latest = (
        select(func.max(Report.as_of))
        .where(Report.experiment_key == Experiment.key)
        .correlate(Experiment)
        .scalar_subquery()
    )
    split = col(Experiment.status).in_((Status.RUNNING.value, Status.PAUSED.value))
    unfinished = and_(
        Experiment.status == Status.STOPPED.value,
        or_(latest.is_(None), latest < Experiment.stopped_at),
    )
    found = []
    with database.reading() as session:
        query = select(Experiment).where(or_(split, unfinished)).order_by(Experiment.key)
        for row in session.exec(query).all():
            # Not whole rows: the bodies are large, and this runs every few seconds.
            marks = select(Report.as_of, Report.data_hash).where(Report.experiment_key == row.key)
            newest_first = marks.order_by(col(Report.as_of).desc(), col(Report.created_at).desc())
            last = session.exec(newest_first.limit(1)).first()
            began = row.phases[-1].started_at if row.phases else row.started_at
            found.append(_Watched(row.key, began, row.stopped_at, *(last or (None, None))))
    return found


@dataclass(frozen=True, slots=True)
class _Due:
    """An experiment that gets a new report, and the marks of what that will have seen."""

    watched: _Watched
    definition: Definition
    marks: tuple[int, ...]

    def __str__(self) -> str:
        return str(self.watched)


def _due(place: Workplace, view: View, watched: _Watched, now: datetime) -> _Due | None:
    """The experiment, where it is time for a new report and there may be something to tell."""
    key, stopped = watched.key, watched.stopped_at is not None
    if time.monotonic() < place.rests.get(key, 0.0):
        return None
    reported = watched.reported_at
    if reported is not None and not stopped and now - reported < spacing(watched.started_at, now):
        return None
    with place.database.reading() as session:
        definition = definition_of(session, key)
    marks = _marks(definition, view)
    due = place.due.get(key)
    quiet = place.marks.get(key) == marks and (due is None or now < due)
    return None if not stopped and reported is not None and quiet else _Due(watched, definition, marks)


def _refresh(place: Workplace, view: View, due: _Due, as_of: datetime, measured: Measure) -> bool:
    key, stopped = due.watched.key, due.watched.stopped_at is not None
    began = time.monotonic()
    report = analyse(due.definition, view, as_of, place.looks, measured)
    following = (report["looks"] or {}).get("next") or {}
    place.due[key] = datetime.fromisoformat(at) if (at := following.get("due_at")) else None
    place.rests[key] = time.monotonic() + REST_PER_WORK * (time.monotonic() - began)
    place.marks[key] = due.marks
    if not stopped and due.watched.data_hash == report["data_hash"]:
        return False
    with place.database.session() as session:
        save_report(session, report)
    return True


def _marks(definition: Definition, view: View) -> tuple[int, ...]:
    """The phase, how many events may concern the experiment, and how much was said of bots and rates."""
    names = {
        name
        for metric in definition.metrics.values()
        for name in (
            metric.event,
            metric.numerator.event if metric.numerator else None,
            metric.denominator.event if metric.denominator else None,
        )
    }
    if definition.form.trigger is not None:
        names.add(definition.form.trigger.event)
    names |= {each for name in names if name is not None for each in adjustments(name)}
    counts = view.manifest.conversions
    # Names beyond the lake's limit are counted together, so there any event may be one of ours.
    all_count = OTHER in counts or any(
        metric.kind == MetricKind.RETENTION for metric in definition.metrics.values()
    )
    conversions = sum(count for name, count in counts.items() if all_count or name in names)
    verdicts = definition.bots or ()
    said = len(verdicts) + sum(each.until is not None for each in verdicts)
    marked = sum(part.rows for part in view.manifest.parts if part.kind == "bots")
    exposures = view.manifest.exposures.get(definition.form.key, 0)
    rates = definition.rates or ()
    rated = len(rates) + sum(each.until is not None for each in rates)
    return definition.version, exposures, conversions, view.manifest.removals, marked, said, rated
