"""Comparisons at planned looks, read by information."""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import brentq

from stats.answer import Family, normal_answer, undetermined
from stats.contrast import contrast
from stats.group_sequential import critical_values
from stats.guard import refusal
from stats.mean import read_normal, safe_deviation
from stats.plan import ReadingPlan
from stats.result import Comparison, Undetermined
from stats.stack import stack
from stats.summary import Summary

METHOD = "group sequential, O'Brien-Fleming spending"
DEFAULT_LOOKS = 5
BINARY = {"proportion", "retention"}
SLACK = 1e-9


def read_planned(
    control: Summary, treatment: Summary, kind: str, plan: ReadingPlan, planned_units: float, family: Family
) -> Comparison:
    """Compare two variants of at least two units each at the newest planned look that has been reached.

    Looks are due at even steps of information, units over planned units. A look taken late spends by the
    information it has. The error holds for one reading per look; the caller keeps that reading until the
    next look is due.
    """
    looks = plan.looks or DEFAULT_LOOKS
    units = control.units + treatment.units
    rates = information_at(units / planned_units, looks)
    ratio = kind == "ratio"
    if rates is None:
        needed = math.ceil(planned_units / looks)
        why = Undetermined(
            "before_first_look",
            f"The first of {looks} planned looks is due at {needed:,} units; {units:,} yet.",
        )
        return undetermined(control, treatment, family, METHOD, why, ratio=ratio)
    pair = contrast(stack(control), stack(treatment), adjust=plan.cuped)
    missing = refusal(pair)
    if missing is not None:
        return undetermined(control, treatment, family, METHOD, missing, ratio=ratio)
    critical = critical_values(rates, family.own_alpha)[-1]
    z = abs(float(pair.difference / safe_deviation(pair)))
    reading = read_normal(pair, critical, repeated_p_value(z, rates), binary=kind in BINARY)
    reason = f"Look {len(rates)} of {looks} planned, at {rates[-1]:.0%} of the units; one reading per look."
    return normal_answer(pair, reading, family, METHOD, reason)


def information_at(rate: float, looks: int) -> tuple[float, ...] | None:
    """Rates of the looks up to now: earlier ones as planned, the newest as it is; `None` before the first.

    Args:
        rate: Information now over information planned.
        looks: Number of planned looks.
    """
    reached = min(math.floor(rate * looks + SLACK), looks)
    if reached < 1:
        return None
    earlier = tuple(position / looks for position in range(1, reached))
    return (*earlier, max(rate, reached / looks))


def repeated_p_value(z: float, rates: tuple[float, ...]) -> float:
    """Smallest two-sided alpha at which this look calls a difference (Jennison & Turnbull 1989).

    Args:
        z: Size of the z statistic now.
        rates: Rates of information of all looks up to now.
    """

    def excess(log_alpha: float) -> float:
        return critical_values.__wrapped__(rates, math.exp(log_alpha))[-1] - z

    low, high = math.log(1e-290), math.log(1 - 1e-9)
    if excess(high) >= 0:
        return 1.0
    if excess(low) <= 0:
        return 0.0
    return float(np.exp(brentq(excess, low, high, xtol=1e-12, rtol=1e-13)))
