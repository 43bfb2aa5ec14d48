"""The story of an experiment: plans, starts, deviations, comments, decisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlmodel import Session, col, select

from assignment.errors import FieldError, ProefwerkError
from experiments.auth import Actor, Role, require
from experiments.documents import timestamp
from experiments.models import Experiment, JournalEntry, JournalKind
from experiments.service.audit import record
from experiments.service.lookup import find_experiment

MAX_COMMENT = 4000


def note(
    session: Session,
    experiment: Experiment,
    actor: Actor,
    kind: JournalKind,
    text: str,
    data: dict[str, Any] | None = None,
) -> JournalEntry:
    """Adds an entry to an experiment's journal, in the transaction of what it tells."""
    entry = JournalEntry(
        experiment_key=experiment.key, actor=actor.name, kind=kind.value, text=text, data=data
    )
    session.add(entry)
    return entry


def journal(session: Session, key: str) -> Sequence[JournalEntry]:
    """The journal of an experiment, oldest first.

    Raises:
        ProefwerkError: 404 for an unknown experiment.
    """
    experiment = find_experiment(session, key)
    return session.exec(
        select(JournalEntry)
        .where(JournalEntry.experiment_key == experiment.key)
        .order_by(col(JournalEntry.at), col(JournalEntry.id))
    ).all()


def comment(session: Session, key: str, text: str, actor: Actor) -> JournalEntry:
    """Adds somebody's words to an experiment's journal.

    Raises:
        ProefwerkError: 404 for an unknown experiment; 422 for an empty or too long text.
    """
    require(actor, Role.ANALYST)
    experiment = find_experiment(session, key)
    words = text.strip()
    if not words or len(words) > MAX_COMMENT or "\0" in words:
        message = f"The comment has {len(words)} characters; it needs 1 to {MAX_COMMENT}, none of them NUL."
        raise ProefwerkError(422, "invalid", message, (FieldError("text", message),))
    entry = note(session, experiment, actor, JournalKind.COMMENT, words)
    record(session, actor, "comment", "experiment", experiment.key, None, {"text": words})
    return entry


def journal_document(entry: JournalEntry) -> dict[str, Any]:
    """The entry as JSON."""
    return {
        "at": timestamp(entry.at),
        "actor": entry.actor,
        "kind": entry.kind,
        "text": entry.text,
        "data": entry.data,
    }
