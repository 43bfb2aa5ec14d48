"""After the last look: repeated and stage-wise p-values and intervals, and the median-unbiased estimate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from scipy.optimize import brentq

from stats.design import Design, efficacy, work_out
from stats.walk import start


@dataclass(frozen=True, slots=True)
class Final:
    """Stage-wise ordering (Tsiatis, Rosner & Mehta 1984) when a design has stopped.

    Attributes:
        p_value: One-sided of a one-sided design, two-sided of a two-sided one.
        lower: Lower bound of the effect, at the error of one side.
        upper: Upper bound.
        median_unbiased: Estimate that is as often too high as too low.
    """

    p_value: float
    lower: float
    upper: float
    median_unbiased: float


def final(design: Design, estimate: float, error: float, looks: int) -> Final:
    """Inference after stopping at look `looks`, equal to rpact's `getFinalConfidenceInterval`.

    A futility boundary that is not binding might have been passed over, so only a binding one counts.

    Args:
        design: The design; its information that of the looks as they were taken.
        estimate: Estimate of the effect at that look.
        error: Its standard error.
        looks: Looks taken, the last one included.
    """
    if design.futility is not None and design.binding:
        found = work_out(design)
        upper, lower = found.critical, found.floor()
    else:
        upper = efficacy(replace(design, futility=None))
        lower = tuple(-value if design.sides == 2 else -math.inf for value in upper)
    rates = design.information[:looks]
    return stagewise(
        rates,
        lower[: looks - 1],
        upper[: looks - 1],
        estimate,
        error,
        design.alpha / design.sides,
        design.sides,
    )


def stagewise(
    rates: Sequence[float],
    lower: Sequence[float],
    upper: Sequence[float],
    estimate: float,
    error: float,
    tail: float,
    sides: int,
) -> Final:
    """Inference after stopping at the last of the rates, whatever the boundaries were.

    Args:
        rates: Information at the looks taken, the last one included, in any unit.
        lower: Below what the earlier looks would have stopped, on the z scale.
        upper: Above what they would have.
        estimate: Estimate of the effect at the last of them.
        error: Its standard error.
        tail: Error of either bound of the interval.
        sides: Of the p-value, 1 or 2.
    """
    z = estimate / error

    def solve(level: float) -> float:
        def excess(effect: float) -> float:
            return _beyond(rates, lower, upper, z, effect / error) - level

        width = 4.0 * error
        while excess(estimate - width) > 0 or excess(estimate + width) < 0:
            width *= 2
        return float(brentq(excess, estimate - width, estimate + width, xtol=1e-12))

    above = _beyond(rates, lower, upper, z, 0.0)
    return Final(
        p_value=above if sides == 1 else min(1.0, 2 * min(above, 1 - above)),
        lower=solve(tail),
        upper=solve(1 - tail),
        median_unbiased=solve(0.5),
    )


def repeated_interval(design: Design, estimate: float, error: float, look: int) -> tuple[float, float]:
    """Interval at a look whether or not it stops (Jennison & Turnbull 1989); `look` counts from 1."""
    critical = efficacy(design)[look - 1]
    return estimate - critical * error, estimate + critical * error


def repeated_p_value(design: Design, z: float, look: int) -> float:
    """Smallest alpha at which this look rejects, at most 0.5 on one side; `look` counts from 1."""
    high = 0.5 if design.sides == 1 else 1.0 - 1e-9

    def excess(log_alpha: float) -> float:
        return efficacy(replace(design, alpha=math.exp(log_alpha)))[look - 1] - z

    ceiling, floor = math.log(high), math.log(1e-250)
    if excess(ceiling) >= 0:
        return high if design.sides == 1 else 1.0
    if excess(floor) <= 0:
        return 0.0
    return math.exp(float(brentq(excess, floor, ceiling, xtol=1e-11)))


def _beyond(
    rates: Sequence[float], lower: Sequence[float], upper: Sequence[float], z: float, drift: float
) -> float:
    """Chance of a result as high in stage-wise order; `drift` is the mean of z at the last rate."""
    walk = start(drift / math.sqrt(rates[-1]))
    total = 0.0
    for rate, low, high in zip(rates[:-1], lower, upper, strict=True):
        total += walk.above(rate, high)
        walk = walk.within(rate, low, high)
    return total + walk.above(rates[-1], z)
