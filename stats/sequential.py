"""Always-valid comparisons: which of the methods serves, and its answer."""

from __future__ import annotations

import math

import numpy as np

from stats import anytime, conversion
from stats.answer import Family, answer, normal_answer, undetermined
from stats.anytime import Boundary
from stats.clock import FINAL, Clock
from stats.contrast import contrast
from stats.guard import refusal, worth
from stats.mean import read_always
from stats.plan import ReadingPlan
from stats.result import Because, Comparison, Interval, Undetermined
from stats.stack import stack
from stats.summary import Summary

ASYMPTOTIC = "asymptotic confidence sequence"
EXACT = "exact conditional test"
ANY_MOMENT = Because(
    "any_moment", "Always valid: it may be read at any moment; units and events suffice for it."
)
SIDE_ONLY = Because(
    "only_a_percentage",
    "A few rare or large values decide the means, so the difference is bounded as a percentage; "
    "in the metric's own unit only its side is.",
)
RARE = 0.1
"""Below this rate those who did not convert say next to nothing about the difference."""


def read_sequentially(
    control: Summary,
    treatment: Summary,
    kind: str,
    plan: ReadingPlan,
    shares: tuple[float, float],
    family: Family,
    clock: Clock = FINAL,
    *,
    needs_e_value: bool = False,
) -> Comparison:
    """Compare two variants of at least two units each with a method that holds at every look.

    Rates whose normal approximation does not hold yet are read by the exact test, and so are those below
    `RARE` unless covariates are `worth` more; all else by the asymptotic sequence once the data bear it, and
    not before. The error is spread over the moments by `anytime.sequential`, or, where no size was decided
    upon or one over the p-value must be an e-value, by the mixture alone.
    """
    open_ended = needs_e_value or not plan.sized
    boundary = (anytime.mixture if open_ended else anytime.sequential)(family.design_alpha)
    pair = contrast(stack(control), stack(treatment), adjust=plan.cuped)
    planned = plan.planned_units * min(1.0, sum(shares))
    why = refusal(pair)
    events, units = control.events + treatment.events, control.units + treatment.units
    binary = kind in {"proportion", "retention"}
    plain = events < RARE * units and not worth(pair)
    if binary and events and (why is not None or plain):
        return _exact(control, treatment, shares, planned, family, boundary, clock)
    if why is not None:
        return undetermined(control, treatment, family, ASYMPTOTIC, why, ratio=kind == "ratio")
    reading = read_always(pair, planned, boundary, clock, level=family.own_level, binary=binary)
    because = [ANY_MOMENT]
    if np.isinf(reading.lower) or np.isinf(reading.upper):
        because.append(SIDE_ONLY)
    return normal_answer(pair, reading, family, ASYMPTOTIC, because)


def _exact(
    control: Summary,
    treatment: Summary,
    shares: tuple[float, float],
    planned: float,
    family: Family,
    boundary: Boundary,
    clock: Clock,
) -> Comparison:
    weights = (shares[0] / sum(shares), shares[1] / sum(shares))
    first, second = control.events, treatment.events
    units, level = control.units + treatment.units, family.own_level
    logs = conversion.ratio_bounds(first, second, units, weights, planned, boundary, clock, level)
    before, after = first / control.units, second / treatment.units
    absolute = Interval(
        after - before, *conversion.difference_bounds(logs, first + second, units, weights, level)
    )
    relative = Interval(after / before - 1 if before else None, math.expm1(logs[0]), math.expm1(logs[1]))
    fits = conversion.shares_fit(control.units, treatment.units, weights)
    if not (fits and _inside(absolute) and _inside(relative)):
        why = Undetermined(
            "shares_do_not_fit", "The units do not follow the planned shares, on which the exact test rests."
        )
        return undetermined(control, treatment, family, EXACT, why, ratio=False)
    p_value = float(conversion.p_value(first, second, units, weights, planned, boundary, clock=clock))
    because = Because(
        "exact_rates",
        f"Always valid and exact for rates: it counts only in which variant {first + second:,} conversions "
        "fell, so it needs no large numbers.",
        (("events", first + second),),
    )
    return answer(absolute, relative, p_value, family, EXACT, (because,))


def _inside(bounds: Interval) -> bool:
    if bounds.estimate is None or bounds.lower is None or bounds.upper is None:
        return True
    return bounds.lower <= bounds.estimate <= bounds.upper
