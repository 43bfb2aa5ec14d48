"""The orders and refunds of a declared source as they stand there now, to be reconciled with a report."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pyarrow as pa

from assignment.errors import FieldError, ProefwerkError
from experiments.analysis.orders import SHOWN, Orders
from experiments.analysis.rows import microseconds
from experiments.db import utc_now
from experiments.pulling import parts_of
from experiments.service.sources import find_source, form_of_source
from experiments.sources.forms import OrdersForm, PlaceForm, SourceForm
from experiments.sources.judged import Fact, RowRefusedError, belongs, judged
from experiments.sources.readers import Reader, Row, open_reader, wanted_of
from experiments.workplace import Workplace

_NOBODY = "nobody"
_AMOUNT = pa.decimal128(38, 9)
_BILLIONTH = Decimal("1e-9")


def orders_of_source(place: Workplace, key: str, environ: Mapping[str, str] | None = None) -> Orders:
    """Every order, and every refund with the shopper of its order.

    Args:
        place: The control database.
        key: Of the source.
        environ: Where URLs with passwords are; the process's own if not given.

    Raises:
        ProefwerkError: 404; 422 naming rows that are no orders; 503 when the source cannot be read.
    """
    with place.database.reading() as session:
        form = form_of_source(find_source(session, key))
    reader = open_reader(form, os.environ if environ is None else environ)
    refused: list[FieldError] = []
    try:
        facts = list(_facts(reader, form, refused))
    finally:
        reader.close()
    if refused:
        detail = f"{len(refused):,} rows of the source '{key}' are no orders, so nothing was reconciled."
        raise ProefwerkError(422, "rows_invalid", detail, tuple(refused[:SHOWN]))
    if not facts:
        raise ProefwerkError(422, "source_empty", f"The source '{key}' has no orders.")
    return _orders(form, facts)


def _facts(reader: Reader, form: SourceForm, refused: list[FieldError]) -> Iterator[Fact]:
    now = utc_now()
    for _, part in parts_of(form):
        for rows, _ in reader.batches(wanted_of(form, part), None):
            for row in rows:
                if not belongs(form, part, row):
                    continue
                try:
                    fact = _judged(form, part, row, now)
                except RowRefusedError as error:
                    refused.append(FieldError(str(row[part.id]), str(error)))
                else:
                    if fact is not None:
                        yield fact


def _judged(form: SourceForm, part: PlaceForm, row: Row, now: datetime) -> Fact | None:
    """What a row says; an order of nobody is one too."""
    if isinstance(part, OrdersForm) and not str(row[part.unit] if row[part.unit] is not None else "").strip():
        fact = judged(form, part, {**row, part.unit: _NOBODY}, now)
        return None if fact is None else replace(fact, unit="")
    return judged(form, part, row, now)


def _orders(form: SourceForm, facts: list[Fact]) -> Orders:
    of_order = {fact.order: fact for fact in facts if not fact.is_refund}
    units, times = [], []
    for fact in facts:
        origin = of_order.get(fact.order, fact)
        units.append(origin.unit or None)
        # A refund counts when its order does, unless the source says otherwise.
        times.append(microseconds((origin if form.refund_time == "order" else fact).time))
    columns = {
        "place": pa.array(range(1, len(facts) + 1), pa.int64()),
        "order_id": pa.array([fact.order for fact in facts], pa.string()),
        "unit": pa.array(units, pa.string()),
        "time": pa.array(times, pa.int64()),
        "amount": pa.array([fact.value.quantize(_BILLIONTH) for fact in facts], _AMOUNT),
        "currency": pa.array([fact.currency for fact in facts], pa.string()),
        "consent": pa.nulls(len(facts), pa.bool_()),
    }
    return Orders(pa.table(columns), unit_tells_consent=False)
