"""The pure decision: which variant a unit gets in an experiment, and why."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, TypeVar

from assignment.allocation import gates_of, slots_of, table_of
from assignment.decider import Context, Decider, Step, fixed_step, gated_step
from assignment.snapshot import HOLDOUT, Experiment, Snapshot, Status, Variant
from assignment.targeting import compile_condition

_Derived = TypeVar("_Derived")
_log = logging.getLogger(__name__)


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
        hash_attribute: Whose value is split, so which value is the unit of its exposures.
        in_experiment: Whether the unit takes part, so whether it may be exposed.
        holdout: Key of the running holdout that the experiment belongs to; who meets it is exposed to that.
        is_holdout: Whether it is a holdout itself.
        fallback_attribute: Whose value is the unit where the hash attribute has none.
    """

    index: int
    experiment: str
    version: int
    variant: str
    payload: Mapping[str, Any] = field(hash=False)
    in_experiment: bool
    reason: Reason
    hash_attribute: str = "id"
    holdout: str | None = None
    is_holdout: bool = False
    fallback_attribute: str | None = None


Rule = Decider[Decision]


class CompiledSnapshot:
    """A snapshot made ready to decide: every possible decision exists, and a rule picks one.

    Attributes:
        rules: By experiment key: the rule of that experiment, whatever its status; it gives one decision.
        live: The rule of all experiments that storefronts ask for without naming them: running, paused
            (control for everyone) and shipped (the winner for all whom its gates let in), ordered by key.
        previews: By experiment and variant key: the variant shown outside the experiment, never counted.
        decisions: Every decision that a rule may give.
        holdouts: Keys of the running holdouts that experiments belong to.
        sticky: Keys of the running experiments in which people keep what any of their ids has got; the rules
            decide these by hash alone.
        key_kinds: By SHA-256 of a key: its kind.

    Raises:
        ValueError: An experiment cannot be decided: no variants, or a shipped one that is not there.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.revision = snapshot.revision
        self.holdouts = frozenset(item.holdout for item in snapshot.experiments if item.holdout is not None)
        self.key_kinds = {key.digest: key.kind for key in snapshot.keys}
        self.sticky = frozenset(
            item.key
            for item in snapshot.experiments
            if item.status is Status.RUNNING and item.fallback_attribute is not None
        )
        self.decisions: list[Decision] = []
        self.previews = {
            (experiment.key, variant.key): self._add(experiment, variant, Reason.STATIC)
            for experiment in snapshot.experiments
            for variant in experiment.variants
        }
        steps = {experiment.key: self._step(experiment) for experiment in snapshot.experiments}
        self.rules = {key: Decider((step,)) for key, step in steps.items()}
        self.live: Rule = Decider([steps[item.key] for item in snapshot.experiments if is_live(item)])
        self._derived: dict[Callable[[CompiledSnapshot], object], object] = {}

    def derived(self, build: Callable[[CompiledSnapshot], _Derived]) -> _Derived:
        """What `build` makes of this snapshot, made once."""
        try:
            return self._derived[build]  # type: ignore[return-value]
        except KeyError:
            return self._derived.setdefault(build, build(self))  # type: ignore[return-value]

    def make_ready(self, older: CompiledSnapshot) -> None:
        """Derive now what has been asked of the snapshot before, so that no request waits for it."""
        for build in tuple(older._derived):
            try:
                self.derived(build)
            except Exception:  # noqa: BLE001 - whoever asks for it meets it again, and answers for it
                _log.debug("cannot make %s ready", build)

    def _add(self, experiment: Experiment, variant: Variant, reason: Reason) -> Decision:
        decision = Decision(
            index=len(self.decisions),
            experiment=experiment.key,
            version=experiment.version,
            variant=variant.key,
            payload=variant.payload,
            in_experiment=reason is Reason.SPLIT,
            reason=reason,
            hash_attribute=experiment.hash_attribute,
            holdout=experiment.holdout,
            is_holdout=experiment.role == HOLDOUT,
            fallback_attribute=experiment.fallback_attribute,
        )
        self.decisions.append(decision)
        return decision

    def _step(self, experiment: Experiment) -> Step[Decision]:
        if not experiment.variants:
            raise ValueError(f"experiment '{experiment.key}' has no variants")
        control = experiment.variants[0]
        if experiment.status is Status.STOPPED and experiment.shipped is not None:
            shipped = self.previews.get((experiment.key, experiment.shipped))
            if shipped is None:
                raise ValueError(
                    f"experiment '{experiment.key}' has no variant '{experiment.shipped}' to ship"
                )
            return gated_step(shipped, experiment.gates, self.previews[experiment.key, control.key])
        if experiment.status is not Status.RUNNING:
            return fixed_step(self._add(experiment, control, Reason.DISABLED))
        outside = self.previews[experiment.key, control.key]
        split = [self._add(experiment, variant, Reason.SPLIT) for variant in experiment.variants]
        return Step(
            condition=experiment.condition,
            audience=compile_condition(experiment.condition),
            attribute=experiment.hash_attribute,
            seed=experiment.seed,
            gates=gates_of(experiment),
            elsewhere=self._add(experiment, control, Reason.TARGETING_MATCH),
            outside=outside,
            owners=table_of(slots_of(experiment), len(split)),
            chosen=(*split, outside),
        )


def is_live(experiment: Experiment) -> bool:
    """Whether storefronts get the experiment without naming it."""
    if experiment.status is Status.STOPPED:
        return experiment.shipped is not None
    return experiment.status is not Status.DRAFT


def decide(compiled: CompiledSnapshot, key: str, context: Context) -> Decision:
    """The unit's variant in one experiment.

    Args:
        key: The experiment's.
        context: Attributes, with the unit's id under `id`.

    Raises:
        KeyError: The snapshot has no such experiment.
    """
    return compiled.rules[key](context)[0]


def decide_all(compiled: CompiledSnapshot, context: Context) -> list[Decision]:
    """The unit's variant in every live experiment, ordered by key."""
    return compiled.live(context)
