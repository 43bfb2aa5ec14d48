"""Sources over HTTP: declared, looked at, pulled."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from experiments.api.management import Management, read_document, refuse_body
from experiments.service import sources
from experiments.sources.check import check_source
from experiments.sources.forms import SourceForm
from experiments.validation import parse

PATH = "/api/v1/sources"


def register(blueprint: Blueprint, management: Management) -> None:
    """Adds the views."""

    @blueprint.get(PATH)
    def sources_list() -> ResponseReturnValue:
        with management.database.reading() as session:
            found = [sources.source_document(session, each) for each in sources.list_sources(session)]
        return {"sources": found}

    @blueprint.post(PATH)
    def sources_create() -> ResponseReturnValue:
        form = parse(SourceForm, read_document())
        with management.change(tell_doors=False) as (session, actor):
            source = sources.create_source(session, form, actor)
            document = sources.source_document(session, source)
        return document, 201, {"Location": f"{PATH}/{form.key}"}

    @blueprint.get(f"{PATH}/<key>")
    def sources_get(key: str) -> ResponseReturnValue:
        with management.database.reading() as session:
            return sources.source_document(session, sources.find_source(session, key))

    @blueprint.put(f"{PATH}/<key>")
    def sources_update(key: str) -> ResponseReturnValue:
        form = parse(SourceForm, read_document())
        with management.change(tell_doors=False) as (session, actor):
            source = sources.update_source(session, key, form, actor)
            return sources.source_document(session, source)

    @blueprint.delete(f"{PATH}/<key>")
    def sources_delete(key: str) -> ResponseReturnValue:
        with management.change(tell_doors=False) as (session, actor):
            sources.delete_source(session, key, actor)
        return "", 204

    @blueprint.post(f"{PATH}/<key>/check")
    def sources_check(key: str) -> ResponseReturnValue:
        refuse_body()
        with management.database.reading() as session:
            form = sources.form_of_source(sources.find_source(session, key))
        return check_source(form)

    @blueprint.post(f"{PATH}/<key>/pull")
    def sources_pull(key: str) -> ResponseReturnValue:
        refuse_body()
        with management.change(tell_doors=False) as (session, actor):
            source = sources.request_pull(session, key, actor)
            return sources.source_document(session, source), 202
