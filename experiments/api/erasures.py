"""Erasures over HTTP: ask for one, and what came of it."""

from __future__ import annotations

from flask import Blueprint
from flask.typing import ResponseReturnValue

from experiments.api.management import Management, read_document
from experiments.requests import ErasureForm
from experiments.service.erasures import erasure_document, find_erasure, request_erasure
from experiments.validation import parse

PATH = "/api/v1/erasures"


def register(blueprint: Blueprint, management: Management) -> None:
    """Adds the views."""

    @blueprint.post(PATH)
    def erasures_request() -> ResponseReturnValue:
        form = parse(ErasureForm, read_document())
        with management.change(tell_doors=False) as (session, actor):
            document = erasure_document(request_erasure(session, form, actor))
        return document, 202, {"Location": f"{PATH}/{document['id']}"}

    @blueprint.get(f"{PATH}/<int:ident>")
    def erasures_show(ident: int) -> ResponseReturnValue:
        with management.database.reading() as session:
            return erasure_document(find_erasure(session, ident))
