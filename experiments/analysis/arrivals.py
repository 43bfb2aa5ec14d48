"""When events happened and came in: days, delays, first variants of units that met several, and silence."""

from __future__ import annotations

from dataclasses import dataclass

from experiments.analysis.engine import Engine, literal
from experiments.analysis.tallies import DAY, DELAY, EDGES, Tally
from experiments.analysis.units import SECOND, Exposed, Scope


@dataclass(frozen=True, slots=True)
class Delays:
    """From happening to receipt, over events of one kind.

    Attributes:
        classes: Events per class of delay, one more than `EDGES`.
        ahead: Events with a time more than `AHEAD` seconds after their receipt.
        recent: Events received in the last day before the report that had happened a day before or earlier.
    """

    classes: tuple[int, ...]
    ahead: int
    recent: int

    @property
    def events(self) -> int:
        """Events in all."""
        return sum(self.classes)

    @property
    def late_share(self) -> float | None:
        """Share that came in more than a day after it happened; `None` without events."""
        late = sum(self.classes[EDGES.index(DAY) + 1 :])
        return late / self.events if self.events else None

    def quantile(self, share: float) -> int | None:
        """Seconds, an end of a class, within which this share came in; `None` beyond the last."""
        so_far = 0
        for edge, count in zip(EDGES, self.classes, strict=False):
            so_far += count
            if so_far >= share * self.events:
                return edge
        return None


@dataclass(frozen=True, slots=True)
class Run:
    """The latest run without a variant, in the order in which units first did something.

    Attributes:
        before: Units up to and with the variant's last one.
        length: Units of other variants since.
        seconds: From the variant's last one (or the first of all) to the latest of the others.
    """

    before: int
    length: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What the lake tells about the events' way into it.

    Attributes:
        days: UTC days of first exposure as days since 1970, each with its units per variant; ascending.
        multiple_first: Units that met more than one variant, by the one that they met first.
        exposures: Delays of this experiment's exposures.
        conversions: Delays of the conversions after exposure that metrics look at.
        exposure_runs: By variant, in the order of first exposures.
        conversion_runs: By variant, in the order of the units' first conversions after exposure.
    """

    days: tuple[tuple[int, tuple[int, ...]], ...]
    multiple_first: tuple[int, ...]
    exposures: Delays
    conversions: Delays
    exposure_runs: tuple[Run, ...]
    conversion_runs: tuple[Run, ...]


def arrivals(
    engine: Engine, scope: Scope, exposed: Exposed, exposures: Tally, conversions: Tally
) -> Arrivals:
    """Read the tables of `units` and `metrics`, and the exposures once more where only they can tell.

    Args:
        engine: Holds the tables.
        scope: Which events count.
        exposed: Units in numbers.
        exposures: What `tallies` makes of the exposures.
        conversions: What it makes of the conversions.
    """
    variants = len(scope.variants)
    first_events = "(SELECT variant, first_event AS first FROM outcomes WHERE first_event IS NOT NULL)"
    return Arrivals(
        days=days(engine, variants),
        multiple_first=_multiple_first(engine, scope, exposed) if exposed.multiple else (0,) * variants,
        exposures=_delays(exposures, scope),
        conversions=_delays(conversions, scope),
        exposure_runs=_runs(engine, "units", variants),
        conversion_runs=_runs(engine, first_events, variants),
    )


def days(engine: Engine, variants: int) -> tuple[tuple[int, tuple[int, ...]], ...]:
    """UTC days of first exposure as days since 1970, each with its units per variant; ascending."""
    found: dict[int, list[int]] = {}
    for day, variant, count in engine.execute(
        f"SELECT first // {DAY * SECOND} AS day, variant, count(*) FROM units GROUP BY ALL ORDER BY ALL"
    ).fetchall():
        found.setdefault(day, [0] * variants)[variant] = count
    return tuple((day, tuple(counts)) for day, counts in found.items())


def _multiple_first(engine: Engine, scope: Scope, exposed: Exposed) -> tuple[int, ...]:
    cases = " ".join(f"WHEN {literal(key)} THEN {index}" for index, key in enumerate(scope.variants))
    several = "SELECT unit_key AS id_key, unit_key FROM met WHERE variant <> last_variant AND bot IS NULL"
    if exposed.are_joined:
        several += (
            " UNION SELECT persons.unit_key, met.unit_key FROM met JOIN persons"
            " ON met.unit_key = persons.person_key WHERE variant <> last_variant AND bot IS NULL"
        )
    rows = engine.execute(
        f"""SELECT code, count(*) FROM (
          SELECT arg_min(CASE event.variant {cases} END, row(epoch_us(event.time), event.id)) AS code
          FROM {scope.view.source("exposures")} AS event
          JOIN ({several}) AS several ON event.unit_key = several.id_key
          WHERE event.experiment = {literal(scope.experiment)} AND {scope.counts("event")}
            AND event.variant IN ({", ".join(literal(key) for key in scope.variants)})
          GROUP BY several.unit_key)
        GROUP BY code"""
    ).fetchall()
    found = dict(rows)
    return tuple(found.get(index, 0) for index in range(len(scope.variants)))


def _delays(tally: Tally, scope: Scope) -> Delays:
    classes, recent = [0] * (len(EDGES) + 1), 0
    ahead = 0
    for (what, place, late, *_), count in tally.items():
        if what != DELAY:
            continue
        assert isinstance(place, int)
        ahead += count if place < 0 else 0
        classes[max(place, 0)] += count
        if isinstance(late, int) and late > scope.received - DAY * SECOND:
            recent += count
    return Delays(tuple(classes), ahead, recent)


def _runs(engine: Engine, source: str, variants: int) -> tuple[Run, ...]:
    lasts: dict[int, int] = dict(
        engine.execute(f"SELECT variant, max(first) FROM {source} GROUP BY variant").fetchall()
    )
    if not lasts:
        return (Run(0, 0, 0.0),) * variants
    ends = [lasts.get(variant) for variant in range(variants)]
    before = ", ".join("0" if end is None else f"count(*) FILTER (first <= {end})" for end in ends)
    begin, total, *counts = engine.execute(f"SELECT min(first), count(*), {before} FROM {source}").fetchall()[
        0
    ]
    latest = max(lasts.values())
    return tuple(
        Run(count, total - count, (latest - (begin if end is None else end)) / SECOND)
        for count, end in zip(counts, ends, strict=True)
    )
