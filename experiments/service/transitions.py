"""Starting, pausing, resuming, stopping and archiving experiments, by hand or on their dates."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlmodel import Session, and_, col, or_, select

from assignment.errors import FieldError, ProefwerkError
from experiments.auth import SYSTEM, Actor, Role, require
from experiments.db import lock_changes, utc_now
from experiments.documents import timestamp
from experiments.forms import ExperimentForm
from experiments.lifecycle import Action, Status, check_transition, start_refusals
from experiments.models import Experiment, JournalKind
from experiments.participation import ExperimentRole
from experiments.publish import publish
from experiments.requests import Decision, StopForm
from experiments.service.audit import record
from experiments.service.journal import note
from experiments.service.lookup import find_experiment
from experiments.service.phases import close_phase, open_phase
from experiments.service.planning import planned_units
from experiments.service.records import experiment_document, form_of, metrics_named
from experiments.service.references import check_references
from experiments.service.relations import resolve_holdout, tell_dependants
from experiments.service.reports import known_then
from experiments.validation import invalid


def start(session: Session, key: str, actor: Actor, now: datetime | None = None) -> Experiment:
    """Freezes the plan and starts; with `start_at` in the future, schedules.

    Raises:
        ProefwerkError: 404, 403; 409 in the wrong state; 422 naming what is missing.
    """
    experiment, before = _begin(session, key, actor, Action.START)
    moment = now or utc_now()
    form = form_of(experiment)
    if form.start_at is not None and form.start_at > moment:
        _schedule(session, experiment, form, actor, moment)
    else:
        _start(session, experiment, form, actor, moment)
    return _finish(session, experiment, actor, Action.START, before)


def pause(session: Session, key: str, actor: Actor) -> Experiment:
    """Gives everyone the control until it is resumed.

    Raises:
        ProefwerkError: 404, 403; 409 in the wrong state.
    """
    experiment, before = _begin(session, key, actor, Action.PAUSE)
    if experiment.role == ExperimentRole.HOLDOUT.value:
        detail = (
            f"'{key}' is a holdout; it does not pause, for it would hold out everyone or nobody. Stop it."
        )
        raise ProefwerkError(409, "illegal_transition", detail)
    experiment.status = Status.PAUSED.value
    note(session, experiment, actor, JournalKind.PAUSE, "Paused; everyone gets the control.")
    return _finish(session, experiment, actor, Action.PAUSE, before)


def resume(session: Session, key: str, actor: Actor) -> Experiment:
    """Splits traffic again, as before the pause.

    Raises:
        ProefwerkError: 404, 403; 409 in the wrong state.
    """
    experiment, before = _begin(session, key, actor, Action.RESUME)
    experiment.status = Status.RUNNING.value
    note(session, experiment, actor, JournalKind.RESUME, "Resumed with the same split.")
    return _finish(session, experiment, actor, Action.RESUME, before)


def stop(session: Session, key: str, form: StopForm, actor: Actor, now: datetime | None = None) -> Experiment:
    """Ends an experiment with a decision; one that its end date stopped is decided this way too.

    Raises:
        ProefwerkError: 404, 403; 409 in the wrong state; 422 naming `variant`.
    """
    require(actor, Role.MARKETER)
    lock_changes(session)
    experiment = find_experiment(session, key, locked=True)
    undecided = experiment.status == Status.STOPPED.value and experiment.decision is None
    if not undecided:
        check_transition(key, Status(experiment.status), Action.STOP)
    before = experiment_document(experiment)
    shipped = _shipped(experiment, form)
    if not undecided:
        experiment.status = Status.STOPPED.value
        experiment.stopped_at = now or utc_now()
        close_phase(experiment, experiment.stopped_at)
    experiment.decision = form.decision.value
    experiment.decision_variant = shipped
    experiment.decision_note = form.note
    words = f"Stopped with the decision '{form.decision.value}'"
    words += f": everyone gets '{shipped}'." if shipped else "."
    data = {
        "decision": form.decision.value,
        "variant": shipped,
        "note": form.note,
        "plan_hash": experiment.plan_hash,
        **known_then(session, key),
    }
    note(session, experiment, actor, JournalKind.DECISION, f"{words} {form.note}".strip(), data)
    return _finish(session, experiment, actor, Action.STOP, before)


def archive(session: Session, key: str, actor: Actor) -> Experiment:
    """Puts an experiment away; the doors no longer know it.

    Raises:
        ProefwerkError: 404, 403; 409 in the wrong state.
    """
    experiment, before = _begin(session, key, actor, Action.ARCHIVE)
    experiment.status = Status.ARCHIVED.value
    note(session, experiment, actor, JournalKind.ARCHIVE, "Archived.")
    return _finish(session, experiment, actor, Action.ARCHIVE, before)


def apply_dates(session: Session, now: datetime) -> list[str]:
    """Starts and stops what is due; the keys of the experiments that it changed.

    A scheduled experiment that may not start any more becomes a draft again, and its journal says why.
    One that reaches its end stops without a decision, which a person then makes.
    """
    lock_changes(session)
    running = (Status.RUNNING.value, Status.PAUSED.value)
    due = session.exec(
        select(Experiment)
        .where(
            or_(
                and_(Experiment.status == Status.SCHEDULED.value, col(Experiment.start_at) <= now),
                and_(col(Experiment.status).in_(running), col(Experiment.end_at) <= now),
            )
        )
        .order_by(Experiment.key)
        .with_for_update()
    ).all()
    for experiment in due:
        before = experiment_document(experiment)
        if experiment.status == Status.SCHEDULED.value:
            _start_on_date(session, experiment, now)
            action = Action.START
        else:
            _stop_on_date(session, experiment, now)
            action = Action.STOP
        _finish(session, experiment, SYSTEM, action, before)
    return [experiment.key for experiment in due]


def _begin(session: Session, key: str, actor: Actor, action: Action) -> tuple[Experiment, dict[str, Any]]:
    require(actor, Role.MARKETER)
    lock_changes(session)
    experiment = find_experiment(session, key, locked=True)
    check_transition(key, Status(experiment.status), action)
    return experiment, experiment_document(experiment)


def _finish(
    session: Session, experiment: Experiment, actor: Actor, action: Action, before: dict[str, Any]
) -> Experiment:
    experiment.updated_at = utc_now()
    session.flush()
    tell_dependants(session, experiment, actor, action)
    record(
        session,
        actor,
        action.value,
        "experiment",
        experiment.key,
        before,
        experiment_document(experiment),
    )
    publish(session)
    return experiment


def _check_start(session: Session, form: ExperimentForm, now: datetime) -> None:
    refusals = start_refusals(form, metrics_named(session, form), now)
    if refusals:
        raise invalid(*refusals)
    check_references(session, form, starting=True)


def _schedule(
    session: Session, experiment: Experiment, form: ExperimentForm, actor: Actor, now: datetime
) -> None:
    if experiment.status == Status.SCHEDULED.value:
        raise ProefwerkError(
            409,
            "illegal_transition",
            f"'{experiment.key}' is scheduled for {timestamp(form.start_at)} already; "
            "change start_at to start it at another time.",
            (FieldError("status", "'scheduled' does not allow 'start' before start_at"),),
        )
    _check_start(session, form, now)
    experiment.status = Status.SCHEDULED.value
    words = f"Scheduled to start at {timestamp(form.start_at)}."
    note(session, experiment, actor, JournalKind.START, words, {"scheduled_for": timestamp(form.start_at)})


def _start(
    session: Session, experiment: Experiment, form: ExperimentForm, actor: Actor, now: datetime
) -> None:
    _check_start(session, form, now)
    metrics = metrics_named(session, form)
    words = f"Started; the plan is frozen.{resolve_holdout(session, form)}"
    if form.plan.planned_units is None:
        units, why = planned_units(session, form, metrics)
        form.plan.planned_units = units
        words += f" It has no size, as {why}." if units is None else f" It counts on {units} units: {why}."
    plan = open_phase(session, experiment, form, metrics, actor, now)
    experiment.status = Status.RUNNING.value
    experiment.started_at = now
    data = {"plan_hash": experiment.plan_hash, "plan": plan}
    note(session, experiment, actor, JournalKind.START, words, data)


def _start_on_date(session: Session, experiment: Experiment, now: datetime) -> None:
    try:
        _start(session, experiment, form_of(experiment), SYSTEM, now)
    except ProefwerkError as error:
        experiment.status = Status.DRAFT.value
        words = f"Could not start on its date and is a draft again: {error.detail}"
        told = {"told": "could_not_start", "detail": error.detail}
        note(session, experiment, SYSTEM, JournalKind.EDIT, words, told)


def _stop_on_date(session: Session, experiment: Experiment, now: datetime) -> None:
    experiment.status = Status.STOPPED.value
    experiment.stopped_at = now
    close_phase(experiment, now)
    words = "Stopped on its end date; the decision is still to be made."
    note(session, experiment, SYSTEM, JournalKind.DECISION, words, {"told": "end_date"})


def _shipped(experiment: Experiment, form: StopForm) -> str | None:
    keys = [variant.key for variant in experiment.variants]
    control, treatments = keys[0], keys[1:]
    if form.variant is not None and form.variant not in keys:
        raise invalid(FieldError("variant", f"'{form.variant}' is no variant; there are {', '.join(keys)}"))
    if form.decision is not Decision.SHIP:
        if form.variant not in (None, control):
            rule = f"'{form.variant}' cannot be kept by '{form.decision.value}'; only 'ship' keeps a variant"
            raise invalid(FieldError("variant", rule))
        return None
    if form.variant is not None:
        return form.variant
    if len(treatments) > 1:
        raise invalid(FieldError("variant", f"missing; say which of {', '.join(treatments)} ships"))
    return treatments[0]
