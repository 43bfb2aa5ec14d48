"""Reports and the audit log over HTTP."""

from __future__ import annotations

import json
from typing import Any

from flask import Blueprint, request
from flask.typing import ResponseReturnValue
from sqlmodel import Session, col, func, select

from assignment.errors import ProefwerkError
from experiments.api.experiments import PATH
from experiments.api.management import Management, paging, refuse_body
from experiments.documents import shown, timestamp
from experiments.models import Report
from experiments.service.audit import audit_document, list_entries
from experiments.service.definitions import get_experiment


def register(blueprint: Blueprint, management: Management) -> None:
    """Adds the views."""

    @blueprint.post(f"{PATH}/<key>/analyze")
    def reports_analyze(key: str) -> ResponseReturnValue:
        refuse_body()
        return management.analyse(key)

    @blueprint.get(f"{PATH}/<key>/results")
    def reports_newest(key: str) -> ResponseReturnValue:
        with management.database.reading() as session:
            get_experiment(session, key)
            row = session.exec(
                select(Report)
                .where(Report.experiment_key == key)
                .order_by(col(Report.as_of).desc(), col(Report.created_at).desc())
            ).first()
        if row is None:
            raise ProefwerkError(404, "no_report", f"There is no report of '{key}' yet.")
        return _body(row)

    @blueprint.get(f"{PATH}/<key>/reports")
    def reports_list(key: str) -> ResponseReturnValue:
        page, per_page = paging()
        with management.database.reading() as session:
            get_experiment(session, key)
            documents, total = _page(session, key, page, per_page)
        return {"reports": documents, "total": total, "page": page, "per_page": per_page}

    @blueprint.get(f"{PATH}/<key>/reports/<ident>")
    def reports_get(key: str, ident: str) -> ResponseReturnValue:
        with management.database.reading() as session:
            get_experiment(session, key)
            row = session.get(Report, ident) if "\0" not in ident else None
        if row is None or row.experiment_key != key:
            raise ProefwerkError(404, "report_not_found", f"There is no report {shown(ident)} of '{key}'.")
        return _body(row)

    @blueprint.get("/api/v1/audit")
    def audit_list() -> ResponseReturnValue:
        page, per_page = paging()
        filters = {name: request.args.get(name, "").replace("\0", "") or None for name in ("kind", "key")}
        with management.database.reading() as session:
            rows, total = list_entries(
                session,
                object_kind=filters["kind"],
                object_key=filters["key"],
                page=page,
                per_page=per_page,
            )
            documents = [audit_document(row) for row in rows]
        return {"audit": documents, "total": total, "page": page, "per_page": per_page}


def _page(session: Session, key: str, page: int, per_page: int) -> tuple[list[dict[str, Any]], int]:
    """What each report of a page is about, newest first, without its body."""
    rows = session.exec(
        select(Report.id, Report.as_of, Report.plan_hash, Report.data_hash)
        .where(Report.experiment_key == key)
        .order_by(col(Report.as_of).desc(), col(Report.created_at).desc())
        .offset((page - 1) * per_page)
        .limit(per_page)
    )
    documents = [
        {
            "id": ident,
            "experiment": key,
            "as_of": timestamp(as_of),
            "plan_hash": plan_hash,
            "data_hash": data_hash,
        }
        for ident, as_of, plan_hash, data_hash in rows
    ]
    total = session.exec(select(func.count()).select_from(Report).where(Report.experiment_key == key)).one()
    return documents, total


def _body(row: Report) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(row.body)
    return body
