"""Making, changing, finding and deleting metrics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, func, or_, select

from assignment.errors import FieldError, ProefwerkError
from experiments.auth import Actor, Role, require
from experiments.db import lock_changes, utc_now
from experiments.documents import timestamp
from experiments.forms import MetricForm
from experiments.lifecycle import Status
from experiments.models import Experiment, Metric
from experiments.requests import MetricMarksForm
from experiments.service.audit import record
from experiments.service.lookup import find_metric
from experiments.service.records import metric_document, metric_form
from experiments.validation import invalid

__all__ = [
    "create_metric",
    "delete_metric",
    "get_metric",
    "list_metrics",
    "mark_metric",
    "marks_document",
    "metric_document",
    "metric_form",
    "update_metric",
    "users_of_metric",
]

_WORDS = frozenset({"name"})
HOLDING = (Status.RUNNING.value, Status.PAUSED.value)
"""States of an experiment in which its metrics keep their meaning."""


def create_metric(session: Session, form: MetricForm, actor: Actor) -> Metric:
    """A new metric.

    Raises:
        ProefwerkError: 409 when the key is taken; 403.
    """
    require(actor, Role.MARKETER)
    lock_changes(session)
    if session.exec(select(Metric.id).where(Metric.key == form.key)).first() is not None:
        message = f"'{form.key}' is the key of another metric; keys must differ"
        raise ProefwerkError(409, "metric_exists", f"{message}.", (FieldError("key", message),))
    metric = Metric(key=form.key, definition=form.model_dump(mode="json"))
    session.add(metric)
    session.flush()
    record(session, actor, "create", "metric", form.key, None, metric_document(metric))
    return metric


def update_metric(session: Session, key: str, form: MetricForm, actor: Actor) -> Metric:
    """Replaces a metric's definition; while it is being measured by, only its name may change.

    Raises:
        ProefwerkError: 404, 403; 409 naming the fields that a started experiment rests on; 422 for the key.
    """
    require(actor, Role.MARKETER)
    lock_changes(session)
    metric = find_metric(session, key)
    if form.key != key:
        raise invalid(FieldError("key", f"'{form.key}' differs from '{key}'; a key never changes"))
    before, after = metric_document(metric), form.model_dump(mode="json")
    changed = [name for name in after if after[name] != before[name]]
    if not changed:
        return metric
    _refuse_in_use(session, key, [name for name in changed if name not in _WORDS])
    metric.definition = after
    if any(name not in _WORDS for name in changed):
        # Who certified it stood for what it was.
        metric.certified_by = None
    metric.updated_at = utc_now()
    session.flush()
    record(session, actor, "update", "metric", key, before, after)
    return metric


def mark_metric(session: Session, key: str, form: MetricMarksForm, actor: Actor) -> Metric:
    """Certifies or archives a metric, or takes that back; only an admin certifies.

    Raises:
        ProefwerkError: 404, 403.
    """
    require(actor, Role.MARKETER)
    lock_changes(session)
    metric = find_metric(session, key)
    before = marks_document(metric)
    if form.certified != (metric.certified_by is not None):
        require(actor, Role.ADMIN)
        metric.certified_by = actor.name if form.certified else None
    if form.archived != (metric.archived_at is not None):
        metric.archived_at = utc_now() if form.archived else None
    after = marks_document(metric)
    if after != before:
        session.flush()
        record(session, actor, "mark", "metric", key, before, after)
    return metric


def marks_document(metric: Metric) -> dict[str, Any]:
    """What is said of the metric, as JSON."""
    return {
        "certified": metric.certified_by is not None,
        "certified_by": metric.certified_by,
        "archived": metric.archived_at is not None,
        "archived_at": timestamp(metric.archived_at),
    }


def delete_metric(session: Session, key: str, actor: Actor) -> None:
    """Deletes a metric that no experiment names, archived ones apart.

    Raises:
        ProefwerkError: 404, 403; 409 naming the experiments that use it.
    """
    require(actor, Role.MARKETER)
    lock_changes(session)
    metric = find_metric(session, key)
    users = [
        experiment.key
        for experiment in users_of_metric(session, key)
        if experiment.status != Status.ARCHIVED.value
    ]
    if users:
        raise ProefwerkError(
            409, "metric_in_use", f"Metric '{key}' is used by {', '.join(users)}; it cannot be deleted."
        )
    record(session, actor, "delete", "metric", key, metric_document(metric), None)
    session.delete(metric)
    session.flush()


def get_metric(session: Session, key: str) -> Metric:
    """The metric with this key.

    Raises:
        ProefwerkError: 404.
    """
    return find_metric(session, key)


def list_metrics(
    session: Session, *, search: str | None = None, page: int = 1, per_page: int = 200
) -> tuple[Sequence[Metric], int]:
    """One page of the metrics by key, and how many there are; `search` is looked for in the key."""
    query = select(Metric)
    if search:
        words = search.replace("\0", "")
        query = query.where(
            or_(
                col(Metric.key).icontains(words, autoescape=True),
                col(Metric.definition)["name"].as_string().icontains(words, autoescape=True),
            )
        )
    total = session.exec(select(func.count()).select_from(query.subquery())).one()
    rows = session.exec(query.order_by(Metric.key).offset((page - 1) * per_page).limit(per_page)).all()
    return rows, total


def users_of_metric(session: Session, key: str) -> list[Experiment]:
    """The experiments that name a metric in any role, by key."""
    rows = session.exec(select(Experiment).order_by(Experiment.key))
    return [row for row in rows if any(key in row.roles.get(role, ()) for role in row.roles)]


def _refuse_in_use(session: Session, key: str, changed: list[str]) -> None:
    users = [row.key for row in users_of_metric(session, key) if row.status in HOLDING]
    if users and changed:
        reason = f"it is measured by {', '.join(users)}; make a new metric to measure something else"
        raise ProefwerkError(
            409,
            "metric_in_use",
            f"Metric '{key}' cannot change its {', '.join(changed)}: {reason}.",
            tuple(FieldError(name, reason) for name in changed),
        )
