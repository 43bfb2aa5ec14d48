"""From what experiments say of one another to the gates and the condition of each rule by itself.

A rule that carries everything is decided alike at every door, and by SDKs that know nothing of the others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from assignment.allocation import gates_of, slots_of
from assignment.snapshot import Experiment, Gate, Status

Condition = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Relations:
    """What an experiment says of others.

    Attributes:
        prerequisites: Other experiments, each with the variants that let take part in this one.
        holdout: Key of the holdout that it belongs to, running or not.
    """

    prerequisites: tuple[tuple[str, frozenset[str]], ...] = ()
    holdout: str | None = None


@dataclass(frozen=True, slots=True)
class _Entry:
    """What a unit must pass: every gate and every condition, each named once."""

    gates: tuple[Gate, ...] = ()
    conditions: tuple[Condition, ...] = ()

    def __add__(self, other: _Entry) -> _Entry:
        conditions = [*self.conditions, *(item for item in other.conditions if item not in self.conditions)]
        return _Entry(tuple(dict.fromkeys(self.gates + other.gates)), tuple(conditions))


def flatten(rules: Mapping[str, Experiment], relations: Mapping[str, Relations]) -> dict[str, Experiment]:
    """Every rule with all that it asks for because of others.

    A paused parent lets nobody in. One that stopped lets in all who get its winner, if that is one of the
    variants asked for, and otherwise nobody. A holdout counts while it runs.

    Args:
        rules: By key: the experiments' own rules, with those of parents that are archived, as stopped.
        relations: By key: what they say of others.
    """
    flattened = _Flattened(rules, relations)
    return {key: flattened.rule(key) for key in rules}


class _Flattened:
    def __init__(self, rules: Mapping[str, Experiment], relations: Mapping[str, Relations]) -> None:
        self._rules = rules
        self._relations = relations
        self._found: dict[str, _Entry] = {}
        self._looking_at: set[str] = set()

    def rule(self, key: str) -> Experiment:
        """The rule with its gates, its whole condition and the holdout that counts it."""
        own = self._rules[key]
        holdout = self._running_holdout(key)
        member_of = holdout.key if holdout and own.status is not Status.DRAFT else None
        if own.status is Status.STOPPED:
            return msgspec.structs.replace(own, gates=self._held(key).gates, holdout=member_of)
        entry = _Entry(conditions=(own.condition,)) + self._built_on(key)
        return msgspec.structs.replace(
            own, gates=entry.gates, condition=_conjunction(entry.conditions), holdout=member_of
        )

    def _built_on(self, key: str) -> _Entry:
        """What a unit passes because of the holdout and of the experiments that this one builds on."""
        if key not in self._found:
            self._looking_at.add(key)
            entry = self._held(key)
            for parent, variants in self._relations[key].prerequisites:
                entry += self._variants_of(parent, variants)
            self._looking_at.remove(key)
            self._found[key] = entry
        return self._found[key]

    def _variants_of(self, key: str, variants: frozenset[str]) -> _Entry:
        """What a unit passes that takes part in this experiment with one of these variants."""
        rule = self._rules.get(key)
        if rule is None or key in self._looking_at:
            return _Entry((Gate(key, "id", ()),))
        if rule.status is Status.STOPPED and rule.shipped in variants:
            return self._held(key)
        if rule.status is not Status.RUNNING:
            return _Entry((Gate(rule.seed, rule.hash_attribute, ()),))
        keys = [variant.key for variant in rule.variants]
        ranges = [(slot.start, slot.end) for slot in slots_of(rule) if keys[slot.variant] in variants]
        split = _Entry((*gates_of(rule), Gate(rule.seed, rule.hash_attribute, tuple(ranges))))
        return split + _Entry(conditions=(rule.condition,)) + self._built_on(key)

    def _held(self, key: str) -> _Entry:
        """The gate that keeps out the first variant of the holdout while that runs."""
        holdout = self._running_holdout(key)
        if holdout is None:
            return _Entry()
        let_in = tuple((slot.start, slot.end) for slot in slots_of(holdout) if slot.variant > 0)
        return _Entry((Gate(holdout.seed, holdout.hash_attribute, let_in),))

    def _running_holdout(self, key: str) -> Experiment | None:
        holdout = self._rules.get(self._relations[key].holdout or "")
        return holdout if holdout is not None and holdout.status is Status.RUNNING else None


def _conjunction(conditions: tuple[Condition, ...]) -> Condition:
    """One condition that holds where all of them do."""
    telling = [condition for condition in conditions if condition]
    if not telling:
        return {}
    return telling[0] if len(telling) == 1 else {"$and": telling}
