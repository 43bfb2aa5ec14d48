"""The pure decision: which variant a unit gets in an experiment, and why."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from assignment import hashing
from assignment.snapshot import Experiment, LayerSlice, Snapshot, Status, Variant
from assignment.targeting import compile_condition

_POSITIONS = tuple(bucket / hashing.BUCKETS for bucket in range(hashing.BUCKETS))

Context = Mapping[str, object]
_Derived = TypeVar("_Derived")


class Reason(StrEnum):
    """Why a unit gets its variant, in OpenFeature's words. `SPLIT` is the experiment; the rest is not."""

    SPLIT = "SPLIT"
    TARGETING_MATCH = "TARGETING_MATCH"
    STATIC = "STATIC"
    DISABLED = "DISABLED"


@dataclass(frozen=True, slots=True)
class Decision:
    """What a unit gets in one experiment.

    Attributes:
        index: Place in `CompiledSnapshot.decisions`, so that doors may keep what they derive from it.
        version: Phase of the experiment's randomisation.
        in_experiment: Whether the unit takes part, so whether it may be exposed.
    """

    index: int
    experiment: str
    version: int
    variant: str
    payload: Mapping[str, Any] = field(hash=False)
    in_experiment: bool
    reason: Reason


Rule = Callable[[Context], Decision]


class CompiledSnapshot:
    """A snapshot made ready to decide: every possible decision exists, and a rule picks one.

    Attributes:
        rules: By experiment key: the rule of every experiment.
        live: The rules of the experiments that storefronts ask for without naming them: running, paused
            (control for everyone) and shipped (the winner for everyone), ordered by key.
        decisions: Every decision that a rule may give.
        key_kinds: By SHA-256 of a key: its kind.

    Raises:
        ValueError: An experiment cannot be decided: no variants, or a shipped one that is not there.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.revision = snapshot.revision
        self.key_kinds = {key.digest: key.kind for key in snapshot.keys}
        self.decisions: list[Decision] = []
        self.rules = {experiment.key: self._compile(experiment) for experiment in snapshot.experiments}
        self.live = tuple(self.rules[item.key] for item in snapshot.experiments if is_live(item))
        self._derived: dict[object, object] = {}

    def derived(self, build: Callable[[CompiledSnapshot], _Derived]) -> _Derived:
        """What `build` makes of this snapshot, made once."""
        try:
            return self._derived[build]  # type: ignore[return-value]
        except KeyError:
            return self._derived.setdefault(build, build(self))  # type: ignore[return-value]

    def _compile(self, experiment: Experiment) -> Rule:
        if not experiment.variants:
            raise ValueError(f"experiment '{experiment.key}' has no variants")
        if experiment.status is Status.RUNNING:
            return self._compile_split(experiment)
        fixed = self._fixed(experiment)
        return lambda context: fixed

    def _fixed(self, experiment: Experiment) -> Decision:
        control = experiment.variants[0]
        if experiment.status is not Status.STOPPED or experiment.shipped is None:
            return self._add(experiment, control, Reason.DISABLED)
        for variant in experiment.variants:
            if variant.key == experiment.shipped:
                return self._add(experiment, variant, Reason.STATIC)
        raise ValueError(f"experiment '{experiment.key}' has no variant '{experiment.shipped}' to ship")

    def _add(self, experiment: Experiment, variant: Variant, reason: Reason) -> Decision:
        decision = Decision(
            index=len(self.decisions),
            experiment=experiment.key,
            version=experiment.version,
            variant=variant.key,
            payload=variant.payload,
            in_experiment=reason is Reason.SPLIT,
            reason=reason,
        )
        self.decisions.append(decision)
        return decision

    def _compile_split(self, experiment: Experiment) -> Rule:
        control = experiment.variants[0]
        elsewhere = self._add(experiment, control, Reason.TARGETING_MATCH)
        outside = self._add(experiment, control, Reason.STATIC)
        chosen = [self._add(experiment, variant, Reason.SPLIT) for variant in experiment.variants]
        by_bucket = spread(variant_ranges(experiment), chosen, outside)
        audience = compile_condition(experiment.condition) if experiment.condition else None
        seed, attribute = experiment.seed, experiment.hash_attribute
        in_layer = _layer_test(experiment.layer)
        bucket_of, hash_value = hashing.bucket_of, hashing.hash_value

        def decide(context: Context) -> Decision:
            if audience is not None and not audience(context):
                return elsewhere
            value = context.get(attribute)
            if value.__class__ is not str:
                value = hash_value(value)
            if not value or (in_layer is not None and not in_layer(value)):
                return outside
            return by_bucket[bucket_of(seed, value)]

        return decide


def is_live(experiment: Experiment) -> bool:
    """Whether storefronts get the experiment without naming it."""
    if experiment.status is Status.STOPPED:
        return experiment.shipped is not None
    return experiment.status is not Status.DRAFT


def variant_ranges(experiment: Experiment) -> list[hashing.Range]:
    """The half-open range of the hash that each variant takes."""
    if experiment.ranges is not None:
        return list(experiment.ranges)
    weights = [variant.weight for variant in experiment.variants]
    return hashing.bucket_ranges(len(weights), experiment.coverage, weights)


def spread(ranges: list[hashing.Range], chosen: list[Decision], outside: Decision) -> list[Decision]:
    """The decision for each of the 10,000 buckets: that of the first range containing it."""
    table = [outside] * hashing.BUCKETS
    for (low, high), decision in reversed(list(zip(ranges, chosen, strict=False))):
        first, end = bisect_left(_POSITIONS, low), bisect_left(_POSITIONS, high)
        table[first:end] = [decision] * max(0, end - first)
    return table


def _layer_test(layer: LayerSlice | None) -> Callable[[str], bool] | None:
    if layer is None:
        return None
    name, first, end = (
        layer.name,
        bisect_left(_POSITIONS, layer.start),
        bisect_left(_POSITIONS, layer.end),
    )
    bucket_of = hashing.bucket_of
    return lambda value: first <= bucket_of(name, value) < end


def decide(compiled: CompiledSnapshot, key: str, context: Context) -> Decision:
    """The unit's variant in one experiment.

    Args:
        key: The experiment's.
        context: Attributes, with the unit's id under `id`.

    Raises:
        KeyError: The snapshot has no such experiment.
    """
    return compiled.rules[key](context)


def decide_all(compiled: CompiledSnapshot, context: Context) -> list[Decision]:
    """The unit's variant in every live experiment, ordered by key."""
    return [rule(context) for rule in compiled.live]
