"""What a draft rests on before its start: events that come in, rehearsals of its measures, its seal."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from experiments.definition import freeze, plan_document
from experiments.forms import ExperimentForm, MetricForm
from experiments.models import Experiment, Rehearsal
from experiments.service.observations import EVENTS, observed
from experiments.service.records import form_of, metrics_named

_LOOKED_AT = 20
"""Newest rehearsals that are looked through for a metric."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """How one event comes in that a metric counts.

    Attributes:
        metric: Name of the metric.
        event: Name of the event.
        hour: How many came in within the hour before the count.
        last: When the last one came in; `None` for none within a week.
        as_of: When they were counted.
    """

    metric: str
    event: str
    hour: int
    last: datetime | None
    as_of: datetime


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """The newest rehearsal that has a metric.

    Attributes:
        experiment: On whose units it was.
        kept: Whether the promise may have been kept; `None` where that could not be found.
    """

    metric: str
    experiment: str
    kept: bool | None
    as_of: datetime


def arrivals(session: Session, metrics: Sequence[MetricForm]) -> tuple[Arrival, ...] | None:
    """How the events of metrics come in; `None` before anybody has counted them."""
    found = observed(session, EVENTS)
    if found is None:
        return None
    body, as_of = found
    known = {each["name"]: each for each in body["events"]}
    return tuple(
        Arrival(
            metric.name,
            event,
            known[event]["hour"] if event in known else 0,
            datetime.fromisoformat(known[event]["last"]) if event in known else None,
            as_of,
        )
        for metric in metrics
        for event in events_of(metric)
    )


def events_of(metric: MetricForm) -> tuple[str, ...]:
    """The events that a metric counts."""
    terms = [metric.event]
    terms += [term.event for term in (metric.numerator, metric.denominator) if term is not None]
    return tuple(dict.fromkeys(event for event in terms if event is not None))


def rehearsed(session: Session, metric: str) -> Rehearsed | None:
    """The newest rehearsal of any experiment that has this metric; `None` where there is none."""
    rows = session.exec(
        select(Rehearsal)
        .where(col(Rehearsal.body).is_not(None))
        .order_by(col(Rehearsal.id).desc())
        .limit(_LOOKED_AT)
    )
    for row in rows:
        document = json.loads(row.body or "{}")
        for each in document["metrics"]:
            if each["metric"] == metric:
                as_of = datetime.fromisoformat(document["as_of"])
                return Rehearsed(metric, row.experiment_key, each["kept"], as_of)
    return None


def experiment_to_rehearse(session: Session, metric: str) -> str | None:
    """An experiment that has started and is measured by this metric, on whose units it can be rehearsed."""
    rows = session.exec(
        select(Experiment)
        .where(col(Experiment.status).in_(("running", "paused")))
        .order_by(col(Experiment.started_at))
    )
    return next((row.key for row in rows if metric in row.roles.get("primary", ())), None)


def seal(session: Session, experiment: Experiment) -> str | None:
    """The hash that the plan has as it stands; `None` while it names metrics that are not there.

    What the start itself decides, the holdout that then runs and a size that nobody chose, changes it.
    """
    form: ExperimentForm = form_of(experiment)
    metrics: Mapping[str, MetricForm] = metrics_named(session, form)
    if any(key not in metrics for _, _, key in form.metrics.places()):
        return None
    return freeze(plan_document(form, metrics, experiment.version))[1]
