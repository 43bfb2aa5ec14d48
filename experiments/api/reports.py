"""Reports and the audit log over HTTP."""

from __future__ import annotations

import threading
from datetime import UTC

from flask import Blueprint, Response, request
from flask.typing import ResponseReturnValue

from assignment.errors import FieldError, ProefwerkError
from experiments.analysis.render_text import LANGUAGES
from experiments.api.experiments import PATH
from experiments.api.management import Management, day_asked, paging, refuse_body
from experiments.documents import shown, timestamp
from experiments.service.audit import AuditFilter, audit_document, days_of, list_entries
from experiments.service.definitions import get_experiment
from experiments.service.rehearsals import newest_rehearsal, request_rehearsal
from experiments.service.reports import get_report, list_reports, newest_report
from experiments.significance import FORMATS, significance_file
from experiments.validation import invalid

MAX_REHEARSALS = 1


def register(blueprint: Blueprint, management: Management) -> None:
    """Adds the views."""

    @blueprint.post(f"{PATH}/<key>/analyze")
    def reports_analyze(key: str) -> ResponseReturnValue:
        refuse_body()
        return management.analyse(key)

    # Each wait keeps a thread, and shoppers come first.
    waiting = threading.BoundedSemaphore(MAX_REHEARSALS)

    @blueprint.post(f"{PATH}/<key>/aa")
    def rehearsals_make(key: str) -> ResponseReturnValue:
        refuse_body()
        if not waiting.acquire(blocking=False):
            raise ProefwerkError(503, "busy", "A rehearsal is being made now; try again in a moment.")
        try:
            return request_rehearsal(management.database, key)
        finally:
            waiting.release()

    @blueprint.get(f"{PATH}/<key>/aa")
    def rehearsals_newest(key: str) -> ResponseReturnValue:
        with management.database.reading() as session:
            return newest_rehearsal(session, key)

    @blueprint.get(f"{PATH}/<key>/results")
    def reports_newest(key: str) -> ResponseReturnValue:
        with management.database.reading() as session:
            return newest_report(session, key)

    @blueprint.get(f"{PATH}/<key>/reports")
    def reports_list(key: str) -> ResponseReturnValue:
        page, per_page = paging()
        with management.database.reading() as session:
            get_experiment(session, key)
            rows, total = list_reports(session, key, page=page, per_page=per_page)
        documents = [
            {
                "id": row.id,
                "experiment": key,
                "as_of": timestamp(row.as_of),
                "created_at": timestamp(row.created_at),
                "plan_hash": row.plan_hash,
                "data_hash": row.data_hash,
            }
            for row in rows
        ]
        return {"reports": documents, "total": total, "page": page, "per_page": per_page}

    @blueprint.get(f"{PATH}/<key>/reports/<ident>")
    def reports_get(key: str, ident: str) -> ResponseReturnValue:
        with management.database.reading() as session:
            get_experiment(session, key)
            return get_report(session, key, ident)

    def reports_file(key: str, form: str) -> ResponseReturnValue:
        language = request.args.get("language", "en")
        if language not in LANGUAGES:
            known = ", ".join(LANGUAGES)
            raise invalid(FieldError("language", f"{shown(language)} is none of: {known}"))
        ident = request.args.get("report")
        with management.database.reading() as session:
            document = newest_report(session, key) if ident is None else get_report(session, key, ident)
            content = significance_file(session, document, form, language)
        return Response(content, mimetype=FORMATS[form])

    for form in FORMATS:
        address = f"{PATH}/<key>/report.{form}"
        blueprint.add_url_rule(address, f"reports_as_{form}", reports_file, defaults={"form": form})

    @blueprint.get("/api/v1/audit")
    def audit_list() -> ResponseReturnValue:
        page, per_page = paging()
        text = {
            name: request.args.get(name, "").replace("\0", "") or None for name in ("kind", "key", "actor")
        }
        since, until = days_of(day_asked("since"), day_asked("until"), UTC)
        wanted = AuditFilter(text["kind"], text["key"], actor=text["actor"], since=since, until=until)
        with management.database.reading() as session:
            rows, total = list_entries(session, wanted, page=page, per_page=per_page)
            documents = [audit_document(row) for row in rows]
        return {"audit": documents, "total": total, "page": page, "per_page": per_page}
