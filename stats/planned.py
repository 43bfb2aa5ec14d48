"""Comparisons under a plan of looks, safe to read between them."""

from __future__ import annotations

import math

from stats import anytime
from stats.answer import Family, normal_answer, undetermined
from stats.contrast import contrast
from stats.group_sequential import critical_values
from stats.guard import refusal
from stats.looks import DEFAULT_LOOKS, information_at, repeated_p_value
from stats.mean import read_normal, safe_deviation
from stats.plan import ReadingPlan
from stats.result import Comparison, Undetermined
from stats.stack import stack
from stats.summary import Summary

METHOD = "group sequential, O'Brien-Fleming spending"
BINARY = {"proportion", "retention"}


def read_planned(
    control: Summary,
    treatment: Summary,
    kind: str,
    plan: ReadingPlan,
    planned_units: float,
    family: Family,
    matured: float = 1.0,
    *,
    at_look: bool = False,
) -> Comparison:
    """Compare two variants of at least two units each by information, units over planned units.

    Reports are made when somebody opens them and not when a look is due, so unless told otherwise the error
    is spent over all moments of the plan. Summaries frozen at the moment when a look was due (`at_look`) are
    held to the exact values of those looks, which have up to 8 points more power where looks are few.
    """
    pair = contrast(stack(control), stack(treatment), adjust=plan.cuped)
    missing = refusal(pair)
    if missing is not None:
        return undetermined(control, treatment, family, METHOD, missing, ratio=kind == "ratio")
    units = control.units + treatment.units
    time = units * matured / planned_units
    z = abs(float(pair.difference / safe_deviation(pair)))
    if not at_look:
        boundary = anytime.planned(family.design_alpha)
        rate = float(anytime.plan_rate(units, planned_units, matured))
        critical = float(boundary.critical_value(rate, time, family.own_level))
        level = float(boundary.p_value(z, rate, time))
        reason = f"Planned size, {rate:.0%} reached: strict early, near a single look's power at the end."
    else:
        looks = plan.looks or DEFAULT_LOOKS
        rates = information_at(time, looks)
        if rates is None:
            why = _too_early(units, looks, planned_units)
            return undetermined(control, treatment, family, METHOD, why, ratio=kind == "ratio")
        critical, level = critical_values(rates, family.own_level)[-1], repeated_p_value(z, rates)
        reason = f"Look {len(rates)} of {looks} planned, at {rates[-1]:.0%} of the units."
    reading = read_normal(pair, critical, level, binary=kind in BINARY)
    return normal_answer(pair, reading, family, METHOD, reason)


def _too_early(units: int, looks: int, planned_units: float) -> Undetermined:
    due = math.ceil(planned_units / looks)
    return Undetermined(
        "before_first_look",
        f"The first of {looks} planned looks is due at {due:,} units; there are {units:,} yet.",
    )
