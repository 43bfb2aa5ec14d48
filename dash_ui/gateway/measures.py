"""Metrics, as the screens see them."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session, select

from dash_ui.gateway.base import Base, actor
from dash_ui.records import Metric, Person
from experiments.forms import MetricForm
from experiments.models import Experiment
from experiments.models import Metric as MetricRow
from experiments.service import metrics
from experiments.validation import parse


class Measures(Base):
    """What can be measured."""

    def metrics(self) -> tuple[Metric, ...]:
        """Every metric, by name."""
        with self._reading() as session:
            rows = session.exec(select(MetricRow)).all()
            used = _uses(session)
            found = [_metric(row.definition, used.get(row.key, 0)) for row in rows]
        return tuple(sorted(found, key=lambda metric: metric.name.casefold()))

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
        return next((metric for metric in self.metrics() if metric.key == key), None)


def _metric(document: dict[str, Any], uses: int) -> Metric:
    return Metric(
        key=document["key"],
        name=document["name"],
        kind=document["kind"],
        direction=document.get("direction", "increase"),
        unit=document.get("unit"),
        document=document,
        used_by=uses,
    )


def _uses(session: Session) -> dict[str, int]:
    counts: dict[str, int] = {}
    for roles in session.exec(select(Experiment.roles)).all():
        for keys in roles.values():
            for key in keys:
                counts[key] = counts.get(key, 0) + 1
    return counts
