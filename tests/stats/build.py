"""Summaries for tests, from raw values."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from stats.plan import ReadingPlan
from stats.summary import Summary, summarise

EVEN = (0.5, 0.5)


def outcome(values: ArrayLike) -> Summary:
    """Summary of one column."""
    return summarise(("outcome",), np.asarray(values, dtype=np.float64)[:, None])


def binary(events: int, units: int) -> Summary:
    """Summary of zeros and ones, without the rows."""
    rate = events / units
    spread = units * rate * (1 - rate)
    third = spread * (1 - 2 * rate)
    low, high = float(events == units), float(events > 0)
    return Summary(("outcome",), units, (rate,), ((spread,),), third, events, low, high)


def plan(method: str = "sequential", **changes: object) -> ReadingPlan:
    """A plan with ordinary values."""
    values: dict[str, object] = {
        "method": method,
        "alpha": 0.05,
        "power": 0.8,
        "mde": 0.05,
        "planned_units": 20_000,
        "looks": None,
        "cuped": True,
    }
    return ReadingPlan(**(values | changes))  # type: ignore[arg-type]
