"""Whether an effect changes with the time since exposure: novelty wears off, and habits take time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from stats import confidence_sequence
from stats.result import Undetermined
from stats.summary import Summary

Floats = NDArray[np.float64]
FIXED = "generalised least squares"
ALWAYS = "generalised least squares, normal mixture"
LEAST_UNITS = 100
LARGEST_ERROR = 0.5
"""Standard error of a span's log lift above which a log is no sum of small things."""
LEAST_EVENTS = 30


@dataclass(frozen=True, slots=True)
class Drift:
    """How the log of (treatment / control) goes from span to span.

    Attributes:
        slope: Change per span; 0.1 is a lift that grows by about 10 points with each.
        error: Its standard error.
        level: Mean log lift over the spans, weighted alike.
        spans: Spans that were used.
        p_value: For no change.
        method: Stable name of the method.
    """

    slope: float
    error: float
    level: float
    spans: int
    p_value: float
    method: str


@dataclass(frozen=True, slots=True)
class Spans:
    """One arm over spans that units live through one after another.

    Attributes:
        alone: Per span, the summary of its own columns: the outcome, or numerator and denominator.
        together: Per span, the summary of all columns of all spans, span by span, over the units that have
            lived through it; they are some of those that have lived through the one before.
    """

    alone: Sequence[Summary]
    together: Sequence[Summary]


def drift(
    control: Spans, treatment: Spans, *, planned_units: float | None, alpha: float
) -> Drift | Undetermined:
    """The line through the spans' log lifts that fits best, and whether it is level.

    Generalised least squares (Aitken 1936) on the log ratios of means, whose covariance over spans follows
    from the units that lived through both (delta method): of two means over nested sets of units, the
    covariance is that of one unit's outcomes over the size of the larger set.

    Args:
        control: The first arm.
        treatment: The second arm, of the same spans.
        planned_units: Planned size of both arms, for a p-value that holds at every moment (normal mixture of
            Waudby-Smith et al.); `None` for one that is read once.
        alpha: Level for which the mixture is tuned.

    Returns:
        The drift over the first spans that bear a log, or why there is none.
    """
    used = 0
    for pair in zip(control.alone, treatment.alone, strict=True):
        if not all(_bears_a_log(summary) for summary in pair):
            break
        used += 1
    if used < 2:
        return Undetermined(
            "too_few_spans",
            f"Only {used} of the spans of days bears a comparison yet; two are needed to see a change.",
        )
    logs = [_logs(arm, used) for arm in (control, treatment)]
    values, covariance = logs[1][0] - logs[0][0], logs[0][1] + logs[1][1]
    design = np.column_stack([np.ones(used), np.arange(used) - (used - 1) / 2])
    try:
        precise = np.linalg.solve(covariance, design)
    except np.linalg.LinAlgError:
        return Undetermined("no_variation", "The outcomes do not vary, so chance cannot be measured.")
    spread = np.linalg.inv(design.T @ precise)
    level, slope = spread @ (precise.T @ values)
    error = math.sqrt(spread[1, 1]) if spread[1, 1] > 0 else math.nan
    if not math.isfinite(error) or not error:
        return Undetermined("no_variation", "The outcomes do not vary, so chance cannot be measured.")
    z = float(slope) / error
    if planned_units is None:
        return Drift(float(slope), error, float(level), used, float(2 * ndtr(-abs(z))), FIXED)
    units = control.alone[1].units + treatment.alone[1].units
    rho = confidence_sequence.mixture_rho(alpha, planned_units)
    p_value = float(confidence_sequence.p_value(z, units, rho))
    return Drift(float(slope), error, float(level), used, p_value, ALWAYS)


def _bears_a_log(summary: Summary) -> bool:
    """Whether every mean is positive, and known well enough for its log."""
    if summary.units < LEAST_UNITS or summary.events < LEAST_EVENTS:
        return False
    for place, mean in enumerate(summary.means):
        square = summary.comoments[place][place] / (summary.units - 1) / summary.units
        if not mean > 0 or math.sqrt(square) > LARGEST_ERROR * mean:
            return False
    return True


def _logs(arm: Spans, used: int) -> tuple[Floats, Floats]:
    """Log means per span (of a ratio, the log ratio), and their covariance."""
    width = len(arm.alone[0].means)
    means = np.array([summary.means for summary in arm.alone[:used]])
    sign = np.array([1.0, -1.0][:width])
    covariance = np.zeros((used, used))
    for later in range(used):
        whole = arm.together[later]
        for earlier in range(later + 1):
            rows = slice(earlier * width, earlier * width + width)
            columns = slice(later * width, later * width + width)
            unit = np.array(whole.comoments)[rows, columns] / (whole.units - 1)
            scaled = (sign / means[earlier]) @ unit @ (sign / means[later])
            covariance[earlier, later] = covariance[later, earlier] = scaled / arm.alone[earlier].units
    return np.log(means) @ sign, covariance
