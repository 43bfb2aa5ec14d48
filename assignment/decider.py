"""Decides many experiments for one unit in one pass that computes once what they share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from assignment.allocation import opened_by
from assignment.hashing import BUCKETS, bucket_of, fnv_bytes, hash_value
from assignment.operators import Test
from assignment.snapshot import Gate

T = TypeVar("T")
Context = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Step(Generic[T]):
    """How one experiment is decided: audience first, then gates, then the split.

    Attributes:
        condition: The audience as defined; equal ones are tested once.
        audience: The compiled condition.
        elsewhere: For a unit that is not in the audience.
        outside: For one that a gate keeps out, or that has no value to hash.
        by_bucket: For each of the 10,000 buckets.
    """

    condition: Mapping[str, Any] | None
    audience: Test
    attribute: str
    seed: str
    gates: tuple[Gate, ...]
    elsewhere: T
    outside: T
    by_bucket: Sequence[T]


def fixed_step(outcome: T) -> Step[T]:
    """The step of an experiment that gives everyone the same."""
    return Step(None, _nobody, "id", "", (), outcome, outcome, ())


def gated_step(outcome: T, gates: tuple[Gate, ...], outside: T) -> Step[T]:
    """The step of an experiment that gives the same to everyone whom the gates let in."""
    if not gates:
        return fixed_step(outcome)
    return Step({}, _everyone, gates[0].attribute, "", gates, outside, outside, (outcome,) * BUCKETS)


def _everyone(_: object) -> bool:
    return True


def _nobody(_: object) -> bool:
    return False


class Decider(Generic[T]):
    """The steps of some experiments, laid out so that one pass decides them all. It is pure.

    What experiments share is computed once: an audience, the text to hash of an attribute, a unit's bucket
    under the seed of a gate, and whether all gates of a step are open.
    """

    __slots__ = ("_attributes", "_audiences", "_barriers", "_gate_hashes", "_is_wide", "_steps")

    def __init__(self, steps: Sequence[Step[T]]) -> None:
        conditions = _index(_condition_key(step) for step in steps)
        audiences = {_condition_key(step): step.audience for step in steps}
        self._audiences = tuple(audiences[key] for key in conditions)
        gates = [gate for step in steps for gate in step.gates]
        attributes = _index([step.attribute for step in steps] + [gate.attribute for gate in gates])
        self._attributes = tuple(attributes)
        hashes = _index((gate.seed, gate.attribute) for gate in gates)
        self._gate_hashes = tuple((seed, _narrow(seed), attributes[attribute]) for seed, attribute in hashes)
        tables = {gate.ranges: opened_by(gate.ranges) for gate in gates}
        barriers = _index(step.gates for step in steps)
        self._barriers = tuple(
            tuple((hashes[gate.seed, gate.attribute], tables[gate.ranges]) for gate in barrier)
            for barrier in barriers
        )
        self._steps = tuple(
            (
                conditions[_condition_key(step)],
                attributes[step.attribute],
                barriers[step.gates],
                step.seed,
                _narrow(step.seed),
                step.elsewhere,
                step.outside,
                step.by_bucket,
            )
            for step in steps
        )
        seeds = [seed for seed, _ in hashes] + [step.seed for step in steps]
        self._is_wide = _all_narrow(seeds) is None

    def __call__(self, context: Context) -> list[T]:
        """What the unit with these attributes gets, in the order of the steps."""
        passed = [audience(context) for audience in self._audiences]
        texts = [hash_value(context.get(attribute)) for attribute in self._attributes]
        values = None if self._is_wide else _all_narrow(texts)
        if values is None:
            return self._decide_wide(passed, texts)
        buckets = [
            fnv_bytes(b"%d" % fnv_bytes(seed + values[attribute])) % BUCKETS if values[attribute] else BUCKETS
            for _, seed, attribute in self._gate_hashes
        ]
        opened = self._open(buckets)
        found: list[T] = []
        for audience, attribute, barrier, _, seed, elsewhere, outside, by_bucket in self._steps:
            if not passed[audience]:
                found.append(elsewhere)
                continue
            value = values[attribute]
            if value and opened[barrier]:
                found.append(by_bucket[fnv_bytes(b"%d" % fnv_bytes(seed + value)) % BUCKETS])
            else:
                found.append(outside)
        return found

    def _decide_wide(self, passed: list[bool], texts: list[str]) -> list[T]:
        """The same for text beyond Latin-1, whose code units are no bytes."""
        buckets = [
            bucket_of(seed, texts[attribute]) if texts[attribute] else BUCKETS
            for seed, _, attribute in self._gate_hashes
        ]
        opened = self._open(buckets)
        found: list[T] = []
        for audience, attribute, barrier, seed, _, elsewhere, outside, by_bucket in self._steps:
            if not passed[audience]:
                found.append(elsewhere)
            elif texts[attribute] and opened[barrier]:
                found.append(by_bucket[bucket_of(seed, texts[attribute])])
            else:
                found.append(outside)
        return found

    def _open(self, buckets: list[int]) -> list[bool]:
        """For each set of gates whether all of them let in the unit with these buckets."""
        return [all(table[buckets[place]] for place, table in gates) for gates in self._barriers]


def _condition_key(step: Step[Any]) -> bytes:
    return msgspec.json.encode(step.condition)


def _index(items: Any) -> dict[Any, int]:
    """Each distinct item with its place, in the order of first appearance."""
    return {item: place for place, item in enumerate(dict.fromkeys(items))}


def _narrow(text: str) -> bytes:
    """The text's code units as bytes; of no use for text beyond Latin-1, which is decided the wide way."""
    return text.encode("latin-1", "replace")


def _all_narrow(texts: list[str]) -> list[bytes] | None:
    try:
        return [text.encode("latin-1") for text in texts]
    except UnicodeEncodeError:
        return None
