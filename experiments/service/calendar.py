"""The shop's calendar: what people and release tools write down, and what lies between two days."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from sqlmodel import Session, and_, col, or_, select

from assignment.errors import FieldError, ProefwerkError
from experiments.auth import Actor, Role, require
from experiments.calendar_models import CalendarEntry
from experiments.db import lock_changes
from experiments.documents import timestamp
from experiments.models import Experiment
from experiments.requests import CalendarForm
from experiments.service.audit import record
from experiments.validation import invalid

_LARGEST = 2**31
"""No database has larger numbers of rows."""


def add(session: Session, form: CalendarForm, actor: Actor) -> tuple[CalendarEntry, bool]:
    """Writes something down; what stands there already, as a tool that tries again sends it, stays one entry.

    Returns:
        The entry, and whether it is new.

    Raises:
        ProefwerkError: 403; 422 for an experiment that is not there.
    """
    _allow(actor, form.experiment)
    lock_changes(session)
    _check(session, form)
    entry = CalendarEntry(**_columns(form), actor=actor.name)
    same = select(CalendarEntry).where(
        CalendarEntry.kind == entry.kind,
        CalendarEntry.name == entry.name,
        CalendarEntry.starts_on == entry.starts_on,
        CalendarEntry.ends_on == entry.ends_on,
        col(CalendarEntry.experiment_key).is_(None)
        if entry.experiment_key is None
        else col(CalendarEntry.experiment_key) == entry.experiment_key,
    )
    known = session.exec(same).first()
    if known is not None:
        return known, False
    session.add(entry)
    session.flush()
    record(session, actor, "create", "calendar", str(entry.id), None, entry_document(entry))
    return entry, True


def change(session: Session, ident: int, form: CalendarForm, actor: Actor) -> CalendarEntry:
    """Puts something else in an entry's place.

    Raises:
        ProefwerkError: 403, 404; 422 for an experiment that is not there.
    """
    lock_changes(session)
    entry = find(session, ident)
    _allow(actor, entry.experiment_key)
    _allow(actor, form.experiment)
    _check(session, form)
    before = entry_document(entry)
    for name, value in _columns(form).items():
        setattr(entry, name, value)
    session.add(entry)
    session.flush()
    if entry_document(entry) != before:
        record(session, actor, "update", "calendar", str(ident), before, entry_document(entry))
    return entry


def remove(session: Session, ident: int, actor: Actor) -> None:
    """Takes an entry out; the audit log keeps it.

    Raises:
        ProefwerkError: 403, 404.
    """
    lock_changes(session)
    entry = find(session, ident)
    _allow(actor, entry.experiment_key)
    record(session, actor, "delete", "calendar", str(ident), entry_document(entry), None)
    session.delete(entry)


def find(session: Session, ident: int) -> CalendarEntry:
    """The entry with this number.

    Raises:
        ProefwerkError: 404.
    """
    entry = session.get(CalendarEntry, ident) if ident < _LARGEST else None
    if entry is None:
        raise ProefwerkError(404, "calendar_entry_not_found", f"There is no entry {ident} in the calendar.")
    return entry


def between(
    session: Session,
    first: date,
    last: date,
    experiment_key: str | None = None,
    *,
    every_experiment: bool = False,
) -> Sequence[CalendarEntry]:
    """What touches any of the days, both ends included, by first day.

    Args:
        experiment_key: Also what concerns this experiment alone; without it, the whole shop's entries.
        every_experiment: Also what concerns any one experiment.
    """
    query = select(CalendarEntry).where(
        and_(col(CalendarEntry.starts_on) <= last, col(CalendarEntry.ends_on) >= first)
    )
    if not every_experiment:
        whole = col(CalendarEntry.experiment_key).is_(None)
        own = col(CalendarEntry.experiment_key) == experiment_key
        query = query.where(whole if experiment_key is None else or_(whole, own))
    return session.exec(query.order_by(col(CalendarEntry.starts_on), col(CalendarEntry.id))).all()


def entry_document(entry: CalendarEntry) -> dict[str, Any]:
    """The entry as JSON."""
    return {
        "id": entry.id,
        "kind": entry.kind,
        "name": entry.name,
        "starts_on": entry.starts_on.isoformat(),
        "ends_on": entry.ends_on.isoformat(),
        "experiment": entry.experiment_key,
        "factor": entry.factor,
        "actor": entry.actor,
        "created_at": timestamp(entry.created_at),
    }


def _allow(actor: Actor, experiment: str | None) -> None:
    """Who reads an experiment may explain its curve; what concerns the shop is its marketers'."""
    require(actor, Role.MARKETER if experiment is None else Role.ANALYST)


def _columns(form: CalendarForm) -> dict[str, Any]:
    return {
        "kind": form.kind.value,
        "name": form.name,
        "starts_on": form.starts_on,
        "ends_on": form.last,
        "experiment_key": form.experiment,
        "factor": form.factor,
    }


def _check(session: Session, form: CalendarForm) -> None:
    if form.experiment is None:
        return
    if session.exec(select(Experiment.id).where(Experiment.key == form.experiment)).first() is None:
        raise invalid(FieldError("experiment", f"there is no experiment '{form.experiment}'"))
