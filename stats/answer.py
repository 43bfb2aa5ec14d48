"""From numbers to a Comparison whose interval, p-value and verdict are one statement."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from stats.contrast import Contrast
from stats.mean import Reading
from stats.result import Because, Comparison, Interval, Undetermined
from stats.summary import Summary


@dataclass(frozen=True, slots=True)
class Family:
    """The false-alarm budget of one comparison among several.

    Attributes:
        alpha: Of the whole family.
        comparisons: Size of the family, registered beforehand.
        level: Two-sided level at which this comparison's intervals are read, which may depend on the others'
            p-values (Holm, Benjamini & Hochberg); an equal share of alpha unless given.
    """

    alpha: float
    comparisons: int
    level: float | None = None

    @property
    def design_alpha(self) -> float:
        """An equal share of alpha (Bonferroni): tunes what must be fixed before the data."""
        return self.alpha / self.comparisons

    @property
    def own_level(self) -> float:
        """The level of the intervals."""
        return self.design_alpha if self.level is None else self.level


def answer(
    absolute: Interval,
    relative: Interval,
    p_value: float | None,
    family: Family,
    method: str,
    because: Sequence[Because],
    variance_reduction: float = 0.0,
) -> Comparison:
    """A determined comparison by itself: its p-value is not adjusted, intervals are at `family.own_level`."""
    lower, upper = absolute.lower, absolute.upper
    excluded = lower is not None and upper is not None and (lower > 0 or upper < 0)
    return Comparison(
        absolute=absolute,
        relative=relative,
        p_value=p_value,
        significant=excluded and (p_value is None or p_value <= family.own_level),
        method=method,
        method_reason=" ".join(each.sentence for each in because),
        adjustment="none",
        variance_reduction=variance_reduction,
        undetermined=None,
        level=family.own_level,
        own_p_value=p_value,
        because=tuple(because),
    )


def bonferroni(found: Comparison, family: Family) -> Comparison:
    """The same comparison as one of a family that shares alpha equally; its intervals are at that share.

    A posterior is left as it is: it makes no promise that a family could break.
    """
    if family.comparisons == 1 or (found.p_value is None and found.undetermined is None):
        return found
    adjusted = None if found.p_value is None else min(1.0, found.p_value * family.comparisons)
    return replace(found, p_value=adjusted, adjustment="bonferroni")


def undetermined(
    control: Summary, treatment: Summary, family: Family, method: str, why: Undetermined, *, ratio: bool
) -> Comparison:
    """The estimates alone, with the reason why chance cannot be measured yet."""
    return unread(why, family, method, estimate(control, ratio=ratio), estimate(treatment, ratio=ratio))


def unread(
    why: Undetermined,
    family: Family,
    method: str = "none",
    before: float | None = None,
    after: float | None = None,
) -> Comparison:
    """The same from the two values, where they are known."""
    difference = after - before if before is not None and after is not None else None
    lift = difference / before if before and difference is not None else None
    return Comparison(
        absolute=Interval(difference, None, None),
        relative=Interval(lift, None, None),
        p_value=None,
        significant=False,
        method=method,
        method_reason=why.reason,
        adjustment="none",
        variance_reduction=0.0,
        undetermined=why,
        level=family.own_level,
    )


def estimate(summary: Summary, *, ratio: bool) -> float | None:
    """Mean, or ratio of means; `None` when there is nothing to divide by."""
    if not summary.units:
        return None
    value = summary.means[0]
    if ratio:
        value = value / summary.means[1] if summary.means[1] else math.nan
    return value if math.isfinite(value) else None


def interval(estimate: float | None, lower: ArrayLike, upper: ArrayLike) -> Interval:
    """An interval from scalars or arrays of shape `()`; bounds that are `nan` become `None`."""
    low, high = float(np.asarray(lower)), float(np.asarray(upper))
    if math.isnan(low) or math.isnan(high):
        return Interval(estimate, None, None)
    return Interval(estimate, low, high)


def normal_answer(
    pair: Contrast, reading: Reading, family: Family, method: str, because: Sequence[Because]
) -> Comparison:
    """A single reading of a single pair as a Comparison."""
    difference, before = float(pair.difference), float(pair.control.mean)
    found = answer(
        interval(difference, reading.lower, reading.upper),
        interval(difference / before if before else None, reading.lift_lower, reading.lift_upper),
        None if np.isnan(reading.p_value) else float(reading.p_value),
        family,
        method,
        because,
        float(pair.variance_reduction),
    )
    return replace(found, covariates=pair.covariates)
