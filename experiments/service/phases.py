"""Phases of an experiment: the first, growth inside one, and a new one in which shoppers are divided anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from assignment.errors import FieldError, ProefwerkError
from experiments.auth import Actor
from experiments.definition import freeze, plan_document
from experiments.documents import merge_patch
from experiments.forms import ExperimentForm, MetricForm
from experiments.models import Experiment, JournalKind, Phase
from experiments.participation import ExperimentRole
from experiments.phases import SPLITTING, grown, moving, new_shares, slots_document, split_of
from experiments.plan import CarryOver
from experiments.publish import rule_of
from experiments.requests import PhaseForm
from experiments.service.journal import note
from experiments.service.lookup import find_experiment
from experiments.service.planning import DEFAULT, planned_units
from experiments.service.records import fill, form_of, metrics_named
from experiments.service.relations import dependants, resolve_holdout
from experiments.validation import parse

Document = dict[str, Any]


def open_phase(
    session: Session,
    experiment: Experiment,
    form: ExperimentForm,
    metrics: Mapping[str, MetricForm],
    actor: Actor,
    now: datetime,
    reason: str = "",
) -> Document:
    """Registers the plan and begins a phase with it; the registered plan."""
    fill(session, experiment, form)
    experiment.slots = None
    plan = plan_document(form, metrics, experiment.version)
    experiment.frozen_plan, experiment.plan_hash = freeze(plan)
    phase = Phase(
        experiment_id=experiment.id or 0,
        version=experiment.version,
        started_at=now,
        splits=[split_of(rule_of(experiment), now).document()],
        frozen_plan=experiment.frozen_plan,
        plan_hash=experiment.plan_hash,
        opened_by=actor.name,
        reason=reason,
    )
    experiment.phases = [*experiment.phases, phase]
    session.flush()
    return plan


def close_phase(experiment: Experiment, now: datetime) -> None:
    """Ends the newest phase."""
    if experiment.phases:
        experiment.phases[-1].ended_at = now


def refuse_moves(experiment: Experiment, before: Document, after: Document) -> None:
    """Lets a change pass that moves nobody.

    Raises:
        ProefwerkError: 409 naming every field whose change would move shoppers, and what to do about it.
    """
    fields = moving(rule_of(experiment), before, after)
    if not fields:
        return
    reasons = "; ".join(f"{field.field}: {field.message}" for field in fields)
    raise ProefwerkError(
        409,
        "needs_new_phase",
        f"Shoppers whom '{experiment.key}' has divided would move. {reasons}. Send \"new_phase\": true to"
        f" begin phase {experiment.version + 1}: it divides all shoppers anew, and exposures until then"
        " do not count in it.",
        fields,
    )


def grow_phase(
    session: Session, experiment: Experiment, form: ExperimentForm, after: Document, now: datetime
) -> None:
    """Changes the split so that nobody moves, and keeps from when on it holds."""
    rule = grown(rule_of(experiment), after)
    fill(session, experiment, form)
    experiment.slots = slots_document(rule.slots)
    if experiment.phases:
        phase = experiment.phases[-1]
        # A new list: the database hears of no change inside the old one.
        phase.splits = [*phase.splits, split_of(rule, now).document()]


def next_phase(
    session: Session,
    experiment: Experiment,
    form: ExperimentForm,
    changes: Mapping[str, Mapping[str, Any]],
    actor: Actor,
    now: datetime,
    asked: PhaseForm,
) -> None:
    """Ends the phase and begins another under a new seed, with evidence of its own.

    Args:
        changes: By field, the values before and after.

    Raises:
        ProefwerkError: 409 for a holdout, whose units others leave alone.
    """
    if experiment.role == ExperimentRole.HOLDOUT.value:
        rule = "a holdout keeps whom it holds out; stop it and start another"
        raise ProefwerkError(
            409, "illegal_transition", f"'{experiment.key}': {rule}.", (FieldError("new_phase", rule),)
        )
    close_phase(experiment, now)
    experiment.version += 1
    held, metrics = resolve_holdout(session, form), metrics_named(session, form)
    if asked.carry_over is not None:
        form.plan.carry_over = asked.carry_over
    if form.fallback_attribute is not None:
        # The doors do so whatever is asked, since people keep what they got.
        form.plan.carry_over = CarryOver.EXCLUDE
    counted = _counted_anew(session, form, metrics, changes)
    reason = asked.phase_reason
    plan = open_phase(session, experiment, form, metrics, actor, now, reason)
    words = (
        f"Phase {experiment.version} began: all shoppers are divided anew, and exposures until now do not"
        " count. Its evidence starts from nothing, with a false-alarm rate of its own."
    )
    if changes:
        words += f" Changed: {', '.join(changes)}."
    if form.fallback_attribute is not None:
        words += " Who took part until now gets the control and no longer takes part."
    words += held + counted
    data = {
        "version": experiment.version,
        "changes": changes,
        "plan_hash": experiment.plan_hash,
        "plan": plan,
        "reason": reason,
    }
    note(session, experiment, actor, JournalKind.PHASE, f"{words} {reason}".strip(), data)
    for child, _ in dependants(session, experiment.key):
        told = f"'{experiment.key}', which this builds on, divides its shoppers anew, so others take part."
        data = {"told": "parent_divided_anew", "experiment": experiment.key}
        note(session, child, actor, JournalKind.EDIT, told, data)


def _counted_anew(
    session: Session,
    form: ExperimentForm,
    metrics: Mapping[str, MetricForm],
    changes: Mapping[str, Mapping[str, Any]],
) -> str:
    """Plans the size for other shares or variants, which nobody can enter once the plan is frozen; in words.

    The evidence of the phase is its own, so that a size chosen by what earlier phases showed costs nothing.
    """
    if "variants" not in changes or form.plan.planned_units is None or form.plan.mde is None:
        return ""
    before, after = (
        [variant["weight"] for variant in changes["variants"][side]] for side in ("before", "after")
    )
    if before == after:
        return ""
    units, why = planned_units(session, form, metrics)
    if units is None or units == form.plan.planned_units or why.startswith(DEFAULT):
        return ""
    form.plan.planned_units = units
    return f" It counts on {units} units: {why}."


def splits_anything(changed: Sequence[str]) -> bool:
    """Whether one of the fields says who takes part, and with which variant."""
    return any(name in SPLITTING for name in changed)


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a change of the split would do.

    Attributes:
        version: The phase that is running now.
        moved: Why shoppers would move, so that it needs a new phase; empty where nobody moves.
        coming: By variant, the share of all eligible units that comes to it; empty where shoppers move.
        changed: Whether anything would differ.
    """

    version: int
    moved: tuple[FieldError, ...]
    coming: dict[str, float]
    changed: bool


def foresee(session: Session, key: str, changes: Document) -> Foreseen:
    """What a merge patch of the split would do, without doing it.

    Raises:
        ProefwerkError: 404; 422 for what is invalid.
    """
    experiment = find_experiment(session, key)
    rule = rule_of(experiment)
    before = form_of(experiment).model_dump(mode="json", by_alias=True)
    after = parse(ExperimentForm, merge_patch(before, changes)).model_dump(mode="json", by_alias=True)
    moved = moving(rule, before, after)
    coming = {} if moved else new_shares(rule, grown(rule, after))
    return Foreseen(experiment.version, moved, coming, after != before)
