"""The same summaries read in every other way, with what each promises and what it takes for granted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from stats import bayes, fixed, mixture_reading, planned, quantile_reading, sequential
from stats.answer import Family
from stats.plan import ReadingPlan
from stats.result import Comparison

Reader = Callable[[ReadingPlan, Family], Comparison]
"""Reads one comparison under a plan."""

WAYS = {
    "sequential": "always_valid",
    "group_sequential": "planned_size",
    "fixed": "single_look",
    "bayesian": "posterior",
}
MIXTURE = "mixture_sprt"
BETS = "bets"
LOOKS = "planned_looks"
PROMISES = {
    "always_valid": "any_moment",
    "planned_size": "until_planned_size",
    "single_look": "one_look",
    "posterior": "no_error_rate",
    MIXTURE: "any_moment",
    BETS: "any_moment",
    LOOKS: "at_planned_looks",
}
_BY_WAY = {
    "planned_size": ("size_fixed_before",),
    "single_look": ("looked_at_once",),
    "posterior": ("flat_prior",),
    MIXTURE: ("effects_of_planned_size",),
    BETS: ("planned_split", "registered_cap"),
    LOOKS: ("looks_fixed_before",),
}
_BY_METHOD = {
    sequential.EXACT: ("planned_split",),
    **dict.fromkeys(
        (
            sequential.ASYMPTOTIC,
            planned.METHOD,
            fixed.WELCH,
            fixed.SCORE,
            bayes.NORMAL,
            mixture_reading.METHOD,
            quantile_reading.METHOD,
        ),
        ("large_numbers",),
    ),
}


@dataclass(frozen=True, slots=True)
class Way:
    """One way of reading a comparison.

    Attributes:
        code: One of `PROMISES`.
        found: What it says; its p-value is not adjusted.
    """

    code: str
    found: Comparison

    @property
    def promise(self) -> str:
        """What holds of its false alarms, as a code."""
        return PROMISES[self.code]

    @property
    def assumes(self) -> tuple[str, ...]:
        """What it takes for granted, as codes."""
        return (*_BY_WAY.get(self.code, ()), *_BY_METHOD.get(self.found.method, ()))


def alternatives(
    decides: str, plan: ReadingPlan, family: Family, read: Reader, mixture: Reader | None = None
) -> list[Way]:
    """Every other way than the one that decides, at its level.

    Args:
        decides: Code of that one.
        plan: The registered one; only its method is exchanged.
        family: With the level at which the deciding comparison is read.
        read: Reads the comparison under such a plan.
        mixture: Reads it by the mixture SPRT, where that exists.
    """
    ways = [
        Way(code, read(replace(plan, method=method, looks=None), family))
        for method, code in WAYS.items()
        if code != decides
    ]
    if mixture is not None:
        ways.append(Way(MIXTURE, mixture(plan, family)))
    return ways
