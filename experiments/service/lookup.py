"""Rows by the keys that people use."""

from __future__ import annotations

from sqlmodel import Session, select

from assignment.errors import ProefwerkError
from experiments.forms import KEY_PATTERN
from experiments.models import Experiment, Metric


def find_experiment(session: Session, key: str, *, locked: bool = False) -> Experiment:
    """The experiment with this key; `locked` keeps others from changing it until the end.

    Raises:
        ProefwerkError: 404.
    """
    query = select(Experiment).where(Experiment.key == key)
    found = session.exec(query.with_for_update() if locked else query).first() if _may_be(key) else None
    if found is None:
        raise ProefwerkError(404, "experiment_not_found", f"There is no experiment '{key}'.")
    return found


def find_metric(session: Session, key: str) -> Metric:
    """The metric with this key.

    Raises:
        ProefwerkError: 404.
    """
    found = session.exec(select(Metric).where(Metric.key == key)).first() if _may_be(key) else None
    if found is None:
        raise ProefwerkError(404, "metric_not_found", f"There is no metric '{key}'.")
    return found


def _may_be(key: str) -> bool:
    return KEY_PATTERN.fullmatch(key) is not None
