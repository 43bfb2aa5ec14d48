"""Sources as people declare and see them, and what the pulls leave behind."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlmodel import Session, col, delete, func, select

from assignment.errors import FieldError, ProefwerkError
from experiments.auth import Actor, Role, require
from experiments.db import lock_changes, utc_now
from experiments.documents import timestamp
from experiments.fact_models import Source, SourceRefusal
from experiments.service.audit import record
from experiments.sources.forms import SourceForm
from experiments.validation import invalid, parse

Document = dict[str, Any]
SHOWN = 50
"""Refused rows that a source's document lists."""
ASKED_AGAIN = 1_000
MOST_REFUSED = 10_000
"""With so many refused rows a source is declared wrongly, and its pull stops."""
_READING = (
    "kind", "url", "url_variable", "orders", "refunds", "refund_time", "currency", "time_zone", "since",
)  # fmt: skip
"""What decides what rows say: where it changes, all rows are read again."""


def create_source(session: Session, form: SourceForm, actor: Actor) -> Source:
    """A new source; it is pulled soon.

    Raises:
        ProefwerkError: 403; 409 when the key is taken.
    """
    require(actor, Role.ADMIN)
    lock_changes(session)
    if session.exec(select(Source.id).where(Source.key == form.key)).first() is not None:
        message = f"'{form.key}' is the key of another source; keys must differ"
        raise ProefwerkError(409, "source_exists", f"{message}.", (FieldError("key", message),))
    source = Source(key=form.key, definition=form.model_dump(mode="json"), actor=actor.name)
    session.add(source)
    session.flush()
    record(session, actor, "create", "source", form.key, None, source.definition)
    return source


def update_source(session: Session, key: str, form: SourceForm, actor: Actor) -> Source:
    """Declares a source anew; where rows may say something else now, all are read again.

    Raises:
        ProefwerkError: 403, 404; 409 for another event once there are some; 422 for another key.
    """
    require(actor, Role.ADMIN)
    lock_changes(session)
    source = find_source(session, key)
    if form.key != key:
        raise invalid(FieldError("key", f"'{form.key}' differs from '{key}'; a key never changes"))
    before, after = dict(source.definition), form.model_dump(mode="json")
    if before["event"] != after["event"] and source.counts.get("total", {}).get("events"):
        message = (
            f"events named '{before['event']}' were pulled already; make another source for '{form.event}'"
        )
        raise ProefwerkError(409, "source_in_use", f"{message}.", (FieldError("event", message),))
    source.definition, source.updated_at = after, utc_now()
    source.requested_at = source.updated_at
    if any(before.get(name) != after[name] for name in _READING):
        source.marks = {}
        session.exec(delete(SourceRefusal).where(col(SourceRefusal.source_key) == key))
    session.add(source)
    record(session, actor, "update", "source", key, before, after)
    return source


def delete_source(session: Session, key: str, actor: Actor) -> None:
    """Ends a source; what was pulled from it stays in the lake.

    Raises:
        ProefwerkError: 403, 404.
    """
    require(actor, Role.ADMIN)
    lock_changes(session)
    source = find_source(session, key)
    record(session, actor, "delete", "source", key, source.definition, None)
    session.exec(delete(SourceRefusal).where(col(SourceRefusal.source_key) == key))
    session.delete(source)


def find_source(session: Session, key: str) -> Source:
    """The source with this key.

    Raises:
        ProefwerkError: 404.
    """
    source = session.exec(select(Source).where(Source.key == key)).first()
    if source is None:
        raise ProefwerkError(404, "source_not_found", f"There is no source '{key}'.")
    return source


def list_sources(session: Session) -> Sequence[Source]:
    """Every source, by key."""
    return session.exec(select(Source).order_by(Source.key)).all()


def form_of_source(source: Source) -> SourceForm:
    """The form that the row holds."""
    return parse(SourceForm, source.definition)


def request_pull(session: Session, key: str, actor: Actor) -> Source:
    """Asks the scheduler to pull a source soon.

    Raises:
        ProefwerkError: 403, 404.
    """
    require(actor, Role.ADMIN)
    source = find_source(session, key)
    source.requested_at = utc_now()
    session.add(source)
    record(session, actor, "pull", "source", key, None, None)
    return source


def due_sources(session: Session, now: datetime) -> list[str]:
    """Keys of the sources to pull now: asked for, new, or not pulled for as long as they say."""
    return [source.key for source in list_sources(session) if _is_due(source, now)]


def source_document(session: Session, source: Source) -> Document:
    """The source as the API shows it: its form, and how its pulls went."""
    refusals = select(SourceRefusal).where(SourceRefusal.source_key == source.key)
    rows = session.exec(
        refusals.order_by(col(SourceRefusal.last_at).desc(), col(SourceRefusal.id)).limit(SHOWN)
    )
    total = session.exec(
        select(func.coalesce(func.sum(SourceRefusal.count), 0)).where(SourceRefusal.source_key == source.key)
    ).one()
    return {
        **source.definition,
        "state": {
            "status": _status(source),
            "requested_at": timestamp(source.requested_at),
            "started_at": timestamp(source.started_at),
            "pulled_at": timestamp(source.pulled_at),
            "failed_at": timestamp(source.failed_at),
            "error": source.error,
            "last": source.counts.get("last"),
            "total": source.counts.get("total"),
            "refused": int(total),
            "refusals": [
                {
                    "part": row.part,
                    "id": row.row_id,
                    "reason": row.reason,
                    "count": row.count,
                    "first_at": timestamp(row.first_at),
                    "last_at": timestamp(row.last_at),
                }
                for row in rows
            ],
        },
    }


def begin_pull(session: Session, key: str) -> Source:
    """Notes that a pull begins."""
    source = find_source(session, key)
    source.started_at, source.requested_at = utc_now(), None
    session.add(source)
    return source


def refused_ids(session: Session, key: str, part: str) -> list[str]:
    """Rows to ask for again, those that waited longest first."""
    row = SourceRefusal
    query = select(row.row_id).where(row.source_key == key, row.part == part, row.row_id != "")
    return list(session.exec(query.order_by(col(row.last_at), col(row.id)).limit(ASKED_AGAIN)))


def keep_batch(
    session: Session,
    key: str,
    part: str,
    declared_at: datetime,
    mark: list[str] | None,
    settled: Collection[str],
    refused: Mapping[str, tuple[str, int]],
) -> None:
    """Notes how far a part has been read, and which rows could not be taken.

    Args:
        declared_at: When the source was declared as it was read.
        mark: From where to go on; `None` leaves it.
        settled: Rows that were refused before and are not any more.
        refused: Why, and how many rows that stands for, by id.

    Raises:
        ProefwerkError: 404, it was ended; 409, it was declared anew; 422, more rows are refused than can be
            listed: then nothing of the batch is noted.
    """
    now, source = utc_now(), find_source(session, key)
    if source.updated_at != declared_at:
        detail = f"'{key}' was declared anew while it was being pulled; it is pulled again at once."
        raise ProefwerkError(409, "source_changed", detail)
    if mark is not None:
        source.marks = {**source.marks, part: mark}
        session.add(source)
    own = (SourceRefusal.source_key == key, SourceRefusal.part == part)
    if settled:
        session.exec(delete(SourceRefusal).where(*own, col(SourceRefusal.row_id).in_(settled)))  # type: ignore[arg-type]
    known = {
        row.row_id: row
        for row in session.exec(select(SourceRefusal).where(*own, col(SourceRefusal.row_id).in_(refused)))
    }
    _refuse_too_many(session, key, len(refused) - len(known))
    for ident, (reason, count) in refused.items():
        row = known.get(ident) or SourceRefusal(
            source_key=key, part=part, row_id=ident, reason=reason, first_at=now
        )
        row.reason, row.count, row.last_at = reason, count, now
        session.add(row)


def _refuse_too_many(session: Session, key: str, more: int) -> None:
    listed = select(func.count()).select_from(SourceRefusal).where(SourceRefusal.source_key == key)
    if more and session.exec(listed).one() + more > MOST_REFUSED:
        detail = f"More than {MOST_REFUSED:,} rows cannot be taken; look at how the source is declared."
        raise ProefwerkError(422, "too_many_refused", detail)


def end_pull(session: Session, key: str, counts: Mapping[str, int], error: str | None) -> None:
    """Notes how a pull ended; where the source is gone meanwhile, nothing."""
    source = session.exec(select(Source).where(Source.key == key)).first()
    if source is None:
        return
    total = source.counts.get("total", {})
    added = {name: total.get(name, 0) + number for name, number in counts.items()}
    source.counts = {"last": dict(counts), "total": added}
    source.error = error
    if error is None:
        source.pulled_at, source.failed_at = utc_now(), None
    else:
        source.failed_at = utc_now()
    session.add(source)


def _is_due(source: Source, now: datetime) -> bool:
    if source.requested_at is not None:
        return True
    if not source.definition["active"]:
        return False
    ends = [at for at in (source.pulled_at, source.failed_at) if at is not None]
    return not ends or now - max(ends) >= timedelta(minutes=source.definition["every_minutes"])


def _status(source: Source) -> str:
    if source.failed_at is not None:
        return "failed"
    if source.pulled_at is None:
        return "new"
    return "ok"
