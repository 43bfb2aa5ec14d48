"""Bots over HTTP: who is left out of reports and why, and how to correct it."""

from __future__ import annotations

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from experiments.api.management import Management, paging, read_document
from experiments.requests import BotForm, BotLimitForm
from experiments.service.bots import bots_document
from experiments.service.verdicts import judge, set_limit, take_back, verdict_document
from experiments.validation import parse

PATH = "/api/v1/bots"


def register(blueprint: Blueprint, management: Management) -> None:
    """Adds the views."""

    @blueprint.get(PATH)
    def bots_list() -> ResponseReturnValue:
        page, per_page = paging()
        with management.database.reading() as session:
            return bots_document(
                session,
                rule=request.args.get("rule"),
                search=request.args.get("search"),
                page=page,
                per_page=per_page,
            )

    @blueprint.post(PATH)
    def bots_judge() -> ResponseReturnValue:
        form = parse(BotForm, read_document())
        with management.change(tell_doors=False) as (session, actor):
            document = verdict_document(judge(session, form, actor))
        return document, 201

    @blueprint.put(f"{PATH}/limit")
    def bots_limit() -> ResponseReturnValue:
        form = parse(BotLimitForm, read_document())
        with management.change(tell_doors=False) as (session, actor):
            return verdict_document(set_limit(session, form, actor))

    @blueprint.delete(f"{PATH}/<int:ident>")
    def bots_take_back(ident: int) -> ResponseReturnValue:
        with management.change(tell_doors=False) as (session, actor):
            take_back(session, ident, actor)
        return "", 204
