"""Comparisons under a plan of looks, safe to read between them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from stats import confidence_sequence
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

Floats = NDArray[np.float64]

METHOD = "group sequential, O'Brien-Fleming spending"
BINARY = {"proportion", "retention"}
GRACE = 1.05
"""Information rate up to which a reading counts as the plan's last one."""
BEYOND = 0.06
"""Share of alpha kept for reading on after that, and for overwhelming effects early."""


def read_planned(
    control: Summary,
    treatment: Summary,
    kind: str,
    plan: ReadingPlan,
    planned_units: float,
    family: Family,
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
    rate = units / planned_units
    z = abs(float(pair.difference / safe_deviation(pair)))
    if not at_look:
        critical = float(critical_value(rate, family.own_alpha))
        level = float(p_value(z, rate, family.own_alpha))
        reason = f"Planned size, {rate:.0%} reached: strict early, near a single look's power at the end."
    else:
        looks = plan.looks or DEFAULT_LOOKS
        rates = information_at(rate, looks)
        if rates is None:
            why = _too_early(units, looks, planned_units)
            return undetermined(control, treatment, family, METHOD, why, ratio=kind == "ratio")
        critical, level = critical_values(rates, family.own_alpha)[-1], repeated_p_value(z, rates)
        reason = f"Look {len(rates)} of {looks} planned, at {rates[-1]:.0%} of the units."
    reading = read_normal(pair, critical, level, binary=kind in BINARY)
    return normal_answer(pair, reading, family, METHOD, reason)


def _too_early(units: int, looks: int, planned_units: float) -> Undetermined:
    due = math.ceil(planned_units / looks)
    return Undetermined(
        "before_first_look",
        f"The first of {looks} planned looks is due at {due:,} units; there are {units:,} yet.",
    )


def critical_value(rate: ArrayLike, alpha: float) -> Floats:
    """Standard errors to either bound at any rate of information, valid over all of them together.

    Up to rate 1 the O'Brien-Fleming boundary of Lan & DeMets (1983) for continuous reading, constant on the
    score scale: `4 (1 - Phi(b / sqrt(t)))` bounds the chance that Brownian motion ever leaves `+-b` by `t`.
    It stays at its last value until `GRACE`. A normal mixture with what is left of alpha holds for ever.

    Args:
        rate: Information now over information planned, above 0, any shape.
        alpha: Two-sided error.
    """
    now = np.asarray(rate, dtype=np.float64)
    own = -ndtri(_inside(alpha) * alpha / 4)
    inside = np.where(now <= GRACE, own / np.sqrt(np.minimum(now, 1.0)), np.inf)
    rho = confidence_sequence.mixture_rho(BEYOND * alpha, 1.0)
    return np.minimum(inside, confidence_sequence.critical_value(now, BEYOND * alpha, rho))


def p_value(z: ArrayLike, rate: ArrayLike, alpha: float) -> Floats:
    """Smallest level that rejects when alpha is split as `critical_value` splits it; at most 1."""
    now, size = np.asarray(rate, dtype=np.float64), np.abs(np.asarray(z, dtype=np.float64))
    inside = 4 * ndtr(-size * np.sqrt(np.minimum(now, 1.0))) / _inside(alpha)
    rho = confidence_sequence.mixture_rho(BEYOND * alpha, 1.0)
    beyond = confidence_sequence.p_value(size, now, rho) / BEYOND
    return np.minimum(np.where(now <= GRACE, np.minimum(inside, beyond), beyond), 1.0)


def _inside(alpha: float) -> float:
    """Share of alpha for the plan proper, after what the time of grace costs.

    A constant bound `b` on the z scale over rates from 1 to `GRACE` is crossed with chance of about
    `phi(b) (b - 1 / b) log(GRACE)` (Siegmund 1985, both sides), against `4 phi(b) / b` until then.
    """
    bound = -float(ndtri(alpha / 4))
    return (1 - BEYOND) / (1 + (bound**2 - 1) * math.log(GRACE) / 4)
