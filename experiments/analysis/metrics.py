"""What each exposed unit did: windowed outcomes per unit, and the same from before exposure as covariates."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

import duckdb

from experiments.analysis.engine import exact_sum, literal, parquet, scale_for
from experiments.analysis.units import Scope, microseconds, pointer
from experiments.forms import MetricForm, MetricKind, TermForm

PRE_PERIOD_HOURS = 336.0
TOO_LARGE = 1e100
_FOREVER = 10_000 * 366 * 24 * 3600 * 1_000_000
_CURRENCY = re.compile(r"^[A-Z]{3}$")


@dataclass(frozen=True, slots=True)
class Term:
    """Events of one kind that are counted, or whose field is summed.

    Attributes:
        event: Name of the event; `None` is any.
        field: `value` or a property; `None` counts events.
        currency: Only events in this currency, or in none, count; `None` takes them all.
    """

    event: str | None
    field: str | None
    currency: str | None


@dataclass(frozen=True, slots=True)
class Column:
    """One number per unit in the table `outcomes`.

    Attributes:
        name: In the table.
        role: In `stats.Summary`: `outcome`, `numerator`, `denominator`, `covariate`, ...
        term: Place of its term.
        lower: Events count from here, microseconds after first exposure.
        upper: Up to here, inclusive.
        once: Whether any number of events counts as 1.
        cap: Largest value per unit, registered beforehand.
    """

    name: str
    role: str
    term: int
    lower: int
    upper: int
    once: bool
    cap: float | None


@dataclass(slots=True)
class Program:
    """Everything that one pass over the conversions computes.

    Attributes:
        terms: Distinct terms over all metrics.
        columns: Columns by metric key.
    """

    terms: list[Term] = field(default_factory=list)
    columns: dict[str, list[Column]] = field(default_factory=dict)

    def place(self, term: Term) -> int:
        """Where a term is, adding it when it is new."""
        if term not in self.terms:
            self.terms.append(term)
        return self.terms.index(term)


def program(metrics: Sequence[MetricForm], *, covariates: bool) -> Program:
    """What to compute for the metrics, with covariates where those are wanted."""
    whole = Program()
    for index, metric in enumerate(metrics):
        parts = _parts(metric)
        lower, upper = _window(metric)
        before = _pre_period(metric)
        columns = []
        for role, term in parts:
            cap = metric.cap.value if metric.cap and role != "denominator" else None
            once = metric.kind in (MetricKind.PROPORTION, MetricKind.RETENTION)
            place = whole.place(term)
            columns.append(Column(f"m{index}_{role}", role, place, lower, upper, once, cap))
        if covariates and metric.kind != MetricKind.QUANTILE:
            for column in tuple(columns):
                role = "covariate" if column.role == "outcome" else f"covariate_{column.role}"
                columns.append(
                    Column(f"m{index}_{role}", role, column.term, -before, -1, column.once, column.cap)
                )
        whole.columns[metric.key] = columns
    return whole


def build(engine: duckdb.DuckDBPyConnection, scope: Scope, work: Program) -> None:
    """Make the tables `hits` (events that count for any column) and `outcomes` (one row per unit with any).

    Units without a row have 0 in every column. Sums are exact, so the order of events does not matter.
    """
    columns = [column for group in work.columns.values() for column in group]
    _collect(engine, scope, work, columns)
    summed = [index for index, term in enumerate(work.terms) if term.field is not None]
    bounds = _bounds(engine, [f"v{index}" for index in summed], "hits")
    scales = {index: scale_for(bounds[f"v{index}"]) for index in summed}
    segments = _segments(scope)
    kept = "".join(f", any_value({name}) AS {name}" for name in segments)
    values = "".join(f", {_per_unit(column, scales)} AS {column.name}" for column in columns)
    engine.execute(
        f"CREATE TEMP TABLE outcomes AS SELECT unit_key, any_value(variant) AS variant{kept}{values} "
        "FROM hits GROUP BY unit_key"
    )


def bounds(engine: duckdb.DuckDBPyConnection, columns: Sequence[Column]) -> dict[str, float]:
    """Largest size of any unit's value, by column name; 0 without units."""
    return _bounds(engine, [column.name for column in columns], "outcomes")


def latest(engine: duckdb.DuckDBPyConnection) -> int | None:
    """Time of the latest event after exposure that any metric looks at, microseconds since 1970 UTC."""
    row = engine.execute("SELECT max(time) FROM hits WHERE age >= 0").fetchall()[0]
    return None if row[0] is None else int(row[0])


@dataclass(frozen=True, slots=True)
class Left:
    """Events inside a metric's window that could not be counted, and why.

    Attributes:
        currency: Events in another currency than the metric's, by that currency.
        missing: Events without the field, or where it is no number.
        mixed: Currencies summed together, where the metric names none and there are several.
    """

    currency: dict[str, int]
    missing: int
    mixed: tuple[str, ...]


def left_out(engine: duckdb.DuckDBPyConnection, work: Program, metric: MetricForm) -> Left:
    """What a metric could not count."""
    currencies: dict[str, int] = {}
    missing, mixed = 0, set()
    for column in work.columns[metric.key]:
        term = work.terms[column.term]
        if term.field is None or column.role.startswith("covariate"):
            continue
        rows = engine.execute(
            f"SELECT currency, x{column.term}, count(*) FROM hits WHERE x{column.term} IS NOT NULL "
            f"AND age BETWEEN {column.lower} AND {column.upper} GROUP BY ALL ORDER BY ALL"
        ).fetchall()
        for currency, finding, count in rows:
            if finding == _OTHER_CURRENCY:
                currencies[currency] = currencies.get(currency, 0) + count
            elif finding == _MISSING:
                missing += count
            elif currency is not None and term.currency is None and term.field == "value":
                mixed.add(currency)
    return Left(currencies, missing, tuple(sorted(mixed)) if len(mixed) > 1 else ())


_COUNTED, _OTHER_CURRENCY, _MISSING = 0, 1, 2


def window_hours(metric: MetricForm) -> float | None:
    """Hours after first exposure when a unit's outcome is final; `None` when it never is."""
    return metric.to_hours if metric.kind == MetricKind.RETENTION else metric.window_hours


def _parts(metric: MetricForm) -> list[tuple[str, Term]]:
    if metric.kind == MetricKind.RATIO:
        assert metric.numerator is not None
        assert metric.denominator is not None
        above, below = _term(metric.numerator, metric.unit), _term(metric.denominator, None)
        if above.event == below.event:
            # An order that is left out of the revenue is left out of the number of orders too.
            below = Term(below.event, below.field, above.currency)
        return [("numerator", above), ("denominator", below)]
    if metric.kind in (MetricKind.MEAN, MetricKind.QUANTILE):
        summed = TermForm(event=metric.event or "", field=metric.field or "value")
        return [("outcome", _term(summed, metric.unit))]
    return [("outcome", Term(metric.event, None, None))]


def _term(form: TermForm, unit: str | None) -> Term:
    money = form.field is not None and unit is not None and _CURRENCY.match(unit)
    return Term(form.event, form.field, unit if money else None)


def _window(metric: MetricForm) -> tuple[int, int]:
    if metric.kind == MetricKind.RETENTION:
        lower = microseconds(metric.from_hours or 0.0)
        return lower, microseconds(metric.to_hours) if metric.to_hours else _FOREVER
    return 0, microseconds(metric.window_hours) if metric.window_hours else _FOREVER


def _pre_period(metric: MetricForm) -> int:
    if metric.kind == MetricKind.RETENTION and metric.to_hours is not None:
        return microseconds(metric.to_hours - (metric.from_hours or 0.0))
    return microseconds(metric.window_hours or PRE_PERIOD_HOURS)


def _collect(
    engine: duckdb.DuckDBPyConnection, scope: Scope, work: Program, columns: Sequence[Column]
) -> None:
    events = {term.event for term in work.terms}
    named = "true"
    if None not in events:
        named = f"event.name IN ({', '.join(literal(name or '') for name in sorted(events, key=str))})"
    expressions = []
    for index, term in enumerate(work.terms):
        expressions.append(f"{_finding(term)} AS x{index}")
        if term.field is not None:
            expressions.append(f"CASE WHEN {_finding(term)} = {_COUNTED} THEN {_field(term)} END AS v{index}")
    lower = min((column.lower for column in columns), default=0)
    upper = max((column.upper for column in columns), default=0)
    paths = scope.view.paths("conversions")
    source = f"{parquet(paths)} AS event" if paths else f"({_NOTHING}) AS event"
    segments = "".join(f", units.{name}" for name in _segments(scope))
    engine.execute(
        f"""CREATE TEMP TABLE hits AS
        SELECT event.unit_key, units.variant{segments}, event.currency,
          epoch_us(event.time) AS time, epoch_us(event.time) - units.first AS age,
          {", ".join(expressions) or "0 AS nothing"}
        FROM {source} JOIN units ON event.unit_key = units.unit_key
        WHERE {named} AND {scope.known_by_then("event")}
          AND epoch_us(event.time) - units.first BETWEEN {lower} AND {upper}"""
    )


_NOTHING = (
    "SELECT 0::BIGINT AS unit_key, make_timestamptz(0) AS time, make_timestamptz(0) AS received, "
    "'' AS name, 0.0::DOUBLE AS value, '' AS currency, '' AS properties WHERE false"
)


def _field(term: Term) -> str:
    if term.field in (None, "value"):
        return "event.value"
    return f"TRY_CAST(json_extract_string(event.properties, {pointer(term.field)}) AS DOUBLE)"


def _finding(term: Term) -> str:
    """SQL: null for an event that is not of the term, else whether it counts."""
    is_it = "true" if term.event is None else f"event.name = {literal(term.event)}"
    cases = ""
    if term.currency is not None:
        cases += f" WHEN event.currency <> {literal(term.currency)} THEN {_OTHER_CURRENCY}"
    if term.field not in (None, "value"):
        cases += f" WHEN NOT coalesce(isfinite({_field(term)}), false) THEN {_MISSING}"
    return f"(CASE WHEN NOT ({is_it}) THEN NULL{cases} ELSE {_COUNTED} END)::UTINYINT"


def _per_unit(column: Column, scales: dict[int, int]) -> str:
    inside = f"FILTER (age BETWEEN {column.lower} AND {column.upper} AND x{column.term} = {_COUNTED})"
    if column.term in scales:
        scale = scales[column.term]
        total = f"{exact_sum(f'v{column.term}', scale)} {inside}"
        value = f"coalesce(({total})::DOUBLE * {math.ldexp(1.0, -scale)!r}::DOUBLE, 0.0)"
    else:
        value = f"(count(*) {inside})::DOUBLE"
    if column.once:
        value = f"least({value}, 1.0)"
    return value if column.cap is None else f"least({value}, {column.cap!r}::DOUBLE)"


def _bounds(engine: duckdb.DuckDBPyConnection, names: Sequence[str], table: str) -> dict[str, float]:
    if not names:
        return {}
    largest = ", ".join(f"max(abs({name}))" for name in names)
    values = engine.execute(f"SELECT {largest} FROM {table}").fetchall()[0]
    return {name: float(value or 0.0) for name, value in zip(names, values, strict=True)}


def _segments(scope: Scope) -> list[str]:
    return [f"segment_{index}" for index in range(len(scope.segments))]
