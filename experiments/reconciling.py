"""Reconciles files of orders with reports, for the command line and for whoever waits."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TextIO

from experiments.analysis.order_rows import write_rows
from experiments.analysis.orders import load_orders
from experiments.analysis.reconcile import Question, reconciled
from experiments.analysis.view import View
from experiments.jobs import analyse_now
from experiments.requests import ReconcileForm
from experiments.service.analysis import check_analysable
from experiments.service.definitions import definition_of
from experiments.service.reports import newest
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
    """What became of every order of a file, by the newest report; one is made where there is none.

    Args:
        place: The lake and the control database.
        key: The experiment's key.
        path: See `orders.load_orders`.
        form: How to read the file, and with which metric to reconcile it.
        rows: Where to write a row for each order; see `order_rows`.
        anew: Whether to analyse first.

    Raises:
        ProefwerkError: 404; 409 before the start, or where the report has no sum; 422 for a file, or a form,
            that cannot be used.
    """
    orders = load_orders(path, form.columns(), form.timezone)
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
