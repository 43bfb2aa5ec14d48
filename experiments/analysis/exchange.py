"""Amounts in other currencies: each is divided by the rate of its UTC day before it is added up."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import pyarrow as pa

from experiments.analysis.columns import Program
from experiments.analysis.engine import Engine, literal
from experiments.analysis.units import SECOND, Scope
from experiments.analysis.view import View
from experiments.rates import Quotes, Rate, day_number, day_of, fingerprint

DAY = 86_400 * SECOND
TABLE = "exchange_rates"
CONVERTED = "converted"
Tally = Counter[tuple[str | int | None, ...]]
"""Events by what they have in common; the first entry says what that is."""


@dataclass(frozen=True, slots=True)
class Used:
    """The rates that amounts were converted with.

    Attributes:
        count: How many.
        first: UTC day of the first; `None` where nothing was converted.
        last: UTC day of the last.
        digest: SHA-256 of them all; see `experiments.rates.fingerprint`.
    """

    count: int
    first: date | None
    last: date | None
    digest: str | None


def standing(rates: Sequence[Rate], view: View, moment: datetime) -> Quotes:
    """The rates that stood at a moment, of the days that conversions in the lake can need."""
    days = [part.day for part in view.manifest.parts if part.kind == "conversions"]
    return Quotes(rates, moment, date.fromisoformat(min(days))) if rates and days else Quotes()


def units_of(scope: Scope, work: Program) -> list[str]:
    """Currencies that amounts are converted to; none without rates."""
    return sorted({term.currency for term in work.terms if term.currency is not None} if scope.quotes else ())


def joins(engine: Engine, scope: Scope, work: Program) -> str:
    """Register the table of rates and give SQL that adds to each event a `rate_EUR` (or null) per unit.

    The table has one row per unit, currency and UTC day of the events: `unit`, `currency`, `day` (days since
    1970) and `rate`, by which an amount is divided.
    """
    names = units_of(scope, work)
    if not names:
        return ""
    days = {part.day for part in scope.view.manifest.parts if part.kind == "conversions"}
    rows = [
        (unit, currency, day, quote.rate)
        for unit in names
        for currency in scope.quotes.currencies
        if currency != unit
        for day in sorted(day_number(date.fromisoformat(each)) for each in days)
        if (quote := scope.quotes.find(unit, currency, day)) is not None
    ]
    columns = zip(*rows, strict=True) if rows else ((), (), (), ())
    types = {"unit": pa.string(), "currency": pa.string(), "day": pa.int64(), "rate": pa.float64()}
    arrays = [pa.array(column, type=kind) for column, kind in zip(columns, types.values(), strict=True)]
    engine.register(TABLE, pa.table(arrays, names=list(types)))
    return "".join(
        f" LEFT JOIN (SELECT currency, day, rate FROM {TABLE} WHERE unit = {literal(unit)}) AS {alias(unit)} "
        f"ON event.currency = {alias(unit)}.currency AND epoch_us(event.time) // {DAY} = {alias(unit)}.day"
        for unit in names
    )


def alias(unit: str) -> str:
    """Name of the joined rates to a unit."""
    return f"rate_{unit}"


def conversions(engine: Engine, scope: Scope, work: Program) -> Tally:
    """Amounts in the table `hits` that were converted, covariates too, by both currencies and UTC day."""
    found: Tally = Counter()
    for unit in units_of(scope, work):
        counted = " OR ".join(
            f"x{index} = 0" for index, term in enumerate(work.terms) if term.currency == unit
        )
        rows = engine.execute(
            f"SELECT currency, time // {DAY} AS day, count(*) FROM hits "
            f"WHERE currency <> {literal(unit)} AND ({counted}) GROUP BY ALL"
        ).fetchall()
        found.update({(CONVERTED, unit, currency, day): count for currency, day, count in rows})
    return found


def used(scope: Scope, tally: Tally) -> Used:
    """The rates behind the amounts that were counted."""
    found: set[Rate] = set()
    for what, *key in tally:
        if what == CONVERTED:
            unit, currency, day = key[:3]
            assert isinstance(unit, str)
            assert isinstance(currency, str)
            assert isinstance(day, int)
            quote = scope.quotes.find(unit, currency, day)
            found.update(quote.parts if quote else ())
    days = sorted(day_number(each.day) for each in found)
    if not days:
        return Used(0, None, None, None)
    return Used(len(days), day_of(days[0]), day_of(days[-1]), fingerprint(list(found)))
