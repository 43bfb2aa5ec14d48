"""Definitions that the tests of this room start from."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session, col, select

from assignment.errors import ProefwerkError
from experiments.documents import merge_patch
from experiments.forms import ExperimentForm, MetricForm
from experiments.models import AuditEntry, Experiment, JournalEntry
from experiments.service.definitions import create_experiment
from experiments.service.metrics import create_metric, list_metrics
from experiments.service.transitions import start
from experiments.validation import parse
from tests.experiments.conftest import BOB

METRICS: tuple[dict[str, Any], ...] = (
    {"key": "conversion", "name": "Conversion", "kind": "proportion", "event": "order"},
    {
        "key": "revenue",
        "name": "Revenue",
        "kind": "mean",
        "event": "order",
        "unit": "EUR",
        "cap": {"value": 500},
    },
    {"key": "refunds", "name": "Refunds", "kind": "count", "event": "refund", "direction": "decrease"},
)

BAR: dict[str, Any] = {
    "key": "bar",
    "name": "Free-shipping bar",
    "hypothesis": "If we show a bar, then more people order, because they see what is missing.",
    "surface": "offer",
    "placement": "cart.banner",
    "variants": [
        {"key": "control", "name": "No bar", "weight": 0.5, "payload": {"show": False}},
        {"key": "bar", "name": "Bar at 50", "weight": 0.5, "payload": {"show": True, "threshold": 50}},
    ],
    "traffic": 0.5,
    "audience": {"country": "NL", "visits": {"$gte": 2}},
    "metrics": {"primary": ["conversion"], "secondary": ["revenue"], "guardrails": ["refunds"]},
    "segments": ["device"],
}


def document(**changes: Any) -> dict[str, Any]:
    """The example experiment, changed as a merge patch changes it; `null` takes a field away."""
    changed: dict[str, Any] = merge_patch(BAR, changes)
    return changed


def form(**changes: Any) -> ExperimentForm:
    """The same as a form."""
    return parse(ExperimentForm, document(**changes))


def add_metrics(session: Session) -> None:
    """Defines the metrics that the example names."""
    for metric in METRICS:
        create_metric(session, parse(MetricForm, metric), BOB)


def draft(session: Session, **changes: Any) -> Experiment:
    """The example as a draft, with its metrics where they are missing."""
    if list_metrics(session)[1] == 0:
        add_metrics(session)
    return create_experiment(session, form(**changes), BOB)


def running(session: Session, **changes: Any) -> Experiment:
    """The example, started."""
    experiment = draft(session, **changes)
    return start(session, experiment.key, BOB)


def journal_kinds(session: Session, key: str) -> list[str]:
    """What happened to an experiment, in order."""
    rows = session.exec(
        select(JournalEntry).where(JournalEntry.experiment_key == key).order_by(col(JournalEntry.id))
    )
    return [row.kind for row in rows]


def last_audit(session: Session) -> AuditEntry:
    """The newest entry of the audit log."""
    return session.exec(select(AuditEntry).order_by(col(AuditEntry.id).desc())).first()  # type: ignore[return-value]


def fields(error: ProefwerkError) -> list[str]:
    """Which fields an error names."""
    return [item.field for item in error.fields]
