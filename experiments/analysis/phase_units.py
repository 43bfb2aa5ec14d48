"""Which exposed units a phase compares: none that growth gave to one variant alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from assignment.allocation import set_apart
from assignment.bulk import Units, buckets
from assignment.hashing import BUCKETS
from experiments.analysis.engine import Engine, keep, literal
from experiments.analysis.lake import View
from experiments.analysis.rows import microseconds
from experiments.definition import Definition
from experiments.plan import CarryOver


@dataclass(frozen=True, slots=True)
class PhaseScope:
    """What a phase says of the units that it compares.

    Attributes:
        since: Exposures from then on count, microseconds since 1970 UTC; `None` where all do.
        version: Exposures that say so, or say nothing of their phase, count; `None` where all do.
        fresh: Whether units that met an earlier phase are left out.
        seed: Of the randomisation.
        apart: Buckets that growth gave out in other shares than the phase began with.
        later: Variants that came after the phase began.
    """

    since: int | None = None
    version: int | None = None
    fresh: bool = False
    seed: str = ""
    apart: frozenset[int] = frozenset()
    later: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Aside:
    """Units of the phase in numbers, without bots.

    Attributes:
        earlier: Units to compare that met an earlier phase too.
        apart: Units whose bucket growth gave to one variant more than to others; in no other number.
        later: Units that met only a variant that came later, by variant; in no other number.
        others: Exposures that say that they were decided under another phase; they count for nobody.
    """

    earlier: int = 0
    apart: int = 0
    later: tuple[int, ...] = ()
    others: int = 0


WHOLE = PhaseScope()
NOBODY_ASIDE = Aside()


def phase_of(definition: Definition) -> PhaseScope:
    """What the definition says of its phase."""
    form, splits = definition.form, definition.splits
    since = definition.since
    weights = [variant.weight for variant in form.variants]
    # Without slots everything follows from the weights, and more traffic keeps the shares.
    maps = [split.map for split in splits if split.slots is None][-1:]
    maps += [split.map for split in splits if split.slots is not None]
    later = splits[-1].variants[len(weights) :] if splits else ()
    return PhaseScope(
        since=None if since is None else microseconds(since),
        version=definition.version,
        fresh=form.plan.carry_over is CarryOver.EXCLUDE,
        seed=f"{form.key}:{definition.version}",
        apart=set_apart(maps, weights) if len(maps) > 1 else frozenset(),
        later=tuple(key for key, _ in later),
    )


def find_apart(engine: Engine, view: View, experiment: str, known: str, phase: PhaseScope) -> str | None:
    """Make the table `apart` of the `unit_key` of ids in the buckets set apart; SQL of it, if there are any.

    Args:
        known: SQL condition on an exposure `event`: it counts.
    """
    if not phase.apart or not view.has("exposures"):
        return None
    found = engine.execute(
        f"SELECT unit_key, min(unit) AS unit FROM {view.source('exposures')} AS event "
        f"WHERE event.experiment = {literal(experiment)} AND {known} GROUP BY unit_key"
    ).fetchnumpy()
    away = np.zeros(BUCKETS + 1, dtype=np.bool_)
    away[list(phase.apart)] = True
    keys = np.asarray(found["unit_key"], dtype=np.int64)
    places = buckets(Units.of([str(unit) for unit in found["unit"]]), phase.seed)
    keep(engine, "apart", pa.table({"unit_key": keys[away[places]]}))
    return "SELECT unit_key FROM apart"


def of_phase(alias: str, phase: PhaseScope) -> str:
    """SQL condition on an exposure: it may be of the phase."""
    condition = "true" if phase.since is None else f"{alias}.time >= make_timestamptz({phase.since})"
    if phase.version is None:
        return condition
    # A client that decides by what it remembers may report the variant of another phase.
    return f"{condition} AND ({alias}.version IS NULL OR {alias}.version = {phase.version})"


def of_others(engine: Engine, view: View, experiment: str, known: str, phase: PhaseScope) -> int:
    """Exposures during the phase that were decided under another one."""
    if phase.since is None or phase.version is None or not view.has("exposures"):
        return 0
    return int(
        engine.execute(
            f"SELECT count(*) FROM {view.source('exposures')} AS event "
            f"WHERE event.experiment = {literal(experiment)} AND {known} "
            f"AND event.time >= make_timestamptz({phase.since}) AND event.version <> {phase.version}"
        ).fetchall()[0][0]
    )


def earlier_ids(view: View, experiment: str, known: str, phase: PhaseScope) -> str | None:
    """SQL of the ids that were exposed before the phase; `None` where that does not matter."""
    if phase.since is None or not view.has("exposures"):
        return None
    return (
        f"SELECT DISTINCT event.unit_key FROM {view.source('exposures')} AS event "
        f"WHERE event.experiment = {literal(experiment)} AND {known} "
        f"AND event.time < make_timestamptz({phase.since})"
    )


def lay_aside(
    engine: Engine,
    phase: PhaseScope,
    apart: str | None,
    earlier: str | None,
    variants: int,
    *,
    joined: bool,
) -> Aside:
    """Take from `met` the units that the phase does not compare.

    Args:
        apart: SQL of the ids set apart.
        earlier: SQL of the ids that met an earlier phase.
        variants: How many variants the phase compares; later ones follow.
        joined: Whether there is a table `persons`.
    """
    away = 0
    if apart is not None:
        inside = f"variant < {variants} AND unit_key IN ({_persons(apart, joined=joined)})"
        away = _count(engine, inside)
        _drop(engine, inside)
    later = tuple(
        _count(engine, f"variant = {place} AND last_variant = {place}")
        for place in range(variants, variants + len(phase.later))
    )
    if phase.later:
        _drop(engine, f"variant >= {variants}")
    if earlier is None:
        return Aside(0, away, later)
    inside = f"unit_key IN ({_persons(earlier, joined=joined)})"
    carried = _count(engine, f"variant IS NOT NULL AND {inside}")
    if phase.fresh:
        _drop(engine, inside)
    return Aside(carried, away, later)


def _persons(ids: str, *, joined: bool) -> str:
    if not joined:
        return ids
    return (
        f"SELECT coalesce(persons.person_key, ids.unit_key) FROM ({ids}) AS ids "
        "LEFT JOIN persons ON ids.unit_key = persons.unit_key"
    )


def _count(engine: Engine, condition: str) -> int:
    return int(engine.execute(f"SELECT count(*) FROM met WHERE bot IS NULL AND {condition}").fetchall()[0][0])


def _drop(engine: Engine, condition: str) -> None:
    engine.execute(f"CREATE OR REPLACE TEMP TABLE met AS SELECT * FROM met WHERE ({condition}) IS NOT TRUE")
