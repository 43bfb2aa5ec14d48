"""Where a broken split comes from: the part of the units that explains it, if one does."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from stats.balance import split_evidence, split_p_values

NAMING_ALPHA = 0.01
ELSEWHERE_ALPHA = 0.05
ELSEWHERE_ODDS = 20.0


@dataclass(frozen=True, slots=True)
class Part:
    """Units with one value of an attribute, or of a day.

    Attributes:
        group: What was looked at, such as an attribute; the parts of one group have no unit in common.
        value: The value.
        counts: Units per variant.
        weight: Share of the error that this part may spend, fixed before its first unit; the weights of all
            parts that are ever looked at sum to at most one.
    """

    group: str
    value: str
    counts: tuple[int, ...]
    weight: float


@dataclass(frozen=True, slots=True)
class Origin:
    """The parts of one group in which the split is off while it is as planned in the rest.

    Attributes:
        group: What was looked at.
        values: In the order of the parts.
        counts: Units per variant in these parts together.
    """

    group: str
    values: tuple[str, ...]
    counts: tuple[int, ...]


def part_p_values(parts: Sequence[Part], shares: Sequence[float]) -> list[float]:
    """Always-valid p-values of the parts, adjusted for all parts and all looks (weighted Bonferroni).

    Each part's Bayes factor is a martingale of its own units, so that by Ville's inequality and the union
    bound any of these ever falls to alpha with chance at most alpha, whatever the dependence.
    """
    if not parts:
        return []
    own = split_p_values([part.counts for part in parts], shares)
    return [min(1.0, float(p_value) / part.weight) for p_value, part in zip(own, parts, strict=True)]


def origin(parts: Sequence[Part], total: Sequence[int], shares: Sequence[float]) -> Origin | None:
    """The part that explains a broken split; `None` when it is broken everywhere or cannot be told.

    Named are the parts of a group that are off by themselves, where the rest follows the plan: its own test
    is silent, and its counts are at least `ELSEWHERE_ODDS` times as likely under the plan as under the split
    of the named parts. Of several groups the one with the strongest evidence is named.

    Args:
        parts: Candidates.
        total: Units per variant over all.
        shares: Planned weights per variant.
    """
    suspects: dict[str, list[Part]] = {}
    for part, p_value in zip(parts, part_p_values(parts, shares), strict=True):
        if p_value <= NAMING_ALPHA:
            suspects.setdefault(part.group, []).append(part)
    found = []
    for group, members in suspects.items():
        inside = tuple(int(count) for count in np.sum([part.counts for part in members], axis=0))
        rest = [whole - part for whole, part in zip(total, inside, strict=True)]
        if _as_planned(rest, inside, shares):
            strength = float(split_evidence(inside, shares))
            named = Origin(group, tuple(part.value for part in members), inside)
            found.append((-strength, len(members), sum(inside), named))
    return min(found, key=lambda each: each[:3])[3] if found else None


def _as_planned(rest: Sequence[int], inside: Sequence[int], shares: Sequence[float]) -> bool:
    if float(split_p_values(rest, shares)) <= ELSEWHERE_ALPHA:
        return False
    odds = sum(
        count * math.log(share / sum(shares) * sum(inside) / part) if part else math.inf
        for count, part, share in zip(rest, inside, shares, strict=True)
        if count
    )
    return odds >= math.log(ELSEWHERE_ODDS)
