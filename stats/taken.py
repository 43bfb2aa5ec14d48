"""A comparison over the planned looks that were taken: boundaries by information, and what each decided."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from stats.answer import Family, bonferroni, normal_answer, undetermined
from stats.contrast import Contrast, contrast
from stats.guard import refusal
from stats.looks import Bounds, bounds_at, design_of, repeated_p_value
from stats.mean import Reading, read_normal, safe_deviation
from stats.plan import ReadingPlan
from stats.result import Because, Comparison, Undetermined
from stats.spending import Spending
from stats.stack import stack
from stats.stagewise import Final, stagewise
from stats.summary import Summary

BINARY = {"proportion", "retention"}
BETTER, WORSE, FUTILE, GOING_ON = "better", "worse", "futility", "continue"
SMALLEST = 1e-12
NAMES = {
    "obrien_fleming": "O'Brien-Fleming",
    "pocock": "Pocock",
    "kim_demets": "Kim-DeMets",
    "hwang_shih_decani": "Hwang-Shih-DeCani",
}


@dataclass(frozen=True, slots=True)
class Frozen:
    """What was known of one comparison when a look was due.

    Attributes:
        control: Summary of the control's units.
        treatment: Summary of the treatment's units.
        rate: Information then over information planned; rises from look to look.
        final: Whether every unit's outcome was final, so that nothing of it grew afterwards.
    """

    control: Summary
    treatment: Summary
    rate: float
    final: bool = True


@dataclass(frozen=True, slots=True)
class Look:
    """One look that was taken.

    Attributes:
        rate: Information over information planned, by which the error was spent.
        information: The same as it counts for how alike two looks are; differs where outcomes grew.
        spent: Error spent until here, both sides together, of this comparison.
        critical: Size of z that calls a difference.
        futility: At most this z, in the direction of the benefit, stops for futility; `None` without.
        estimate: Treatment minus control; `None` where it could not be compared.
        error: Its standard error.
        z: Their ratio.
        p_value: Smallest error of the comparison at which this look calls a difference.
        decision: `better`, `worse`, `futility` or `continue`.
    """

    rate: float
    information: float
    spent: float
    critical: float
    futility: float | None
    estimate: float | None
    error: float | None
    z: float | None
    p_value: float | None
    decision: str


@dataclass(frozen=True, slots=True)
class Taken:
    """All looks of one comparison until now.

    Attributes:
        looks: In order.
        decided: Place of the look that stopped it; `None` while it goes on.
        comparison: As that look read it, else the newest one.
        final: Inference that takes the stopping into account, once no look is to come.
    """

    looks: tuple[Look, ...]
    decided: int | None
    comparison: Comparison
    final: Final | None


def read_looks(
    frozen: Sequence[Frozen],
    kind: str,
    plan: ReadingPlan,
    family: Family,
    *,
    benefit: int = 1,
    futile: bool = False,
    ended: bool = False,
) -> Taken:
    """Read a comparison at its looks, each by the information that there was.

    Looks may be late, early or missing: the error spent by a look depends on the rates until then alone (Lan
    & DeMets 1983). A look whose data do not bear a comparison spends its error and decides nothing, because
    whether they do is seen from outcomes.

    Where outcomes grow between looks, later looks are less alike than their rates say. There the variance of
    the score, `(n0 n1 / (n0 + n1)) ** 2` times the squared error, counts as information where it grew faster.

    Args:
        frozen: At least one look.
        kind: Kind of the metric.
        plan: The registered way of reading, with its number of looks.
        family: The false-alarm budget.
        benefit: 1 where more of the metric is better, -1 where less is.
        futile: Whether the comparison may stop for futility, if the plan does.
        ended: Whether the newest look is the last one although less than planned was reached. Only right
            where the end did not depend on outcomes; what is left of the error is spent.
    """
    pairs = [_pair(each, plan) for each in frozen]
    design = design_of(plan, family.design_alpha, futile=futile)
    rates = tuple(each.rate for each in frozen)
    clock = (*rates[:-1], max(rates[-1], 1.0)) if ended else rates
    information = _information(frozen, pairs)
    bounds = bounds_at(design, information, clock)
    looks = tuple(
        Look(
            rate=rate,
            information=information[place],
            spent=plan.spending.spent(clock[place], family.design_alpha, 2),
            critical=bounds.critical[place],
            futility=None if math.isinf(low := bounds.futility[place]) else benefit * low,
            **_measured(pair, bounds, place, benefit, plan.spending),
        )
        for place, (rate, pair) in enumerate(zip(rates, pairs, strict=True))
    )
    decided = _decided(looks, binding=design.binding)
    place = len(looks) - 1 if decided is None else decided
    done = decided is not None or ended or rates[-1] >= 1
    return Taken(
        looks=looks,
        decided=decided,
        comparison=_comparison(frozen[place], pairs[place], looks[: place + 1], bounds, kind, plan, family),
        final=_final(looks[: place + 1], bounds, benefit, family) if done else None,
    )


def _pair(frozen: Frozen, plan: ReadingPlan) -> Contrast | Undetermined:
    for name, summary in (("control", frozen.control), ("treatment", frozen.treatment)):
        if summary.units < 2:
            return Undetermined(
                "too_few_units", f"The {name} has {summary.units} units; at least 2 are needed."
            )
    pair = contrast(stack(frozen.control), stack(frozen.treatment), adjust=plan.cuped)
    return refusal(pair) or pair


def _information(frozen: Sequence[Frozen], pairs: Sequence[Contrast | Undetermined]) -> tuple[float, ...]:
    values = [frozen[0].rate]
    variances = [_score_variance(pair) for pair in pairs]
    for place in range(1, len(frozen)):
        step = frozen[place].rate / frozen[place - 1].rate
        before, now = variances[place - 1], variances[place]
        if not (frozen[place - 1].final and frozen[place].final) and before and now:
            step = max(step, now / before)
        values.append(values[-1] * step)
    return tuple(values)


def _score_variance(pair: Contrast | Undetermined) -> float | None:
    if isinstance(pair, Undetermined):
        return None
    n0, n1 = float(pair.control.units), float(pair.treatment.units)
    return (n0 * n1 / (n0 + n1) * float(safe_deviation(pair))) ** 2


def _measured(
    pair: Contrast | Undetermined, bounds: Bounds, place: int, benefit: int, spending: Spending
) -> dict[str, Any]:
    """Estimate, test and decision of one look."""
    if isinstance(pair, Undetermined):
        return {**dict.fromkeys(("estimate", "error", "z", "p_value")), "decision": GOING_ON}
    estimate, error = float(pair.difference), float(safe_deviation(pair))
    z = benefit * estimate / error
    decision = FUTILE if z <= bounds.futility[place] else GOING_ON
    if abs(z) >= bounds.critical[place]:
        decision = BETTER if z > 0 else WORSE
    until = slice(place + 1)
    floor = bounds.floor[until] if z > 0 else ()
    p_value = repeated_p_value(abs(z), bounds.information[until], bounds.clock[until], spending, floor)
    return {
        "estimate": estimate,
        "error": error,
        "z": benefit * z,
        "p_value": p_value,
        "decision": decision,
    }


def _decided(looks: Sequence[Look], *, binding: bool) -> int | None:
    """The look that stops: the first that calls a difference, or stops for a futility not overruled since."""
    stops = (BETTER, WORSE, FUTILE) if binding else (BETTER, WORSE)
    first = next((place for place, look in enumerate(looks) if look.decision in stops), None)
    if first is None and looks[-1].decision == FUTILE:
        return len(looks) - 1
    return first


def _comparison(
    frozen: Frozen,
    pair: Contrast | Undetermined,
    looks: Sequence[Look],
    bounds: Bounds,
    kind: str,
    plan: ReadingPlan,
    family: Family,
) -> Comparison:
    look = looks[-1]
    method = f"group sequential, {NAMES[plan.spending.name]} spending"
    if isinstance(pair, Undetermined):
        found = undetermined(frozen.control, frozen.treatment, family, method, pair, ratio=kind == "ratio")
        return bonferroni(found, family)
    place = len(looks) - 1
    reading = read_normal(pair, bounds.wide[place], look.p_value or 0.0, binary=kind in BINARY)
    if look.decision in (BETTER, WORSE) and abs(look.z or 0.0) < bounds.wide[place]:
        reading = _beyond_zero(reading, float(pair.difference), float(pair.control.mean))
    because = Because(
        "planned_look",
        f"Look {len(looks)} of {plan.looks} planned, at {look.rate:.0%} of the information.",
        (("look", len(looks)), ("looks", plan.looks or len(looks)), ("share", look.rate)),
    )
    return bonferroni(normal_answer(pair, reading, family, method, (because,)), family)


def _beyond_zero(reading: Reading, difference: float, base: float) -> Reading:
    """The reading without zero, which a boundary that profits from binding futility has ruled out.

    Other values are ruled out only by what holds without that profit. Over a base below zero a lift has the
    other sign.
    """
    changes = {}
    for name, value in (("", difference), ("lift_", math.copysign(difference, difference * base))):
        side = "lower" if value > 0 else "upper"
        changes[name + side] = np.asarray(math.copysign(SMALLEST, value))
    return replace(reading, **changes)


def _final(looks: Sequence[Look], bounds: Bounds, benefit: int, family: Family) -> Final | None:
    """Stage-wise inference at the last of these looks; those that bore no comparison count as passed."""
    last, before = looks[-1], len(looks) - 1
    if last.estimate is None or last.error is None:
        return None
    upper = bounds.critical[:before]
    lower = tuple(max((-high, *bounds.floor[place : place + 1])) for place, high in enumerate(upper))
    rates = bounds.information[: before + 1]
    found = _stagewise(rates, lower, upper, benefit * last.estimate, last.error, family.design_alpha / 2)
    if benefit > 0:
        return found
    return Final(found.p_value, -found.upper, -found.lower, -found.median_unbiased)


@lru_cache(maxsize=1024)
def _stagewise(
    rates: tuple[float, ...],
    lower: tuple[float, ...],
    upper: tuple[float, ...],
    estimate: float,
    error: float,
    tail: float,
) -> Final:
    return stagewise(rates, lower, upper, estimate, error, tail, 2)
