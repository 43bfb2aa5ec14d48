"""What runs in the background: plain functions, each of which may be called again at any moment."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import col, delete, select, update

from assignment.errors import ProefwerkError
from assignment.events import Rules
from experiments.analysis.lake import OTHER, Added, Lake, View
from experiments.analysis.loading import Imported, Progress, import_events
from experiments.analysis.reading import failed_checks
from experiments.analysis.report import analyse
from experiments.analysis.verify import check_report, verify
from experiments.db import Database, utc_now
from experiments.definition import Definition
from experiments.forms import MetricKind
from experiments.lifecycle import Status
from experiments.models import AnalysisRequest, Experiment
from experiments.publish import compile_snapshot
from experiments.service import transitions
from experiments.service.analysis import check_analysable
from experiments.service.definitions import definition_of
from experiments.service.reports import newest, save_report
from experiments.settings import Settings

Document = dict[str, Any]
LEAST_SPACING = timedelta(seconds=5)
MOST_SPACING = timedelta(minutes=5)
SPACINGS_PER_AGE = 500
# A report that takes long is made less often, so that refreshing never fills the machine.
REST_PER_WORK = 10
KEPT = timedelta(days=1)
log = logging.getLogger(__name__)


@dataclass(slots=True)
class Workplace:
    """What the jobs work on.

    Attributes:
        database: The control database.
        lake: The events.
        log_folder: Where web workers append events.
        rests: Per experiment, when its next refresh may begin, in seconds of the monotonic clock.
        marks: Per experiment, how many events its newest refresh had seen.
        alarms: Failed health checks that were told already.
    """

    database: Database
    lake: Lake
    log_folder: Path
    rests: dict[str, float] = field(default_factory=dict)
    marks: dict[str, tuple[int, int]] = field(default_factory=dict)
    alarms: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, settings: Settings, database: Database) -> Workplace:
        """The workplace that the settings describe."""
        return cls(database, Lake(Path(settings.lake_url)), settings.log_folder)


def compact(place: Workplace) -> Added:
    """Bring everything that was acknowledged into the lake."""
    return place.lake.compact(place.log_folder)


def analyse_now(place: Workplace, key: str) -> Document:
    """Analyse an experiment with all events acknowledged until now, and keep the report.

    Raises:
        ProefwerkError: 404; 409 before the start.
    """
    with place.database.reading() as session:
        check_analysable(session, key)
    as_of = utc_now()
    compact(place)
    with place.database.reading() as session:
        definition = definition_of(session, key)
    report = analyse(definition, place.lake.view(), as_of)
    with place.database.session() as session:
        save_report(session, report)
    return report


def import_files(place: Workplace, files: Sequence[Path], progress: Progress | None = None) -> Imported:
    """Load files of events; exposures may name experiments that have been started.

    Raises:
        ProefwerkError: 422 for a file that cannot be read.
    """
    with place.database.reading() as session:
        rules = Rules(compile_snapshot(session))
    return import_events(place.lake, files, rules, utc_now(), progress)


def verify_report(place: Workplace, report: object) -> list[str]:
    """Compute a report again from events and definitions; each difference in a line, none if it is right.

    Raises:
        ProefwerkError: 404 without such an experiment; 422 for what is no report.
    """
    check_report(report)
    assert isinstance(report, dict)
    compact(place)
    with place.database.reading() as session:
        definition = definition_of(session, report["experiment"])
    return verify(report, definition, place.lake.view())


def run_requested(place: Workplace) -> int:
    """Do every analysis that somebody waits for; how many there were.

    One that fails leaves its reason with its request and does not keep the others from running.
    """
    done = 0
    while (taken := _take_request(place.database)) is not None:
        ident, key = taken
        report_id, error = None, None
        try:
            report_id = analyse_now(place, key)["id"]
        except ProefwerkError as refusal:
            error = refusal.detail
        except Exception:
            log.exception("The analysis of '%s' failed", key)
            error = f"The analysis of '{key}' failed; the scheduler's log says why."
        with place.database.session() as session:
            session.exec(
                update(AnalysisRequest)
                .where(col(AnalysisRequest.id) == ident)
                .values(finished_at=utc_now(), report_id=report_id, error=error)
            )
        done += 1
    return done


def reopen_requests(database: Database) -> None:
    """Offer requests again that a scheduler took and did not finish before it died; forget old ones."""
    with database.session() as session:
        session.exec(delete(AnalysisRequest).where(col(AnalysisRequest.finished_at) < utc_now() - KEPT))
        session.exec(
            update(AnalysisRequest)
            .where(col(AnalysisRequest.started_at).is_not(None), col(AnalysisRequest.finished_at).is_(None))
            .values(started_at=None)
        )


def refresh_reports(place: Workplace) -> list[str]:
    """New reports of experiments with new events; the keys of those that got one.

    The older an experiment, the further apart its reports. Events that change no number give no new
    report. After a stop one last report is made.
    """
    as_of = utc_now()
    compact(place)
    view = place.lake.view()
    refreshed = []
    for key in _keys(place.database, Status.RUNNING, Status.PAUSED, Status.STOPPED):
        try:
            if _refresh(place, view, key, as_of):
                refreshed.append(key)
        except Exception:
            log.exception("The report of '%s' could not be refreshed", key)
    return refreshed


def apply_dates(place: Workplace) -> list[str]:
    """Start and stop what is due; the keys of the experiments that changed."""
    with place.database.session() as session:
        changed = transitions.apply_dates(session, utc_now())
    for key in changed:
        log.info("Experiment '%s' was started or stopped on its date", key)
    return changed


def check_health(place: Workplace) -> dict[str, list[str]]:
    """Failed checks in the newest report of each running experiment, by key; new ones are logged."""
    found: dict[str, list[str]] = {}
    for key in _keys(place.database, Status.RUNNING):
        with place.database.reading() as session:
            report = newest(session, key)
        failed = failed_checks(json.loads(report.body)) if report is not None else []
        if failed:
            found[key] = failed
            if place.alarms.get(key) != failed:
                log.warning("Experiment '%s' fails its health checks: %s", key, ", ".join(failed))
    place.alarms = found
    return found


def _refresh(place: Workplace, view: View, key: str, as_of: datetime) -> bool:
    with place.database.reading() as session:
        definition = definition_of(session, key)
        last = newest(session, key)
        before = (last.as_of, last.data_hash) if last is not None else None
    marks = _marks(definition, view)
    stopped = definition.stopped_at
    if before is not None:
        if stopped is not None and before[0] >= stopped:
            return False
        if stopped is None and (
            place.marks.get(key) == marks or as_of - before[0] < spacing(definition, as_of)
        ):
            return False
    if time.monotonic() < place.rests.get(key, 0.0):
        return False
    began = time.monotonic()
    report = analyse(definition, view, as_of)
    place.rests[key] = time.monotonic() + REST_PER_WORK * (time.monotonic() - began)
    place.marks[key] = marks
    if before is not None and stopped is None and before[1] == report["data_hash"]:
        return False
    with place.database.session() as session:
        save_report(session, report)
    return True


def spacing(definition: Definition, now: datetime) -> timedelta:
    """Time between two reports that nobody asked for."""
    age = now - definition.started_at if definition.started_at is not None else timedelta()
    return min(max(age / SPACINGS_PER_AGE, LEAST_SPACING), MOST_SPACING)


def _marks(definition: Definition, view: View) -> tuple[int, int]:
    """How many events the lake holds that may concern the experiment."""
    names = {
        name
        for metric in definition.metrics.values()
        for name in (
            metric.event,
            metric.numerator.event if metric.numerator else None,
            metric.denominator.event if metric.denominator else None,
        )
    }
    counts = view.manifest.conversions
    # Names beyond the lake's limit are counted together, so there any event may be one of ours.
    all_count = OTHER in counts or any(
        metric.kind == MetricKind.RETENTION for metric in definition.metrics.values()
    )
    conversions = sum(count for name, count in counts.items() if all_count or name in names)
    return view.manifest.exposures.get(definition.form.key, 0), conversions


def _keys(database: Database, *states: Status) -> list[str]:
    with database.reading() as session:
        wanted = [state.value for state in states]
        query = select(Experiment.key).where(col(Experiment.status).in_(wanted)).order_by(Experiment.key)
        return list(session.exec(query))


def _take_request(database: Database) -> tuple[int, str] | None:
    """The oldest request that nobody has begun, now begun."""
    waiting = (
        select(AnalysisRequest)
        .where(col(AnalysisRequest.started_at).is_(None), col(AnalysisRequest.finished_at).is_(None))
        .order_by(col(AnalysisRequest.id))
        .limit(1)
    )
    with database.reading() as session:
        if session.exec(waiting).first() is None:
            return None
    with database.session() as session:
        request = session.exec(waiting.with_for_update(skip_locked=True)).first()
        if request is None or request.id is None:
            return None
        request.started_at = utc_now()
        session.add(request)
        return request.id, request.experiment_key
