"""Always-valid readings of a conversion rate from conversions alone."""

from __future__ import annotations

import math

from stats.answer import Family, answer
from stats.balance import log_bayes_factor
from stats.conversion_exact import log_mixture, log_ratio_interval
from stats.result import Comparison, Interval, Undetermined
from stats.summary import Summary

METHOD = "exact conditional test"
LEVEL_SHARE = 0.02
MISMATCH = 0.001
MISFIT = Undetermined(
    "shares_do_not_fit", "The units do not follow the planned shares, on which the exact test rests."
)


def read_conversions(
    control: Summary,
    treatment: Summary,
    shares: tuple[float, float],
    planned_units: float,
    family: Family,
    reason: str,
) -> Comparison | Undetermined:
    """Compare two conversion rates by the arms of those who converted (Lindon & Malek).

    The test and the relative interval spend all but `LEVEL_SHARE` of the error; the rest goes to the
    overall rate, which turns the ratio of the rates into their difference.

    Args:
        control: Summary of an outcome of zeros and ones.
        treatment: The same for the treatment.
        shares: Probabilities of the two arms, any scale.
        planned_units: Units planned in both arms together.
        family: The error to spend.
        reason: Sentence for the report.
    """
    successes = (control.events, treatment.events)
    total, units = sum(successes), control.units + treatment.units
    weights = (shares[0] / sum(shares), shares[1] / sum(shares))
    if log_bayes_factor((control.units, treatment.units), weights) >= math.log(1 / MISMATCH):
        return MISFIT
    concentrations = (concentration(total, units, planned_units),)
    spent = family.own_alpha * (1 - LEVEL_SHARE)
    low, high = log_ratio_interval(successes, weights, concentrations, spent)
    log_e = log_mixture(successes, weights, concentrations)
    level = rate_interval(total, units, family.own_alpha * LEVEL_SHARE)
    before, after = control.events / control.units, treatment.events / treatment.units
    absolute = Interval(
        after - before,
        min(_difference(low, rate, weights) for rate in level),
        max(_difference(high, rate, weights) for rate in level),
    )
    relative = Interval(
        after / before - 1 if before else None,
        math.expm1(low),
        math.expm1(high) if high < math.inf else math.inf,
    )
    if not _inside(absolute) or not _inside(relative):
        return MISFIT
    return answer(absolute, relative, math.exp(-max(log_e, 0.0)) / (1 - LEVEL_SHARE), family, METHOD, reason)


def concentration(conversions: int, units: int, planned_units: float) -> float:
    """Weight of the prior that is tightest at the conversions expected by the planned size.

    The normal mixture's optimum (arXiv 2103.06476, B.2 at 5 %) carried over to a Beta prior. It rests on how
    many converted, never on which arm they were in, and moves in steps of two.
    """
    expected = max(planned_units, units) * (conversions + 0.5) / (units + 1)
    return float(2.0 ** max(0, round(math.log2(max(expected, 1.0) / 8.0))))


def rate_interval(conversions: int, units: int, alpha: float) -> tuple[float, float]:
    """Overall rate at any moment, from the exact Beta(1, 1) mixture for a stream of zeros and ones."""
    return _bernoulli_interval(conversions, units, alpha)


def _difference(log_ratio: float, rate: float, weights: tuple[float, float]) -> float:
    """`rate1 - rate0` when their weighted mean is `rate` and the log of their ratio is `log_ratio`."""
    if log_ratio == math.inf:
        return rate / weights[1]
    ratio = math.exp(log_ratio)
    return rate * (ratio - 1) / (weights[0] + weights[1] * ratio)


def _bernoulli_interval(conversions: int, units: int, alpha: float) -> tuple[float, float]:
    # The same likelihood as the conditional test with fixed odds: shares 1/2 and a prior of weight 2.
    low, high = log_ratio_interval((units - conversions, conversions), (0.5, 0.5), (2.0,), alpha)
    return 1 / (1 + math.exp(-low)) if low > -math.inf else 0.0, 1 / (
        1 + math.exp(-high)
    ) if high < math.inf else 1.0


def _inside(interval: Interval) -> bool:
    if interval.estimate is None or interval.lower is None or interval.upper is None:
        return True
    return interval.lower <= interval.estimate <= interval.upper
