"""Saved audiences over HTTP."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue
from sqlmodel import Session

from experiments.api.management import Management, read_document
from experiments.audience_models import Audience
from experiments.requests import AudienceForm
from experiments.service import audiences
from experiments.validation import parse

PATH = "/api/v1/audiences"


def register(blueprint: Blueprint, management: Management) -> None:
    """Adds the views."""

    @blueprint.get(PATH)
    def audiences_list() -> ResponseReturnValue:
        with management.database.reading() as session:
            rows = audiences.list_audiences(session)
            return {"audiences": _documents(session, *rows)}

    @blueprint.post(PATH)
    def audiences_create() -> ResponseReturnValue:
        form = parse(AudienceForm, read_document())
        with management.change(tell_doors=False) as (session, actor):
            (document,) = _documents(session, audiences.create_audience(session, form, actor))
        return document, 201, {"Location": f"{PATH}/{form.key}"}

    @blueprint.get(f"{PATH}/<key>")
    def audiences_get(key: str) -> ResponseReturnValue:
        with management.database.reading() as session:
            return _documents(session, audiences.find_audience(session, key))[0]

    @blueprint.put(f"{PATH}/<key>")
    def audiences_put(key: str) -> ResponseReturnValue:
        document = read_document()
        if isinstance(document, dict):
            document = {"key": key, **document}
        form = parse(AudienceForm, document)
        with management.change(tell_doors=False) as (session, actor):
            return _documents(session, audiences.update_audience(session, key, form, actor))[0]


def _documents(session: Session, *rows: Audience) -> list[dict[str, object]]:
    used = audiences.users_of_audiences(session)
    return [{**audiences.audience_document(row), "used_by": list(used[row.key])} for row in rows]
