"""When events happened and came in: days, delays, first variants of units that met several, and silence."""

from __future__ import annotations

from dataclasses import dataclass

from experiments.analysis.engine import Engine, literal
from experiments.analysis.units import SECOND, Exposed, Scope

DAY = 86_400
EDGES = (60, 300, 900, 3_600, 6 * 3_600, DAY, 2 * DAY, 7 * DAY, 30 * DAY)
"""Upper ends of the classes of delay, in seconds; a last class has none."""
AHEAD = 60


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


def arrivals(engine: Engine, scope: Scope, exposed: Exposed) -> Arrivals:
    """Read the tables of `units` and `metrics`, and the exposures once more where only they can tell."""
    variants = len(scope.variants)
    conversions = "(SELECT variant, first_event AS first FROM outcomes WHERE first_event IS NOT NULL)"
    return Arrivals(
        days=_days(engine, variants),
        multiple_first=_multiple_first(engine, scope, exposed) if exposed.multiple else (0,) * variants,
        exposures=_exposure_delays(engine, scope),
        conversions=_delays(
            engine, "hits WHERE age >= 0 AND delay IS NOT NULL", "delay", "time + delay", scope
        ),
        exposure_runs=_runs(engine, "units", variants),
        conversion_runs=_runs(engine, conversions, variants),
    )


def _days(engine: Engine, variants: int) -> tuple[tuple[int, tuple[int, ...]], ...]:
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


def _exposure_delays(engine: Engine, scope: Scope) -> Delays:
    source = (
        f"{scope.view.source('exposures')} AS event WHERE event.experiment = {literal(scope.experiment)} "
        f"AND {scope.counts('event')}"
    )
    return _delays(
        engine, source, "epoch_us(event.received) - epoch_us(event.time)", "epoch_us(event.received)", scope
    )


def _delays(engine: Engine, source: str, delay: str, received: str, scope: Scope) -> Delays:
    ends = " ".join(f"WHEN delay <= {edge * SECOND} THEN {place}" for place, edge in enumerate(EDGES))
    rows = engine.execute(
        f"""SELECT CASE WHEN delay < {-AHEAD * SECOND} THEN -1 {ends} ELSE {len(EDGES)} END AS class,
          count(*), count(*) FILTER (delay > {DAY * SECOND} AND received > {scope.received - DAY * SECOND})
        FROM (SELECT {delay} AS delay, {received} AS received FROM {source}) GROUP BY class"""
    ).fetchall()
    found = {place: count for place, count, _ in rows}
    ahead = found.get(-1, 0)
    return Delays(
        classes=(found.get(0, 0) + ahead, *(found.get(place, 0) for place in range(1, len(EDGES) + 1))),
        ahead=ahead,
        recent=sum(recent for *_, recent in rows),
    )


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
