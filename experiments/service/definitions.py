"""Making, changing, finding and deleting experiments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, delete, func, or_, select

from assignment.errors import FieldError, ProefwerkError
from experiments.auth import Actor, Role, require
from experiments.db import lock_changes, utc_now
from experiments.definition import Definition
from experiments.documents import merge_patch
from experiments.forms import ExperimentForm
from experiments.lifecycle import (
    EDITABLE,
    STARTED,
    Status,
    check_change,
    check_phase,
    is_deviation,
    start_refusals,
)
from experiments.models import Experiment, JournalEntry, JournalKind
from experiments.publish import publish
from experiments.requests import PhaseForm
from experiments.service.audit import record
from experiments.service.journal import note
from experiments.service.lookup import find_experiment
from experiments.service.phases import grow_phase, next_phase, refuse_moves, splits_anything
from experiments.service.records import (
    READ_ONLY,
    definition,
    experiment_document,
    fill,
    form_of,
    metrics_named,
)
from experiments.service.references import check_references
from experiments.service.relations import refuse_when_needed
from experiments.validation import invalid, parse

__all__ = [
    "create_experiment",
    "definition_of",
    "delete_experiment",
    "experiment_document",
    "form_of",
    "get_experiment",
    "list_experiments",
    "update_experiment",
]


def create_experiment(session: Session, form: ExperimentForm, actor: Actor) -> Experiment:
    """A new draft.

    Raises:
        ProefwerkError: 409 when the key is taken; 422 when it refers to what is not there; 403.
    """
    require(actor, Role.MARKETER)
    lock_changes(session)
    if session.exec(select(Experiment.id).where(Experiment.key == form.key)).first() is not None:
        message = f"'{form.key}' is the key of another experiment; keys are never used twice"
        raise ProefwerkError(409, "experiment_exists", f"{message}.", (FieldError("key", message),))
    check_references(session, form)
    experiment = Experiment(
        key=form.key,
        name=form.name,
        hypothesis=form.hypothesis,
        surface=form.surface.value,
        placement=form.placement,
        hash_attribute=form.hash_attribute,
        traffic=form.traffic,
        owner=actor.name,
    )
    fill(session, experiment, form)
    session.add(experiment)
    session.flush()
    note(session, experiment, actor, JournalKind.PLAN, f"Draft '{form.name}' was made.", {"name": form.name})
    record(session, actor, "create", "experiment", form.key, None, experiment_document(experiment))
    publish(session)
    return experiment


def update_experiment(
    session: Session, key: str, changes: dict[str, Any], actor: Actor, asked: PhaseForm | None = None
) -> Experiment:
    """Changes an experiment by a JSON merge patch on its contract document.

    Before the start everything but the key may change. After it, words may; another end, and more traffic,
    larger variants or new ones where nobody moves, are recorded as deviations from the plan; another split is
    a new phase; the rest is refused.

    Args:
        asked: Whether the change may begin a new phase, and why.

    Raises:
        ProefwerkError: 404, 403; 409 for what may not change now, or would move shoppers without a new phase;
            422 for what is invalid.
    """
    require(actor, Role.MARKETER)
    lock_changes(session)
    asked = asked or PhaseForm()
    experiment = find_experiment(session, key, locked=True)
    before = experiment_document(experiment)
    planned = {name: value for name, value in before.items() if name not in READ_ONLY}
    form = parse(ExperimentForm, merge_patch(planned, _writable(before, changes)))
    if form.key != key:
        raise invalid(FieldError("key", f"'{form.key}' differs from '{key}'; a key never changes"))
    wanted = form.model_dump(mode="json", by_alias=True)
    status = Status(experiment.status)
    if asked.new_phase:
        check_phase(key, status)
    changed = check_change(key, status, planned, wanted)
    if not changed and not asked.new_phase:
        return experiment
    _check_again(session, experiment, form, changed)
    _write(session, experiment, form, planned, wanted, changed, actor, asked)
    experiment.updated_at = utc_now()
    if experiment.status == Status.SCHEDULED.value and form.start_at is None:
        experiment.status = Status.DRAFT.value
    session.flush()
    after = experiment_document(experiment)
    if not asked.new_phase:
        _tell(session, experiment, actor, before, after, changed)
    record(session, actor, "new_phase" if asked.new_phase else "update", "experiment", key, before, after)
    publish(session)
    return experiment


def get_experiment(session: Session, key: str) -> Experiment:
    """The experiment with this key, its variants with it.

    Raises:
        ProefwerkError: 404.
    """
    return find_experiment(session, key)


def list_experiments(
    session: Session,
    *,
    search: str | None = None,
    status: str | None = None,
    page: int = 1,
    per_page: int = 50,
) -> tuple[Sequence[Experiment], int]:
    """One page of the experiments, newest first, and how many there are in all.

    Args:
        search: Text that key, name or hypothesis holds, in any case of letters.
        status: Only those in this state; without it, all.
    """
    query = select(Experiment)
    if status is not None:
        query = query.where(Experiment.status == status)
    if search:
        words = search.replace("\0", "")
        columns = (Experiment.key, Experiment.name, Experiment.hypothesis)
        query = query.where(or_(*(col(column).icontains(words, autoescape=True) for column in columns)))
    total = session.exec(select(func.count()).select_from(query.subquery())).one()
    newest = query.order_by(col(Experiment.created_at).desc(), col(Experiment.id).desc())
    return session.exec(newest.offset((page - 1) * per_page).limit(per_page)).all(), total


def delete_experiment(session: Session, key: str, actor: Actor) -> None:
    """Deletes a draft, as if it had never been; the audit log keeps it.

    Raises:
        ProefwerkError: 404, 403; 409 for one that is no draft, or that others follow or build on.
    """
    require(actor, Role.MARKETER)
    lock_changes(session)
    experiment = find_experiment(session, key, locked=True)
    if experiment.status != Status.DRAFT.value:
        raise ProefwerkError(
            409,
            "not_a_draft",
            f"'{key}' is {experiment.status}; only a draft can be deleted, others are archived.",
        )
    child = session.exec(select(Experiment.key).where(Experiment.parent == key)).first()
    if child is not None:
        raise ProefwerkError(409, "has_follow_up", f"'{key}' is the parent of '{child}' and stays.")
    refuse_when_needed(session, experiment)
    record(session, actor, "delete", "experiment", key, experiment_document(experiment), None)
    session.exec(delete(JournalEntry).where(col(JournalEntry.experiment_key) == key))
    session.delete(experiment)
    publish(session)


def definition_of(session: Session, key: str, version: int | None = None) -> Definition:
    """The experiment with its metrics, detached from tables; after the start as it was frozen.

    Args:
        version: The phase; the newest if not given.

    Raises:
        ProefwerkError: 404.
    """
    return definition(session, find_experiment(session, key), version)


def _writable(before: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """The changes without fields that only show state, which a client may send back as it got them."""
    moved = [name for name in READ_ONLY if name in changes and changes[name] != before[name]]
    if moved:
        raise invalid(
            *(FieldError(name, "this field only shows the state; actions change it") for name in moved)
        )
    return {name: value for name, value in changes.items() if name not in READ_ONLY}


def _check_again(
    session: Session, experiment: Experiment, form: ExperimentForm, changed: tuple[str, ...]
) -> None:
    now = utc_now()
    started = Status(experiment.status) not in EDITABLE
    if not started or splits_anything(changed):
        kept = {"prerequisites", "holdout"} - set(changed) if started else set()
        if "fallback_attribute" in changed:
            kept.discard("holdout")
        check_references(session, form, starting=started, kept=kept)
        if experiment.status == Status.SCHEDULED.value and form.start_at is not None:
            refusals = start_refusals(form, metrics_named(session, form), now)
            if refusals:
                raise invalid(*refusals)
    elif "end_at" in changed and form.end_at is not None and form.end_at <= now:
        message = f"{form.end_at.isoformat()} is past; it must be in the future"
        raise invalid(FieldError("end_at", message))


def _write(
    session: Session,
    experiment: Experiment,
    form: ExperimentForm,
    before: dict[str, Any],
    after: dict[str, Any],
    changed: tuple[str, ...],
    actor: Actor,
    asked: PhaseForm,
) -> None:
    """Puts the form into the rows: as a new phase, as growth of the phase, or as it is."""
    if asked.new_phase:
        changes = {name: {"before": before[name], "after": after[name]} for name in changed}
        next_phase(session, experiment, form, changes, actor, utc_now(), asked)
    elif Status(experiment.status) in STARTED and splits_anything(changed):
        refuse_moves(experiment, before, after)
        grow_phase(session, experiment, form, after, utc_now())
    else:
        fill(session, experiment, form)


def _tell(
    session: Session,
    experiment: Experiment,
    actor: Actor,
    before: dict[str, Any],
    after: dict[str, Any],
    changed: tuple[str, ...],
) -> None:
    started = experiment.frozen_plan is not None
    deviations = [name for name in changed if started and is_deviation(name)]
    for kind, names in (
        (JournalKind.DEVIATION, deviations),
        (JournalKind.EDIT, [name for name in changed if name not in deviations]),
    ):
        if names:
            data = {name: {"before": before[name], "after": after[name]} for name in names}
            verb = "Departed from the plan in" if kind is JournalKind.DEVIATION else "Changed"
            note(session, experiment, actor, kind, f"{verb} {', '.join(names)}.", data)
