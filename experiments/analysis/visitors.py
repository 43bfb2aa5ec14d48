"""The shop's visitors as their exposures show them lately: how many a week, and a sample with attributes."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from assignment.targeting import compile_condition
from experiments.analysis.engine import Engine, literal
from experiments.analysis.exclusion import find_marked, settle
from experiments.analysis.lake import View
from experiments.analysis.rows import moment
from experiments.bots import BotRules

Document = dict[str, Any]
SAMPLE = 20_000
WEEKS = 4
WEEK = 7 * 86_400 * 1_000_000
ATTRIBUTES, VALUES = 50, 10
"""How many attributes, and frequent values of each, are told."""
LEAST_SEEN = 5
"""A value that fewer visitors have is an id, or might name somebody; it is not told."""
LEAST_CHANCE = 0.01
"""No visitor stands for more than a hundred."""


@dataclass(frozen=True, slots=True)
class Window:
    """An experiment through which visitors are seen.

    Attributes:
        key: Its key.
        condition: Whom it lets in.
        share: Share of those who are exposed: traffic, slice of the layer and other gates together.
        layer: Name of its layer, within which no visitor is seen twice; `None` without one.
    """

    key: str
    condition: Document
    share: float
    layer: str | None


def visitors(view: View, hash_attribute: str, windows: Sequence[Window], bots: BotRules) -> Document | None:
    """Units exposed to any of the experiments in the four weeks up to the latest exposure; `None` if none.

    The sample are the units with the lowest keys, which are hashes: as good as random, and bounded. Each
    stands for as many visitors as there are to every one who is seen: an experiment with a tenth of the
    traffic shows a tenth of its visitors.

    Returns:
        `since`, `until`, `weeks` (whole ones; 0 before the first has passed), `units`, `weekly` (units by
        week, newest first), `experiments`, `attributes`, and `sample`: by unit its id, its weeks as bits, its
        weight and its attributes.
    """
    if not windows or not view.has("exposures"):
        return None
    names = ", ".join(literal(window.key) for window in windows)
    with view.engine() as engine:
        find_marked(engine, view, "true", bots)
        settle(engine, bots)
        source = f"FROM {view.source('exposures')} AS event WHERE event.experiment IN ({names})"
        last = engine.execute(f"SELECT max(epoch_us(event.time)) {source}").fetchall()[0][0]
        if last is None:
            return None
        since = last - WEEKS * WEEK
        source += f" AND event.time > make_timestamptz({since})"
        engine.execute(
            f"""CREATE TEMP TABLE visitors AS SELECT unit_key, min(epoch_us(time)) AS first,
              bit_or((1 << (({last} - epoch_us(time)) // {WEEK})::INT)::INT) AS weeks
            {source} AND unit_key NOT IN (SELECT unit_key FROM bots) GROUP BY unit_key"""
        )
        # Through one that nobody met lately, nobody is seen.
        met = {row[0] for row in engine.execute(f"SELECT DISTINCT event.experiment {source}").fetchall()}
        windows = [window for window in windows if window.key in met]
        first, units = engine.execute("SELECT min(first), count(*) FROM visitors").fetchall()[0]
        if not units:
            return None
        weeks = min(WEEKS, _whole_weeks(view, last, since, first))
        sample = _sample(engine, source, hash_attribute, windows)
        return {
            "since": moment(first).isoformat(),
            "until": moment(last).isoformat(),
            "weeks": weeks,
            "units": units,
            "weekly": _weekly(engine, max(weeks, 1)),
            "experiments": [window.key for window in windows],
            "attributes": _described([attributes for *_, attributes in sample]),
            "sample": sample,
        }


def _whole_weeks(view: View, last: int, since: int, first: int) -> int:
    """Weeks that exposures cover wholly; where there are older ones it is all of them."""
    oldest = min(part.day for part in view.manifest.parts if part.kind == "exposures")
    return WEEKS if oldest < moment(since).date().isoformat() else (last - first) // WEEK


def _weekly(engine: Engine, weeks: int) -> list[int]:
    counts = ", ".join(f"count(*) FILTER (weeks & {1 << week} > 0)" for week in range(weeks))
    return list(engine.execute(f"SELECT {counts} FROM visitors").fetchall()[0])


def _sample(engine: Engine, source: str, hash_attribute: str, windows: Sequence[Window]) -> list[list[Any]]:
    rows = engine.execute(
        f"""WITH sample AS (SELECT unit_key, weeks FROM visitors ORDER BY unit_key LIMIT {SAMPLE})
        SELECT min(event.unit), any_value(sample.weeks),
          arg_max(event.attributes, row(epoch_us(event.time), event.id)) FILTER (event.attributes IS NOT NULL)
        {source.replace("WHERE", "JOIN sample ON event.unit_key = sample.unit_key WHERE", 1)}
        GROUP BY event.unit_key ORDER BY event.unit_key"""
    ).fetchall()
    fits = [compile_condition(window.condition) for window in windows]
    found = []
    for unit, weeks, text in rows:
        attributes = json.loads(text) if text else {}
        met = [
            window
            for window, fit in zip(windows, fits, strict=True)
            if fit({**attributes, hash_attribute: unit})
        ]
        found.append([unit, weeks, 1 / _chance(met), attributes])
    return found


def _chance(met: Sequence[Window]) -> float:
    """Chance that a visitor of all these experiments is exposed to one of them at least."""
    shares: dict[str, float] = {}
    for window in met:
        # Slices of one layer exclude one another, so their shares add up; others are drawn independently.
        name = window.key if window.layer is None else f"layer:{window.layer}"
        shares[name] = min(1.0, shares.get(name, 0.0) + window.share)
    missed = 1.0
    for share in shares.values():
        missed *= 1 - share
    return max(1 - missed, LEAST_CHANCE) if shares else 1.0


def _described(sample: Sequence[Document]) -> list[Document]:
    """The attributes that were seen, the most frequent first, each with its frequent values."""
    seen: Counter[str] = Counter()
    values: dict[str, Counter[str]] = {}
    for attributes in sample:
        for name, value in attributes.items():
            if value is None:
                continue
            seen[name] += 1
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, str | int | float):
                    values.setdefault(name, Counter())[json.dumps(item)] += 1
    return [
        {
            "name": name,
            "share": count / len(sample),
            "values": [
                {"value": json.loads(text), "share": times / len(sample)}
                for text, times in values.get(name, Counter()).most_common(VALUES)
                if times >= LEAST_SEEN
            ],
        }
        for name, count in seen.most_common(ATTRIBUTES)
    ]
