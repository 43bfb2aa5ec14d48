"""Merges the small files of days that have become quiet, so that their number follows that of the days."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

import msgspec

from experiments.analysis import parts
from experiments.analysis.engine import connection
from experiments.analysis.lake import Lake
from experiments.analysis.manifest import Manifest, Part
from experiments.analysis.view import SPILL

MOST_ROWS = 50_000_000
"""A file with more rows is left as it is."""
Day = tuple[str, str]


def tidy(lake: Lake, before: date | None = None, *, whole: bool = False) -> int:
    """Merge the files of each kind and day; how many files fewer there are.

    What came late to a day goes into one file beside the day's large one, and into that itself only where
    it is at least an eighth of it: so every row is rewritten a few times at most, and two files remain.

    Args:
        lake: Where.
        before: Only days before this UTC day.
        whole: Merge everything into one file a day.
    """
    limit = None if before is None else before.isoformat()
    fewer = 0
    for day in sorted(_by_day(lake.view().manifest.parts)):
        if limit is None or day[1] < limit:
            fewer += _tidy_day(lake, day, whole)
    return fewer


def _tidy_day(lake: Lake, day: Day, whole: bool) -> int:
    """One change a day, so that compaction need not wait for all of them."""
    fewer = 0

    def merge(current: Manifest) -> Manifest | None:
        nonlocal fewer
        group = _worth_merging(_by_day(current.parts).get(day, []), whole)
        fewer = max(0, len(group) - 1)
        if not fewer:
            return None
        with connection(lake.root / SPILL) as engine:
            made = parts.merged(engine, lake.store, group)
        return msgspec.structs.replace(
            current, parts=(*(part for part in current.parts if part not in group), made)
        )

    lake.change(merge)
    return fewer


def _worth_merging(found: Sequence[Part], whole: bool) -> list[Part]:
    group = sorted((part for part in found if part.rows <= MOST_ROWS), key=lambda part: -part.rows)
    small = sum(part.rows for part in group[1:])
    if group and not whole and small * parts.FAN_IN < group[0].rows:
        return group[1:]
    return group


def _by_day(found: Sequence[Part]) -> Mapping[Day, list[Part]]:
    groups: dict[Day, list[Part]] = defaultdict(list)
    for part in found:
        groups[part.kind, part.day].append(part)
    return groups
