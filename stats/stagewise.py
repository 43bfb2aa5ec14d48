"""After the last look: repeated and stage-wise p-values and intervals, and the median-unbiased estimate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from scipy.optimize import brentq

from stats.design import Design, efficacy
from stats.walk import start


@dataclass(frozen=True, slots=True)
class Final:
    """Stage-wise ordering (Tsiatis, Rosner & Mehta 1984) when a one-sided design has stopped.

    Attributes:
        p_value: One-sided.
        lower: Lower bound of the effect at one minus twice alpha.
        upper: Upper bound.
        median_unbiased: Estimate that is as often too high as too low.
    """

    p_value: float
    lower: float
    upper: float
    median_unbiased: float


def final(design: Design, estimate: float, error: float, looks: int) -> Final:
    """Inference after stopping at look `looks`, equal to rpact's `getFinalConfidenceInterval`.

    Args:
        design: A one-sided design without futility boundary.
        estimate: Estimate of the effect at that look.
        error: Its standard error.
        looks: Looks taken, the last one included.
    """
    z = estimate / error
    critical = efficacy(design)[: looks - 1]
    rates = design.information[:looks]
    width = 12.0 * error

    def solve(level: float) -> float:
        return float(
            brentq(
                lambda effect: _beyond(rates, critical, z, effect / error) - level,
                estimate - width,
                estimate + width,
                xtol=1e-12,
            )
        )

    return Final(
        p_value=_beyond(rates, critical, z, 0.0),
        lower=solve(design.alpha),
        upper=solve(1 - design.alpha),
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


def _beyond(rates: Sequence[float], critical: Sequence[float], z: float, drift: float) -> float:
    """Chance of a result as extreme in stage-wise order; `drift` is the mean of z at the last rate."""
    walk = start(drift / math.sqrt(rates[-1]))
    total = 0.0
    for rate, bound in zip(rates[:-1], critical, strict=True):
        total += walk.above(rate, bound)
        walk = walk.within(rate, -math.inf, bound)
    return total + walk.above(rates[-1], z)
