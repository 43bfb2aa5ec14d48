"""How experiments build on one another and on the holdout: checked, resolved at the start, and told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sqlmodel import Session, col, select

from assignment.errors import FieldError, ProefwerkError
from experiments.auth import Actor
from experiments.forms import ExperimentForm
from experiments.lifecycle import LIVE, Action, Status
from experiments.models import Experiment, JournalKind
from experiments.participation import ExperimentRole, PrerequisiteForm
from experiments.service.journal import note

_STARTED = (Status.RUNNING.value, Status.PAUSED.value)


def refused_prerequisites(session: Session, form: ExperimentForm, *, starting: bool) -> Iterator[FieldError]:
    """Every prerequisite that names what is not there, lets nobody in, or leads back to the experiment.

    Args:
        starting: Whether the experiment starts, so that a draft to build on is not enough.
    """
    for index, item in enumerate(form.prerequisites):
        place = f"prerequisites.{index}"
        parent = _find(session, item.experiment)
        if parent is None:
            yield FieldError(f"{place}.experiment", f"there is no experiment '{item.experiment}'")
            continue
        keys = [variant.key for variant in parent.variants]
        for number, variant in enumerate(item.variants):
            if variant not in keys:
                message = f"'{parent.key}' has no variant '{variant}'; there are {', '.join(keys)}"
                yield FieldError(f"{place}.variants.{number}", message)
        reason = _lets_nobody_in(parent, item, starting)
        if reason is not None:
            yield FieldError(f"{place}.experiment", reason)
        cycle = _path_to(session, parent, form.key, (form.key, parent.key))
        if cycle:
            chain = " -> ".join(f"'{key}'" for key in cycle)
            yield FieldError(f"{place}.experiment", f"experiments would build on one another: {chain}")


def refused_variants(session: Session, form: ExperimentForm) -> Iterator[FieldError]:
    """Variants that others build on and that the form no longer has."""
    keys = {variant.key for variant in form.variants}
    for child, variants in dependants(session, form.key):
        for variant in variants:
            if variant not in keys:
                yield FieldError("variants", f"'{child.key}' builds on variant '{variant}', so it must stay")


def refused_holdout(session: Session, form: ExperimentForm, *, starting: bool) -> Iterator[FieldError]:
    """A holdout that is none or does not run, or that would be the second of its attribute."""
    if isinstance(form.holdout, str):
        named = _find(session, form.holdout)
        if named is None or named.role != ExperimentRole.HOLDOUT.value:
            yield FieldError("holdout", f"there is no holdout '{form.holdout}'")
        elif starting and named.status != Status.RUNNING.value:
            rule = "leave it null to belong to the one that runs, or false for none"
            yield FieldError("holdout", f"'{form.holdout}' is {named.status}, so it holds nobody out; {rule}")
    if starting and form.fallback_attribute is not None and form.holdout is not False:
        holdout = form.holdout or running_holdout(session, form.hash_attribute)
        if holdout is not None:
            key = holdout if isinstance(holdout, str) else holdout.key
            message = (
                f"'{key}' keeps out who lacks the attribute that it is drawn by, so 'fallback_attribute'"
            )
            yield FieldError("holdout", f"{message} would let nobody in; say false, or leave that out")
    if starting and form.role is ExperimentRole.HOLDOUT:
        other = running_holdout(session, form.hash_attribute)
        if other is not None and other.key != form.key:
            message = f"'{other.key}' holds out by '{form.hash_attribute}' already; stop it first"
            yield FieldError("role", message)


def running_holdout(session: Session, hash_attribute: str) -> Experiment | None:
    """The holdout that runs now for units of this attribute."""
    return session.exec(
        select(Experiment).where(
            Experiment.role == ExperimentRole.HOLDOUT.value,
            Experiment.status == Status.RUNNING.value,
            Experiment.hash_attribute == hash_attribute,
        )
    ).first()


def resolve_holdout(session: Session, form: ExperimentForm) -> str:
    """Makes an experiment that starts belong to the running holdout, unless it stays out; in words.

    In a new phase too: a holdout that has ended since the last one gives way to the one that runs now.
    """
    if form.role is ExperimentRole.HOLDOUT:
        started = select(Experiment.key).where(
            col(Experiment.status).in_(_STARTED), Experiment.role == ExperimentRole.EXPERIMENT.value
        )
        before = session.exec(started.order_by(Experiment.key)).all()
        named = ", ".join(f"'{key}'" for key in before)
        return f" It holds nobody out of what started before: {named}." if before else ""
    chosen = _find(session, form.holdout) if form.holdout else None
    stays_out = form.holdout is False or form.fallback_attribute is not None
    if not stays_out and (chosen is None or chosen.status != Status.RUNNING.value):
        found = running_holdout(session, form.hash_attribute)
        form.holdout = found.key if found is not None else None
    return f" It leaves alone whom '{form.holdout}' holds out." if form.holdout else ""


def dependants(session: Session, key: str) -> list[tuple[Experiment, Sequence[str]]]:
    """The experiments in use that build on this one, each with the variants that it asks for."""
    rows = session.exec(
        select(Experiment)
        .where(
            col(Experiment.prerequisites).is_not(None),
            col(Experiment.status).in_([status.value for status in LIVE]),
        )
        .order_by(Experiment.key)
    )
    return [
        (row, item["variants"])
        for row in rows
        for item in row.prerequisites or ()
        if item["experiment"] == key
    ]


def members(session: Session, holdout: str) -> list[Experiment]:
    """The experiments that belong to a holdout, whatever their state, ordered by key."""
    rows = session.exec(
        select(Experiment).where(col(Experiment.holdout).is_not(None)).order_by(Experiment.key)
    )
    return [row for row in rows if row.holdout == holdout]


def refuse_when_needed(session: Session, experiment: Experiment) -> None:
    """Keeps an experiment that others name from being deleted.

    Raises:
        ProefwerkError: 409 naming the other.
    """
    needing = [child.key for child, _ in dependants(session, experiment.key)]
    needing += [row.key for row in members(session, experiment.key)]
    if needing:
        detail = f"'{needing[0]}' builds on '{experiment.key}', so that stays; change '{needing[0]}' first."
        raise ProefwerkError(409, "has_dependants", detail)


def tell_dependants(session: Session, experiment: Experiment, actor: Actor, action: Action) -> None:
    """Tells in the journals of others what an action means for who takes part in them."""
    if experiment.role == ExperimentRole.HOLDOUT.value:
        if action is Action.STOP:
            words = f"The holdout '{experiment.key}' ended; whom it held out may take part from now on."
            for row in members(session, experiment.key):
                data = {"told": "holdout_ended", "experiment": experiment.key}
                note(session, row, actor, JournalKind.EDIT, words, data)
        return
    for child, variants in dependants(session, experiment.key):
        words = f"'{experiment.key}', which this builds on, {_meaning(experiment, variants)}."
        data = {"told": "parent_changed", "experiment": experiment.key, "status": experiment.status}
        note(session, child, actor, JournalKind.EDIT, words, data)
    if action is Action.ARCHIVE and experiment.decision_variant and experiment.holdout:
        holdout = _find(session, experiment.holdout)
        if holdout is not None and holdout.status == Status.RUNNING.value:
            words = (
                f"'{experiment.key}' was archived, so the doors no longer keep its winner "
                f"'{experiment.decision_variant}' from those held out."
            )
            data = {"told": "winner_let_in", "experiment": experiment.key}
            note(session, holdout, actor, JournalKind.EDIT, words, data)


def _meaning(parent: Experiment, variants: Sequence[str]) -> str:
    status = Status(parent.status)
    if status is Status.RUNNING:
        return f"runs: who takes part in it with {_listed(variants)} may take part"
    if status in (Status.STOPPED, Status.ARCHIVED) and _shipped(parent) in variants:
        return (
            f"is {status.value} and gave everyone '{parent.decision_variant}', so all of them may take part"
        )
    return f"is {status.value}, so nobody takes part now"


def _lets_nobody_in(parent: Experiment, item: PrerequisiteForm, starting: bool) -> str | None:
    if parent.role == ExperimentRole.HOLDOUT.value:
        return f"'{parent.key}' is a holdout; whether to belong to it is said in 'holdout'"
    if parent.fallback_attribute is not None:
        return f"'{parent.key}' has a fallback_attribute: what it remembers of people no rule can follow"
    status = Status(parent.status)
    if status in (Status.STOPPED, Status.ARCHIVED) and _shipped(parent) not in item.variants:
        return f"'{parent.key}' is {status.value} and shipped none of these variants, so nobody takes part"
    if starting and status is Status.DRAFT:
        return f"'{parent.key}' is a draft, so nobody takes part in it; start it first"
    return None


def _path_to(session: Session, parent: Experiment, key: str, path: tuple[str, ...]) -> tuple[str, ...] | None:
    """The way from an experiment back to `key` by what each builds on."""
    for item in parent.prerequisites or ():
        name = item["experiment"]
        if name == key:
            return (*path, key)
        above = _find(session, name) if name not in path else None
        found = _path_to(session, above, key, (*path, name)) if above is not None else None
        if found:
            return found
    return None


def _shipped(experiment: Experiment) -> str | None:
    return experiment.decision_variant if experiment.decision == "ship" else None


def _listed(keys: Sequence[str]) -> str:
    return " or ".join(f"'{key}'" for key in keys)


def _find(session: Session, key: str) -> Experiment | None:
    return session.exec(select(Experiment).where(Experiment.key == key)).first()
