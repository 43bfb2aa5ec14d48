"""A family of comparisons read together: adjusted p-values, and intervals that agree with them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from stats.answer import Family
from stats.multiple import Adjusted, benjamini_hochberg, bonferroni, holm
from stats.result import Comparison

Member = Callable[[Family], Comparison]
"""Reads one comparison by itself: `p_value <= own_level` exactly when its intervals exclude zero."""
Procedure = Callable[[Sequence[float | None], float], list[Adjusted]]

BONFERRONI = "bonferroni"
HOLM = "holm"
BENJAMINI_HOCHBERG = "benjamini-hochberg"
E_BENJAMINI_HOCHBERG = "e-benjamini-hochberg"
NONE = "none"
_PROCEDURES: dict[str, Procedure] = {
    BONFERRONI: bonferroni,
    HOLM: holm,
    BENJAMINI_HOCHBERG: benjamini_hochberg,
    # One over an e-value is what that procedure ranks, so its p-values go the same way (Wang & Ramdas 2022).
    E_BENJAMINI_HOCHBERG: benjamini_hochberg,
}


def read_family(members: Sequence[Member], alpha: float, procedure: str) -> list[Comparison]:
    """Read every member, adjust, and read again where the interval must follow the adjusted verdict.

    What a member fixes before the data is tuned for an equal share of alpha, whatever the procedure. A member
    that cannot be read counts in the family, so that no other result changes when it can.

    Args:
        members: The comparisons; for `e-benjamini-hochberg` one over each p-value must be an e-value.
        alpha: Two-sided error of the family: any false alarm (Bonferroni, Holm), or their
            expected share of the calls.
        procedure: One of the names above; `none` reads each at alpha.

    Raises:
        ValueError: The procedure is not known.
    """
    size = len(members)
    if procedure == NONE or size == 1:
        return [member(Family(alpha, 1)) for member in members]
    if procedure not in _PROCEDURES:
        raise ValueError(f"procedure must be one of {', '.join([*_PROCEDURES, NONE])}, got {procedure!r}")
    first = [member(Family(alpha, size)) for member in members]
    adjusted = _PROCEDURES[procedure]([found.p_value for found in first], alpha)
    return [
        _follow(member, found, each, Family(alpha, size, each.level), procedure)
        for member, found, each in zip(members, first, adjusted, strict=True)
    ]


def _follow(
    member: Member, found: Comparison, adjusted: Adjusted, family: Family, procedure: str
) -> Comparison:
    again = found if found.level == family.own_level else member(family)
    return replace(again, p_value=adjusted.p_value, adjustment=procedure)
