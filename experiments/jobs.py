"""What runs in the background: plain functions, each of which may be called again at any moment."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlmodel import col, delete, select, update

from assignment.events import Rules
from experiments.analysis.loading import Imported, Progress, import_events
from experiments.analysis.reading import failed_checks
from experiments.analysis.report import analyse
from experiments.analysis.verify import Verified, check_report, verified
from experiments.baselines import refresh_baselines
from experiments.db import Database, utc_now
from experiments.lifecycle import Status
from experiments.models import AnalysisRequest, Experiment, Rehearsal
from experiments.publish import compile_snapshot
from experiments.pulling import pull_due, pull_source
from experiments.reconciliation_models import Reconciliation
from experiments.refresh import refresh_reports
from experiments.rehearsing import rehearse_now, rehearse_requested
from experiments.service import transitions
from experiments.service.analysis import check_analysable
from experiments.service.definitions import definition_of
from experiments.service.reports import newest, save_report
from experiments.stickiness import forget_ended
from experiments.waiting import answer_waiting
from experiments.watching import watch_bots, watch_days, watch_events, watch_visitors
from experiments.workplace import Workplace, compact, ship

__all__ = [
    "Workplace",
    "analyse_now",
    "apply_dates",
    "check_health",
    "compact",
    "forget_variants",
    "import_files",
    "pull_due",
    "pull_source",
    "refresh_baselines",
    "refresh_reports",
    "rehearse_now",
    "rehearse_requested",
    "reopen_requests",
    "report_verified",
    "run_requested",
    "ship",
    "verify_report",
    "watch_bots",
    "watch_days",
    "watch_events",
    "watch_visitors",
]  # fmt: skip

Document = dict[str, Any]
KEPT = timedelta(days=1)
log = logging.getLogger(__name__)


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
    place.lake.settle(as_of)
    report = place.lake.read(lambda view: analyse(definition, view, as_of, place.looks))
    with place.database.session() as session:
        save_report(session, report)
    return report


def import_files(
    place: Workplace, files: Sequence[Path], progress: Progress | None = None, refused: Path | None = None
) -> Imported:
    """Load files of events; exposures may name experiments that have been started.

    Args:
        place: Where to.
        files: Of any kind that `import_events` knows.
        progress: Is told how far each file is.
        refused: File for all refused rows; one beside each file unless given.

    Raises:
        ProefwerkError: 422 for a file that cannot be read.
    """
    with place.database.reading() as session:
        rules = Rules(compile_snapshot(session))
    return import_events(place.lake, files, rules, utc_now(), progress, refused)


def verify_report(place: Workplace, report: object) -> list[str]:
    """The `differences` of `report_verified`."""
    return report_verified(place, report).differences


def report_verified(place: Workplace, report: object) -> Verified:
    """Compute a report again from events and definitions, and name what changed.

    Raises:
        ProefwerkError: 404 without such an experiment; 422 for what is no report.
    """
    check_report(report)
    assert isinstance(report, dict)
    compact(place)
    with place.database.reading() as session:
        definition = definition_of(session, report["experiment"], _phase_of(report))
    return place.lake.read(lambda view: verified(report, definition, view))


def _phase_of(report: Document) -> int | None:
    version = report.get("version")
    return version if isinstance(version, int) and not isinstance(version, bool) else None


def run_requested(place: Workplace) -> int:
    """Do every analysis that somebody waits for; how many there were.

    One that fails leaves its reason with its request and does not keep the others from running.
    """
    return answer_waiting(
        place.database,
        AnalysisRequest,
        "analysis",
        lambda _, key: {"report_id": analyse_now(place, key)["id"]},
    )


def reopen_requests(database: Database) -> None:
    """Offer requests again that a scheduler took and did not finish before it died; forget old ones."""
    with database.session() as session:
        session.exec(delete(AnalysisRequest).where(col(AnalysisRequest.finished_at) < utc_now() - KEPT))
        for table in (AnalysisRequest, Rehearsal, Reconciliation):
            session.exec(
                update(table)
                .where(col(table.started_at).is_not(None), col(table.finished_at).is_(None))
                .values(started_at=None)
            )


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


def forget_variants(place: Workplace) -> int:
    """Forget which variants people kept in experiments that have ended; how many there were."""
    return forget_ended(place.database)


def _keys(database: Database, *states: Status) -> list[str]:
    with database.reading() as session:
        wanted = [state.value for state in states]
        query = select(Experiment.key).where(col(Experiment.status).in_(wanted)).order_by(Experiment.key)
        return list(session.exec(query))
