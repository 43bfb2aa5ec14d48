"""What a change of the split does to shoppers who are divided: nobody moves, or a new phase begins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import zip_longest
from typing import Any

from assignment.allocation import WouldMoveUnits, grow, slots_of
from assignment.errors import FieldError
from assignment.hashing import bucket_ranges
from assignment.snapshot import Experiment, Slot, Variant
from experiments.documents import shown

Document = dict[str, Any]
SPLITTING = (
    "traffic",
    "variants",
    "audience",
    "layer",
    "hash_attribute",
    "fallback_attribute",
    "prerequisites",
    "holdout",
)
"""Fields that say who takes part, and with which variant."""


@dataclass(frozen=True, slots=True)
class Split:
    """How an experiment divided shoppers from one moment on.

    Attributes:
        at: The moment, in UTC.
        traffic: Share of the eligible units that took part.
        variants: Keys with their weights, those that the phase began with first.
        slots: Which part of the hash went to which variant, where that does not follow from the others.
    """

    at: datetime
    traffic: float
    variants: tuple[tuple[str, float], ...]
    slots: tuple[Slot, ...] | None

    @property
    def map(self) -> tuple[Slot, ...]:
        """Which part of the hash went to which variant."""
        if self.slots is not None:
            return self.slots
        weights = [weight for _, weight in self.variants]
        ranges = bucket_ranges(len(weights), self.traffic, weights)
        return tuple(Slot(index, low, high) for index, (low, high) in enumerate(ranges))

    def document(self) -> Document:
        """As it is kept."""
        return {
            "from": self.at.isoformat(),
            "traffic": self.traffic,
            "variants": [{"key": key, "weight": weight} for key, weight in self.variants],
            "slots": slots_document(self.slots),
        }


@dataclass(frozen=True, slots=True)
class Period:
    """A phase in short.

    Attributes:
        version: From 1.
        started_at: When it began, in UTC.
        ended_at: When the next one began; `None` for the one that is looked at.
        plan_hash: Seal of the plan that it began with.
        reason: Why it was begun, in the words of whoever did.
    """

    version: int
    started_at: datetime
    ended_at: datetime | None
    plan_hash: str
    reason: str


def split_from(document: Mapping[str, Any]) -> Split:
    """The split that was kept as this document."""
    return Split(
        datetime.fromisoformat(document["from"]),
        document["traffic"],
        tuple((item["key"], item["weight"]) for item in document["variants"]),
        slots_from(document["slots"]),
    )


def split_of(rule: Experiment, at: datetime) -> Split:
    """How a rule divides shoppers from a moment on."""
    variants = tuple((variant.key, variant.weight) for variant in rule.variants)
    return Split(at, rule.coverage, variants, rule.slots)


def slots_document(slots: Sequence[Slot] | None) -> list[list[float]] | None:
    """Slots as they are kept: place of the variant, start and end."""
    return None if slots is None else [[slot.variant, slot.start, slot.end] for slot in slots]


def slots_from(document: Sequence[Sequence[float]] | None) -> tuple[Slot, ...] | None:
    """The slots that were kept as this document."""
    if document is None:
        return None
    return tuple(Slot(int(variant), start, end) for variant, start, end in document)


def grown(rule: Experiment, after: Mapping[str, Any]) -> Experiment:
    """The rule with the traffic and the variants of a document, and nobody moved.

    Raises:
        WouldMoveUnits: Somebody would lose the variant that they have.
    """
    variants = [
        Variant(item["key"], item["name"], item["weight"], item["payload"]) for item in after["variants"]
    ]
    return grow(rule, after["traffic"], variants)


def moving(rule: Experiment, before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[FieldError, ...]:
    """Every change that would take from shoppers what they have: field, value and rule; empty when none does.

    Args:
        rule: The rule by which shoppers are divided now.
        before: The experiment's document as it is.
        after: The same as it would be.
    """
    changed = [name for name in SPLITTING if after[name] != before[name]]
    found = [
        FieldError(name, f"{shown(after[name])} instead of {shown(before[name])} changes who takes part")
        for name in changed
        if name not in ("traffic", "variants")
    ]
    found += _other_content(before["variants"], after["variants"])
    if "traffic" in changed or "variants" in changed:
        try:
            grown(rule, after)
        except WouldMoveUnits as error:
            found.append(FieldError("variants" if "variants" in changed else "traffic", str(error)))
    return tuple(found)


def new_shares(rule: Experiment, after: Experiment) -> dict[str, float]:
    """By variant, the share of all eligible units that comes to it when a rule grows."""
    found = dict.fromkeys((variant.key for variant in after.variants), 0.0)
    keys = list(found)
    for sign, slots in ((1, slots_of(after)), (-1, slots_of(rule))):
        for slot in slots:
            found[keys[slot.variant]] += sign * (slot.end - slot.start)
    return found


def _other_content(before: Sequence[Document], after: Sequence[Document]) -> list[FieldError]:
    found = []
    for index, (old, new) in enumerate(zip_longest(before, after)):
        if old is None or new is None or old["key"] != new["key"]:
            break
        for name in ("name", "payload"):
            if old[name] != new[name]:
                message = f"shoppers have seen '{old['key']}' with another {name}"
                found.append(FieldError(f"variants.{index}.{name}", message))
    return found
