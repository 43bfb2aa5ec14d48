"""Whether units met what the assignment gives them: a sample of them is assigned again."""

from __future__ import annotations

import json
from dataclasses import dataclass

from assignment.allocation import FREE, owners_of
from assignment.bulk import Units, buckets
from assignment.hashing import POSITIONS, bucket_ranges, choose_variation
from assignment.targeting import compile_condition
from experiments.analysis.engine import Engine, literal
from experiments.analysis.units import Exposed, Scope
from experiments.audiences import attributes_of
from experiments.definition import Definition

SAMPLE = 2_000
SAMPLED = "event.unit_key, unit, time, received, id, event.experiment, attributes, version"
"""Columns of an exposure, named `event`, that a sample needs."""
_LOWEST_KEY, _KEYS = -(2**63), 2**64


@dataclass(frozen=True, slots=True)
class Rechecked:
    """What assigning a sample again gave.

    Attributes:
        units: Units in the sample.
        variants: The same by the variant that they met.
        other_variant: Units that met another variant than the assignment gives.
        outside_traffic: Units that met the variant of their part of the hash, beyond the traffic.
        attributes_known: Units whose exposure carried every attribute that the audience asks for.
        outside_audience: Those of them who are not in the audience.
    """

    units: int
    variants: tuple[int, ...]
    other_variant: int
    outside_traffic: int
    attributes_known: int
    outside_audience: int


NOBODY = Rechecked(0, (), 0, 0, 0, 0)


def recheck(engine: Engine, scope: Scope, exposed: Exposed, definition: Definition) -> Rechecked:
    """Assign again the units with the lowest keys, which are hashes: a sample as good as random."""
    form = definition.form
    weights = [variant.weight for variant in form.variants]
    whole, open_ = (
        bucket_ranges(len(weights), 1.0, weights),
        bucket_ranges(len(weights), form.traffic, weights),
    )
    split = definition.splits[-1] if definition.splits else None
    owners = None if split is None or split.slots is None else (*owners_of(split.slots), FREE)
    seed, needed = f"{form.key}:{definition.version}", attributes_of(form.audience)
    fits = compile_condition(form.audience)
    variants = [0] * len(weights)
    other = beyond = known = outside = 0
    rows = _sample(engine, scope, exposed) if exposed.total else []
    places = buckets(Units.of([unit for unit, _, _ in rows]), seed)
    for (_, variant, text), place in zip(rows, places.tolist(), strict=True):
        variants[variant] += 1
        attributes = json.loads(text) if text else {}
        if needed and needed <= attributes.keys():
            known += 1
            outside += not fits(attributes)
        if owners is not None:
            other += owners[place] not in (FREE, variant)
            beyond += owners[place] == FREE
            continue
        position = POSITIONS[place]
        other += choose_variation(position, whole) != variant
        beyond += choose_variation(position, whole) == variant != choose_variation(position, open_)
    return Rechecked(len(rows), tuple(variants), other, beyond, known, outside)


def lowest(units: int, share: int = 1) -> int:
    """The highest key of about `share * SAMPLE` of so many units."""
    return _LOWEST_KEY + min(_KEYS - 1, _KEYS * SAMPLE * share // max(1, units))


def exposures_up_to(scope: Scope, source: str, highest: int) -> str:
    """SQL of the experiment's exposures of ids with keys up to a number, as a sample needs them."""
    return (
        f"SELECT {SAMPLED} FROM {source} AS event "
        f"WHERE event.experiment = {literal(scope.experiment)} AND event.unit_key <= {highest}"
    )


def source_up_to(scope: Scope, highest: int) -> str:
    """SQL that holds the exposures of ids with keys up to a number."""
    if scope.sampled is not None and highest <= scope.sampled[1]:
        return scope.sampled[0]
    return scope.view.source("exposures")


def _sample(engine: Engine, scope: Scope, exposed: Exposed) -> list[tuple[str, int, str | None]]:
    """Unit, variant and attributes at first exposure; no persons, who may have got another id's variant."""
    alone = "ANTI JOIN persons ON units.unit_key = persons.person_key" if exposed.are_joined else ""
    highest = lowest(exposed.total)
    source = source_up_to(scope, highest)
    return engine.execute(
        f"""SELECT min(event.unit), any_value(units.variant),
          arg_min(event.attributes, row(epoch_us(event.time), event.id))
        FROM ({exposures_up_to(scope, source, highest)}) AS event
        JOIN units ON event.unit_key = units.unit_key {alone}
        WHERE {scope.counts("event")} AND units.unit_key <= {highest}
        GROUP BY event.unit_key"""
    ).fetchall()
