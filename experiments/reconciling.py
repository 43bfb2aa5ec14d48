"""Reconciles files of orders with reports, for the command line and for whoever waits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any, TextIO

from sqlmodel import col, delete, func, select

from assignment.errors import ProefwerkError
from experiments.analysis.order_rows import write_rows
from experiments.analysis.orders import Orders, load_orders
from experiments.analysis.reconcile import Question, reconciled
from experiments.analysis.view import View
from experiments.db import utc_now
from experiments.jobs import analyse_now
from experiments.order_uploads import KEPT, OrderUploads
from experiments.reconciliation_models import Reconciliation
from experiments.requests import ReconcileForm
from experiments.service.analysis import check_analysable
from experiments.service.definitions import definition_of
from experiments.service.reconciliations import SHOWN, find_reconciliation
from experiments.service.reports import newest
from experiments.validation import parse
from experiments.waiting import answer_waiting
from experiments.workplace import Workplace, compact

Document = dict[str, Any]


def reconcile_file(
    place: Workplace,
    key: str,
    path: Path,
    form: ReconcileForm,
    rows: Path | None = None,
    *,
    anew: bool = False,
) -> Document:
    """What became of every order of a file; see `reconcile_orders`.

    Raises:
        ProefwerkError: As there; and 422 for a file that cannot be understood.
    """
    orders = load_orders(path, form.columns(), form.timezone)
    return reconcile_orders(place, key, orders, form, rows, anew=anew)


def reconcile_orders(
    place: Workplace,
    key: str,
    orders: Orders,
    form: ReconcileForm,
    rows: Path | None = None,
    *,
    anew: bool = False,
) -> Document:
    """What became of every order, by the newest report; one is made where there is none.

    Args:
        place: The lake and the control database.
        key: The experiment's key.
        orders: The shop's own.
        form: With which metric to reconcile them, and how to match them.
        rows: Where to write a row for each order; see `order_rows`.
        anew: Whether to analyse first.

    Raises:
        ProefwerkError: 404; 409 before the start, or where the report has no sum; 422 for a metric that sums
            nothing.
    """
    report = None if anew else _newest_report(place, key)
    report = report or analyse_now(place, key)
    compact(place)
    with place.database.reading() as session:
        definition = definition_of(session, key, report.get("version"))
    question = Question(definition, report, form.metric, form.match, place.max_age)

    def work(view: View) -> Document:
        with reconciled(question, view, orders) as (document, engine):
            if rows is not None:
                with _beside(rows) as file:
                    write_rows(engine, [each["variant"] for each in document["variants"]], file)
            return document

    return place.lake.read(work)


def reconcile_requested(place: Workplace) -> int:
    """Do every reconciliation that somebody waits for, each leaving its result or reason; how many."""
    uploads = OrderUploads(lambda: place.lake.store)

    def answer(ident: int, key: str) -> Document:
        with place.database.reading() as session:
            row = find_reconciliation(session, key, ident)
        stored = row.stored or ""
        try:
            form = parse(ReconcileForm, row.form)
            found = reconcile_file(place, key, uploads.path(stored), form, uploads.rows_path(stored))
        except ProefwerkError as error:
            uploads.forget(stored)
            return {"error": _sentences(error), "refused": error.status, "stored": None}
        uploads.publish_rows(stored)
        return {"body": json.dumps(found, allow_nan=False, separators=(",", ":"))}

    return answer_waiting(place.database, Reconciliation, "reconciliation", answer)


def forget_orders(place: Workplace, kept: timedelta = KEPT) -> int:
    """Remove what became of each order after a day, and all but the latest results; how many files."""
    uploads, before = OrderUploads(lambda: place.lake.store), utc_now() - kept
    with place.database.session() as session:
        old = select(Reconciliation).where(
            col(Reconciliation.stored).is_not(None), col(Reconciliation.finished_at) < before
        )
        rows = session.exec(old).all()
        for row in rows:
            uploads.forget(row.stored or "")
            row.stored = None
            session.add(row)
        place_of = func.row_number().over(
            partition_by=col(Reconciliation.experiment_key), order_by=col(Reconciliation.id).desc()
        )
        ranked = select(Reconciliation.id, place_of.label("place")).subquery()
        beyond = select(ranked.c.id).where(ranked.c.place > SHOWN)
        session.flush()
        session.exec(
            delete(Reconciliation).where(
                col(Reconciliation.id).in_(beyond), col(Reconciliation.stored).is_(None)
            )
        )
        return len(rows)


def _sentences(error: ProefwerkError) -> str:
    return "\n".join([error.detail, *(f"{item.field}: {item.message}" for item in error.fields)])


def _newest_report(place: Workplace, key: str) -> Document | None:
    with place.database.reading() as session:
        check_analysable(session, key)
        kept = newest(session, key)
    document: Document | None = None if kept is None else json.loads(kept.body)
    return document


@contextmanager
def _beside(path: Path) -> Iterator[TextIO]:
    """A file that is at its place only once it is whole."""
    beside = path.with_name(f".{path.name}.new")
    with beside.open("w", encoding="utf-8", newline="") as file:
        yield file
    beside.replace(path)
