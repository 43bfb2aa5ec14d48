"""Reconciles a shop's own orders with a report: every order is in one class, every cent is explained."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal, localcontext
from typing import Any

from assignment.errors import ProefwerkError, invalid_field
from assignment.events import MAX_AGE
from experiments.analysis import fates, units
from experiments.analysis.columns import program
from experiments.analysis.engine import Engine
from experiments.analysis.exchange import DAY
from experiments.analysis.fate_words import ONLY_HERE as ONLY_HERE_WORDS
from experiments.analysis.fate_words import WORDS
from experiments.analysis.fates import Counting, Fate
from experiments.analysis.measure import roles_of, scope_of
from experiments.analysis.orders import AMOUNT, Orders
from experiments.analysis.rows import microseconds
from experiments.analysis.verify import as_it_was, check_report
from experiments.analysis.view import View
from experiments.definition import Definition
from experiments.forms import MetricForm, MetricKind

Document = dict[str, Any]
CENT = Decimal("0.01")
PRECISION = 60
SUMMED = (MetricKind.MEAN, MetricKind.RATIO)
"""Kinds of metrics that sum a field of events."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is reconciled.

    Attributes:
        definition: The experiment, in the phase that the report is about.
        report: A report of it.
        metric: Key of one of its metrics; `None` takes the first that sums money, else the first that sums.
        match: See `fates.Counting`.
        max_age: The longest time from an event to its receipt.
    """

    definition: Definition
    report: Document
    metric: str | None = None
    match: str | None = None
    max_age: timedelta = MAX_AGE


@contextmanager
def reconciled(question: Question, view: View, orders: Orders) -> Iterator[tuple[Document, Engine]]:
    """What became of every order, and an engine whose table `fates` has each of them.

    The engine is always DuckDB: exports are of a size for one machine, and reports are equal on all engines.

    Raises:
        ProefwerkError: 409 where the report has no sum to reconcile with; 422 for a metric that sums nothing.
    """
    as_of = check_report(question.report)
    definition = as_it_was(question.report, question.definition).at(as_of)
    form = metric_of(definition, question.metric)
    row = next((each for each in question.report["metrics"] if each["metric"] == form.key), None)
    if row is None or any(arm["sum"] is None for arm in row["variants"]):
        raise ProefwerkError(409, "no_sum", f"The report has no sum of '{form.key}' to reconcile with.")
    here = view.on_duckdb()
    with here.engine() as engine:
        counting = _counting(engine, question, definition, form, here, as_of)
        fates.decide(engine, counting, orders)
        with localcontext(prec=PRECISION):
            found = {**_classes(engine), **_bridge(engine, row)}
        explained = found.pop("sums") and found.pop("reaches")
        yield {**_head(question, form, counting), "explained": explained, **found}, engine


def metric_of(definition: Definition, key: str | None) -> MetricForm:
    """The metric to reconcile with.

    Raises:
        ProefwerkError: 422 for one that is none of the experiment's, or that sums nothing.
    """
    forms = [form for _, form in roles_of(definition)]
    summed = [form for form in forms if form.kind in SUMMED and _term(form).field is not None]
    known = ", ".join(f"'{form.key}'" for form in summed) or "none"
    if key is not None:
        found = next((form for form in summed if form.key == key), None)
        if found is None:
            raise invalid_field(
                "metric", f"'{key}' is no metric of this experiment that sums a field; there are {known}"
            )
        return found
    if not summed:
        raise invalid_field("metric", "is missing: no metric of this experiment sums a field of events")
    return next((form for form in summed if _term(form).currency is not None), summed[0])


def _term(form: MetricForm) -> Any:
    return program([form], covariates=False).terms[0]


def _counting(
    engine: Engine, question: Question, definition: Definition, form: MetricForm, view: View, as_of: datetime
) -> Counting:
    scope = scope_of(definition, view, as_of)
    exposed = units.build(engine, scope)
    return Counting(
        scope=scope,
        work=program([form], covariates=False),
        match=question.match,
        oldest=microseconds(as_of - question.max_age),
        stopped=definition.stopped_at is not None,
        are_joined=exposed.are_joined,
    )


def _head(question: Question, form: MetricForm, counting: Counting) -> Document:
    return {
        "experiment": counting.scope.experiment,
        "metric": form.key,
        "name": form.name,
        "report": question.report["id"],
        "as_of": question.report["as_of"],
        "event": counting.term.event,
        "currency": counting.term.currency,
        "match": question.match,
    }


def _classes(engine: Engine) -> Document:
    """Orders and amounts by class and currency, and whether they are the export's."""
    found: dict[str, Document] = {
        fate.value: {"class": fate.value, "orders": 0, "amounts": [], "counted": Decimal(0)} for fate in Fate
    }
    for fate, money, orders, amount, worth in engine.execute(
        "SELECT fate, money, count(*), sum(amount), sum(counts_for) FROM fates GROUP BY ALL ORDER BY ALL"
    ).fetchall():
        row = found[fate]
        row["orders"] += orders
        sums = {"currency": money, "orders": orders, "amount": text(amount), "counted": text(worth or 0)}
        row["amounts"].append(sums)
        row["counted"] += worth or 0
    without_consent = engine.execute(
        "SELECT count(*) FROM fates WHERE counted AND consent = false"
    ).fetchall()[0][0]
    totals = _totals(engine, found)
    return {
        "orders": sum(row["orders"] for row in found.values()),
        "totals": totals,
        "classes": [
            {
                **row,
                "counted": text(row["counted"]),
                "reason": WORDS[fate][0],
                "remedy": WORDS[fate][1] or None,
            }
            for fate, row in zip(Fate, found.values(), strict=True)
        ],
        "counted_without_consent": without_consent,
        "sums": not found[Fate.UNEXPLAINED]["orders"]
        and sum(row["orders"] for row in found.values()) == sum(each["orders"] for each in totals)
        and all(Decimal(each["unexplained"]) == 0 for each in totals),
    }


def _totals(engine: Engine, found: dict[str, Document]) -> list[Document]:
    """The export by currency, from its own rows, and what the classes leave of it."""
    summed: dict[str, Decimal] = {}
    for row in found.values():
        for each in row["amounts"]:
            summed[each["currency"]] = summed.get(each["currency"], Decimal(0)) + Decimal(each["amount"])
    return [
        {
            "currency": money,
            "orders": orders,
            "amount": text(amount),
            "unexplained": text(amount - summed.get(money, Decimal(0))),
        }
        for money, orders, amount in engine.execute(
            "SELECT money, count(*), sum(amount) FROM asked GROUP BY money ORDER BY money"
        ).fetchall()
    ]


def _bridge(engine: Engine, row: Document) -> Document:
    """From what is counted of the orders to the report's sum, by variant."""
    of_orders = _by_variant(
        engine, "SELECT counted_variant, count(*), sum(counts_for) FROM fates WHERE counted GROUP BY ALL"
    )
    extra = _by_variant(engine, f"SELECT variant, count(*), sum(worth) FROM ({ONLY_HERE}) GROUP BY ALL")
    cut = {} if row["cap"] is None else _by_variant(engine, _cut(row["cap"]))
    variants = []
    for place, arm in enumerate(row["variants"]):
        (orders, amount), (_, others), (capped, lost) = (
            found.get(place, (0, Decimal(0))) for found in (of_orders, extra, cut)
        )
        total = Decimal(repr(float(arm["sum"])))
        variants.append(
            {
                "variant": arm["variant"],
                "orders": orders,
                "counted": text(amount),
                "only_here": text(others),
                "capped": text(-lost),
                "capped_units": capped,
                "report": text(total.quantize(Decimal("1e-6"))),
                "unexplained": text((total - (amount + others - lost)).quantize(CENT)),
            }
        )
    return {
        "only_here": _only_here(engine),
        "variants": variants,
        "reaches": all(Decimal(each["unexplained"]) == 0 for each in variants),
    }


def _only_here(engine: Engine) -> list[Document]:
    """Events that count and no order of the export was matched to, by why."""
    return [
        {"reason": reason, "events": events, "amount": text(amount), "detail": ONLY_HERE_WORDS[reason]}
        for reason, events, amount in engine.execute(
            f"SELECT reason, count(*), sum(worth) FROM ({ONLY_HERE}) GROUP BY reason ORDER BY reason"
        ).fetchall()
    ]


ONLY_HERE = f"""SELECT told.*, CASE
  WHEN order_id IN (SELECT order_id FROM asked) THEN 'again'
  WHEN time < span.first // {DAY} * {DAY} OR time >= (span.last // {DAY} + 1) * {DAY} THEN 'outside_export'
  ELSE 'not_in_export' END AS reason
FROM told CROSS JOIN (SELECT min(time) AS first, max(time) AS last FROM asked) AS span
WHERE counted AND event_id NOT IN (SELECT event_id FROM paired)"""
"""SQL of the events that the report counts and the export does not have, each with a reason."""


def _cut(cap: float) -> str:
    limit = f"CAST('{cap!r}' AS {AMOUNT})"
    return f"""SELECT variant, count(*), sum(total - {limit}) FROM (
      SELECT unit_key, variant, sum(worth) AS total FROM told WHERE counted GROUP BY unit_key, variant)
    WHERE total > {limit} GROUP BY variant"""


def _by_variant(engine: Engine, query: str) -> dict[int, tuple[int, Decimal]]:
    return {place: (count, amount or Decimal(0)) for place, count, amount in engine.execute(query).fetchall()}


def text(amount: Decimal | int) -> str:
    """An amount with its cents, and with smaller parts where it has them."""
    value = Decimal(amount)
    cents = value.quantize(CENT)
    return f"{cents + 0:f}" if cents == value else f"{value.normalize():f}"
