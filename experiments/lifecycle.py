"""What may happen to an experiment in which state, and what may change once it has started."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from assignment.errors import FieldError, ProefwerkError
from experiments.forms import ExperimentForm, MetricForm
from experiments.outcomes import highest_value, window_hours
from experiments.phases import SPLITTING
from experiments.plan import Method


class Status(StrEnum):
    """Where an experiment is in its life."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    RUNNING = "running"
    PAUSED = "paused"
    STOPPED = "stopped"
    ARCHIVED = "archived"


class Action(StrEnum):
    """What people do with an experiment."""

    START = "start"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    ARCHIVE = "archive"


EDITABLE = frozenset({Status.DRAFT, Status.SCHEDULED})
"""States in which the plan is not frozen yet."""

STARTED = frozenset({Status.RUNNING, Status.PAUSED})
"""States in which shoppers are divided."""

LIVE = frozenset({Status.DRAFT, Status.SCHEDULED, Status.RUNNING, Status.PAUSED})
"""States in which an experiment holds its slice of a layer."""

_FROM: dict[Action, frozenset[Status]] = {
    Action.START: frozenset({Status.DRAFT, Status.SCHEDULED}),
    Action.PAUSE: frozenset({Status.RUNNING}),
    Action.RESUME: frozenset({Status.PAUSED}),
    Action.STOP: frozenset({Status.RUNNING, Status.PAUSED}),
    Action.ARCHIVE: frozenset({Status.DRAFT, Status.SCHEDULED, Status.STOPPED}),
}
_WORDS = frozenset({"name", "hypothesis", "preview_url"})
_REASON_MEANING = "the plan was frozen when the experiment started; refine it to test something else"


def check_transition(key: str, status: Status, action: Action) -> None:
    """Refuses an action that does not fit the state.

    Raises:
        ProefwerkError: 409 naming the state and the states from which the action is possible.
    """
    allowed = _FROM[action]
    if status in allowed:
        return
    states = " or ".join(state.value for state in Status if state in allowed)
    raise ProefwerkError(
        409,
        "illegal_transition",
        f"'{key}' is {status.value}; '{action.value}' is possible only when it is {states}.",
        (FieldError("status", f"'{status.value}' does not allow '{action.value}'"),),
    )


def start_refusals(
    form: ExperimentForm, metrics: Mapping[str, MetricForm], now: datetime
) -> tuple[FieldError, ...]:
    """Everything that keeps a draft from starting; empty when it may start.

    Args:
        form: The experiment as defined.
        metrics: The metrics that exist, by key.
        now: The time, in UTC.
    """
    found: list[FieldError] = []
    if not form.metrics.primary:
        found.append(FieldError("metrics.primary", "no primary metric; name at least one to decide by"))
    for role, index, key in form.metrics.places():
        if key not in metrics:
            found.append(FieldError(f"metrics.{role}.{index}", f"there is no metric '{key}'"))
    if form.plan.method is Method.GROUP_SEQUENTIAL and form.plan.looks is None:
        found.append(FieldError("plan.looks", "null; a group-sequential plan needs its number of looks"))
    if form.plan.exact:
        found += _not_exact(form, metrics)
    if form.end_at is not None and form.end_at <= now:
        found.append(FieldError("end_at", f"{form.end_at.isoformat()} is past; it must be in the future"))
    return tuple(found)


def _not_exact(form: ExperimentForm, metrics: Mapping[str, MetricForm]) -> list[FieldError]:
    """Primary metrics that cannot be read without assumptions."""
    found = []
    for index, key in enumerate(form.metrics.primary):
        metric = metrics.get(key)
        if metric is None:
            continue
        place = f"metrics.primary.{index}"
        if highest_value(metric) is None:
            rule = "an exact plan needs rates, or counts and means with a cap by value"
            found.append(FieldError(place, f"'{key}' is a {metric.kind} without such a bound; {rule}"))
        elif window_hours(metric) is None:
            found.append(FieldError(place, f"'{key}' has no window; an exact plan counts closed windows"))
    return found


def check_change(
    key: str, status: Status, before: Mapping[str, Any], after: Mapping[str, Any]
) -> tuple[str, ...]:
    """The fields that differ, when the state lets them; which of them deviate, `is_deviation` says.

    Whether a change of the split moves anybody, `phases.moving` says.

    Args:
        key: The experiment's key.
        status: Its state.
        before: The contract's document as it is.
        after: The same as it would be.

    Raises:
        ProefwerkError: 409 naming the fields that may not change now.
    """
    changed = tuple(name for name in after if after[name] != before.get(name))
    if status in EDITABLE or not changed:
        return changed
    refusals = [(name, _refusal(name, status)) for name in changed]
    fields = tuple(FieldError(name, reason) for name, reason in refusals if reason is not None)
    if fields:
        names = ", ".join(f"'{field.field}'" for field in fields)
        raise ProefwerkError(
            409,
            "plan_frozen",
            f"'{key}' is {status.value}; {names} cannot change: {fields[0].message}.",
            fields,
        )
    return changed


def is_deviation(name: str) -> bool:
    """Whether a change of this field after the start departs from the registered plan."""
    return name not in _WORDS


def _refusal(name: str, status: Status) -> str | None:
    if status is Status.ARCHIVED:
        return "an archived experiment does not change"
    if name in _WORDS:
        return None
    if name != "end_at" and name not in SPLITTING:
        return _REASON_MEANING
    if status is Status.STOPPED:
        return "the experiment is stopped, so it would have no effect"
    return None


def check_phase(key: str, status: Status) -> None:
    """Refuses a new phase of what divides nobody.

    Raises:
        ProefwerkError: 409 naming the state.
    """
    if status not in STARTED:
        message = f"'{status.value}' has no phases that could follow one another; only what runs or is paused"
        raise ProefwerkError(
            409, "illegal_transition", f"'{key}': {message} has.", (FieldError("new_phase", message),)
        )
