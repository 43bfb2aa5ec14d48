"""Reconciling a shop's own orders with a report, on behalf of a person."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from sqlmodel import col, select

from assignment.errors import ProefwerkError
from dash_ui.gateway.base import Base, actor, refusals
from dash_ui.reconcile_records import (
    OnlyHere,
    OrderClass,
    OrderExperiment,
    OrderMetric,
    OrderSum,
    Reconciled,
    Reconciliation,
    VariantSum,
)
from dash_ui.records import Person
from experiments.forms import MetricForm, MetricKind
from experiments.lifecycle import EDITABLE
from experiments.models import Experiment, Metric
from experiments.order_uploads import MOST_BYTES, OrderUploads, rows_of
from experiments.requests import ReconcileForm
from experiments.service.definitions import experiment_document, get_experiment
from experiments.service.reconciliations import (
    find_reconciliation,
    list_reconciliations,
    reconciliation_document,
    start_reconciliation,
)
from experiments.validation import parse

ROLES = ("primary", "guardrails", "secondary")


class Reconciling(Base):
    """Files of orders, and what became of each order."""

    most_order_bytes = MOST_BYTES

    def order_experiments(self) -> tuple[OrderExperiment, ...]:
        """Experiments that were started and sum something of events, the newest first."""
        with self._reading() as session:
            forms = [MetricForm.model_validate(row.definition) for row in session.exec(select(Metric))]
            summed = {form.key: form.name for form in forms if _sums(form)}
            query = select(Experiment.key, Experiment.name, Experiment.roles)
            query = query.where(col(Experiment.status).not_in([each.value for each in EDITABLE]))
            rows = session.exec(query.order_by(col(Experiment.started_at).desc())).all()
        found = []
        for key, name, roles in rows:
            keys = [each for role in ROLES for each in roles.get(role, ()) if each in summed]
            if keys:
                metrics = tuple(OrderMetric(each, summed[each]) for each in keys)
                found.append(OrderExperiment(key, name, metrics))
        return tuple(found)

    def reconciliations(self, key: str) -> tuple[Reconciliation, ...]:
        """The latest of an experiment, newest first."""
        with self._reading() as session:
            documents = [reconciliation_document(row) for row in list_reconciliations(session, key)]
            variants = experiment_document(get_experiment(session, key))["variants"] if documents else []
        names = {each["key"]: each.get("name") or each["key"] for each in variants}
        return tuple(_reconciliation(document, names) for document in documents)

    def start_reconciliation(
        self, person: Person, key: str, name: str, content: IO[bytes], said: dict[str, Any]
    ) -> int:
        """Keeps a file for the scheduler; the number of the reconciliation.

        Raises:
            Refused: 404; 409; 413; 422 naming fields; 503.
        """
        with refusals():
            form = parse(ReconcileForm, said)
            return start_reconciliation(
                self.database, self._uploads(), key, form, name, content, actor(person)
            )

    def order_rows(self, key: str, ident: int) -> Path:
        """The file that says what became of each order.

        Raises:
            Refused: 404 without one, or once it is forgotten.
        """
        with self._reading() as session:
            stored = find_reconciliation(session, key, ident).stored or ""
        with refusals():
            return self._uploads().path(rows_of(stored))

    def _uploads(self) -> OrderUploads:
        if self.uploads is None:
            raise ProefwerkError(503, "no_uploads", "This server keeps no files.")
        return self.uploads


def _sums(form: MetricForm) -> bool:
    """Whether it adds up a field of events, so that there are cents to explain."""
    if form.kind == MetricKind.RATIO:
        return form.numerator is not None and form.numerator.field is not None
    return form.kind == MetricKind.MEAN


def _reconciliation(document: dict[str, Any], names: dict[str, str]) -> Reconciliation:
    result = document["result"]
    return Reconciliation(
        id=document["id"],
        file=document["file"],
        actor=document["actor"],
        requested_at=datetime.fromisoformat(document["requested_at"]),
        running=document["finished_at"] is None,
        error=document["error"],
        has_rows=document["has_rows"],
        result=None if result is None else _result(result, names),
    )


def _result(found: dict[str, Any], names: dict[str, str]) -> Reconciled:
    return Reconciled(
        metric=found["name"],
        currency=found["currency"],
        as_of=datetime.fromisoformat(found["as_of"]),
        explained=found["explained"],
        orders=found["orders"],
        totals=_sums_of(found["totals"]),
        classes=tuple(
            OrderClass(each["class"], _sums_of(each["amounts"]), Decimal(each["counted"]))
            for each in found["classes"]
            if each["orders"]
        ),
        variants=tuple(
            VariantSum(
                names.get(each["variant"], each["variant"]),
                *(
                    Decimal(each[name])
                    for name in ("counted", "only_here", "capped", "report", "unexplained")
                ),
            )
            for each in found["variants"]
        ),
        only_here=tuple(
            OnlyHere(each["reason"], each["events"], Decimal(each["amount"])) for each in found["only_here"]
        ),
        without_consent=found["counted_without_consent"],
    )


def _sums_of(rows: list[dict[str, Any]]) -> tuple[OrderSum, ...]:
    return tuple(
        # Totals, and results that were kept before, do not tell what of a currency counts.
        OrderSum(each["currency"], each["orders"], Decimal(each["amount"]), Decimal(each.get("counted", 0)))
        for each in rows
    )
