"""Exports for analysts: events, the moments that a report rests on, and every report of an experiment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlmodel import col, select

from experiments.analysis.export_moments import moments_document
from experiments.analysis.measure import measure
from experiments.analysis.verify import as_it_was, check_report
from experiments.db import Database, utc_now
from experiments.models import Report
from experiments.service.analysis import check_analysable
from experiments.service.definitions import definition_of
from experiments.service.lookup import find_experiment
from experiments.service.reports import get_report, newest
from experiments.workplace import Workplace, compact

Document = dict[str, Any]


def moments_of(place: Workplace, key: str, ident: str | None = None) -> Document:
    """What the newest report rests on, or another one; as of now where there is none yet.

    Raises:
        ProefwerkError: 404; 409 before the start.
    """
    with place.database.reading() as session:
        check_analysable(session, key)
        report = get_report(session, key, ident) if ident is not None else None
        if report is None and (kept := newest(session, key)) is not None:
            report = json.loads(kept.body)
        definition = definition_of(session, key, None if report is None else report.get("version"))
    as_of: datetime = utc_now()
    if report is not None:
        as_of = check_report(report)
        definition = as_it_was(report, definition).at(as_of)
    compact(place)
    measured = place.lake.read(lambda view: measure(definition, view, as_of))
    return moments_document(definition, measured, as_of)


def reports_of(database: Database, key: str) -> Iterator[str]:
    """Every report of an experiment as JSON, the oldest first, one at a time.

    Raises:
        ProefwerkError: 404.
    """
    with database.reading() as session:
        find_experiment(session, key)
        query = select(Report.id).where(Report.experiment_key == key)
        idents = session.exec(query.order_by(col(Report.as_of), col(Report.created_at))).all()
    for ident in idents:
        with database.reading() as session:
            row = session.get(Report, ident)
        if row is not None:
            yield row.body
