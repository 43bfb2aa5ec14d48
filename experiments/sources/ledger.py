"""What the lake holds of a source's orders and refunds, and the events that bring it to what the rows say."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

import pyarrow as pa

from assignment.events import Conversion
from experiments.adjustments import change_of, refund_of
from experiments.analysis import known_ids
from experiments.analysis.engine import connection, literal
from experiments.analysis.keys import keys_of
from experiments.analysis.rows import moment
from experiments.analysis.view import SPILL, View
from experiments.sources.judged import ORDER_ID, Fact, RowRefusedError, Scalar

VALUE = "value"
Place = tuple[str, datetime, str | None]
"""Unit, time and currency of an event."""
Numbers = dict[str, Decimal]
"""The value, and each property that is a number."""


@dataclass(slots=True)
class Entry:
    """An order or a refund as the lake holds it.

    Attributes:
        original: Where its first event is; `None` where that was erased.
        sums: What all of its events add up to, by where they are.
        changes: How many of them are changes.
    """

    original: Place | None = None
    sums: dict[Place, Numbers] = field(default_factory=dict)
    changes: int = 0

    @property
    def place(self) -> Place | None:
        """Where it is now: changes may have moved it."""
        standing = [place for place, numbers in self.sums.items() if any(numbers.values())]
        return standing[0] if len(standing) == 1 else self.original

    def add(self, place: Place, numbers: Mapping[str, Decimal]) -> None:
        """Put the numbers of an event down."""
        sums = self.sums.setdefault(place, {})
        for name, number in numbers.items():
            sums[name] = sums.get(name, Decimal()) + number


class Ledger:
    """Entries by their name: an order's id, or `refund:` and a refund's id.

    Args:
        source: Key of the source.
        event: Name of the events that it feeds.
        refunds_at_orders: Whether a refund has the time of its order, or its own.
    """

    def __init__(self, source: str, event: str, *, refunds_at_orders: bool) -> None:
        self._source, self._event = source, event
        self._refunds_at_orders = refunds_at_orders
        self._entries: dict[str, Entry | None] = {}

    def read(self, view: View, facts: Sequence[Fact]) -> None:
        """Look up everything that these facts are about; one known and yet not there was erased."""
        wanted = {_name(fact) for fact in facts} | {fact.order for fact in facts}
        names = sorted(wanted)
        known = _known(view, [f"{self._source}:{name}" for name in names])
        there = [name for name, is_known in zip(names, known, strict=True) if is_known]
        self._entries = dict.fromkeys(there, None)
        if there:
            self._look_up(view, there)

    def events(self, fact: Fact) -> list[Conversion]:
        """What makes the lake say what the fact says; nothing where it does, or where that was erased.

        Raises:
            RowRefusedError: It is a refund of an order that has not been pulled.
        """
        name = _name(fact)
        place = self._place(fact)
        if place is None:
            return []
        wanted = {VALUE: fact.value, **_numbers(fact.properties)}
        if name not in self._entries:
            entry = self._entries[name] = Entry(place)
            entry.add(place, wanted)
            properties = {**fact.properties, ORDER_ID: fact.order}
            title = refund_of(self._event) if fact.is_refund else self._event
            return [_event(f"{self._source}:{name}", title, place, float(fact.value), properties)]
        known = self._entries[name]
        if known is None:
            return []
        found = []
        for where, numbers in _differences(known.sums, place, wanted):
            known.changes += 1
            ident = f"{self._source}:change:{known.changes}:{name}"
            told = {each: float(number) for each, number in numbers.items() if each != VALUE}
            value = float(numbers.get(VALUE, Decimal()))
            title = change_of(self._event)
            found.append(_event(ident, title, where, value, {**told, ORDER_ID: fact.order}))
            known.add(where, numbers)
        return found

    def _place(self, fact: Fact) -> Place | None:
        if fact.unit is not None:
            return fact.unit, fact.time, fact.currency
        if fact.order not in self._entries:
            raise RowRefusedError(f"the order {fact.order!r} that it takes back has not been pulled")
        order = self._entries[fact.order]
        if order is None or order.place is None:
            return None
        unit, time, currency = order.place
        return unit, time if self._refunds_at_orders else fact.time, fact.currency or currency

    def _look_up(self, view: View, names: Sequence[str]) -> None:
        prefix = f"{self._source}:"
        events = ", ".join(literal(name) for name in (self._event, refund_of(self._event)))
        change = f"{prefix}change:"
        with connection(view.root / SPILL) as engine:
            engine.register("wanted", pa.table({"name": pa.array(list(names), type=pa.string())}))
            rows = engine.execute(
                f"""SELECT * FROM (
                  SELECT substr(id, {len(prefix) + 1}) AS entry, false AS is_change, unit,
                    epoch_us(time) AS time, currency, value, properties
                  FROM {view.source("conversions")} WHERE name IN ({events})
                    AND starts_with(id, {literal(prefix)})
                  UNION ALL
                  SELECT regexp_replace(substr(id, {len(change) + 1}), '^[0-9]+:', ''), true, unit,
                    epoch_us(time), currency, value, properties
                  FROM {view.source("conversions")} WHERE name = {literal(change_of(self._event))}
                    AND starts_with(id, {literal(change)}))
                WHERE entry IN (SELECT name FROM wanted)"""
            ).fetchall()
        for name, is_change, unit, time, currency, value, properties in rows:
            entry = self._entries[name] or Entry()
            self._entries[name] = entry
            place = (unit, moment(time), currency)
            entry.add(place, {VALUE: _decimal(value), **_numbers(json.loads(properties or "{}"))})
            if is_change:
                entry.changes += 1
            else:
                entry.original = place


def _name(fact: Fact) -> str:
    return f"refund:{fact.id}" if fact.is_refund else fact.id


def _known(view: View, ids: Sequence[str]) -> list[bool]:
    """Which ids, each of them given once, were ever counted."""
    runs = view.manifest.runs
    view.fetch([run.path for run in runs])
    keys = keys_of(pa.array(list(ids), type=pa.string()))
    new, _ = known_ids.new(view.root, runs, keys)
    return [not each for each in new.tolist()]


def _differences(
    sums: Mapping[Place, Numbers], place: Place, wanted: Numbers
) -> Iterable[tuple[Place, Numbers]]:
    """By where events are, what is missing there; what was moved is taken away where it was."""
    for where in sorted({*sums, place}, key=repr):
        have = sums.get(where, {})
        target = wanted if where == place else {}
        missing = {
            name: target.get(name, Decimal()) - have.get(name, Decimal()) for name in {**have, **target}
        }
        # As the lake keeps it: a difference that no double tells apart is none.
        told = {
            name: number
            for name, number in missing.items()
            if float(target.get(name, Decimal())) != float(have.get(name, Decimal()))
        }
        if told:
            yield where, told


def _event(ident: str, name: str, place: Place, value: float, properties: Mapping[str, Scalar]) -> Conversion:
    unit, time, currency = place
    return Conversion(
        id=ident, unit=unit, name=name, time=time, value=value, currency=currency, properties=dict(properties)
    )


def _numbers(properties: Mapping[str, object]) -> Numbers:
    return {
        name: _decimal(value)
        for name, value in properties.items()
        if isinstance(value, int | float) and not isinstance(value, bool) and name != ORDER_ID
    }


def _decimal(value: float) -> Decimal:
    return Decimal(repr(value))
