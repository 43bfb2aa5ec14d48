"""How many units an always-valid interval needs until it is as narrow as wanted."""

from __future__ import annotations

import math

import numpy as np

from stats import anytime

FURTHEST = 1_000.0
"""Times the units so far; beyond it nobody waits."""
STEPS = 600


def units_until(
    half_width: float, goal: float, units: float, planned_units: float, level: float, *, planned: bool = False
) -> float | None:
    """Units at which the half-width is `goal`, when estimate and spread stay what they are.

    The half-width is the critical value of `stats.anytime` times a standard error that falls with the square
    root of the units, so that only the ratio to now is needed. Outcomes are taken to be complete.

    Args:
        half_width: Of the interval now, in any unit; positive.
        goal: Wanted, in the same unit.
        units: Units now, all variants together; positive.
        planned_units: Size that the boundary is tuned for.
        level: Two-sided error of the interval.
        planned: Whether the plan has that size as its end (`anytime.planned`), else `anytime.sequential`.

    Returns:
        `units` itself where the goal is met; `None` where no multiple up to `FURTHEST` meets it.

    Raises:
        ValueError: A half-width or a number of units is not positive.
    """
    if not (half_width > 0 and units > 0 and planned_units > 0):
        raise ValueError(
            f"half_width, units and planned_units must be above 0, got {half_width}, {units}, {planned_units}"
        )
    if goal >= half_width:
        return float(units)
    if goal <= 0:
        return None
    times = np.geomspace(1.0, FURTHEST, STEPS)
    rates = times * units / planned_units
    boundary = (anytime.planned if planned else anytime.sequential)(level)
    widths = boundary.critical_value(rates, rates) / np.sqrt(times)
    wide = np.flatnonzero(widths > goal / half_width * widths[0])
    # The boundary steps up where the plan ends, so that the last crossing is the one that stays.
    place = int(wide[-1])
    if place + 1 == STEPS:
        return None
    logs = np.log(widths[place : place + 2])
    wanted = math.log(goal / half_width * widths[0])
    part = (logs[0] - wanted) / (logs[0] - logs[1])
    return float(units * times[place] * (times[place + 1] / times[place]) ** part)


def half_width_at(
    half_width: float,
    units: float,
    later: float,
    planned_units: float,
    level: float,
    *,
    planned: bool = False,
) -> float:
    """The half-width at `later` units, under the same assumptions; arguments as in `units_until`."""
    boundary = (anytime.planned if planned else anytime.sequential)(level)
    now, then = units / planned_units, later / planned_units
    ratio = float(boundary.critical_value(then, then)) / float(boundary.critical_value(now, now))
    return half_width * ratio * math.sqrt(units / later)
