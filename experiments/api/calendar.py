"""The shop's calendar over HTTP, also for tools that mark a release."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from experiments.api.management import Management, day_asked, read_document
from experiments.requests import CalendarForm
from experiments.service import calendar
from experiments.validation import parse

PATH = "/api/v1/calendar"


def register(blueprint: Blueprint, management: Management) -> None:
    """Adds the views."""

    @blueprint.get(PATH)
    def calendar_list() -> ResponseReturnValue:
        with management.database.reading() as session:
            rows = calendar.between(
                session,
                day_asked("since") or date.min,
                day_asked("until") or date.max,
                request.args.get("experiment"),
                every_experiment="experiment" not in request.args,
            )
            return {"calendar": [calendar.entry_document(row) for row in rows]}

    @blueprint.post(PATH)
    def calendar_add() -> ResponseReturnValue:
        form = parse(CalendarForm, read_document())
        with management.change(tell_doors=False) as (session, actor):
            entry, new = calendar.add(session, form, actor)
            document = calendar.entry_document(entry)
        if not new:
            return document, 200
        return document, 201, {"Location": f"{PATH}/{document['id']}"}

    @blueprint.get(f"{PATH}/<int:ident>")
    def calendar_show(ident: int) -> ResponseReturnValue:
        with management.database.reading() as session:
            return calendar.entry_document(calendar.find(session, ident))

    @blueprint.put(f"{PATH}/<int:ident>")
    def calendar_change(ident: int) -> ResponseReturnValue:
        form = parse(CalendarForm, read_document())
        with management.change(tell_doors=False) as (session, actor):
            return calendar.entry_document(calendar.change(session, ident, form, actor))

    @blueprint.delete(f"{PATH}/<int:ident>")
    def calendar_remove(ident: int) -> ResponseReturnValue:
        with management.change(tell_doors=False) as (session, actor):
            calendar.remove(session, ident, actor)
        return "", 204
