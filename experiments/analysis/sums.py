"""Exact sums over units per group: they add up and subtract in any order, and give moments."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations_with_replacement

from experiments.analysis.columns import Column
from experiments.analysis.engine import Engine, exact_sum, scale_for

Group = tuple[int, ...]
Names = tuple[str, ...]
Scales = dict[Names, int | None]
Anchors = Mapping[Group, Mapping[str, float]]
"""From where values are counted, by group and column."""
_WHOLE_LIMIT = 2.0**31
"""Products of whole numbers up to this add up over 2**31 rows within 64 bits."""


@dataclass(frozen=True, slots=True)
class Sums:
    """What was added up over the rows of a table with one row per unit.

    Attributes:
        scales: By the names of the columns multiplied, the power of two by which the sum is scaled; `None`
            for whole numbers, which are added up as they are.
        firsts: Columns of which values other than 0 are counted.
        groups: Per group the number of rows, the sums as in `scales`, the counts as in `firsts`.
    """

    scales: Scales
    firsts: tuple[str, ...]
    groups: dict[Group, tuple[int, ...]]

    def rows(self, group: Group) -> int:
        """How many units of the group have a row."""
        return self.groups[group][0] if group in self.groups else 0

    def of(self, first: Group) -> Sums:
        """Those of the groups that begin so, without that beginning."""
        size = len(first)
        groups = {group[size:]: each for group, each in self.groups.items() if group[:size] == first}
        return Sums(self.scales, self.firsts, groups)

    def combined(self, other: Sums, by: Callable[[int, int], int]) -> Sums:
        """Both together, or one without the other, number by number; groups without rows vanish."""
        nothing = (0,) * (1 + len(self.scales) + len(self.firsts))
        pairs = {
            group: (self.groups.get(group, nothing), other.groups.get(group, nothing))
            for group in sorted(self.groups.keys() | other.groups.keys())
        }
        whole = {group: tuple(map(by, *pair)) for group, pair in pairs.items()}
        return Sums(self.scales, self.firsts, {group: each for group, each in whole.items() if each[0]})


def products(columns: Sequence[Column]) -> list[Names]:
    """What a metric's summary needs summed: every column, every pair, and the first one three times."""
    names = [column.name for column in columns]
    pairs = [pair(*each) for each in combinations_with_replacement(names, 2)]
    return [*((name,) for name in names), *pairs, (names[0],) * 3]


def pair(first: str, second: str) -> Names:
    """One name for a product, in whichever order metrics have its factors."""
    return (first, second) if first <= second else (second, first)


def scales_of(metrics: Mapping[str, Sequence[Column]], bounds: Mapping[str, float]) -> Scales:
    """By names multiplied, the scale of their sum.

    Args:
        metrics: Columns per metric.
        bounds: Largest size of the values of each column.
    """
    whole = {column.name for group in metrics.values() for column in group if column.whole}
    found: Scales = {}
    for names in (names for columns in metrics.values() for names in products(columns)):
        largest = math.prod(bounds[name] for name in names)
        is_whole = whole.issuperset(names) and largest < _WHOLE_LIMIT
        found[names] = None if is_whole else scale_for(largest)
    return found


def add_up(
    engine: Engine,
    source: str,
    keys: Sequence[str],
    metrics: Mapping[str, Sequence[Column]],
    scales: Scales,
    anchors: Anchors | None = None,
) -> Sums:
    """One pass over a table named `outcomes`.

    Args:
        engine: Holds the table.
        source: SQL of the table.
        keys: Columns that make a group.
        metrics: Columns per metric.
        scales: Of the sums.
        anchors: From where to count, else from 0.
    """
    firsts = tuple(dict.fromkeys(columns[0].name for columns in metrics.values()))
    if anchors is not None:
        scales = {names: scale or 0 for names, scale in scales.items()}
    values = [
        f"sum({' * '.join(f'outcomes.{name}::BIGINT' for name in names)})::HUGEINT"
        if scale is None
        else exact_sum(" * ".join(_counted(name, keys, anchors) for name in names), scale)
        for names, scale in scales.items()
    ]
    counts = (f"count(*) FILTER (outcomes.{name} <> 0)" for name in firsts)
    rows = engine.execute(
        f"SELECT {', '.join((*keys, 'count(*)', *values, *counts))} FROM {source} GROUP BY {', '.join(keys)}"
    ).fetchall()
    size = len(keys)
    return Sums(scales, firsts, {tuple(row[:size]): tuple(int(each) for each in row[size:]) for row in rows})


def _counted(name: str, keys: Sequence[str], anchors: Anchors | None) -> str:
    if anchors is None or not any(each[name] for each in anchors.values()):
        return f"outcomes.{name}::DOUBLE"
    by_group = {group: each[name] for group, each in anchors.items()}
    return f"(outcomes.{name}::DOUBLE - {per_group(keys, by_group)})"


def per_group(keys: Sequence[str], values: Mapping[Group, float]) -> str:
    """SQL of a number that the group of a row tells."""
    if len(set(values.values())) == 1:
        return f"{next(iter(values.values()))!r}::DOUBLE"
    cases = "".join(
        f" WHEN {' AND '.join(f'{key} = {code}' for key, code in zip(keys, group, strict=True))} "
        f"THEN {value!r}::DOUBLE"
        for group, value in values.items()
    )
    return f"(CASE{cases} END)"


class Moments:
    """Mean and centred sums of one group, by exact arithmetic on its sums, rounded once.

    Attributes:
        rows: Units with a row.

    Args:
        sums: Of all groups.
        group: Which.
        units: All of its units; those without a row are zeros, so they add to no sum.
        anchors: From where its values were counted, by column; from 0 if not named.
    """

    def __init__(self, sums: Sums, group: Group, units: int, anchors: Mapping[str, float]) -> None:
        self.rows, *numbers = sums.groups[group]
        scales = (scale or 0 for scale in sums.scales.values())
        self._sums = dict(zip(sums.scales, zip(numbers, scales, strict=False), strict=False))
        self._nonzero = dict(zip(sums.firsts, numbers[len(sums.scales) :], strict=True))
        self._units = units
        self._anchors = anchors

    def nonzero(self, name: str) -> int:
        """Units whose value is not 0."""
        return self._nonzero[name]

    def mean(self, name: str) -> float:
        """Of one column."""
        total, scale = self._sums[name,]
        anchor = self._anchors.get(name, 0.0)
        if anchor:
            return float(Fraction(anchor) + Fraction(total) / Fraction(2) ** scale / self._units)
        return _quotient(total, self._units, scale)

    def second(self, first: str, other: str) -> float:
        """Sum of the products of two columns' deviations from their means."""
        (one, one_scale), (two, two_scale) = self._sums[first,], self._sums[other,]
        both, scale = self._sums[pair(first, other)]
        whole = max(scale, one_scale + two_scale)
        total = both * self._units << (whole - scale)
        total -= one * two << (whole - one_scale - two_scale)
        # Rounding of the products must not make a sum of squares negative.
        return _quotient(max(total, 0) if first == other else total, self._units, whole)

    def third(self, name: str) -> float:
        """Sum of the cubes of a column's deviations from its mean."""
        (one, first), (two, second) = self._sums[name,], self._sums[name, name]
        three, scale = self._sums[name, name, name]
        whole = max(scale, second + first, 3 * first)
        units = self._units
        total = three * units**2 << (whole - scale)
        total -= 3 * one * two * units << (whole - second - first)
        total += 2 * one**3 << (whole - 3 * first)
        return _quotient(total, units**2, whole)


def _quotient(number: int, divisor: int, scale: int) -> float:
    """The double nearest to `number / divisor / 2**scale`."""
    return number / (divisor << scale) if scale >= 0 else (number << -scale) / divisor
