"""Decides many experiments for one unit in one pass that computes once what they share."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from assignment.hashing import BUCKETS, POSITIONS, bucket_of, fnv_bytes, hash_value
from assignment.operators import Test
from assignment.snapshot import LayerSlice

T = TypeVar("T")
Context = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Step(Generic[T]):
    """How one experiment is decided: audience first, then layer, then the split.

    Attributes:
        condition: The audience as defined; equal ones are tested once.
        audience: The compiled condition.
        elsewhere: For a unit that is not in the audience.
        outside: For one that is not in the layer's slice, or has no value to hash.
        by_bucket: For each of the 10,000 buckets.
    """

    condition: Mapping[str, Any] | None
    audience: Test
    attribute: str
    seed: str
    layer: LayerSlice | None
    elsewhere: T
    outside: T
    by_bucket: Sequence[T]


def fixed_step(outcome: T) -> Step[T]:
    """The step of an experiment that gives everyone the same."""
    return Step(None, _nobody, "id", "", None, outcome, outcome, ())


def _nobody(_: object) -> bool:
    return False


class Decider(Generic[T]):
    """The steps of some experiments, laid out so that one pass decides them all. It is pure."""

    __slots__ = ("_attributes", "_audiences", "_is_wide", "_layers", "_steps")

    def __init__(self, steps: Sequence[Step[T]]) -> None:
        conditions = _index(_condition_key(step) for step in steps)
        audiences = {_condition_key(step): step.audience for step in steps}
        self._audiences = tuple(audiences[key] for key in conditions)
        attributes = _index(step.attribute for step in steps)
        self._attributes = tuple(attributes)
        layers = _index((step.layer.name, step.attribute) for step in steps if step.layer)
        self._layers = tuple((name, _narrow(name), attributes[attribute]) for name, attribute in layers)
        self._steps = tuple(
            (
                conditions[_condition_key(step)],
                attributes[step.attribute],
                *_slice(step, layers),
                step.seed,
                _narrow(step.seed),
                step.elsewhere,
                step.outside,
                step.by_bucket,
            )
            for step in steps
        )
        seeds = [name for name, _, _ in self._layers] + [step.seed for step in steps]
        self._is_wide = _all_narrow(seeds) is None

    def __call__(self, context: Context) -> list[T]:
        """What the unit with these attributes gets, in the order of the steps."""
        passed = [audience(context) for audience in self._audiences]
        texts = [hash_value(context.get(attribute)) for attribute in self._attributes]
        values = None if self._is_wide else _all_narrow(texts)
        if values is None:
            return self._decide_wide(passed, texts)
        layers = [0]
        for _, seed, attribute in self._layers:
            layers.append(fnv_bytes(b"%d" % fnv_bytes(seed + values[attribute])) % BUCKETS)
        found: list[T] = []
        for audience, attribute, layer, first, end, _, seed, elsewhere, outside, by_bucket in self._steps:
            if not passed[audience]:
                found.append(elsewhere)
                continue
            value = values[attribute]
            if value and first <= layers[layer] < end:
                found.append(by_bucket[fnv_bytes(b"%d" % fnv_bytes(seed + value)) % BUCKETS])
            else:
                found.append(outside)
        return found

    def _decide_wide(self, passed: list[bool], texts: list[str]) -> list[T]:
        """The same for text beyond Latin-1, whose code units are no bytes."""
        layers = [0, *(bucket_of(name, texts[attribute]) for name, _, attribute in self._layers)]
        found: list[T] = []
        for audience, attribute, layer, first, end, seed, _, elsewhere, outside, by_bucket in self._steps:
            if not passed[audience]:
                found.append(elsewhere)
            elif texts[attribute] and first <= layers[layer] < end:
                found.append(by_bucket[bucket_of(seed, texts[attribute])])
            else:
                found.append(outside)
        return found


def _condition_key(step: Step[Any]) -> bytes:
    return msgspec.json.encode(step.condition)


def _index(items: Any) -> dict[Any, int]:
    """Each distinct item with its place, in the order of first appearance."""
    return {item: place for place, item in enumerate(dict.fromkeys(items))}


def _slice(step: Step[Any], layers: Mapping[tuple[str, str], int]) -> tuple[int, int, int]:
    """Place of the layer's bucket with the first bucket and the end of the slice; all buckets of none."""
    if step.layer is None:
        return 0, 0, BUCKETS
    first, end = bisect_left(POSITIONS, step.layer.start), bisect_left(POSITIONS, step.layer.end)
    return 1 + layers[step.layer.name, step.attribute], first, end


def _narrow(text: str) -> bytes:
    """The text's code units as bytes; of no use for text beyond Latin-1, which is decided the wide way."""
    return text.encode("latin-1", "replace")


def _all_narrow(texts: list[str]) -> list[bytes] | None:
    try:
        return [text.encode("latin-1") for text in texts]
    except UnicodeEncodeError:
        return None
