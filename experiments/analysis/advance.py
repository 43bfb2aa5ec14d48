"""Brings what is kept of an experiment's units up to date from new events alone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

from experiments.analysis import metrics, tallies, units
from experiments.analysis.columns import Program
from experiments.analysis.counted import Counted
from experiments.analysis.engine import Engine
from experiments.analysis.exclusion import find_bots
from experiments.analysis.recheck import exposures_up_to
from experiments.analysis.tallies import DELAY, Tally
from experiments.analysis.units import SECOND, Scope

WENT, CAME, CAME_IN_SPANS = "went", "came", "came_in_spans"


class CannotAdvanceError(Exception):
    """New events alone do not tell; everything has to be computed again."""


@dataclass(frozen=True, slots=True)
class Kept:
    """What is to be brought up to date.

    Attributes:
        met: Table of the exposed ids.
        outcomes: Table of their outcomes.
        spans: Table of those in spans of days.
        sampled: Table of the exposures of ids with low keys.
        highest: The highest of these.
        generation: Of the lake that they hold.
        counted: What had been added up.
        recent: Table of all conversions of every id with a new event.
        ids: Table of these ids.
    """

    met: str
    outcomes: str
    spans: str
    sampled: str
    highest: int
    generation: int
    counted: Counted
    recent: str
    ids: str


def advance(engine: Engine, scope: Scope, work: Program, kept: Kept) -> Counted:
    """Make `met` and `outcomes` views of the tables as they are now, and `bots`; within a transaction.

    Only units change that were exposed anew, became or ceased to be bots, or did something: what they did is
    taken from all sums as it was, and added as it is.

    Args:
        engine: Holds the tables.
        scope: Which events count.
        work: The columns.
        kept: What to bring up to date.

    Raises:
        CannotAdvanceError: Where new events alone do not tell.
    """
    _merge_exposures(engine, scope, kept)
    known = scope.known_by_then("event")
    find_bots(engine, scope.view, scope.experiment, known, scope.bots, scope.crowded)
    _call_bots(engine, kept)
    _find_touched(engine, scope, work, kept)
    bare = replace(scope, segments=())
    before, scales = _conversions(engine, bare, work, kept, "was", f"WHERE generation <= {kept.generation}")
    after, newest = _conversions(engine, bare, work, kept, "is_now", "")
    _check_scales(kept.counted.scales, scales, newest)
    metrics.tabulate(engine, bare, work, kept.counted.scales, CAME)
    metrics.tabulate_spans(engine, work, kept.counted.scales, CAME_IN_SPANS)
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE {WENT} AS SELECT * FROM {kept.outcomes} "
        "WHERE unit_key IN (SELECT unit_key FROM touched)"
    )
    engine.execute(f"DELETE FROM {kept.outcomes} WHERE unit_key IN (SELECT unit_key FROM {WENT})")
    engine.execute(f"INSERT INTO {kept.outcomes} BY NAME SELECT * FROM {CAME}")
    engine.execute(f"DELETE FROM {kept.spans} WHERE unit_key IN (SELECT unit_key FROM touched)")
    engine.execute(f"INSERT INTO {kept.spans} BY NAME SELECT * FROM {CAME_IN_SPANS}")
    exposures = scope.view.source("exposures", after=kept.generation)
    engine.execute(f"INSERT INTO {kept.sampled} {exposures_up_to(scope, exposures, kept.highest)}")
    news = tallies.exposures(engine, scope, exposures)
    counted = kept.counted
    return Counted(
        exposures=_changed(scope, counted.exposures, Counter(), news),
        conversions=_changed(scope, counted.conversions, before, after),
        scales=counted.scales,
        sums=counted.sums,
        changes=(WENT, CAME),
    )


def _merge_exposures(engine: Engine, scope: Scope, kept: Kept) -> None:
    """Put new exposures into the table of exposed ids; `candidates` holds the rows that they change."""
    units.first_exposures(engine, scope, scope.view.source("exposures", after=kept.generation), "fresh")
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE candidates AS SELECT * FROM {kept.met} "
        "WHERE unit_key IN (SELECT unit_key FROM fresh)"
    )
    names = [f"segment_{index}" for index in range(len(scope.segments))]
    if names:
        same = " AND ".join(f"fresh.{name} IS NOT DISTINCT FROM old.{name}" for name in names)
        ties = engine.execute(
            "SELECT count(*) FROM fresh JOIN candidates AS old USING (unit_key) "
            f"WHERE fresh.first = old.first AND NOT ({same})"
        ).fetchall()[0][0]
        if ties:
            raise CannotAdvanceError("two exposures of one microsecond have different attributes")
    frozen = "".join(
        f", CASE WHEN old.first IS NULL OR fresh.first < old.first THEN fresh.{name} ELSE old.{name} END "
        f"AS {name}"
        for name in names
    )
    engine.execute(f"DELETE FROM {kept.met} WHERE unit_key IN (SELECT unit_key FROM candidates)")
    engine.execute(
        f"""INSERT INTO {kept.met} BY NAME SELECT unit_key, least(fresh.first, old.first) AS first,
          least(fresh.variant, old.variant) AS variant,
          greatest(fresh.last_variant, old.last_variant) AS last_variant,
          fresh.events + coalesce(old.events, 0) AS events,
          fresh.unknown + coalesce(old.unknown, 0) AS unknown,
          old.bot{frozen}
        FROM fresh LEFT JOIN candidates AS old USING (unit_key)"""
    )
    engine.execute(f"CREATE OR REPLACE TEMP VIEW met AS SELECT * FROM {kept.met}")


def _call_bots(engine: Engine, kept: Kept) -> None:
    """Say who is a bot now; rows that this changes join the `candidates`."""
    called = "SELECT (SELECT count(*) FROM bots) + (SELECT count(bot) FROM met)"
    if not engine.execute(called).fetchall()[0][0]:
        return
    engine.execute(
        "CREATE OR REPLACE TEMP TABLE turned AS SELECT met.* EXCLUDE (bot), bots.rule AS bot, met.bot AS was "
        "FROM met LEFT JOIN bots USING (unit_key) WHERE met.bot IS DISTINCT FROM bots.rule"
    )
    others = f"SELECT count(*) FROM turned WHERE unit_key NOT IN (SELECT unit_key FROM {kept.ids})"
    if engine.execute(others).fetchall()[0][0]:
        raise CannotAdvanceError("somebody without new events became or ceased to be a bot")
    engine.execute(
        "CREATE OR REPLACE TEMP TABLE candidates AS SELECT * FROM candidates UNION ALL BY NAME "
        "SELECT * EXCLUDE (bot, was), was AS bot FROM turned ANTI JOIN fresh USING (unit_key)"
    )
    engine.execute(f"DELETE FROM {kept.met} WHERE unit_key IN (SELECT unit_key FROM turned)")
    engine.execute(f"INSERT INTO {kept.met} BY NAME SELECT * EXCLUDE (was) FROM turned")


def _find_touched(engine: Engine, scope: Scope, work: Program, kept: Kept) -> None:
    """Make `touched`, the ids whose outcomes may differ, and their rows of before and now."""
    news = scope.view.source("conversions", after=kept.generation)
    engine.execute(
        f"""CREATE OR REPLACE TEMP TABLE touched AS
        SELECT unit_key FROM met WHERE unit_key IN (
          SELECT event.unit_key FROM {news} AS event WHERE {metrics.looked_at(work)})
        UNION
        SELECT met.unit_key FROM met LEFT JOIN candidates AS old USING (unit_key)
        WHERE met.unit_key IN (SELECT unit_key FROM fresh UNION ALL SELECT unit_key FROM candidates)
          AND (old.unit_key IS NULL OR (met.first, met.variant, met.last_variant, met.bot)
            IS DISTINCT FROM (old.first, old.variant, old.last_variant, old.bot))"""
    )
    engine.execute(
        """CREATE OR REPLACE TEMP TABLE is_now AS SELECT unit_key, first, variant, last_variant, bot FROM met
        WHERE unit_key IN (SELECT unit_key FROM touched)"""
    )
    engine.execute(
        """CREATE OR REPLACE TEMP TABLE was AS
        SELECT unit_key, first, variant, last_variant, bot FROM candidates
        WHERE unit_key IN (SELECT unit_key FROM touched)
        UNION ALL SELECT unit_key, first, variant, last_variant, bot FROM is_now
        WHERE unit_key NOT IN (
          SELECT unit_key FROM candidates UNION ALL SELECT unit_key FROM fresh)"""
    )


def _conversions(
    engine: Engine, scope: Scope, work: Program, kept: Kept, rows: str, known: str
) -> tuple[Tally, metrics.Scales]:
    """Make `hits` of the touched units; what these tell, and the scales that their values would have.

    Args:
        engine: Holds the tables.
        scope: Which events count.
        work: The columns.
        kept: What is to be brought up to date.
        rows: Table with the units' first exposures.
        known: SQL condition on the conversions.
    """
    engine.execute(
        f"""CREATE OR REPLACE TEMP VIEW named AS SELECT unit_key AS id_key, unit_key, first, variant
        FROM {rows} WHERE variant = last_variant AND bot IS NULL"""
    )
    narrowed = replace(scope, conversions=f"(SELECT * FROM {kept.recent} {known})")
    metrics.collect(engine, narrowed, work)
    return tallies.conversions(engine, scope, work), metrics.value_scales(engine, work)


def _check_scales(kept: metrics.Scales, before: metrics.Scales, after: metrics.Scales) -> None:
    """Refuse where all values together may now fit another scale than they did."""
    for term, scale in kept.items():
        # The larger the values, the smaller the scale; 0 is that of no values.
        larger = after[term] != 0 and (after[term] < scale or scale == 0)
        if larger or (before[term] != 0 and before[term] == scale != after[term]):
            raise CannotAdvanceError("values are larger than all before, or the largest one is gone")


def _changed(scope: Scope, counts: Tally, minus: Tally, plus: Tally) -> Tally:
    """Counts with some taken away and others added; receipts that are not late any more count alike."""
    since = scope.received - tallies.DAY * SECOND
    found: Tally = Counter()
    for tally, sign in ((counts, 1), (minus, -1), (plus, 1)):
        for key, count in tally.items():
            if key[0] == DELAY and isinstance(key[2], int) and key[2] <= since:
                key = (*key[:2], None)
            found[key] += sign * count
    return Counter({key: count for key, count in found.items() if count})
