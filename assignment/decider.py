"""Decides many experiments for one unit in one pass that computes once what they share."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec

from assignment.allocation import opened_by
from assignment.hashing import BUCKETS, bucket_after, fnv32, fnv_bytes, hash_value
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
        owners: For each of the 10,000 buckets a place in `chosen`.
        chosen: What a unit may get.
    """

    condition: Mapping[str, Any] | None
    audience: Test
    attribute: str
    seed: str
    gates: tuple[Gate, ...]
    elsewhere: T
    outside: T
    owners: Sequence[int]
    chosen: Sequence[T]


def fixed_step(outcome: T) -> Step[T]:
    """The step of an experiment that gives everyone the same."""
    return Step(None, _nobody, "id", "", (), outcome, outcome, b"", ())


def gated_step(outcome: T, gates: tuple[Gate, ...], outside: T) -> Step[T]:
    """The step of an experiment that gives the same to everyone whom the gates let in."""
    if not gates:
        return fixed_step(outcome)
    return Step({}, _everyone, gates[0].attribute, "", gates, outside, outside, bytes(BUCKETS), (outcome,))


def _everyone(_: object) -> bool:
    return True


def _nobody(_: object) -> bool:
    return False


class _Group(NamedTuple, Generic[T]):
    """Steps with the same audience, attribute and gates, each of these as its place in the decider.

    Attributes:
        splits: Of each step the seed as bytes, its hash, and the owners of its buckets with what they get.
    """

    audience: int
    attribute: int
    barrier: int
    elsewhere: list[T]
    outside: list[T]
    splits: tuple[tuple[bytes, int, Sequence[int], Sequence[T]], ...]


class Decider(Generic[T]):
    """The steps of some experiments, laid out so that one pass decides them all. It is pure.

    What experiments share is computed once: an audience, the text to hash of an attribute, a unit's bucket
    under the seed of a gate, and whether all gates of a step are open.
    """

    __slots__ = (
        "_attributes",
        "_audiences",
        "_barriers",
        "_gate_hashes",
        "_groups",
        "_in_order",
        "_is_wide",
        "_open_to_all",
    )

    def __init__(self, steps: Sequence[Step[T]]) -> None:
        keys = [msgspec.json.encode(step.condition) for step in steps]
        conditions = _index(keys)
        audiences = {key: step.audience for key, step in zip(keys, steps, strict=True)}
        self._audiences = tuple(audiences[key] for key in conditions)
        gates = [gate for step in steps for gate in step.gates]
        attributes = _index([step.attribute for step in steps] + [gate.attribute for gate in gates])
        self._attributes = tuple(attributes)
        hashes = _index((gate.seed, gate.attribute) for gate in gates)
        self._gate_hashes = tuple(
            (_narrow(seed), fnv32(seed), attributes[attribute]) for seed, attribute in hashes
        )
        tables = {gate.ranges: opened_by(gate.ranges) for gate in gates}
        barriers = _index(step.gates for step in steps)
        self._barriers = tuple(
            tuple((hashes[gate.seed, gate.attribute], tables[gate.ranges]) for gate in barrier)
            for barrier in barriers
        )
        self._open_to_all = [True] * len(barriers)
        places = [
            (conditions[key], attributes[step.attribute], barriers[step.gates])
            for key, step in zip(keys, steps, strict=True)
        ]
        grouped: dict[tuple[int, int, int], list[Step[T]]] = {}
        for place, step in zip(places, steps, strict=True):
            grouped.setdefault(place, []).append(step)
        self._groups = tuple(_group(place, alike) for place, alike in grouped.items())
        self._in_order = _order(places)
        seeds = [seed for seed, _ in hashes] + [step.seed for step in steps]
        self._is_wide = any(not _is_narrow(seed) for seed in seeds)

    def __call__(self, context: Context) -> list[T]:
        """What the unit with these attributes gets, in the order of the steps."""
        passed = [audience(context) for audience in self._audiences]
        if self._is_wide:
            return self._decide_wide(passed, context)
        try:
            values = [hash_value(context.get(name)).encode("latin-1") for name in self._attributes]
        except UnicodeEncodeError:
            return self._decide_wide(passed, context)
        opened = self._open_to_all
        if self._gate_hashes:
            buckets = [
                fnv_bytes(b"%d" % fnv_bytes(seed + value)) % BUCKETS
                if (value := values[attribute])
                else BUCKETS
                for seed, _, attribute in self._gate_hashes
            ]
            opened = self._open(buckets)
        found: list[T] = []
        for audience, attribute, barrier, elsewhere, outside, splits in self._groups:
            if not passed[audience]:
                found += elsewhere
            elif not (value := values[attribute]) or not opened[barrier]:
                found += outside
            else:
                found += [
                    chosen[owners[fnv_bytes(b"%d" % fnv_bytes(seed + value)) % BUCKETS]]
                    for seed, _, owners, chosen in splits
                ]
        return found if self._in_order is None else list(self._in_order(found))

    def _decide_wide(self, passed: list[bool], context: Context) -> list[T]:
        """The same for text beyond Latin-1, whose code units are no bytes."""
        texts = [hash_value(context.get(name)) for name in self._attributes]
        opened = self._open(
            [
                bucket_after(state, texts[attribute]) if texts[attribute] else BUCKETS
                for _, state, attribute in self._gate_hashes
            ]
        )
        found: list[T] = []
        for audience, attribute, barrier, elsewhere, outside, splits in self._groups:
            if not passed[audience]:
                found += elsewhere
            elif not (value := texts[attribute]) or not opened[barrier]:
                found += outside
            else:
                found += [chosen[owners[bucket_after(state, value)]] for _, state, owners, chosen in splits]
        return found if self._in_order is None else list(self._in_order(found))

    def _open(self, buckets: list[int]) -> list[bool]:
        """For each set of gates whether all of them let in the unit with these buckets."""
        return [all(table[buckets[place]] for place, table in gates) for gates in self._barriers]


def _group(place: tuple[int, int, int], steps: Sequence[Step[T]]) -> _Group[T]:
    return _Group(
        *place,
        elsewhere=[step.elsewhere for step in steps],
        outside=[step.outside for step in steps],
        splits=tuple((_narrow(step.seed), fnv32(step.seed), step.owners, step.chosen) for step in steps),
    )


def _order(places: Sequence[Hashable]) -> Callable[[list[T]], tuple[T, ...]] | None:
    """Puts what was found group by group back in the order of the steps; `None` where it is already."""
    rank = _index(places)
    grouped = sorted(range(len(places)), key=lambda step: rank[places[step]])
    if grouped == list(range(len(places))):
        return None
    found_at = {step: place for place, step in enumerate(grouped)}
    return itemgetter(*(found_at[step] for step in range(len(places))))


def _index(items: Any) -> dict[Any, int]:
    """Each distinct item with its place, in the order of first appearance."""
    return {item: place for place, item in enumerate(dict.fromkeys(items))}


def _narrow(text: str) -> bytes:
    """The text's code units as bytes; of no use for text beyond Latin-1, which is decided the wide way."""
    return text.encode("latin-1", "replace")


def _is_narrow(text: str) -> bool:
    return all(character < "\u0100" for character in text)
