"""Reduces units to moments per variant, centred and independent of the order of rows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from experiments.analysis.columns import CAPPED, Column
from experiments.analysis.engine import Engine
from experiments.analysis.residuals import Groups, with_residuals
from experiments.analysis.sums import Group, Moments, Sums, add_up, scales_of
from stats.ranks import Ranks, rank_window
from stats.summary import Summary, empty

Values = np.ndarray[tuple[int], np.dtype[np.float64]]


def moments(
    engine: Engine,
    keys: Sequence[str],
    counts: Mapping[Group, int],
    metrics: Mapping[str, Sequence[Column]],
    bounds: Mapping[str, float],
    table: str = "outcomes",
    sums: Sums | None = None,
) -> dict[str, Groups]:
    """Summaries per metric and group of units, from the table `outcomes` or another one of its shape.

    Exact sums first, then cubes of what covariates leave of the outcome; units without a row are zeros.

    Args:
        engine: Holds the table.
        keys: Columns that make a group, the last of them `variant`.
        counts: All exposed units per group, those without a row included.
        metrics: Columns per metric, at least one each.
        bounds: Largest size of the values of each column.
        table: One row per unit with any outcome, with the keys and columns.
        sums: What `add_up` gives for the table, where that is known.
    """
    if not metrics:
        return {}
    source = f"{table} AS outcomes"
    if sums is None:
        sums = add_up(engine, source, keys, metrics, scales_of(metrics, bounds))
    anchors = _anchors(engine, source, keys, counts, metrics, sums)
    if anchors:
        sums = add_up(engine, source, keys, metrics, sums.scales, anchors)
    ends = _ends(engine, source, keys, [columns[0].name for columns in metrics.values()])
    found = {
        key: {
            group: _summary(columns, Moments(sums, group, units, anchors.get(group, {})), units, ends[group])
            if group in sums.groups
            else _zeros(columns, units)
            for group, units in counts.items()
        }
        for key, columns in metrics.items()
    }
    rows = {group: sums.rows(group) for group in sums.groups}
    return with_residuals(engine, source, keys, metrics, bounds, rows, found)


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


Ends = dict[str, tuple[float, float]]
"""Least and largest value by column."""


def _ends(engine: Engine, source: str, keys: Sequence[str], names: Sequence[str]) -> dict[Group, Ends]:
    """Over the rows of each group."""
    values = [f"{end}(outcomes.{name})" for name in names for end in ("min", "max")]
    rows = engine.execute(
        f"SELECT {', '.join((*keys, *values))} FROM {source} GROUP BY {', '.join(keys)}"
    ).fetchall()
    found: dict[Group, Ends] = {}
    for row in rows:
        ends = [float(each) for each in row[len(keys) :]]
        found[row[: len(keys)]] = dict(zip(names, zip(ends[::2], ends[1::2], strict=True), strict=True))
    return found


def _anchors(
    engine: Engine,
    source: str,
    keys: Sequence[str],
    counts: Mapping[Group, int],
    metrics: Mapping[str, Sequence[Column]],
    sums: Sums,
) -> dict[Group, dict[str, float]]:
    """Where values keep away from 0, the nearest to it: far from 0 their squares would lose digits.

    Only in groups of which every unit has a row, for one without has zeros.
    """
    names = list(dict.fromkeys(column.name for columns in metrics.values() for column in columns))
    if all(sums.rows(group) < units for group, units in counts.items() if units):
        return {}
    found = {
        group: {
            name: min(max(0.0, low), high) if sums.rows(group) == counts[group] else 0.0
            for name, (low, high) in ends.items()
        }
        for group, ends in _ends(engine, source, keys, names).items()
    }
    return found if any(any(each.values()) for each in found.values()) else {}


def _summary(columns: Sequence[Column], moments: Moments, units: int, ends: Ends) -> Summary:
    """One group, of which some unit has a row."""
    names = [column.name for column in columns]
    least, largest = ends[names[0]]
    zeros = units > moments.rows
    return Summary(
        columns=tuple(column.role for column in columns),
        units=units,
        means=tuple(moments.mean(name) for name in names),
        comoments=tuple(tuple(moments.second(row, column) for column in names) for row in names),
        third=moments.third(names[0]),
        events=moments.nonzero(names[0]),
        minimum=min(least, 0.0) if zeros else least,
        maximum=max(largest, 0.0) if zeros else largest,
    )


def nobody(columns: Sequence[Column]) -> Summary:
    """Summary of no units."""
    return empty(tuple(column.role for column in columns))


def _zeros(columns: Sequence[Column], units: int) -> Summary:
    nothing = nobody(columns)
    return replace(nothing, units=units, minimum=0.0, maximum=0.0) if units else nothing
