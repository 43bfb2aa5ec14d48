"""Who was exposed: each unit's first exposure, its variant, and its segments as they were at that moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from experiments.analysis.engine import Engine, literal
from experiments.analysis.exclusion import Excluded, call_bots, excluded, find_bots, settle
from experiments.analysis.lake import View
from experiments.analysis.persons import Joined, find_persons, join, name_ids
from experiments.analysis.phase_units import (
    NOBODY_ASIDE,
    WHOLE,
    Aside,
    PhaseScope,
    earlier_ids,
    find_apart,
    lay_aside,
    of_others,
    of_phase,
)
from experiments.bots import BotRules
from experiments.rates import Quotes

UNKNOWN = "(unknown)"
OTHER = "(other)"
MAX_VALUES = 10
MIN_SHARE = 0.01
SECOND = 1_000_000
NO_QUOTES = Quotes()
NOBODY_JOINED = Joined(0, 0, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Exposed:
    """What the view `units` holds, in numbers.

    It has one row for each unit that met exactly one variant: `unit_key`, `first` (microseconds
    since 1970 UTC), `variant` (its place in the definition) and `segment_0`, ... (places in `segments`).

    Attributes:
        counts: Units per variant.
        multiple: Units that met more than one variant; they are in no other number.
        unknown_events: Exposures to a variant that the experiment does not have.
        segments: Values per segment, the last of them `OTHER` where there are small ones.
        segment_counts: Units per segment, then (value, variant), both as places.
        first: Earliest first exposure; `None` without units.
        last: Latest first exposure.
        bots: Units that are left out as bots, largest rule first; they are in no other number.
        joined: What links between ids did; `None` where ids are not joined.
        aside: Units that the phase treats apart.
    """

    counts: tuple[int, ...]
    multiple: int
    unknown_events: int
    segments: tuple[tuple[str, ...], ...]
    segment_counts: tuple[dict[tuple[int, ...], int], ...]
    first: int | None
    last: int | None
    bots: tuple[Excluded, ...] = ()
    joined: Joined | None = None
    aside: Aside = NOBODY_ASIDE

    @property
    def are_joined(self) -> bool:
        """Whether there is a table `persons`, because links join ids."""
        return self.joined is not None and self.joined.known > 0

    @property
    def total(self) -> int:
        """Units over all variants."""
        return sum(self.counts)


@dataclass(frozen=True, slots=True)
class Scope:
    """Which events of the lake count.

    Attributes:
        view: The lake.
        experiment: Key.
        variants: Variant keys, the control first.
        segments: Names of attributes.
        until: Latest time of an event, microseconds since 1970 UTC.
        received: Latest receipt of an event.
        bots: Whom to leave out; `None` leaves out nobody.
        by_person: Whether the ids of one person are one unit.
        phase: Whom the phase compares.
        quotes: What amounts in other currencies are converted with.
        conversions: SQL of the conversions, where they were read already.
        crowded: SQL of the ids with more conversions than the rules on bots allow, where they are known.
        sampled: Table of the exposures of ids with keys up to a number, where there is one.
    """

    view: View
    experiment: str
    variants: tuple[str, ...]
    segments: tuple[str, ...]
    until: int
    received: int
    bots: BotRules | None = None
    by_person: bool = False
    phase: PhaseScope = WHOLE
    quotes: Quotes = NO_QUOTES
    conversions: str | None = None
    crowded: str | None = None
    sampled: tuple[str, int] | None = None

    def happenings(self) -> str:
        """SQL of the conversions."""
        return self.conversions or self.view.source("conversions")

    def known_by_then(self, alias: str) -> str:
        """SQL condition on an event: it had happened, and had been received."""
        condition = f"{alias}.time <= make_timestamptz({self.until})"
        if self.view.last_received() > self.received:
            condition += f" AND {alias}.received <= make_timestamptz({self.received})"
        return condition

    def counts(self, alias: str) -> str:
        """SQL condition on an exposure: known by then, and of this phase."""
        return f"{self.known_by_then(alias)} AND {of_phase(alias, self.phase)}"


def pointer(name: str) -> str:
    """SQL literal of the JSON pointer to a member."""
    return literal("/" + name.replace("~", "~0").replace("/", "~1"))


def build(engine: Engine, scope: Scope) -> Exposed:
    """Make the views `units` and `named`; the earliest time counts, whenever the event came in.

    Where ids are joined, a unit is a person, with the least of its ids' keys.
    """
    first_exposures(engine, scope, scope.view.source("exposures"), "met")
    known = scope.known_by_then("event")
    find_bots(engine, scope.view, scope.experiment, known, scope.bots, scope.crowded)
    call_bots(engine)
    are_joined = scope.by_person and find_persons(engine, scope.view, known)
    joined = _join(engine, len(scope.segments)) if are_joined else None
    aside = lay_aside(
        engine,
        scope.phase,
        find_apart(engine, scope.view, scope.experiment, scope.counts("event"), scope.phase),
        earlier_ids(scope.view, scope.experiment, known, scope.phase),
        len(scope.variants),
        joined=are_joined,
    )
    others = of_others(engine, scope.view, scope.experiment, known, scope.phase)
    return describe(engine, scope, joined, replace(aside, others=others))


def describe(
    engine: Engine, scope: Scope, joined: Joined | None = None, aside: Aside = NOBODY_ASIDE
) -> Exposed:
    """Make the views `units` and `named` of the table `met`, and count.

    Args:
        engine: Holds `met` and `bots`.
        scope: Which events count.
        joined: What links did, where there are any.
        aside: Whom the phase leaves out.
    """
    one_variant = "variant = last_variant AND bot IS NULL"
    values, coded = coded_segments(engine, len(scope.segments), one_variant)
    engine.execute(
        f"CREATE TEMP VIEW units AS SELECT unit_key, first, variant{coded} FROM met WHERE {one_variant}"
    )
    name_ids(engine, joined=joined is not None)
    multiple, unknown = engine.execute(
        "SELECT count(*) FILTER (variant <> last_variant AND bot IS NULL), "
        "coalesce(sum(unknown), 0)::BIGINT FROM met"
    ).fetchall()[0]
    found = dict(engine.execute("SELECT variant, count(*) FROM units GROUP BY variant").fetchall())
    first, last = engine.execute("SELECT min(first), max(first) FROM units").fetchall()[0]
    return Exposed(
        counts=tuple(found.get(index, 0) for index in range(len(scope.variants))),
        multiple=multiple,
        unknown_events=unknown,
        segments=values,
        segment_counts=segment_counts(engine, len(values)),
        first=first,
        last=last,
        bots=excluded(engine, len(scope.variants)),
        joined=joined or (NOBODY_JOINED if scope.by_person else None),
        aside=aside,
    )


def _join(engine: Engine, segments: int) -> Joined:
    joined = join(engine, segments)
    settle(engine, BotRules())
    call_bots(engine)
    return joined


def microseconds(hours: float) -> int:
    """Hours in microseconds."""
    return round(hours * 3600 * SECOND)


def first_exposures(engine: Engine, scope: Scope, source: str, table: str) -> None:
    """Make a table of every id that was exposed: when first, to which variants, how often.

    Args:
        engine: Makes it.
        scope: Which exposures count.
        source: SQL of the exposures.
        table: Its name.
    """
    every = (*scope.variants, *scope.phase.later)
    cases = " ".join(f"WHEN {literal(key)} THEN {index}" for index, key in enumerate(every))
    # The id decides between two exposures of the same microsecond, so that every run decides alike.
    values = "".join(
        ", arg_min(coalesce(json_extract_string(attributes, "
        f"{pointer(name)}), {literal(UNKNOWN)}), row(epoch_us(time), id)) "
        f"FILTER (code IS NOT NULL) AS segment_{index}"
        for index, name in enumerate(scope.segments)
    )
    if values and scope.by_person:
        values += ", arg_min(id, row(epoch_us(time), id)) FILTER (code IS NOT NULL) AS first_id"
    engine.execute(
        f"""CREATE TEMP TABLE {table} AS
        SELECT unit_key, min(epoch_us(time)) FILTER (code IS NOT NULL) AS first,
          min(code) AS variant, max(code) AS last_variant, count(*) AS events,
          count(*) - count(code) AS unknown, NULL::VARCHAR AS bot{values}
        FROM (
          SELECT *, (CASE event.variant {cases} END)::UTINYINT AS code
          FROM {source} AS event
          WHERE event.experiment = {literal(scope.experiment)} AND {scope.counts("event")})
        GROUP BY unit_key"""
    )


def coded_segments(engine: Engine, count: int, condition: str) -> tuple[tuple[tuple[str, ...], ...], str]:
    """Values per segment of the table `met`, and SQL of further columns with their places.

    Args:
        engine: Holds the table.
        count: How many segments it has.
        condition: SQL: which rows count.
    """
    names = [f"segment_{index}" for index in range(count)]
    values = tuple(_values(engine, name, condition) for name in names)
    pairs = zip(names, values, strict=True)
    return values, "".join(f", {_coded(name, known)} AS {name}" for name, known in pairs)


def segment_counts(engine: Engine, count: int) -> tuple[dict[tuple[int, ...], int], ...]:
    """Units of the view `units` per segment, then (value, variant), both as places."""
    return tuple(
        {
            (value, variant): units
            for value, variant, units in engine.execute(
                f"SELECT segment_{index}, variant, count(*) FROM units GROUP BY ALL"
            ).fetchall()
        }
        for index in range(count)
    )


def _values(engine: Engine, name: str, condition: str) -> tuple[str, ...]:
    """The largest values by number of units; the rest, and very small ones, go together."""
    counts = engine.execute(
        f"SELECT {name}, count(*) AS units FROM met WHERE {condition} "
        f"GROUP BY {name} ORDER BY units DESC, {name}"
    ).fetchall()
    total = sum(units for _, units in counts)
    large = tuple(value for value, units in counts[:MAX_VALUES] if units >= MIN_SHARE * total)
    return large if len(large) == len(counts) else (*large, OTHER)


def _coded(name: str, values: Sequence[str]) -> str:
    named = values[:-1] if values and values[-1] == OTHER else values
    cases = " ".join(f"WHEN {literal(value)} THEN {index}" for index, value in enumerate(named))
    return f"(CASE {name} {cases} ELSE {len(named)} END)::UTINYINT" if named else "0::UTINYINT"
