"""Metrics, as the screens see them."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session, col, func, select

from dash_ui.audit_records import AuditLine
from dash_ui.gateway.audit import audit_line
from dash_ui.gateway.base import Base, actor, names_of_people
from dash_ui.gateway.lately import lately
from dash_ui.metric_records import MetricLately, MetricUse
from dash_ui.records import Baseline, Metric, Person
from experiments.forms import MetricForm
from experiments.models import AuditEntry, Experiment
from experiments.models import Metric as MetricRow
from experiments.requests import MetricMarksForm
from experiments.service import metrics
from experiments.service.audit import AuditFilter, list_entries
from experiments.service.baselines import Known, at_hand
from experiments.service.observations import DAYS, observed
from experiments.validation import parse

_HISTORY = 100


class Measures(Base):
    """What can be measured."""

    def metrics(self, *, archived: bool = False) -> tuple[Metric, ...]:
        """Every metric that is offered, by name; the archived ones too when asked."""
        with self._reading() as session:
            rows = session.exec(select(MetricRow)).all()
            found = _metrics(session, [row for row in rows if archived or row.archived_at is None])
        return tuple(sorted(found, key=lambda metric: (metric.archived, metric.name.casefold())))

    def mark_metric(self, person: Person, key: str, *, certified: bool, archived: bool) -> None:
        """Certifies or archives a metric, or takes that back.

        Raises:
            Refused: 403, 404.
        """
        with self._changing() as session:
            form = MetricMarksForm(certified=certified, archived=archived)
            metrics.mark_metric(session, key, form, actor(person))

    def baselines(self) -> dict[str, Baseline]:
        """What the shop's metrics were lately, by key; only of those that its events gave."""
        with self._reading() as session:
            return {form.key: _baseline(known) for form, known in at_hand(session)}

    def metric_lately(self, document: dict[str, Any]) -> MetricLately | None:
        """What a definition, also one that is not saved, gives for the shop's events of the last days.

        Windows and caps are left out; `None` before the shop's events were summed up.
        """
        with self._reading() as session:
            found = observed(session, DAYS)
        return None if found is None else lately(document, found[0])

    def metric_history(self, key: str) -> tuple[AuditLine, ...]:
        """Every change of a metric, newest first."""
        with self._reading() as session:
            wanted = AuditFilter(object_kind="metric", object_key=key)
            rows, _total = list_entries(session, wanted, per_page=_HISTORY)
            names = names_of_people(session)
            return tuple(audit_line(row, names) for row in rows)

    def save_metric(self, person: Person, document: dict[str, Any], key: str | None) -> None:
        """Makes a metric, or gives the one with this key another definition.

        Raises:
            Refused: 409 when the key is taken or a running experiment rests on it; 422 naming fields.
        """
        with self._changing() as session:
            form = parse(MetricForm, document)
            if key is None:
                metrics.create_metric(session, form, actor(person))
            else:
                metrics.update_metric(session, key, form, actor(person))

    def delete_metric(self, person: Person, key: str) -> None:
        """Deletes a metric that no experiment names.

        Raises:
            Refused: 404; 409 naming the experiments that use it.
        """
        with self._changing() as session:
            metrics.delete_metric(session, key, actor(person))

    def metric(self, key: str) -> Metric | None:
        """The metric with this key."""
        return next((metric for metric in self.metrics(archived=True) if metric.key == key), None)


def _metrics(session: Session, rows: list[MetricRow]) -> list[Metric]:
    uses, names, changed = _uses(session), names_of_people(session), _changed(session)
    return [
        Metric(
            key=row.key,
            name=row.definition["name"],
            kind=row.definition["kind"],
            direction=row.definition.get("direction", "increase"),
            unit=row.definition.get("unit"),
            document=row.definition,
            used_by=len({use.key for use in uses.get(row.key, ())}),
            uses=tuple(uses.get(row.key, ())),
            certified_by=row.certified_by and (names.get(row.certified_by) or row.certified_by),
            archived=row.archived_at is not None,
            changed_at=row.updated_at,
            changed_by=names.get(changed.get(row.key, "")) or changed.get(row.key, ""),
        )
        for row in rows
    ]


def _changed(session: Session) -> dict[str, str]:
    """Who last changed each metric."""
    newest = (
        select(func.max(AuditEntry.id))
        .where(AuditEntry.object_kind == "metric")
        .group_by(col(AuditEntry.object_key))
    )
    rows = session.exec(
        select(AuditEntry.object_key, AuditEntry.actor).where(col(AuditEntry.id).in_(newest))
    ).all()
    return dict(rows)


def _uses(session: Session) -> dict[str, list[MetricUse]]:
    found: dict[str, list[MetricUse]] = {}
    rows = session.exec(
        select(Experiment.key, Experiment.name, Experiment.status, Experiment.roles).order_by(Experiment.name)
    ).all()
    for key, name, status, roles in rows:
        for role, keys in roles.items():
            for metric in keys:
                use = MetricUse(key, name, status, role, status in metrics.HOLDING)
                found.setdefault(metric, []).append(use)
    return found


def _baseline(known: Known) -> Baseline:
    outcome = known.outcome
    return Baseline(outcome.mean, outcome.std, known.name, known.units, known.since, known.until, known.daily)
