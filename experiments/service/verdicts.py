"""What people say of bots: a unit is one or is none, a rule errs, so many events an hour are too many."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session, col, select

from assignment.errors import ProefwerkError
from experiments.auth import Actor, Role, require
from experiments.bots import Says, Subject, Verdict
from experiments.db import lock_changes, utc_now
from experiments.documents import timestamp
from experiments.models import BotVerdict
from experiments.requests import BotForm, BotLimitForm
from experiments.service.audit import record

LIMIT = "events_per_hour"


def verdicts(session: Session) -> tuple[Verdict, ...]:
    """Everything that was ever said, also what was taken back: reports of back then rest on it."""
    rows = session.exec(select(BotVerdict).order_by(col(BotVerdict.id)))
    return tuple(
        Verdict(
            subject=Subject(row.subject),
            key=row.key,
            says=Says(row.says) if row.says else None,
            limit=row.events_per_hour,
            since=row.created_at,
            until=row.ended_at,
        )
        for row in rows
    )


def standing(session: Session) -> list[BotVerdict]:
    """What holds now, newest first."""
    query = select(BotVerdict).where(col(BotVerdict.ended_at).is_(None)).order_by(col(BotVerdict.id).desc())
    return list(session.exec(query))


def judge(session: Session, form: BotForm, actor: Actor) -> BotVerdict:
    """Say of a unit that it is a bot or none, or of a rule that its bots are shoppers.

    What was said of the same before is taken back.

    Raises:
        ProefwerkError: 403.
    """
    subject, key = (Subject.UNIT, form.unit) if form.unit is not None else (Subject.RULE, form.rule)
    return _say(
        session,
        BotVerdict(
            subject=subject.value, key=key or "", says=form.says.value, note=form.note, actor=actor.name
        ),
        actor,
    )


def set_limit(session: Session, form: BotLimitForm, actor: Actor) -> BotVerdict:
    """Say how many events an hour are too many for a shopper, or that any number is fine.

    Raises:
        ProefwerkError: 403.
    """
    return _say(
        session,
        BotVerdict(
            subject=Subject.LIMIT.value, key=LIMIT, events_per_hour=form.events_per_hour, actor=actor.name
        ),
        actor,
    )


def take_back(session: Session, ident: int, actor: Actor) -> None:
    """End a verdict; reports from before keep it.

    Raises:
        ProefwerkError: 403; 404 when there is none, or it was taken back.
    """
    require(actor, Role.ANALYST)
    lock_changes(session)
    # No database has larger ones, and none can be asked for them.
    row = session.get(BotVerdict, ident) if ident < 2**31 else None
    if row is None or row.ended_at is not None:
        raise ProefwerkError(404, "verdict_not_found", f"There is no verdict {ident} that holds.")
    before = verdict_document(row)
    row.ended_at = utc_now()
    session.add(row)
    record(session, actor, "delete", "bot", row.key, before, None)


def verdict_document(row: BotVerdict) -> dict[str, Any]:
    """A verdict as the API shows it."""
    of = {Subject.UNIT.value: "unit", Subject.RULE.value: "rule"}.get(row.subject)
    said = {"says": row.says} if of else {LIMIT: row.events_per_hour}
    return {
        "id": row.id,
        **({of: row.key} if of else {}),
        **said,
        "note": row.note,
        "actor": row.actor,
        "created_at": timestamp(row.created_at),
    }


def _say(session: Session, row: BotVerdict, actor: Actor) -> BotVerdict:
    require(actor, Role.ANALYST)
    lock_changes(session)
    earlier = select(BotVerdict).where(
        BotVerdict.subject == row.subject, BotVerdict.key == row.key, col(BotVerdict.ended_at).is_(None)
    )
    before = None
    row.created_at = utc_now()
    for other in session.exec(earlier).all():
        before = verdict_document(other)
        other.ended_at = row.created_at
        session.add(other)
    session.add(row)
    session.flush()
    record(
        session,
        actor,
        "create" if before is None else "update",
        "bot",
        row.key,
        before,
        verdict_document(row),
    )
    return row
