"""The significance report of an experiment as a file: HTML, PDF, CSV or JSON, in Dutch or English."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

from sqlmodel import Session

from experiments.analysis.render import render_csv, render_html
from experiments.analysis.render_pdf import render_pdf
from experiments.service import reports
from experiments.service.calendar import between, entry_document
from experiments.service.definitions import get_experiment
from experiments.service.journal import journal, journal_document
from experiments.service.records import experiment_document

Document = dict[str, Any]
FORMATS = {
    "html": "text/html",
    "pdf": "application/pdf",
    "csv": "text/csv",
    "json": "application/json",
}
"""Media types by the ending of the file's name."""


def significance_file(session: Session, report: Document, form: str, language: str) -> bytes:
    """The content of the file.

    Args:
        session: Of the database that holds the experiment.
        report: One of its reports, in the contract's shape.
        form: A key of `FORMATS`.
        language: `en` or `nl`.

    Raises:
        ProefwerkError: 404 without such an experiment; 501 where PDF cannot be made here.
    """
    if form == "json":
        return (json.dumps(report, indent=2, ensure_ascii=False) + "\n").encode()
    if form == "csv":
        return render_csv(report).encode()
    page = _page(session, report, language)
    return render_pdf(page, report, language) if form == "pdf" else page.encode()


def _page(session: Session, report: Document, language: str) -> str:
    key = report["experiment"]
    experiment = get_experiment(session, key)
    until = date.fromisoformat(report["as_of"][:10])
    since = date.fromisoformat((report.get("started_at") or report["as_of"])[:10])
    return render_html(
        report,
        language=language,
        experiment=experiment_document(experiment),
        evidence={
            (name, arm): reports.evidence(session, key, name, arm)
            for metric in report["metrics"]
            if metric["role"] == "primary"
            for name, arm in ((metric["metric"], row["variant"]) for row in metric["comparisons"])
        },
        journal=[journal_document(entry) for entry in journal(session, key)],
        calendar=[entry_document(entry) for entry in between(session, since, until, key)],
    )
