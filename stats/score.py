"""Two proportions at one look: the score test and the intervals that agree with it."""

from __future__ import annotations

import math
from collections.abc import Callable

from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

EDGE = 1e-12


def difference_z(events: tuple[int, int], units: tuple[int, int], difference: float) -> float:
    """Score statistic for `rate1 - rate0 = difference` (Mee 1984, no small-sample factor).

    Equals the pooled two-proportion z test at a difference of zero.
    """
    x0, x1 = events
    n0, n1 = units
    gap = x1 / n1 - x0 / n0 - difference
    rate0 = _rate_at_difference(events, units, difference)
    rate1 = min(max(rate0 + difference, 0.0), 1.0)
    return _standard(gap, rate1 * (1 - rate1) / n1 + rate0 * (1 - rate0) / n0)


def ratio_z(events: tuple[int, int], units: tuple[int, int], ratio: float) -> float:
    """Score statistic for `rate1 / rate0 = ratio` (Koopman 1984); the same test at a ratio of one."""
    x0, x1 = events
    n0, n1 = units
    gap = x1 / n1 - ratio * x0 / n0
    total = n0 + n1
    b = ratio * (n1 + x0) + x1 + n0
    root = math.sqrt(max(b * b - 4 * ratio * total * (x0 + x1), 0.0))
    rate0 = min(2 * (x0 + x1) / (b + root), 1.0)
    rate1 = min(ratio * rate0, 1.0)
    return _standard(gap, rate1 * (1 - rate1) / n1 + ratio**2 * rate0 * (1 - rate0) / n0)


def p_value(events: tuple[int, int], units: tuple[int, int]) -> float:
    """Two-sided p-value for equal rates."""
    return float(2 * ndtr(-abs(difference_z(events, units, 0.0))))


def difference_interval(events: tuple[int, int], units: tuple[int, int], alpha: float) -> tuple[float, float]:
    """All differences that the score test does not reject."""
    estimate = events[1] / units[1] - events[0] / units[0]
    return _invert(lambda value: difference_z(events, units, value), estimate, -1.0, 1.0, alpha)


def ratio_interval(events: tuple[int, int], units: tuple[int, int], alpha: float) -> tuple[float, float]:
    """All ratios that the score test does not reject; infinite above without events in the control."""
    if not events[0]:
        critical = -float(ndtri(alpha / 2))
        if ratio_z(events, units, 1e9) > -critical and not events[1]:
            return 0.0, math.inf
        low = _root(lambda value: ratio_z(events, units, math.exp(value)) - critical, -40.0, 40.0)
        return math.exp(low), math.inf
    if not events[1]:
        high = _root(
            lambda value: ratio_z(events, units, math.exp(value)) - float(ndtri(alpha / 2)), -40.0, 40.0
        )
        return 0.0, math.exp(high)
    centre = math.log(events[1] / units[1] / (events[0] / units[0]))
    low, high = _invert(
        lambda value: ratio_z(events, units, math.exp(value)), centre, centre - 40, centre + 40, alpha
    )
    return math.exp(low), math.exp(high)


def _rate_at_difference(events: tuple[int, int], units: tuple[int, int], difference: float) -> float:
    """Most likely control rate when the difference is given (Farrington & Manning 1990, eq. A1)."""
    x0, x1 = events
    n0, n1 = units
    total = n0 + n1
    # Cubic in the treatment's rate, arms and sign as in the paper.
    theta = n0 / n1
    p1, p0 = x1 / n1, x0 / n0
    a = 1 + theta
    b = -(1 + theta + p1 + theta * p0 + difference * (theta + 2))
    c = difference**2 + difference * (2 * p1 + theta + 1) + p1 + theta * p0
    d = -p1 * difference * (1 + difference)
    v = (b / (3 * a)) ** 3 - b * c / (6 * a * a) + d / (2 * a)
    u = math.copysign(math.sqrt(max((b / (3 * a)) ** 2 - c / (3 * a), 0.0)), v)
    if abs(difference) < EDGE or total == 0:
        return (x0 + x1) / total
    turn = min(max(v / u**3, -1.0), 1.0) if u else 1.0
    rate1 = 2 * u * math.cos((math.pi + math.acos(turn)) / 3) - b / (3 * a)
    return min(max(rate1 - difference, 0.0), 1.0)


def _standard(gap: float, variance: float) -> float:
    if variance <= 0:
        return math.copysign(math.inf, gap) if gap else 0.0
    return gap / math.sqrt(variance)


def _invert(
    statistic: Callable[[float], float], estimate: float, low: float, high: float, alpha: float
) -> tuple[float, float]:
    critical = -float(ndtri(alpha / 2))
    lower = _root(lambda value: statistic(value) - critical, low, estimate)
    upper = _root(lambda value: statistic(value) + critical, estimate, high)
    return lower, upper


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """Where a falling function crosses zero, or the end that it does not reach."""
    span = (high - low) * EDGE
    if function(low + span) <= 0:
        return low
    if function(high - span) >= 0:
        return high
    return float(brentq(function, low + span, high - span, xtol=1e-15, rtol=1e-14))
