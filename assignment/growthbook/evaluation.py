"""What one evaluation knows: the payload with its conditions compiled, and the user it is for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assignment.growthbook.sticky import Documents
from assignment.hashing import hash_unit, hash_value, in_namespace
from assignment.operators import Test
from assignment.targeting import compile_condition

Rule = Mapping[str, Any]


class Payload:
    """Features, saved groups and contextual bandits; a condition is compiled when it is first met."""

    def __init__(
        self,
        features: Mapping[str, Any],
        saved_groups: Mapping[str, Any] | None = None,
        bandits: Mapping[str, Any] | None = None,
    ) -> None:
        self.features = features
        self.saved_groups = saved_groups or {}
        self.bandits = bandits or {}
        self._tests: dict[int, tuple[object, Test]] = {}

    def test(self, condition: object) -> Test:
        """The condition, compiled once; it is kept, so that its identity stays its own."""
        known = self._tests.get(id(condition))
        if known is None:
            known = self._tests[id(condition)] = (condition, compile_condition(condition, self.saved_groups))
        return known[1]


@dataclass(slots=True)
class User:
    """For whom features are evaluated, and what is forced for them.

    Attributes:
        forced_variations: By experiment key: an index.
        forced_features: By feature key: a value.
        sticky: Sticky bucket documents, changed by evaluation; `None` when sticky bucketing is off.
        tracks: Filled by evaluation: the exposures that a client would report.
    """

    attributes: Mapping[str, object]
    forced_variations: Mapping[str, int] = field(default_factory=dict)
    forced_features: Mapping[str, object] = field(default_factory=dict)
    url: str = ""
    enabled: bool = True
    qa_mode: bool = False
    groups: Mapping[str, object] = field(default_factory=dict)
    sticky: Documents | None = None
    tracks: list[dict[str, Any]] = field(default_factory=list)

    def hashed_by(self, rule: Rule) -> tuple[str, str]:
        """The attribute that the rule hashes, and its value as text (empty when there is none)."""
        name = rule.get("hashAttribute") or "id"
        value = hash_value(self.attributes.get(name))
        fallback = rule.get("fallbackAttribute")
        if not value and fallback and self.sticky is not None and not rule.get("disableStickyBucketing"):
            other = hash_value(self.attributes.get(fallback))
            if other:
                return fallback, other
        return name, value

    def passes_filters(self, filters: list[Rule]) -> bool:
        """Whether the unit lies in every filter's ranges."""
        return all(self._passes_filter(item) for item in filters)

    def _passes_filter(self, item: Rule) -> bool:
        value = hash_value(self.attributes.get(item.get("attribute") or "id"))
        position = (
            hash_unit(str(item.get("seed") or ""), value, item.get("hashVersion") or 2) if value else None
        )
        if position is None:
            return False
        return any(low <= position < high for low, high in item.get("ranges") or ())

    def in_namespace(self, rule: Rule, value: str) -> bool:
        """Whether the unit is in the rule's filters, or else in its old kind of namespace."""
        if rule.get("filters") is not None:
            return self.passes_filters(rule["filters"])
        return not rule.get("namespace") or in_namespace(value, rule["namespace"])
