"""Which units are left out as bots: by marks on their events, by hand, or by inhuman numbers of events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from experiments.analysis.engine import Engine, literal, unit_key
from experiments.analysis.lake import View
from experiments.bots import BY_BEHAVIOUR, BY_HAND, BotRules

HAND, BEHAVIOUR = "hand", "behaviour"
HOUR = 3_600_000_000
SOURCES = (HAND, "flag", "agent", "attribute", BEHAVIOUR)
"""Sources of the evidence; where several speak of a unit, the first counts."""


@dataclass(frozen=True, slots=True)
class Excluded:
    """Bots of one rule among the units of an experiment.

    Attributes:
        rule: Its name.
        source: `hand`, `flag`, `agent`, `attribute` or `behaviour`.
        counts: Units per variant, of those that met one only.
        several: Units that met more than one.
    """

    rule: str
    source: str
    counts: tuple[int, ...]
    several: int

    @property
    def units(self) -> int:
        """All of them."""
        return sum(self.counts) + self.several


def find_bots(
    engine: Engine,
    view: View,
    experiment: str,
    known: str,
    rules: BotRules | None,
    crowded: str | None = None,
) -> None:
    """Make the table `bots` of which rule makes a unit a bot, of those in `met` and others.

    Args:
        view: The lake.
        experiment: Whose exposures are counted.
        known: SQL condition on an `event`: it counts.
        rules: What holds; `None` makes nobody a bot.
        crowded: SQL of the units with more conversions than the rules allow, where they are known.
    """
    if rules is None:
        find_marked(engine, view, "false", BotRules())
        return
    find_marked(engine, view, known, rules)
    own = f"event.experiment = {literal(experiment)} AND {known}"
    busy = f"SELECT unit_key FROM met WHERE events > {rules.limit or 0}"
    if engine.execute(f"SELECT count(*) FROM ({busy})").fetchall()[0][0]:
        find_busy(engine, f"FROM {view.source('exposures')} AS event WHERE {own}", busy, rules)
    if crowded is None or engine.execute(f"SELECT count(*) FROM ({crowded})").fetchall()[0][0]:
        find_busy(engine, f"FROM {view.source('conversions')} AS event WHERE {known}", crowded, rules)
    settle(engine, rules)


def call_bots(engine: Engine) -> None:
    """Say in `met` which rule makes a unit a bot, by the table `bots`."""
    if engine.execute("SELECT count(*) FROM bots").fetchall()[0][0]:
        engine.execute(
            "CREATE OR REPLACE TEMP TABLE met AS SELECT met.* EXCLUDE (bot), bots.rule AS bot "
            "FROM met LEFT JOIN bots ON met.unit_key = bots.unit_key"
        )


def excluded(engine: Engine, variants: int) -> tuple[Excluded, ...]:
    """How many of the exposed units each rule leaves out, the largest first."""
    found: dict[tuple[str, str], list[int]] = {}
    rows = engine.execute(
        "SELECT bots.source, bots.rule, CASE WHEN variant = last_variant THEN variant END AS code, count(*) "
        "FROM met JOIN bots ON met.unit_key = bots.unit_key WHERE variant IS NOT NULL GROUP BY ALL"
    ).fetchall()
    for source, rule, code, count in rows:
        counts = found.setdefault((source, rule), [0] * (variants + 1))
        counts[variants if code is None else code] += count
    rules = [
        Excluded(rule, source, tuple(counts[:variants]), counts[variants])
        for (source, rule), counts in found.items()
    ]
    return tuple(sorted(rules, key=lambda each: (-each.units, each.source, each.rule)))


def find_marked(engine: Engine, view: View, known: str, rules: BotRules) -> None:
    """Make the table `bots` of `unit_key`, `rule` and `source`: units that events or people call bots.

    `settle` makes one row a unit of it.

    Args:
        view: The lake.
        known: SQL condition on a mark `event`.
        rules: What holds.
    """
    innocent = ", ".join(literal(rule) for rule in rules.acquitted)
    found = f"SELECT unit_key, rule, source FROM {view.source('bots')} AS event WHERE {known}"
    if innocent:
        found += f" AND rule NOT IN ({innocent})"
    if rules.bots and BY_HAND not in rules.acquitted:
        found += f" UNION ALL SELECT unnest([{_keys(rules.bots)}]), {literal(BY_HAND)}, '{HAND}'"
    engine.execute(f"CREATE TEMP TABLE bots AS {found}")


def find_busy(engine: Engine, events: str, candidates: str | None, rules: BotRules) -> None:
    """Add to `bots` the units with more events in one hour than the rules allow.

    Args:
        events: SQL of the events, named `event`: from `FROM` to a `WHERE` with its condition.
        candidates: SQL of the keys that have so many events at all; `None` finds them first.
        rules: What holds.
    """
    if rules.limit is None or BY_BEHAVIOUR in rules.acquitted:
        return
    many = f"HAVING count(*) > {rules.limit}"
    candidates = candidates or f"SELECT event.unit_key {events} GROUP BY event.unit_key {many}"
    engine.execute(
        f"""CREATE OR REPLACE TEMP TABLE bots AS SELECT * FROM bots UNION ALL
        SELECT DISTINCT unit_key, {literal(BY_BEHAVIOUR)}, '{BEHAVIOUR}' FROM (
          SELECT event.unit_key {events} AND event.unit_key IN ({candidates})
          GROUP BY event.unit_key, epoch_us(event.time) // {HOUR} {many})"""
    )


def settle(engine: Engine, rules: BotRules) -> None:
    """Leave one row a unit in `bots`, and none of those whom somebody acquitted."""
    suspects = f"WHERE unit_key NOT IN ({_keys(rules.shoppers)})" if rules.shoppers else ""
    ranks = " ".join(f"WHEN '{source}' THEN {place}" for place, source in enumerate(SOURCES))
    engine.execute(
        f"""CREATE OR REPLACE TEMP TABLE bots AS SELECT unit_key, arg_min(rule, least) AS rule,
          arg_min(source, least) AS source
        FROM (SELECT *, row(CASE source {ranks} END, rule) AS least FROM bots {suspects})
        GROUP BY unit_key"""
    )


def _keys(ids: Sequence[str]) -> str:
    return ", ".join(f"{unit_key(each)}::BIGINT" for each in ids)
