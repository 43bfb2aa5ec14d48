"""Readings of a difference through its normal approximation."""

from __future__ import annotations

import math

from stats import confidence_sequence
from stats.answer import Family, answer
from stats.contrast import Contrast
from stats.fieller import Quadratic, lift_set
from stats.result import Comparison, Interval

SEQUENTIAL = "asymptotic confidence sequence"


def read_always(pair: Contrast, planned_units: float, family: Family, reason: str) -> Comparison:
    """Asymptotic confidence sequence (arXiv 2103.06476, Theorem 2.2), absolute and relative.

    Each candidate is held against the larger of two variances, each arm's own and the one pooled under
    that candidate: a small arm that has not met its large values yet must not look certain.
    """
    units = pair.control.units + pair.treatment.units
    rho = confidence_sequence.mixture_rho(family.own_alpha, planned_units)
    critical = float(confidence_sequence.critical_value(units, family.own_alpha, rho))
    deviation = math.sqrt(max(pair.variance, pair.pooled_variance))
    p_value = float(confidence_sequence.p_value(pair.difference / deviation, units, rho))
    return answer(
        Interval(
            pair.difference, pair.difference - critical * deviation, pair.difference + critical * deviation
        ),
        relative(pair, (pair.welch, pair.pooled), critical),
        p_value,
        family,
        SEQUENTIAL,
        reason,
        pair.variance_reduction,
    )


def relative(pair: Contrast, variances: tuple[Quadratic, ...], critical: float) -> Interval:
    """Relative difference: hull of the sets that each variance gives, no bounds when one is unbounded."""
    before = pair.control.mean
    estimate = pair.difference / before if before else None
    bounds = [lift_set(pair.difference, before, variance, critical) for variance in variances]
    known = [bound for bound in bounds if bound is not None]
    if len(known) < len(bounds):
        return Interval(estimate, None, None)
    return Interval(estimate, min(low for low, _ in known), max(high for _, high in known))
