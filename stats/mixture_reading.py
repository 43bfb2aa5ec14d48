"""Comparisons by the mixture SPRT, for those who say beforehand how large effects are."""

from __future__ import annotations

import numpy as np

from stats import mixture_sprt
from stats.answer import Family, normal_answer, undetermined
from stats.contrast import contrast
from stats.guard import refusal
from stats.mean import read_normal, safe_deviation
from stats.plan import ReadingPlan
from stats.result import Because, Comparison, Undetermined
from stats.stack import stack
from stats.summary import Summary

METHOD = "mixture SPRT"
BINARY = {"proportion", "retention"}
NO_EFFECT = Undetermined(
    "no_planned_effect",
    "The plan names no smallest effect, from which this method takes the size of effects.",
)


REASON = Because(
    "effects_of_planned_size", "Always valid; most powerful when the true effect is about the planned one."
)


def read_mixture(
    control: Summary, treatment: Summary, kind: str, plan: ReadingPlan, family: Family
) -> Comparison:
    """Compare two variants of at least two units each, effects being of the planned size.

    Effects are taken to be spread around zero with a deviation of the plan's `mde` times the control's mean.
    Guards and variances are those of `stats.mean.read_always`: without them it fails where arms are uneven.
    """
    ratio = kind == "ratio"
    pair = contrast(stack(control), stack(treatment), adjust=plan.cuped)
    why = refusal(pair)
    spread = abs(plan.mde or 0.0) * abs(float(pair.control.mean))
    if why is None and not 0 < spread < np.inf:
        why = NO_EFFECT
    if why is not None:
        return undetermined(control, treatment, family, METHOD, why, ratio=ratio)
    deviation = safe_deviation(pair)
    variance = np.square(deviation)
    critical = mixture_sprt.half_width(variance, spread, family.own_level) / deviation
    p_value = mixture_sprt.p_value(pair.difference, variance, spread)
    reading = read_normal(pair, critical, p_value, binary=kind in BINARY)
    return normal_answer(pair, reading, family, METHOD, (REASON,))
