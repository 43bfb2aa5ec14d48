"""Whether what an experiment refers to is there and free: metrics, others, its slice of a layer."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from sqlmodel import Session, col, select

from assignment.errors import FieldError
from experiments.forms import ExperimentForm
from experiments.lifecycle import LIVE
from experiments.models import Experiment
from experiments.service.records import metrics_named
from experiments.service.relations import refused_holdout, refused_prerequisites, refused_variants
from experiments.validation import invalid


def check_references(
    session: Session, form: ExperimentForm, *, starting: bool = False, kept: Collection[str] = ()
) -> None:
    """Refuses a form that names what does not exist, or a slice that another experiment holds.

    Args:
        starting: Whether it starts, so that what it builds on must have started.
        kept: Which of `prerequisites` and `holdout` stay as they were when it started; what became of those
            that they name is no reason to refuse another change.

    Raises:
        ProefwerkError: 422 naming every field concerned.
    """
    found = (
        *_metrics(session, form),
        *_parent(session, form),
        *_layer(session, form),
        *refused_variants(session, form),
        *(() if "prerequisites" in kept else refused_prerequisites(session, form, starting=starting)),
        *(() if "holdout" in kept else refused_holdout(session, form, starting=starting)),
    )
    if found:
        raise invalid(*found)


def _metrics(session: Session, form: ExperimentForm) -> Iterator[FieldError]:
    known = metrics_named(session, form)
    for role, index, key in form.metrics.places():
        if key not in known:
            yield FieldError(f"metrics.{role}.{index}", f"there is no metric '{key}'; define it first")


def _parent(session: Session, form: ExperimentForm) -> Iterator[FieldError]:
    if form.parent is None:
        return
    if session.exec(select(Experiment.id).where(Experiment.key == form.parent)).first() is None:
        yield FieldError("parent", f"there is no experiment '{form.parent}'")


def _layer(session: Session, form: ExperimentForm) -> Iterator[FieldError]:
    if form.layer is None:
        return
    others = session.exec(
        select(Experiment)
        .where(
            Experiment.layer_name == form.layer.name,
            Experiment.key != form.key,
            col(Experiment.status).in_([status.value for status in LIVE]),
        )
        .order_by(Experiment.key)
    ).all()
    for other in others:
        start, end = other.layer_from or 0.0, other.layer_to or 0.0
        if form.layer.start < end and start < form.layer.end:
            yield FieldError(
                "layer",
                f"slice [{form.layer.start:g}, {form.layer.end:g}) of layer '{form.layer.name}' for "
                f"'{form.key}' overlaps [{start:g}, {end:g}) of '{other.key}'; slices must be disjoint",
            )
        if form.hash_attribute != other.hash_attribute:
            yield FieldError(
                "hash_attribute",
                f"'{form.hash_attribute}' differs from '{other.hash_attribute}' of '{other.key}' in layer "
                f"'{form.layer.name}'; only with one attribute do experiments in a layer exclude one another",
            )
