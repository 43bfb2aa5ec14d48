"""Reduces units to moments per variant, centred and independent of the order of rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement
from typing import Any

import numpy as np

from experiments.analysis.columns import CAPPED, Column
from experiments.analysis.engine import Engine, exact_sum, exact_value, scale_for
from experiments.analysis.residuals import Group, Groups, keep_groups, with_residuals
from stats.ranks import Ranks, rank_window
from stats.summary import Summary, empty

Values = np.ndarray[tuple[int], np.dtype[np.float64]]


@dataclass(frozen=True, slots=True)
class _Known:
    """What the first pass tells about one column in one group."""

    mean: float
    nonzero: int
    minimum: float
    maximum: float


def moments(
    engine: Engine,
    keys: Sequence[str],
    counts: Mapping[Group, int],
    metrics: Mapping[str, Sequence[Column]],
    bounds: Mapping[str, float],
    table: str = "outcomes",
) -> dict[str, Groups]:
    """Summaries per metric and group of units, from the table `outcomes` or another one of its shape.

    Means first, then powers of deviations from them, then cubes of what covariates leave of the outcome;
    units without a row join as zeros.

    Args:
        keys: Columns that make a group, the last of them `variant`.
        counts: All exposed units per group, those without a row included.
        metrics: Columns per metric, at least one each.
        bounds: Largest size of the values of each column.
        table: One row per unit with any outcome, with the keys and columns.
    """
    if not metrics:
        return {}
    source = f"{table} AS outcomes"
    columns = list({column.name: column for group in metrics.values() for column in group}.values())
    rows, known = _first_pass(engine, source, keys, counts, columns, bounds)
    _store_centres(engine, keys, columns, known)
    powers = _second_pass(engine, source, keys, metrics, bounds)
    found = {
        key: {
            group: _summary(group_columns, units, units - rows[group], known[group], powers[group])
            if group in rows
            else _zeros(group_columns, units)
            for group, units in counts.items()
        }
        for key, group_columns in metrics.items()
    }
    whole = with_residuals(engine, source, keys, metrics, bounds, rows, found)
    engine.execute("DROP TABLE centres")
    return whole


def ranks(engine: Engine, column: Column, share: float, group: Mapping[str, int], units: int) -> Ranks:
    """The ordered values around a quantile of one group of units, those without a row as zeros.

    Args:
        engine: Holds the table `outcomes`.
        column: The values.
        share: The quantile, between 0 and 1.
        group: What makes the group, such as `{"variant": 0}`.
        units: All exposed units of the group.
    """
    if not units:
        return Ranks(0, share, 1, ())
    name, where = column.name, " AND ".join(f"{key} = {value}" for key, value in group.items())
    rows, below = engine.execute(
        f"SELECT count(*), count(*) FILTER ({name} < 0) FROM outcomes WHERE {where}"
    ).fetchall()[0]
    first, last = rank_window(units, share)
    # Zeros without a row come after the rows below zero and before all others.
    zeros = units - rows
    start, stop = (max(min(rank, below), rank - zeros) for rank in (first - 1, last))
    found = engine.execute(
        f"""SELECT {name} AS value FROM outcomes WHERE {where}
        ORDER BY value LIMIT {stop - start} OFFSET {start}"""
    ).fetchnumpy()
    values = np.asarray(found["value"], dtype=np.float64).tolist()
    middle = min(max(below - start, 0), len(values))
    padding = [0.0] * (last - first + 1 - len(values))
    return Ranks(units, share, first, (*values[:middle], *padding, *values[middle:]))


def cap_at_quantile(engine: Engine, columns: Sequence[Column], share: float, units: int) -> float | None:
    """Lower every value of the columns to the quantile over all units of the first of them.

    A threshold of 0 or less would erase the metric, so there values are left as they are.

    Returns:
        The threshold; `None` when values were left as they are.
    """
    found = engine.execute(f"SELECT {columns[0].name} AS value FROM outcomes").fetchnumpy()
    threshold = quantile_with_zeros(np.asarray(found["value"], dtype=np.float64), units, share)
    if threshold is None or threshold <= 0:
        return None
    capped = [column.name for column in columns if column.role in CAPPED]
    changes = ", ".join(f"least({name}, {threshold!r}::DOUBLE) AS {name}" for name in capped)
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE outcomes AS SELECT * EXCLUDE ({', '.join(capped)}), {changes} "
        "FROM outcomes"
    )
    return threshold


def quantile_with_zeros(values: Values, units: int, share: float) -> float | None:
    """Quantile of `units` values of which those not given are 0, as `numpy.quantile` computes it."""
    if not units:
        return None
    ordered = np.sort(values)
    below = int(np.searchsorted(ordered, 0.0))
    zeros = units - len(ordered)

    def at(place: int) -> float:
        if place < below:
            return float(ordered[place])
        return 0.0 if place < below + zeros else float(ordered[place - zeros])

    position = share * (units - 1)
    lower = math.floor(position)
    first, second = at(lower), at(min(lower + 1, units - 1))
    return first + (second - first) * (position - lower)


def _first_pass(
    engine: Engine,
    source: str,
    keys: Sequence[str],
    counts: Mapping[Group, int],
    columns: Sequence[Column],
    bounds: Mapping[str, float],
) -> tuple[dict[Group, int], dict[Group, dict[str, _Known]]]:
    """Rows per group, and what is known about each column from one pass."""
    values = ["count(*)"]
    for column in columns:
        name = column.name
        values += [exact_sum(name, scale_for(bounds[name])), f"count(*) FILTER ({name} <> 0)"]
        values += [f"min({name})", f"max({name})"]
    rows, known = {}, {}
    for group, (count, *found) in _grouped(engine, keys, values, source).items():
        rows[group] = int(count)
        known[group] = {
            column.name: _Known(
                exact_value(int(found[place]), scale_for(bounds[column.name])) / counts[group],
                int(found[place + 1]),
                found[place + 2],
                found[place + 3],
            )
            for place, column in zip(range(0, len(found), 4), columns, strict=True)
        }
    return rows, known


def _store_centres(
    engine: Engine,
    keys: Sequence[str],
    columns: Sequence[Column],
    known: Mapping[Group, Mapping[str, _Known]],
) -> None:
    means = {f"c_{column.name}": [found[column.name].mean for found in known.values()] for column in columns}
    keep_groups(engine, "centres", keys, list(known), means)


def _second_pass(
    engine: Engine,
    source: str,
    keys: Sequence[str],
    metrics: Mapping[str, Sequence[Column]],
    bounds: Mapping[str, float],
) -> dict[Group, dict[tuple[str, ...], float]]:
    """Sums over the rows of products of deviations, by the names of the columns multiplied."""
    sums: dict[tuple[str, ...], int] = {}
    for names in (names for columns in metrics.values() for names in _products(columns)):
        # A mean is no larger than the largest value, so a deviation is at most twice that.
        sums[names] = scale_for(math.prod(2 * bounds[name] for name in names))
    values = [
        exact_sum(" * ".join(f"(outcomes.{name} - c_{name})" for name in names), scale)
        for names, scale in sums.items()
    ]
    joined = f"{source} JOIN centres USING ({', '.join(keys)})"
    return {
        group: {
            names: exact_value(int(total), scale)
            for (names, scale), total in zip(sums.items(), row, strict=True)
        }
        for group, row in _grouped(engine, keys, values, joined).items()
    }


def _products(columns: Sequence[Column]) -> list[tuple[str, ...]]:
    """Which columns are multiplied: every pair, then the first one three times."""
    names = [column.name for column in columns]
    return [*(_pair(*pair) for pair in combinations_with_replacement(names, 2)), (names[0],) * 3]


def _pair(first: str, second: str) -> tuple[str, str]:
    """One name for a product, in whichever order metrics have its factors."""
    return (first, second) if first <= second else (second, first)


def _summary(
    columns: Sequence[Column],
    units: int,
    zeros: int,
    known: Mapping[str, _Known],
    powers: Mapping[tuple[str, ...], float],
) -> Summary:
    """One group, with `zeros` units that have no row."""
    names = [column.name for column in columns]

    def whole(*factors: str) -> float:
        return powers[factors] + zeros * math.prod(-known[name].mean for name in factors)

    first = known[names[0]]
    return Summary(
        columns=tuple(column.role for column in columns),
        units=units,
        means=tuple(known[name].mean for name in names),
        comoments=tuple(tuple(whole(*_pair(row, column)) for column in names) for row in names),
        third=whole(names[0], names[0], names[0]),
        events=first.nonzero,
        minimum=min(first.minimum, 0.0) if zeros else first.minimum,
        maximum=max(first.maximum, 0.0) if zeros else first.maximum,
    )


def nobody(columns: Sequence[Column]) -> Summary:
    """Summary of no units."""
    return empty(tuple(column.role for column in columns))


def _zeros(columns: Sequence[Column], units: int) -> Summary:
    nothing = nobody(columns)
    return replace(nothing, units=units, minimum=0.0, maximum=0.0) if units else nothing


def _grouped(
    engine: Engine, keys: Sequence[str], values: Sequence[str], source: str
) -> dict[Group, tuple[Any, ...]]:
    rows = engine.execute(
        f"SELECT {', '.join((*keys, *values))} FROM {source} GROUP BY {', '.join(keys)}"
    ).fetchall()
    return {row[: len(keys)]: row[len(keys) :] for row in rows}
