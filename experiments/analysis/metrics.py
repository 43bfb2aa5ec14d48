"""What each exposed unit did: the columns of the metrics per unit, and what could not be counted."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from experiments.analysis.columns import Column, Program, Term
from experiments.analysis.engine import Engine, exact_sum, literal, scale_for
from experiments.analysis.exchange import alias, joins, units_of
from experiments.analysis.tallies import LEFT, Tally
from experiments.analysis.units import Scope, pointer
from experiments.forms import MetricForm

Scales = dict[int, int]
OF_A_UNIT = ("unit_key", "variant", "first")
"""The same in every hit of a unit. To group by all of it takes less than to pick any value in each group."""


def build(engine: Engine, scope: Scope, work: Program) -> Scales:
    """Make the tables `hits` (events that count for any column), `outcomes` (one row per unit with any) and
    `spans` (one per unit with any in a span of days).

    Units without a row have 0 in every column. Sums are exact, so the order of events does not matter.

    Returns:
        The scale of each term's sums.
    """
    collect(engine, scope, work)
    scales = value_scales(engine, work)
    tabulate(engine, scope, work, scales, "outcomes")
    tabulate_spans(engine, work, scales, "spans")
    return scales


def tabulate(engine: Engine, scope: Scope, work: Program, scales: Scales, table: str) -> None:
    """Make a table of outcomes, one row per unit, of the table `hits`.

    Args:
        engine: Holds `hits`.
        scope: Which events count.
        work: The columns.
        scales: Of the sums of each term.
        table: Its name.
    """
    own = ", ".join((*OF_A_UNIT, *_segments(scope)))
    values = "".join(f", {_per_unit(column, scales)} AS {column.name}" for column in work.distinct())
    engine.execute(
        f"CREATE TEMP TABLE {table} AS SELECT {own}, min(CASE WHEN age >= 0 THEN time END) AS first_event, "
        f"max(CASE WHEN age >= 0 THEN time END) AS last_event{values} "
        f"FROM (SELECT *, time - age AS first FROM hits) GROUP BY {own}"
    )


def tabulate_spans(engine: Engine, work: Program, scales: Scales, table: str) -> None:
    """Make a table of what units did in spans of days, of the table `hits`: most did nothing in any.

    Args:
        engine: Holds `hits`.
        work: The columns.
        scales: Of the sums of each term.
        table: Its name.
    """
    columns, own = work.in_spans(), ", ".join(OF_A_UNIT)
    inside = " OR ".join(sorted({_inside(column) for column in columns})) or "false"
    values = "".join(f", {_per_unit(column, scales)} AS {column.name}" for column in columns)
    engine.execute(
        f"CREATE TEMP TABLE {table} AS SELECT {own}{values} "
        f"FROM (SELECT *, time - age AS first FROM hits) WHERE {inside} GROUP BY {own}"
    )


def value_scales(engine: Engine, work: Program) -> Scales:
    """By the place of each term that is summed, the scale that fits its values in the table `hits`."""
    summed = [index for index, term in enumerate(work.terms) if term.field is not None]
    bounds = _bounds(engine, [f"v{index}" for index in summed], "hits")
    return {index: scale_for(bounds[f"v{index}"]) for index in summed}


def bounds(engine: Engine, columns: Sequence[Column], table: str = "outcomes") -> dict[str, float]:
    """Largest size of any unit's value, by column name; 0 without units."""
    return _bounds(engine, [column.name for column in columns], table)


def latest(engine: Engine) -> int | None:
    """Time of the latest event after exposure that any metric looks at, microseconds since 1970 UTC."""
    row = engine.execute("SELECT max(last_event) FROM outcomes").fetchall()[0]
    return None if row[0] is None else int(row[0])


@dataclass(frozen=True, slots=True)
class Left:
    """Events inside a metric's window that could not be counted, and why.

    Attributes:
        currency: Events in another currency than the metric's without a rate, by that currency.
        missing: Events without the field, or where it is no number.
        mixed: Currencies summed together, where the metric names none and there are several.
        converted: Events that count, converted to the metric's currency, by their own.
    """

    currency: dict[str, int]
    missing: int
    mixed: tuple[str, ...]
    converted: dict[str, int] = field(default_factory=dict)


def left_out(tally: Tally, work: Program, metric: MetricForm) -> Left:
    """What a metric could not count.

    Args:
        tally: What `tallies.conversions` gives.
        work: The columns.
        metric: One of theirs.
    """
    currencies: dict[str, int] = {}
    converted: dict[str, int] = {}
    missing, mixed = 0, set()
    for column in work.columns[metric.key]:
        if column.term is None or column.role.startswith("covariate"):
            continue
        term, window = work.terms[column.term], (LEFT, column.term, column.lower, column.upper)
        for key, count in tally.items():
            if key[:4] != window:
                continue
            currency, finding = key[4:]
            if finding == MISSING:
                missing += count
            elif not isinstance(currency, str):
                continue
            elif finding == OTHER_CURRENCY:
                currencies[currency] = currencies.get(currency, 0) + count
            elif term.currency is None and term.field == "value":
                mixed.add(currency)
            elif term.currency not in (None, currency):
                converted[currency] = converted.get(currency, 0) + count
    ordered, summed = dict(sorted(currencies.items())), tuple(sorted(mixed)) if len(mixed) > 1 else ()
    return Left(ordered, missing, summed, dict(sorted(converted.items())))


COUNTED, OTHER_CURRENCY, MISSING = 0, 1, 2
"""What may be found of an event of a term."""


def finding_and_value(term: Term, *, rated: bool = False) -> tuple[str, str]:
    """SQL on an `event`: what is found of it (null where it is not of the term), and what it counts for.

    Args:
        rated: Whether the rates of `exchange.joins` stand beside the event.
    """
    finding, value = _finding(term, rated=rated), field_of(term)
    if rated and term.currency is not None:
        value += f" / coalesce({alias(term.currency)}.rate, 1.0)"
    return finding, f"CASE WHEN {finding} = {COUNTED} THEN {value} END"


def collect(engine: Engine, scope: Scope, work: Program) -> None:
    """Make the table `hits`: the events of the units in `named` that any column looks at."""
    columns = work.distinct()
    adjusting = {name for term in work.terms for name in term.adjusted_by}
    delay = "epoch_us(event.received) - epoch_us(event.time)"
    if adjusting:
        # A refund comes when it comes: that says nothing of how soon events are sent.
        delay = f"CASE WHEN NOT ({is_named(adjusting)}) THEN {delay} END"
    exchange, rated = joins(engine, scope, work), units_of(scope, work)
    expressions = []
    for index, term in enumerate(work.terms):
        finding, value = finding_and_value(term, rated=term.currency in rated)
        expressions.append(f"{finding} AS x{index}")
        if term.field is not None:
            expressions.append(f"{value} AS v{index}")
    lower = min((column.lower for column in columns), default=0)
    upper = max((column.upper for column in columns), default=0)
    segments = "".join(f", named.{name}" for name in _segments(scope))
    engine.execute(
        f"""CREATE OR REPLACE TEMP TABLE hits AS
        SELECT named.unit_key, named.variant{segments}, event.currency,
          epoch_us(event.time) AS time, epoch_us(event.time) - named.first AS age,
          {delay} AS delay,
          {", ".join(expressions) or "0 AS nothing"}
        FROM {scope.happenings()} AS event JOIN named ON event.unit_key = named.id_key{exchange}
        WHERE {looked_at(work)} AND {scope.known_by_then("event")}
          AND epoch_us(event.time) - named.first BETWEEN {lower} AND {upper}"""
    )


def looked_at(work: Program) -> str:
    """SQL condition on an `event`: some term is about events of its name."""
    events = {name for term in work.terms for name in (term.event, *term.adjusted_by)}
    return "true" if None in events else is_named(events)


def is_named(names: Iterable[str | None]) -> str:
    """SQL condition on an `event`: it has one of the names."""
    return f"event.name IN ({', '.join(literal(name) for name in sorted(filter(None, names)))})"


def field_of(term: Term) -> str:
    """SQL of what an `event` says in the field of a term."""
    if term.field in (None, "value"):
        return "event.value"
    return f"TRY_CAST(json_extract_string(event.properties, {pointer(term.field)}) AS DOUBLE)"


def _finding(term: Term, *, rated: bool) -> str:
    """SQL: null for an event that is not of the term, else whether it counts."""
    is_it = "true" if term.event is None else f"event.name = {literal(term.event)}"
    if term.adjusted_by:
        # What adjusts an amount need not say anything of another property.
        told = "" if term.field == "value" else f" AND isfinite({field_of(term)})"
        is_it += f" OR coalesce({is_named(term.adjusted_by)}{told}, false)"
    cases = ""
    if term.currency is not None:
        unknown = f" AND {alias(term.currency)}.rate IS NULL" if rated else ""
        cases += f" WHEN event.currency <> {literal(term.currency)}{unknown} THEN {OTHER_CURRENCY}"
    if term.field not in (None, "value"):
        cases += f" WHEN NOT coalesce(isfinite({field_of(term)}), false) THEN {MISSING}"
    return f"(CASE WHEN NOT ({is_it}) THEN NULL{cases} ELSE {COUNTED} END)::UTINYINT"


def _per_unit(column: Column, scales: dict[int, int]) -> str:
    inside = f"CASE WHEN {_inside(column)} THEN"
    if column.term in scales:
        scale = scales[column.term]
        total = exact_sum(f"{inside} v{column.term} END", scale)
        value = f"coalesce(({total})::DOUBLE * {math.ldexp(1.0, -scale)!r}::DOUBLE, 0.0)"
    else:
        value = f"count({inside} 1 END)"
    if column.once:
        value = f"least({value}, 1)"
    if column.cap is not None:
        value = f"least({value}, {column.cap!r}::DOUBLE)"
    return f"({value})::{('TINYINT' if column.once else 'INTEGER') if column.whole else 'DOUBLE'}"


def _inside(column: Column) -> str:
    """SQL condition on a hit: the column counts it."""
    counted = "" if column.term is None else f" AND x{column.term} = {COUNTED}"
    return f"age BETWEEN {column.lower} AND {column.upper}{counted}"


def _bounds(engine: Engine, names: Sequence[str], table: str) -> dict[str, float]:
    if not names:
        return {}
    largest = ", ".join(f"max(abs({name}))" for name in names)
    values = engine.execute(f"SELECT {largest} FROM {table}").fetchall()[0]
    return {name: float(value or 0.0) for name, value in zip(names, values, strict=True)}


def _segments(scope: Scope) -> list[str]:
    return [f"segment_{index}" for index in range(len(scope.segments))]
