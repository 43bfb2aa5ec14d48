"""Between rows and the forms and documents that people see."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from assignment.errors import FieldError, ProefwerkError
from experiments.definition import CHANGEABLE, LATER, Definition, Membership, hash_of_plan
from experiments.documents import timestamp
from experiments.forms import ExperimentForm, MetricForm
from experiments.models import Experiment, Metric, Phase, Variant
from experiments.participation import ExperimentRole
from experiments.phases import Period, split_from
from experiments.service.rates import rates_of
from experiments.service.verdicts import verdicts

READ_ONLY = (
    "status",
    "version",
    "owner",
    "created_at",
    "updated_at",
    "started_at",
    "stopped_at",
    "plan_hash",
    "phases",
    "decision",
)
"""What an experiment's document has beyond its form."""


def form_of(experiment: Experiment) -> ExperimentForm:
    """The form that the rows hold."""
    layer = None
    if experiment.layer_name is not None:
        layer = {"name": experiment.layer_name, "from": experiment.layer_from, "to": experiment.layer_to}
    return ExperimentForm.model_validate(
        {
            "key": experiment.key,
            "name": experiment.name,
            "hypothesis": experiment.hypothesis,
            "surface": experiment.surface,
            "placement": experiment.placement,
            "hash_attribute": experiment.hash_attribute,
            "fallback_attribute": experiment.fallback_attribute,
            "variants": [
                variant.model_dump(include={"key", "name", "weight", "payload"})
                for variant in experiment.variants
            ],
            "traffic": experiment.traffic,
            "audience": experiment.audience,
            "layer": layer,
            "prerequisites": experiment.prerequisites or [],
            "role": experiment.role,
            "holdout": experiment.holdout,
            "preview_url": experiment.preview_url,
            "metrics": experiment.roles,
            "plan": experiment.plan,
            "trigger": experiment.trigger,
            "segments": experiment.segments,
            "parent": experiment.parent,
            "start_at": experiment.start_at,
            "end_at": experiment.end_at,
        }
    )


def fill(session: Session, experiment: Experiment, form: ExperimentForm) -> None:
    """Writes a form into the rows; the key stays as it is."""
    whole = form.model_dump(mode="json", by_alias=True)
    for name in (
        "name",
        "hypothesis",
        "surface",
        "placement",
        "hash_attribute",
        "fallback_attribute",
        "traffic",
    ):
        setattr(experiment, name, whole[name])
    for name in ("audience", "plan", "trigger", "segments", "parent", "role", "holdout", "preview_url"):
        setattr(experiment, name, whole[name])
    experiment.prerequisites = whole["prerequisites"] or None
    experiment.roles = whole["metrics"]
    experiment.layer_name = form.layer.name if form.layer else None
    experiment.layer_from = form.layer.start if form.layer else None
    experiment.layer_to = form.layer.end if form.layer else None
    experiment.start_at = form.start_at
    experiment.end_at = form.end_at
    if [_variant(variant) for variant in experiment.variants] != whole["variants"]:
        experiment.variants = []
        # Old rows must be gone before new ones take their places: positions are unique.
        session.flush()
        experiment.variants = [
            Variant(position=place, **variant) for place, variant in enumerate(whole["variants"])
        ]


def experiment_document(experiment: Experiment) -> dict[str, Any]:
    """The experiment as the contract shows it, with its state."""
    decision = None
    if experiment.decision is not None:
        decision = {
            "decision": experiment.decision,
            "variant": experiment.decision_variant,
            "note": experiment.decision_note,
        }
    return {
        **form_of(experiment).model_dump(mode="json", by_alias=True),
        "status": experiment.status,
        "version": experiment.version,
        "owner": experiment.owner,
        "created_at": timestamp(experiment.created_at),
        "updated_at": timestamp(experiment.updated_at),
        "started_at": timestamp(experiment.started_at),
        "stopped_at": timestamp(experiment.stopped_at),
        "plan_hash": experiment.plan_hash,
        "phases": [phase_document(phase) for phase in experiment.phases],
        "decision": decision,
    }


def phase_document(phase: Phase) -> dict[str, Any]:
    """The phase as the contract shows it."""
    splits = [split_from(split) for split in phase.splits]
    return {
        "version": phase.version,
        "started_at": timestamp(phase.started_at),
        "ended_at": timestamp(phase.ended_at),
        "opened_by": phase.opened_by,
        "reason": phase.reason,
        "plan_hash": phase.plan_hash,
        "splits": [
            {
                "from": timestamp(split.at),
                "traffic": split.traffic,
                "variants": [{"key": key, "weight": weight} for key, weight in split.variants],
            }
            for split in splits
        ],
    }


def metric_form(metric: Metric) -> MetricForm:
    """The form that the row holds."""
    return MetricForm.model_validate(metric.definition)


def metric_document(metric: Metric) -> dict[str, Any]:
    """The metric as the contract shows it."""
    return metric_form(metric).model_dump(mode="json")


def metrics_named(session: Session, form: ExperimentForm) -> dict[str, MetricForm]:
    """The metrics that a form names and that exist, by key."""
    keys = {key for _, _, key in form.metrics.places()}
    rows = session.exec(select(Metric).where(col(Metric.key).in_(keys)))
    return {row.key: metric_form(row) for row in rows}


def definition(session: Session, experiment: Experiment, version: int | None = None) -> Definition:
    """The experiment with its metrics: as frozen at the start, or before it as they are now.

    Args:
        version: The phase; the newest if not given.

    Raises:
        ProefwerkError: 404 for a phase that it never had.
    """
    form, seal, end = form_of(experiment), None, None
    phases = _phases_until(experiment, version)
    newest = len(phases) == len(experiment.phases)
    splits = tuple(split_from(split) for split in phases[-1].splits) if phases else ()
    if not phases:
        metrics = metrics_named(session, form)
    else:
        text = (experiment.frozen_plan if newest else None) or phases[-1].frozen_plan
        frozen = json.loads(text)
        metrics = {key: MetricForm.model_validate(document) for key, document in frozen["metrics"].items()}
        sealed = frozen["experiment"]
        end = datetime.fromisoformat(sealed["end_at"]) if sealed.get("end_at") else None
        form = _sealed(form, sealed).model_copy(update={"traffic": splits[-1].traffic})
        # Of the text itself: a seal that no longer fits what it seals must show.
        seal = hash_of_plan(text)
    return Definition(
        form=form,
        metrics=metrics,
        status=experiment.status,
        version=phases[-1].version if phases else experiment.version,
        plan_hash=seal,
        started_at=experiment.started_at,
        stopped_at=experiment.stopped_at if newest else phases[-1].ended_at,
        planned_end=end,
        bots=verdicts(session),
        members=_members(session, experiment.key) if form.role is ExperimentRole.HOLDOUT else None,
        phases=tuple(
            Period(
                phase.version,
                phase.started_at,
                phase.ended_at if phase is not phases[-1] else None,
                phase.plan_hash,
                phase.reason,
            )
            for phase in phases
        ),
        splits=splits,
        rates=rates_of(session),
    )


def _members(session: Session, holdout: str) -> tuple[Membership, ...]:
    """When which experiments belonged to a holdout, by the plan of each of their phases."""
    rows = session.exec(
        select(Experiment.key, Phase)
        .join(Phase, col(Phase.experiment_id) == Experiment.id)
        .where(col(Phase.frozen_plan).contains(holdout, autoescape=True))
        .order_by(Experiment.key, col(Phase.version))
    )
    return tuple(
        Membership(key, phase.started_at, phase.ended_at)
        for key, phase in rows
        if json.loads(phase.frozen_plan)["experiment"].get("holdout") == holdout
    )


def _phases_until(experiment: Experiment, version: int | None) -> list[Phase]:
    if version is None or not experiment.phases:
        return list(experiment.phases)
    found = [phase for phase in experiment.phases if phase.version <= version]
    if not found or found[-1].version != version:
        detail = f"'{experiment.key}' has no phase {version}; there are {len(experiment.phases)}."
        raise ProefwerkError(404, "unknown_phase", detail, (FieldError("version", detail),))
    return found


def _sealed(form: ExperimentForm, frozen: dict[str, Any]) -> ExperimentForm:
    """The form as frozen, with the parts that may change after the start as they are now."""
    live = form.model_dump(mode="json", by_alias=True)
    kept = {name: value for name, value in frozen.items() if name not in CHANGEABLE}
    return ExperimentForm.model_validate({**live, **LATER, **kept})


def _variant(variant: Variant) -> dict[str, Any]:
    return {
        "key": variant.key,
        "name": variant.name,
        "weight": variant.weight,
        "payload": variant.payload,
    }
