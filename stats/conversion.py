"""Always-valid readings of two conversion rates from conversions alone."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import betainc, logit

from stats.anytime import GRACE, Boundary
from stats.balance import split_evidence
from stats.clock import FINAL, Clock
from stats.conversion_exact import FAR, log_e_value, log_ratio_interval

Floats = NDArray[np.float64]
LEVEL_SHARE = 0.02
MISMATCH = 0.001


def log_evidence(
    control: ArrayLike,
    treatment: ArrayLike,
    units: ArrayLike,
    shares: tuple[float, float],
    planned_units: float,
    log_ratio: float = 0.0,
    clock: Clock = FINAL,
) -> Floats:
    """Log e-value against a ratio of the rates, with the prior's weight from the plan; arrays welcome.

    Args:
        control: Conversions of the control.
        treatment: Conversions of the treatment.
        units: Units in both arms together.
        shares: Probabilities of the two arms, summing to one.
        planned_units: Units planned in both arms together.
        log_ratio: The hypothesis.
        clock: How much information units carry.
    """
    total = np.asarray(control, dtype=np.float64) + np.asarray(treatment, dtype=np.float64)
    weight = concentration(total, units, planned_units, clock)
    return log_e_value(control, treatment, shares, weight, log_ratio)


def rate_evidence(conversions: ArrayLike, units: ArrayLike, rate: ArrayLike) -> Floats:
    """Log e-value against a single rate: the same test with even shares and a flat prior."""
    count, odds = np.asarray(conversions, dtype=np.float64), np.asarray(logit(rate), dtype=np.float64)
    return log_e_value(np.asarray(units) - count, count, (0.5, 0.5), 2.0, odds)


def concentration(
    conversions: ArrayLike, units: ArrayLike, planned_units: float, clock: Clock = FINAL
) -> Floats:
    """Weight of the prior that is tightest at the conversions expected by the planned size.

    The normal mixture's optimum (arXiv 2103.06476, B.2, at 5 %) carried over to a Beta prior. It rests on how
    many of the units that had the time converted, never on which arm they were in, and moves in steps of two.
    """
    seen, count = np.asarray(units, dtype=np.float64), np.asarray(conversions, dtype=np.float64)
    ready = clock.time(seen, 1.0)
    expected = np.maximum(planned_units, seen) * (count + 0.5) / (ready + 1)
    steps = np.maximum(np.round(np.log2(np.maximum(expected, 1.0) / 8.0)), 0.0)
    return np.asarray(2.0**steps, dtype=np.float64)


def p_value(
    control: ArrayLike,
    treatment: ArrayLike,
    units: ArrayLike,
    shares: tuple[float, float],
    planned_units: float,
    boundary: Boundary,
    log_ratio: float = 0.0,
    clock: Clock = FINAL,
) -> Floats:
    """Smallest level at which a ratio of the rates is rejected, valid at every moment; at most 1.

    The Beta mixture for ever, and up to the planned size what `plan_tail` says. A part of the level is left
    for the overall rate. Args as for `log_evidence`, and how the error is spread over the moments.
    """
    tuned = planned_units * boundary.tuned
    evidence = log_evidence(control, treatment, units, shares, tuned, log_ratio, clock)
    smallest = np.exp(-np.maximum(evidence, 0.0)) / boundary.ahead
    if boundary.ahead < 1:
        rate = clock.rate(units, planned_units)
        tail = plan_tail(control, treatment, shares, rate, log_ratio) / boundary.plan_level(1.0)
        smallest = np.where(rate <= GRACE, np.minimum(smallest, tail), smallest)
    return np.asarray(np.minimum(smallest / (1 - LEVEL_SHARE), 1.0), dtype=np.float64)


def plan_tail(
    control: ArrayLike,
    treatment: ArrayLike,
    shares: tuple[float, float],
    rate: ArrayLike,
    log_ratio: float = 0.0,
) -> Floats:
    """Bound on the chance that the treatment's surplus is ever as large as now, up to the planned size.

    With `S` the treatment's conversions less their expectation given all conversions, a walk whose steps are
    coins of known odds, `P(max S_k >= s + log 2) <= 2 P(S_N >= s)` for every `N` (Levy's inequality; a
    binomial's median lies within `log 2` of its mean, Hamza 1995). Twice that, for both sides. `N`, the
    conversions at the planned size, is told by the pace until now, which says nothing of the arms.

    Args:
        control: Conversions of the control, any shape.
        treatment: Conversions of the treatment, same shape.
        shares: Probabilities of the two arms, summing to one.
        rate: Information now over information planned, same shape.
        log_ratio: The hypothesis, `log(rate1 / rate0)`.
    """
    first, second = np.asarray(control, dtype=np.float64), np.asarray(treatment, dtype=np.float64)
    odds = math.exp(log_ratio)
    chance = shares[1] * odds / (shares[0] + shares[1] * odds)
    with np.errstate(divide="ignore", invalid="ignore"):
        end = (first + second) / np.minimum(np.asarray(rate, dtype=np.float64), 1.0)
        surplus = second - (first + second) * chance
        own = np.where(surplus >= 0, chance, 1 - chance)
        least = end * own + np.abs(surplus) - math.log(2)
        tail = betainc(np.maximum(least, 1e-9), np.maximum(end - least + 1, 1e-9), own)
        return np.where(least <= 0, 1.0, np.where(least >= end + 1, 0.0, np.minimum(4 * tail, 1.0)))


def ratio_bounds(
    control: int,
    treatment: int,
    units: int,
    shares: tuple[float, float],
    planned_units: float,
    boundary: Boundary,
    clock: Clock = FINAL,
    level: float | None = None,
) -> tuple[float, float]:
    """Interval of `log(rate1 / rate0)` at any moment: what `p_value` does not reject at a level."""
    spent = (boundary.alpha if level is None else level) * (1 - LEVEL_SHARE)
    weight = float(concentration(control + treatment, units, planned_units * boundary.tuned, clock))
    lower, upper = log_ratio_interval(control, treatment, shares, weight, spent * boundary.ahead)
    rate = float(clock.rate(units, planned_units))
    if boundary.ahead >= 1 or rate > GRACE:
        return lower, upper
    low, high = _plan_bounds(control, treatment, shares, rate, boundary.plan_level(spent))
    return max(lower, low), min(upper, high)


def _plan_bounds(
    control: int, treatment: int, shares: tuple[float, float], rate: float, level: float
) -> tuple[float, float]:
    """All `log(rate1 / rate0)` that `plan_tail` does not reject."""
    centre = FAR if treatment else -FAR
    if min(control, treatment) > 0:
        centre = math.log(treatment / control * shares[0] / shares[1])

    def excess(log_ratio: float) -> float:
        return float(plan_tail(control, treatment, shares, rate, log_ratio)) - level

    lower, upper = -math.inf, math.inf
    if treatment and excess(-FAR) < 0:
        lower = float(brentq(excess, -FAR, centre, xtol=1e-12))
    if control and excess(FAR) < 0:
        upper = float(brentq(excess, centre, FAR, xtol=1e-12))
    return lower, upper


def difference_bounds(
    log_ratios: tuple[float, float], conversions: int, units: int, shares: tuple[float, float], alpha: float
) -> tuple[float, float]:
    """Interval of `rate1 - rate0` from that of their ratio and of the overall rate.

    Excludes zero exactly when the ratio's interval excludes one.
    """
    level = _rate_bounds(conversions, units, alpha * LEVEL_SHARE)
    low, high = log_ratios
    return (
        min(_difference(low, rate, shares) for rate in level),
        max(_difference(high, rate, shares) for rate in level),
    )


def shares_fit(control: int, treatment: int, shares: tuple[float, float]) -> bool:
    """Whether the units follow the shares, on which the exact test rests."""
    return float(split_evidence((control, treatment), shares)) < -math.log(MISMATCH)


def _difference(log_ratio: float, rate: float, shares: tuple[float, float]) -> float:
    """`rate1 - rate0` when the overall rate is `rate` and the log of the rates' ratio is `log_ratio`."""
    if log_ratio == math.inf:
        return rate / shares[1]
    ratio = math.exp(log_ratio)
    return rate * (ratio - 1) / (shares[0] + shares[1] * ratio)


def _rate_bounds(conversions: int, units: int, alpha: float) -> tuple[float, float]:
    """Interval of a single rate at any moment: the same test with even shares and a flat prior."""
    low, high = log_ratio_interval(units - conversions, conversions, (0.5, 0.5), 2.0, alpha)
    return _logistic(low), _logistic(high)


def _logistic(value: float) -> float:
    return 0.0 if value == -math.inf else 1 / (1 + math.exp(-value))
