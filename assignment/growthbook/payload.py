"""The published rules as GrowthBook SDKs load them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from assignment.allocation import gates_of
from assignment.engine import CompiledSnapshot, is_live
from assignment.growthbook.portable import portable
from assignment.snapshot import Experiment, Gate, Slot, Snapshot, Status

HASH_VERSION = 2


@dataclass(frozen=True, slots=True)
class Payload:
    """What `GET /api/features/{client_key}` serves.

    Attributes:
        features: By experiment key: a feature whose rule splits as our own engine does.
        body: The whole document as JSON.
        tag: Entity tag of the body, in quotes.
    """

    features: dict[str, Any]
    body: bytes
    tag: str


def payload_of(compiled: CompiledSnapshot) -> Payload:
    """The payload of every live experiment."""
    snapshot = compiled.snapshot
    features = features_of(snapshot)
    document = {"status": 200, "dateUpdated": snapshot.published_at or None, "features": features}
    if not snapshot.published_at:
        # Without a date an SDK applies every payload; an unchanging one would make it drop changes.
        del document["dateUpdated"]
    body = msgspec.json.encode(document)
    return Payload(features, body, f'"{hashlib.blake2b(body, digest_size=12).hexdigest()}"')


def features_of(snapshot: Snapshot) -> dict[str, Any]:
    """Every live experiment as a feature: running ones split, shipped ones force, paused ones do neither."""
    return {item.key: _feature(item) for item in snapshot.experiments if is_live(item)}


def _feature(experiment: Experiment) -> dict[str, Any]:
    feature: dict[str, Any] = {"defaultValue": experiment.variants[0].payload}
    if experiment.status is Status.RUNNING:
        feature["rules"] = [_split_rule(experiment)]
    for variant in experiment.variants:
        if experiment.status is Status.STOPPED and variant.key == experiment.shipped:
            rule = {"id": f"{experiment.key}-shipped", "force": variant.payload}
            feature["rules"] = [rule | _filters(experiment.gates)]
    return feature


def _split_rule(experiment: Experiment) -> dict[str, Any]:
    rule: dict[str, Any] = {
        "id": f"{experiment.key}-{experiment.version}",
        "key": experiment.key,
        "name": experiment.name or experiment.key,
        "phase": str(experiment.version),
        "seed": experiment.seed,
        "hashAttribute": experiment.hash_attribute,
        "hashVersion": HASH_VERSION,
        **_split(experiment),
        **_stickiness(experiment),
    }
    if experiment.condition:
        rule["condition"] = portable(experiment.condition)
    return rule | _filters(gates_of(experiment))


def _stickiness(experiment: Experiment) -> dict[str, Any]:
    """How an SDK with sticky buckets keeps people at their variation; by the hash alone, if it is not to.

    Who took part in an earlier phase is left out of a later one: what they saw may still have its effect.
    """
    if experiment.fallback_attribute is None:
        return {"disableStickyBucketing": True}
    return {
        "fallbackAttribute": experiment.fallback_attribute,
        "bucketVersion": experiment.version,
        "minBucketVersion": experiment.version,
    }


def _filters(gates: Sequence[Gate]) -> dict[str, Any]:
    """The gates as a rule has them; an SDK passes over the rule for a unit that one of them keeps out."""
    filters = [
        {
            "attribute": gate.attribute,
            "seed": gate.seed,
            "hashVersion": HASH_VERSION,
            "ranges": [list(limits) for limits in gate.ranges],
        }
        for gate in gates
    ]
    return {"filters": filters} if filters else {}


def _split(experiment: Experiment) -> dict[str, Any]:
    """The variations with their parts of the hash.

    A variant that grew into several slots is as many variations of the same key, for an SDK knows one range
    for each variation. The variants come first, each with its first slot, so that a variation forced by its
    place is the variant at that place however the split has grown. Ranges overrule coverage and weights.
    """
    if experiment.slots is None:
        shown = list(experiment.variants)
        split = {"coverage": experiment.coverage, "weights": [item.weight for item in shown]}
    else:
        slots = _slots_in_order(experiment.slots, len(experiment.variants))
        shown = [experiment.variants[slot.variant] for slot in slots]
        taken = sum(slot.end - slot.start for slot in slots)
        split = {
            "coverage": experiment.coverage,
            "weights": [(slot.end - slot.start) / taken if taken else 0.0 for slot in slots],
            "ranges": [[slot.start, slot.end] for slot in slots],
        }
    return {
        **split,
        "variations": [variant.payload for variant in shown],
        "meta": [{"key": variant.key, "name": variant.name or variant.key} for variant in shown],
    }


def _slots_in_order(slots: Sequence[Slot], variants: int) -> tuple[Slot, ...]:
    """One slot of each variant, an empty one where it has none, and then all others."""
    firsts: dict[int, Slot] = {}
    others: list[Slot] = []
    for slot in slots:
        if firsts.setdefault(slot.variant, slot) is not slot:
            others.append(slot)
    return (*(firsts.get(place, Slot(place, 0.0, 0.0)) for place in range(variants)), *others)
