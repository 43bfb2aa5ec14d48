"""Looks taken when they are due: exact critical values and p-values by information."""

from __future__ import annotations

import math

from scipy.optimize import brentq

from stats.group_sequential import critical_values

DEFAULT_LOOKS = 5
SLACK = 1e-9


def information_at(rate: float, looks: int) -> tuple[float, ...] | None:
    """Rates of the looks up to now: earlier ones as planned, the newest as it is; `None` before the first.

    Args:
        rate: Information now over information planned.
        looks: Number of planned looks, at even steps of information.
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
    return float(math.exp(brentq(excess, low, high, xtol=1e-12, rtol=1e-13)))
