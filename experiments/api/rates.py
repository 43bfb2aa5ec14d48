"""Exchange rates over HTTP: which stand, and new ones."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, request
from flask.typing import ResponseReturnValue

from experiments.api.management import Management, day_asked, paging, read_document
from experiments.requests import RatesForm
from experiments.service.rates import enter_rates, list_rates, rate_document
from experiments.validation import parse

PATH = "/api/v1/rates"


def register(blueprint: Blueprint, management: Management) -> None:
    """Adds the views."""

    @blueprint.get(PATH)
    def rates_list() -> ResponseReturnValue:
        page, per_page = paging()
        with management.database.reading() as session:
            rows, total = list_rates(
                session,
                base=request.args.get("base"),
                currency=request.args.get("currency"),
                since=day_asked("since"),
                until=day_asked("until"),
                page=page,
                per_page=per_page,
            )
            documents = [rate_document(row) for row in rows]
        return {"rates": documents, "total": total, "page": page, "per_page": per_page}

    @blueprint.put(PATH)
    def rates_enter() -> ResponseReturnValue:
        form = parse(RatesForm, read_document())
        with management.change(tell_doors=False) as (session, actor):
            kept = asdict(enter_rates(session, form.rates, actor, form.correction))
        return {name: kept[name] for name in ("added", "unchanged", "changed", "corrected")}
