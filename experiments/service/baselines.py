"""What a metric was like lately: from the shop's events, else from the newest report that has it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, delete, select

from experiments.analysis.baseline import FEWEST_UNITS, Baseline
from experiments.documents import canonical, timestamp
from experiments.forms import MetricForm, MetricKind
from experiments.models import Experiment, Metric, MetricBaseline, Report
from experiments.service.records import metric_form
from stats.outlook import Outcome

REPORT = "report"
_REPORTS_READ = 40


@dataclass(frozen=True, slots=True)
class Known:
    """What is known about a metric before an experiment.

    Attributes:
        source: `exposures`, `events` or `report`.
        experiment: Key of the experiment whose control it is, for a report.
        name: Name of that experiment.
        units: How many units it rests on.
        since: Start of the period; `None` for a report.
        until: End of the period, or the moment of the report.
        daily: New units per day then; `None` where that cannot be told.
        outcome: The metric's moments.
    """

    source: str
    experiment: str | None
    name: str | None
    units: int
    since: datetime | None
    until: datetime
    daily: float | None
    outcome: Outcome

    def document(self) -> dict[str, Any]:
        """As the API shows it."""
        return {
            "source": self.source,
            "experiment": self.experiment,
            "units": self.units,
            "since": timestamp(self.since),
            "until": timestamp(self.until),
            "daily": self.daily,
        }


def definition_hash(form: MetricForm) -> str:
    """Of everything that a metric's numbers depend on."""
    content = form.model_dump(mode="json", exclude={"name", "direction", "non_inferiority_margin"})
    return hashlib.sha256(canonical(content).encode()).hexdigest()


def save_baselines(
    session: Session, forms: Sequence[MetricForm], found: Mapping[str, Baseline | None], as_of: datetime
) -> None:
    """Keep the baselines of these metrics, in place of older ones; those of deleted metrics go."""
    session.exec(delete(MetricBaseline).where(col(MetricBaseline.metric_key).not_in(select(Metric.key))))
    for form in forms:
        baseline = found.get(form.key)
        body = None if baseline is None else json.loads(json.dumps(asdict(baseline), default=timestamp))
        session.merge(
            MetricBaseline(metric_key=form.key, definition_hash=definition_hash(form), as_of=as_of, body=body)
        )


def known_of(session: Session, form: MetricForm) -> Known | None:
    """The newest baseline of a metric as it is defined now, else its control in the newest report."""
    row = session.get(MetricBaseline, form.key)
    if row is not None and row.body is not None and row.definition_hash == definition_hash(form):
        return _from_events(form, row.body)
    return next(_from_reports(session, form), None)


def at_hand(session: Session) -> list[tuple[MetricForm, Known]]:
    """Every metric whose baseline the shop's events gave, in the order of their keys."""
    rows = session.exec(
        select(Metric, MetricBaseline)
        .join(MetricBaseline, col(MetricBaseline.metric_key) == col(Metric.key))
        .order_by(Metric.key)
    )
    found = []
    for metric, row in rows:
        form = metric_form(metric)
        if row.body is not None and row.definition_hash == definition_hash(form):
            found.append((form, _from_events(form, row.body)))
    return found


def _from_events(form: MetricForm, body: dict[str, Any]) -> Known:
    moments = {name: body[name] for name in ("mean", "std", "skewness", "nonzero", "left")}
    since, until = (datetime.fromisoformat(body[name]) for name in ("since", "until"))
    outcome = Outcome(form.kind.value, **moments)
    return Known(body["source"], None, None, body["units"], since, until, body["daily"], outcome)


def _from_reports(session: Session, form: MetricForm) -> Iterator[Known]:
    """The metric in the control of earlier experiments, newest report first."""
    if form.kind is MetricKind.QUANTILE:
        return
    rows = session.exec(
        select(Report, Experiment)
        .join(Experiment, col(Experiment.key) == col(Report.experiment_key))
        .order_by(col(Report.as_of).desc())
        .limit(_REPORTS_READ)
    )
    for report, experiment in rows:
        document = json.loads(report.body)
        for metric in document.get("metrics", ()):
            if metric.get("metric") == form.key and metric.get("kind") == form.kind.value:
                outcome = _outcome(metric)
                if outcome is not None:
                    units = metric["variants"][0]["units"]
                    daily = _daily(document, experiment, report.as_of)
                    name = experiment.name
                    yield Known(REPORT, experiment.key, name, units, None, report.as_of, daily, outcome)


def _outcome(metric: dict[str, Any]) -> Outcome | None:
    arms: list[dict[str, Any]] = metric.get("variants") or [{}]
    control = arms[0]
    mean, std, units = control.get("mean"), control.get("std"), control.get("units") or 0
    if not mean or not std or units < FEWEST_UNITS:
        return None
    nonzero = (control.get("events") or units) / units
    rows = metric.get("comparisons") or ()
    left = 1 - max(((row.get("variance_reduction") or 0.0) for row in rows), default=0.0)
    return Outcome(metric["kind"], float(mean), float(std), 0.0, min(nonzero, 1.0), min(max(left, 1e-6), 1.0))


def _daily(document: dict[str, Any], experiment: Experiment, as_of: datetime) -> float | None:
    if experiment.started_at is None:
        return None
    days = ((experiment.stopped_at or as_of) - experiment.started_at).total_seconds() / 86_400
    units = sum(variant.get("units") or 0 for variant in document.get("variants", ()))
    return units / days if days >= 1 and units else None
