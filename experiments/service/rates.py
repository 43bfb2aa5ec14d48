"""Exchange rates: entered once for a day, locked when it has begun, corrected only in the open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import groupby
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine
from sqlmodel import Session, and_, col, func, insert, or_, select

from assignment.errors import FieldError, ProefwerkError
from experiments.auth import Actor, Role, require
from experiments.db import lock_changes, utc_now
from experiments.documents import timestamp
from experiments.fact_models import ExchangeRate
from experiments.lifecycle import Status
from experiments.models import Experiment, Report
from experiments.rates import Rate
from experiments.requests import RateForm
from experiments.service.analysis import enqueue
from experiments.service.audit import record

SHOWN = 100
"""Rates that one entry of the audit log lists."""
_CHUNK = 5_000
_KNOWN: WeakKeyDictionary[Engine, tuple[object, tuple[Rate, ...]]] = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of rates that somebody sent.

    Attributes:
        added: For a day that had none.
        unchanged: As they were.
        changed: Of a day to come, put in place of another.
        corrected: Of a day that has begun, with a reason.
        refused: Those that are locked, with the place in what was sent and why.
    """

    added: int = 0
    unchanged: int = 0
    changed: int = 0
    corrected: int = 0
    refused: tuple[tuple[int, str], ...] = ()


def rates_of(session: Session) -> tuple[Rate, ...]:
    """Everything that was ever entered, also what was corrected: reports of back then rest on it.

    A process reads them again only when there are others.
    """
    row = ExchangeRate
    marks = session.exec(
        select(func.count(), func.max(row.id), func.max(row.created_at), func.max(row.ended_at))
    ).one()
    mark = tuple(marks)
    engine = session.get_bind().engine
    known = _KNOWN.get(engine)
    if known is not None and known[0] == mark:
        return known[1]
    columns = (row.base, row.currency, row.day, row.value, row.created_at, row.ended_at)
    found = tuple(Rate(*each) for each in session.exec(select(*columns).order_by(col(row.id))))  # type: ignore[call-overload]
    _KNOWN[engine] = (mark, found)
    return found


def keep_rates(session: Session, forms: Sequence[RateForm], actor: Actor, reason: str | None = None) -> Kept:
    """Enters rates; what is locked and differs is refused, unless a reason says that it is a correction.

    A rate is locked from the beginning of its UTC day on. A correction ends the earlier rate, which reports
    of before go on using, and has the reports of experiments that used it made again.

    Raises:
        ProefwerkError: 403.
    """
    require(actor, Role.MARKETER)
    lock_changes(session)
    now = utc_now()
    standing = _standing(session, forms)
    kept: dict[str, list[dict[str, Any]]] = {"added": [], "changed": [], "corrected": []}
    refused, ended, unchanged = [], [], 0
    for place, form in enumerate(forms):
        pair = (form.base, form.currency, form.day)
        earlier = standing.get(pair)
        if earlier is not None and Decimal(earlier.value) == Decimal(form.rate):
            unchanged += 1
            continue
        if earlier is not None and earlier.id is None:
            refused.append((place, f"{form.rate} is a second rate of one day, after {earlier.value}"))
            continue
        if earlier is not None and form.day <= now.date() and not reason:
            refused.append((place, locked(form, earlier.value)))
            continue
        row = ExchangeRate(
            base=form.base, currency=form.currency, day=form.day, value=form.rate, actor=actor.name,
            created_at=now, reason=(reason or "") if earlier is not None else "",
        )  # fmt: skip
        if earlier is None:
            kept["added"].append(row.model_dump(exclude={"id"}))
        else:
            locked_one = form.day <= now.date()
            kept["corrected" if locked_one else "changed"].append(row.model_dump(exclude={"id"}))
            earlier.ended_at = now
            session.add(earlier)
            ended.append((earlier, row, locked_one))
        standing[pair] = row
    _store(session, [*kept["added"], *kept["changed"], *kept["corrected"]])
    _tell(session, actor, kept["added"], ended)
    _again(session, {row[name] for row in kept["corrected"] for name in ("base", "currency")})
    return Kept(
        added=len(kept["added"]),
        unchanged=unchanged,
        changed=len(kept["changed"]),
        corrected=len(kept["corrected"]),
        refused=tuple(refused),
    )


def enter_rates(session: Session, forms: Sequence[RateForm], actor: Actor, reason: str | None = None) -> Kept:
    """The same for all or nothing.

    Raises:
        ProefwerkError: 403; 409 naming each rate that is locked.
    """
    kept = keep_rates(session, forms, actor, reason)
    if kept.refused:
        fields = tuple(FieldError(f"rates.{place}.rate", sentence) for place, sentence in kept.refused)
        raise ProefwerkError(409, "rate_locked", f"{fields[0].message}.", fields)
    return kept


def locked(form: RateForm, value: str) -> str:
    """Why a rate cannot be changed."""
    return (
        f"{form.rate} differs from {value}, the rate of {form.base} in {form.currency} on "
        f"{form.day.isoformat()}; a rate is locked once its day has begun, and changed only as a correction "
        "with a reason"
    )


def list_rates(
    session: Session,
    *,
    base: str | None = None,
    currency: str | None = None,
    since: date | None = None,
    until: date | None = None,
    page: int = 1,
    per_page: int = 50,
) -> tuple[Sequence[ExchangeRate], int]:
    """One page of the rates that stand, newest day first, and how many there are."""
    row = ExchangeRate
    query = select(row).where(col(row.ended_at).is_(None))
    for column, wanted in ((row.base, base), (row.currency, currency)):
        if wanted is not None:
            query = query.where(col(column) == wanted)
    if since is not None:
        query = query.where(col(row.day) >= since)
    if until is not None:
        query = query.where(col(row.day) <= until)
    total = session.exec(select(func.count()).select_from(query.subquery())).one()
    newest = query.order_by(col(row.day).desc(), col(row.base), col(row.currency))
    return session.exec(newest.offset((page - 1) * per_page).limit(per_page)).all(), total


def latest_rates(session: Session) -> Sequence[ExchangeRate]:
    """The rate of the newest day of each pair of currencies."""
    row = ExchangeRate
    standing = col(row.ended_at).is_(None)
    newest = (
        select(row.base, row.currency, func.max(row.day).label("day"))
        .where(standing)
        .group_by(col(row.base), col(row.currency))
        .subquery()
    )
    pair = and_(
        col(row.base) == newest.c.base, col(row.currency) == newest.c.currency, col(row.day) == newest.c.day
    )
    query = select(row).join(newest, pair).where(standing)
    return session.exec(query.order_by(col(row.base), col(row.currency))).all()


def rate_document(row: ExchangeRate, now: datetime | None = None) -> dict[str, Any]:
    """A rate as the API shows it."""
    return {
        "base": row.base,
        "currency": row.currency,
        "day": row.day.isoformat(),
        "rate": row.value,
        "locked": row.day <= (now or datetime.now(UTC)).date(),
        "actor": row.actor,
        "created_at": timestamp(row.created_at),
        "reason": row.reason,
    }


def _standing(session: Session, forms: Sequence[RateForm]) -> dict[tuple[str, str, date], ExchangeRate]:
    """The rates that stand for the pairs of currencies and the span of days that somebody sent."""
    found = {}
    for pair, group in _pairs(forms):
        days = [form.day for form in group]
        query = select(ExchangeRate).where(
            ExchangeRate.base == pair[0],
            ExchangeRate.currency == pair[1],
            col(ExchangeRate.day).between(min(days), max(days)),
            col(ExchangeRate.ended_at).is_(None),
        )
        found.update({(*pair, row.day): row for row in session.exec(query)})
    return found


def _pairs(forms: Sequence[RateForm]) -> Iterator[tuple[tuple[str, str], list[RateForm]]]:
    def pair(form: RateForm) -> tuple[str, str]:
        return form.base, form.currency

    for key, group in groupby(sorted(forms, key=pair), key=pair):
        yield key, list(group)


def _store(session: Session, rows: list[dict[str, Any]]) -> None:
    session.flush()
    for first in range(0, len(rows), _CHUNK):
        session.connection().execute(insert(ExchangeRate), rows[first : first + _CHUNK])


def _tell(
    session: Session,
    actor: Actor,
    added: list[dict[str, Any]],
    ended: list[tuple[ExchangeRate, ExchangeRate, bool]],
) -> None:
    """One entry for all that are new, and one for each that takes the place of another."""
    if added:
        days = [row["day"].isoformat() for row in added]
        listed = [f"{row['base']} {row['currency']} {row['day']} {row['value']}" for row in added[:SHOWN]]
        after = {"count": len(added), "first_day": min(days), "last_day": max(days), "rates": listed}
        record(session, actor, "create", "rate", added[0]["base"], None, after)
    for earlier, row, is_correction in ended:
        key = f"{row.base} {row.currency} {row.day.isoformat()}"
        action = "correct" if is_correction else "update"
        record(session, actor, action, "rate", key, rate_document(earlier), rate_document(row))


def _again(session: Session, currencies: set[str]) -> None:
    """Have reports made again of experiments that have stopped; those that run are watched anyway."""
    if not currencies:
        return
    stopped = select(Experiment.key).where(Experiment.status == Status.STOPPED.value).order_by(Experiment.key)
    for key in session.exec(stopped).all():
        newest = (
            select(Report.id)
            .where(Report.experiment_key == key)
            .where(or_(*(col(Report.body).contains(f'"{name}"') for name in sorted(currencies))))
        )
        if session.exec(newest.limit(1)).first() is not None:
            enqueue(session, key)
