"""The audit log, as the screens see it."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator
from typing import Any, Final

from dash_ui.audit_records import AuditLine, AuditPage, AuditQuery
from dash_ui.format import ZONE
from dash_ui.gateway.base import Base, names_of_people
from dash_ui.records import Person
from experiments.analysis.render import inert
from experiments.documents import canonical
from experiments.models import AuditEntry
from experiments.service import audit

PAGE_SIZE: Final = 50
_PART: Final = 500
_OF_ADMINS: Final = ("user", "key", "person")
"""Kinds whose changes only admins read: they tell who has access and who was erased."""


class Audit(Base):
    """Who changed what, and when."""

    def audit(self, person: Person, query: AuditQuery, page: int = 1) -> AuditPage:
        """A page of the changes that this person may read, newest first.

        Args:
            page: From 1; beyond the last one counts as the last.
        """
        wanted = _filter(person, query)
        with self._reading() as session:
            rows, total = audit.list_entries(session, wanted, page=max(page, 1), per_page=PAGE_SIZE)
            pages = max(1, math.ceil(total / PAGE_SIZE))
            if page > pages:
                rows, total = audit.list_entries(session, wanted, page=pages, per_page=PAGE_SIZE)
            names = names_of_people(session)
            lines = tuple(audit_line(row, names) for row in rows)
        return AuditPage(lines, total, min(max(page, 1), pages), pages)

    def audit_actors(self) -> tuple[tuple[str, str], ...]:
        """Who ever changed something: as the log has them, with their names."""
        with self._reading() as session:
            names = names_of_people(session)
            return tuple((actor, names.get(actor) or actor) for actor in audit.actors(session))

    def audit_file(self, person: Person, query: AuditQuery, form: str) -> Iterator[str]:
        """Every change that fits, in pieces of text.

        Args:
            form: `csv`, with `before` and `after` as JSON; or `json`, a list.
        """
        return _csv(self._walk(person, query)) if form == "csv" else _json(self._walk(person, query))

    def _walk(self, person: Person, query: AuditQuery) -> Iterator[dict[str, Any]]:
        wanted, last = _filter(person, query), None
        while True:
            with self._reading() as session:
                rows = audit.entries_before(session, wanted, last, _PART)
                documents = [audit.audit_document(row) for row in rows]
            yield from documents
            if len(documents) < _PART:
                return
            last = documents[-1]["id"]


def _filter(person: Person, query: AuditQuery) -> audit.AuditFilter:
    since, until = audit.days_of(query.first, query.last, ZONE)
    return audit.AuditFilter(
        object_kind=query.kind or None,
        part=query.subject.replace("\0", "").strip() or None,
        actor=query.person.replace("\0", "") or None,
        since=since,
        until=until,
        without=() if person.may("admin") else _OF_ADMINS,
    )


def audit_line(row: AuditEntry, names: dict[str, str]) -> AuditLine:
    """The record of an entry, with people by name."""
    return AuditLine(
        id=row.id or 0,
        at=row.at,
        actor=names.get(row.actor) or row.actor,
        actor_kind=row.actor_kind,
        action=row.action,
        kind=row.object_kind,
        key=row.object_key,
        before=row.before,
        after=row.after,
    )


def _csv(documents: Iterator[dict[str, Any]]) -> Iterator[str]:
    yield "id,at,actor_kind,actor,action,object_kind,object_key,before,after\r\n"
    for each in documents:
        buffer = io.StringIO()
        row = (
            each["id"],
            each["at"],
            each["actor"]["kind"],
            each["actor"]["name"],
            each["action"],
            each["object"]["kind"],
            each["object"]["key"],
            *(canonical(each[side]) if each[side] is not None else "" for side in ("before", "after")),
        )
        csv.writer(buffer).writerow([inert(cell) for cell in row])
        yield buffer.getvalue()


def _json(documents: Iterator[dict[str, Any]]) -> Iterator[str]:
    yield "["
    for place, each in enumerate(documents):
        yield ("," if place else "") + "\n" + json.dumps(each, ensure_ascii=False)
    yield "\n]\n"
