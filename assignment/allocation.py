"""Which part of the hash goes to which variant, and how it grows without moving anybody."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import groupby

import msgspec

from assignment.hashing import BUCKETS, POSITIONS, bucket_ranges
from assignment.snapshot import Experiment, Gate, Slot, Variant

FREE = -1
_WHOLE = 1e-6


class WouldMoveUnits(ValueError):  # noqa: N818 - a property of the change, not a defect
    """The change would take units from the variant that they have; it needs a new phase, with a new seed."""


def slots_of(experiment: Experiment) -> tuple[Slot, ...]:
    """Which part of the hash goes to which variant."""
    if experiment.slots is not None:
        return experiment.slots
    weights = [variant.weight for variant in experiment.variants]
    ranges = bucket_ranges(len(weights), experiment.coverage, weights)
    return tuple(Slot(index, low, high) for index, (low, high) in enumerate(ranges))


def gates_of(experiment: Experiment) -> tuple[Gate, ...]:
    """All that a unit must pass to take part: the slice of the layer, and the experiment's gates."""
    if experiment.layer is None:
        return experiment.gates
    layer = experiment.layer
    return (Gate(layer.name, experiment.hash_attribute, ((layer.start, layer.end),)), *experiment.gates)


def owners_of(slots: Sequence[Slot]) -> list[int]:
    """For each of the 10,000 buckets the variant of the first slot containing it, or `FREE`."""
    owners = [FREE] * BUCKETS
    for slot in reversed(slots):
        first, end = bisect_left(POSITIONS, slot.start), bisect_left(POSITIONS, slot.end)
        owners[first:end] = [slot.variant] * max(0, end - first)
    return owners


@lru_cache(256)
def table_of(slots: tuple[Slot, ...], nobody: int) -> Sequence[int]:
    """As `owners_of`, with `nobody` for a free bucket; experiments that split alike share one small table."""
    owners = [nobody if owner == FREE else owner for owner in owners_of(slots)]
    return bytes(owners) if nobody < 256 else owners


def opened_by(ranges: Iterable[tuple[float, float]]) -> bytes:
    """For each of the 10,000 buckets, and last for a unit without one, 1 where a gate's ranges let it in."""
    table = bytearray(BUCKETS + 1)
    for low, high in ranges:
        first, end = bisect_left(POSITIONS, low), bisect_left(POSITIONS, high)
        table[first:end] = b"\1" * (end - first)
    return bytes(table)


def grow(experiment: Experiment, coverage: float, variants: Sequence[Variant]) -> Experiment:
    """The experiment with more traffic, or with variants that grew or came, within the same phase.

    Every bucket that a variant has it keeps; what a variant is to have more comes from free buckets, first
    those that follow its own. Shares are met to within a bucket, 0.01 %, for each variant.

    Args:
        coverage: The new share of the eligible units that take part.
        variants: The variants with their new weights: those of before in the same order, then new ones.

    Raises:
        WouldMoveUnits: A variant would have less than it has, or has gone.
    """
    known = [variant.key for variant in experiment.variants]
    if [variant.key for variant in variants[: len(known)]] != known:
        raise WouldMoveUnits("the variants that the phase began with must all stay, in the same order")
    changed = msgspec.structs.replace(experiment, coverage=coverage, variants=tuple(variants))
    same_weights = [item.weight for item in variants] == [item.weight for item in experiment.variants]
    if experiment.slots is None and same_weights and coverage >= experiment.coverage:
        return changed
    owners = owners_of(slots_of(experiment))
    for index, variant in enumerate(variants):
        _grow_one(owners, index, variant, coverage, rounding=len(variants))
    return msgspec.structs.replace(changed, slots=tuple(_slots(owners)))


def set_apart(maps: Sequence[Sequence[Slot]], weights: Sequence[float]) -> frozenset[int]:
    """The buckets whose units cannot be compared with the control, because a variant grew more than others.

    Units that come to take part by growth are new and old visitors alike, where a variant that did not grow
    gets new ones only. So units are alike where their buckets were given out at one time, and the effect is
    not mixed with time where the shares are the same at each: of every growth as many buckets as keep the
    shares of the beginning count, the rest is set apart. It depends on nothing that units do.

    Args:
        maps: What followed from traffic and weights, then what held after each growth.
        weights: Of the variants at the beginning; variants that came later are set apart wholly.
    """
    apart: set[int] = set()
    held = owners_of(maps[0])
    for slots in maps[1:]:
        owners = owners_of(slots)
        given: dict[int, list[int]] = {}
        for place, (before, now) in enumerate(zip(held, owners, strict=True)):
            if before == FREE != now:
                given.setdefault(now, []).append(place)
        kept = _in_proportion([len(given.get(index, ())) for index in range(len(weights))], weights)
        for index, places in given.items():
            apart.update(places[kept[index] if index < len(kept) else 0 :])
        held = owners
    return frozenset(apart)


def _in_proportion(given: Sequence[int], weights: Sequence[float]) -> list[int]:
    """The most of each that is in proportion to the weights: exactly so, if that costs a tenth at most."""
    pairs = [(count, weight) for count, weight in zip(given, weights, strict=True) if weight > 0]
    most = math.floor(min(count / weight for count, weight in pairs) + 1e-9)
    for total in range(most, most * 9 // 10, -1):
        exact = [total * weight for weight in weights]
        if all(abs(count - round(count)) < _WHOLE for count in exact):
            return [round(count) for count in exact]
    return [min(round(most * weight), count) for weight, count in zip(weights, given, strict=True)]


def _grow_one(owners: list[int], index: int, variant: Variant, coverage: float, rounding: int) -> None:
    """Give a variant its part; as every part is rounded, up to `rounding` buckets may be missing."""
    has = owners.count(index)
    wanted = round(coverage * variant.weight * BUCKETS)
    if wanted < has - 1:
        raise WouldMoveUnits(
            f"variant '{variant.key}' has {has / BUCKETS:.2%} of all units and would be left with"
            f" {wanted / BUCKETS:.2%}; a variant can only grow within a phase"
        )
    last = max((place for place, owner in enumerate(owners) if owner == index), default=FREE)
    in_turn = [*range(last + 1, BUCKETS), *range(last + 1)]
    free = [place for place in in_turn if owners[place] == FREE]
    if wanted - has > len(free) + rounding:
        raise WouldMoveUnits(
            f"variant '{variant.key}' is to grow by {(wanted - has) / BUCKETS:.2%} of all units, but only"
            f" {len(free) / BUCKETS:.2%} are free"
        )
    for place in free[: max(0, wanted - has)]:
        owners[place] = index


def _slots(owners: Sequence[int]) -> list[Slot]:
    slots: list[Slot] = []
    for owner, places in groupby(range(BUCKETS), key=owners.__getitem__):
        if owner != FREE:
            run = list(places)
            slots.append(Slot(owner, run[0] / BUCKETS, (run[-1] + 1) / BUCKETS))
    return slots
