"""Writes what became of each order, one row for each, with the events that only the report has at the end."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, TextIO

from experiments.analysis.engine import Engine
from experiments.analysis.fate_words import ONLY_HERE, WORDS
from experiments.analysis.fates import Fate
from experiments.analysis.reconcile import ONLY_HERE as EVENTS_ONLY_HERE
from experiments.analysis.reconcile import text
from experiments.analysis.render import inert
from experiments.analysis.rows import moment
from experiments.documents import timestamp

HEADER = (
    "line", "order", "unit", "time", "value", "currency", "class", "reason", "variant", "counted",
    "first_exposure", "event", "event_time", "received",
)  # fmt: skip
CHUNK = 50_000


def write_rows(engine: Engine, variants: list[str], file: TextIO) -> None:
    """All rows as CSV.

    Args:
        engine: From `reconcile.reconciled`.
        variants: Keys of the variants, the control first.
        file: Where to.
    """
    writer = csv.writer(file)
    writer.writerow(HEADER)
    for (
        place, order, unit, time, amount, currency, fate, variant, worth, first, event, at, received,
    ) in _orders(engine):  # fmt: skip
        reason = WORDS[Fate(fate)][0]
        writer.writerow(
            [
                place, inert(order), inert(unit), _time(time), text(amount), currency, fate, reason,
                "" if variant is None else variants[variant], _money(worth), _time(first), inert(event),
                _time(at), _time(received),
            ]
        )  # fmt: skip
    rows = engine.execute(
        "SELECT order_id, time, money, reason, variant, worth, first, event_id, received "
        f"FROM ({EVENTS_ONLY_HERE}) ORDER BY time, event_id"
    ).fetchall()
    for order, time, money, reason, variant, worth, first, event, received in rows:
        writer.writerow(
            [
                "", inert(order), "", _time(time), "", money, f"only_here:{reason}", ONLY_HERE[reason],
                variants[variant], _money(worth), _time(first), inert(event), _time(time), _time(received),
            ]
        )  # fmt: skip


def _orders(engine: Engine) -> Iterator[tuple[Any, ...]]:
    last = -1
    while True:
        rows = engine.execute(
            "SELECT place, order_id, unit, order_time, amount, currency, fate, counted_variant, counts_for, "
            "first, event_id, CASE WHEN event_id IS NOT NULL THEN time END, received "
            f"FROM fates WHERE place > {last} ORDER BY place LIMIT {CHUNK}"
        ).fetchall()
        if not rows:
            return
        yield from rows
        last = rows[-1][0]


def _time(value: int | None) -> str:
    return "" if value is None else timestamp(moment(value)) or ""


def _money(value: Decimal | None) -> str:
    return "" if value is None else text(value)
