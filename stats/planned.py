"""Comparisons under a planned size that may be read at any moment."""

from __future__ import annotations

from stats import anytime
from stats.answer import Family, normal_answer, undetermined
from stats.clock import FINAL, Clock
from stats.contrast import contrast
from stats.guard import refusal
from stats.mean import read_normal, safe_deviation
from stats.plan import ReadingPlan
from stats.result import Because, Comparison
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
    clock: Clock = FINAL,
) -> Comparison:
    """Compare two variants of at least two units each by information, units over planned units.

    For reports that are made when somebody opens them: the error is spent over all moments of the plan. Looks
    that are planned in number have up to 8 points more power (`stats.taken`).
    """
    pair = contrast(stack(control), stack(treatment), adjust=plan.cuped)
    missing = refusal(pair)
    if missing is not None:
        return undetermined(control, treatment, family, METHOD, missing, ratio=kind == "ratio")
    units = control.units + treatment.units
    z = abs(float(pair.difference / safe_deviation(pair)))
    boundary = anytime.planned(family.design_alpha)
    rate, time = float(clock.rate(units, planned_units)), clock.time(units, planned_units)
    critical = float(boundary.critical_value(rate, time, family.own_level))
    level = float(boundary.p_value(z, rate, time))
    sentence = f"Planned size, {rate:.0%} reached: strict early, near a single look's power at the end."
    because = Because("planned_size", sentence, (("share", rate),))
    reading = read_normal(pair, critical, level, binary=kind in BINARY)
    return normal_answer(pair, reading, family, METHOD, (because,))
