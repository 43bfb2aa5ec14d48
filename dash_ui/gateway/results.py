"""What the result page shows and changes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from zlib import crc32

from sqlmodel import Session, col, func, select

from dash_ui.calendar_records import CalendarMark
from dash_ui.format import local
from dash_ui.gateway.base import Base, actor, refusals
from dash_ui.gateway.calendar import calendar_mark
from dash_ui.records import Person
from dash_ui.report_reader import moment, read_evidence, read_report
from dash_ui.report_records import Effect, EvidencePoint, Experiment, JournalLine, Report, Result
from dash_ui.way_records import Together
from experiments.analysis.across import Across
from experiments.analysis.reading import annotate
from experiments.analysis.scale import band_limit
from experiments.models import Experiment as ExperimentTable
from experiments.models import JournalEntry
from experiments.models import Report as ReportTable
from experiments.requests import StopForm
from experiments.service import calendar, definitions, journal, refine, reports, transitions
from experiments.service.across import across_running
from experiments.service.records import form_of, metrics_named
from experiments.significance import FORMATS, significance_file
from experiments.validation import parse

AHEAD = timedelta(days=200)


class Results(Base):
    """One experiment with its evidence, its journal and what people do about it."""

    def result(self, key: str, metric: str | None = None, variant: str | None = None) -> Result:
        """Everything on the page; the evidence is of this metric and treatment, or of the headline's.

        Raises:
            Refused: 404.
        """
        with self._reading() as session:
            row = definitions.get_experiment(session, key)
            experiment = _experiment(session, row)
            report = _report(session, experiment)
            effect = _chosen(report, metric, variant)
            points: tuple[EvidencePoint, ...] = ()
            if effect is not None:
                points = read_evidence(reports.evidence(session, key, effect.metric, effect.variant))
            lines = tuple(_line(entry) for entry in journal.journal(session, key))
            stamp = _stamp(session, row)
            marks = _calendar(session, row)
            together = _together(across_running(session), key) if experiment.status == "running" else None
        bounds = [(point.relative.lower, point.relative.upper) for point in points]
        return Result(experiment, report, effect, points, band_limit(bounds), lines, stamp, together, marks)

    def result_stamp(self, key: str) -> str:
        """Changes whenever something on the page does; cheap enough to ask every few seconds.

        Raises:
            Refused: 404.
        """
        with self._reading() as session:
            return _stamp(session, definitions.get_experiment(session, key))

    def analyse_now(self, key: str) -> None:
        """Has a new report made.

        Raises:
            Refused: 404; 503 when no scheduler is alive.
        """
        with refusals():
            self.analyse(key)

    def pause(self, person: Person, key: str) -> None:
        """Gives everyone the control.

        Raises:
            Refused: 403, 404; 409 in the wrong state.
        """
        with self._changing() as session:
            transitions.pause(session, key, actor(person))
        self.published()

    def resume(self, person: Person, key: str) -> None:
        """Splits traffic again.

        Raises:
            Refused: 403, 404; 409 in the wrong state.
        """
        with self._changing() as session:
            transitions.resume(session, key, actor(person))
        self.published()

    def stop(self, person: Person, key: str, decision: str, variant: str | None, note: str) -> None:
        """Ends the experiment with a decision.

        Raises:
            Refused: 403, 404; 409 in the wrong state; 422 naming the field.
        """
        document = {"decision": decision, "note": note}
        if decision == "ship" and variant:
            document["variant"] = variant
        with self._changing() as session:
            transitions.stop(session, key, parse(StopForm, document), actor(person))
        self.published()

    def comment(self, person: Person, key: str, text: str) -> None:
        """Adds a person's words to the journal.

        Raises:
            Refused: 404; 422 for an empty or too long text.
        """
        with self._changing() as session:
            journal.comment(session, key, text, actor(person))

    def refine(self, person: Person, key: str, finding: str | None = None) -> str:
        """Drafts the follow-up that carries the finding; its key.

        Args:
            finding: In the words of the person; without them, in English.

        Raises:
            Refused: 403, 404.
        """
        with self._changing() as session:
            return refine.refine_experiment(session, key, actor(person), finding).key

    def report_file(self, key: str, form: str, language: str) -> tuple[bytes, str]:
        """The newest report as a file: its content and media type; `form` is a key of `FORMATS`.

        Raises:
            Refused: 404 when there is no experiment or no report yet; 501 where PDF cannot be made.
        """
        with self._reading() as session:
            document = reports.newest_report(session, key)
            return significance_file(session, document, form, language), FORMATS[form]


def _experiment(session: Session, row: ExperimentTable) -> Experiment:
    document = definitions.experiment_document(row)
    metrics = metrics_named(session, form_of(row))
    children = session.exec(
        select(ExperimentTable.key).where(ExperimentTable.parent == row.key).order_by(ExperimentTable.key)
    ).all()
    return Experiment(
        key=row.key,
        name=row.name,
        hypothesis=row.hypothesis,
        surface=row.surface,
        status=row.status,
        owner=row.owner,
        version=row.version,
        plan_hash=row.plan_hash,
        created_at=row.created_at,
        started_at=row.started_at,
        stopped_at=row.stopped_at,
        document=document,
        metric_names={key: metric.name for key, metric in metrics.items()},
        decision=row.decision,
        decision_variant=row.decision_variant,
        decision_note=row.decision_note,
        parent=row.parent,
        children=tuple(children),
    )


def _report(session: Session, experiment: Experiment) -> Report | None:
    newest = _newest(session, experiment.key)
    if newest is None:
        return None
    plan = experiment.document.get("plan") or {}
    read = annotate(json.loads(newest.body), plan.get("mde"), experiment.document.get("traffic"))
    return read_report(read, experiment.metric_names)


def _newest(session: Session, key: str) -> ReportTable | None:
    return session.exec(
        select(ReportTable)
        .where(ReportTable.experiment_key == key)
        .order_by(col(ReportTable.as_of).desc(), col(ReportTable.created_at).desc())
        .limit(1)
    ).first()


def _chosen(report: Report | None, metric: str | None, variant: str | None) -> Effect | None:
    if report is None:
        return None
    for effect in report.effects:
        if effect.metric == metric and (variant is None or effect.variant == variant):
            return effect
    for effect in report.effects:
        if metric is None and effect.variant == variant:
            return effect
    return report.featured


def _together(found: Across | None, key: str) -> Together | None:
    if found is None:
        return None
    own = sorted((metric, variant) for experiment, metric, variant in found.holding if experiment == key)
    return Together(found.experiments, found.results, len(found.holding), found.alpha, tuple(own))


def _line(entry: JournalEntry) -> JournalLine:
    return JournalLine(moment(entry.at), entry.actor, entry.kind, entry.text, entry.data, entry.id or 0)


def _calendar(session: Session, row: ExperimentTable) -> tuple[CalendarMark, ...]:
    """From the start on, as far ahead as a plan reaches."""
    if row.started_at is None:
        return ()
    first = local(row.started_at).date()
    found = calendar.between(session, first, local(datetime.now(UTC)).date() + AHEAD, row.key)
    return tuple(calendar_mark(each) for each in found)


def _stamp(session: Session, row: ExperimentTable) -> str:
    entries = session.exec(
        select(func.max(JournalEntry.id)).where(JournalEntry.experiment_key == row.key)
    ).one()
    newest = session.exec(
        select(ReportTable.id)
        .where(ReportTable.experiment_key == row.key)
        .order_by(col(ReportTable.as_of).desc(), col(ReportTable.created_at).desc())
        .limit(1)
    ).first()
    # Of the calendar, what stands in it rather than when it changed: a screen asks every few seconds.
    marks = crc32(repr(_calendar(session, row)).encode())
    return f"{row.status}/{row.updated_at.isoformat()}/{newest}/{entries}/{marks}"
