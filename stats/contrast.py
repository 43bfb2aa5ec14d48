"""Two summaries reduced to a difference, its variance, and what its normal approximation rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stats.fieller import Quadratic
from stats.summary import Summary

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Arm:
    """One variant's metric after adjustment.

    Attributes:
        units: Exposed units.
        mean: Metric, adjusted for covariates.
        variance: Variance of one unit's contribution to the metric, adjusted.
        raw_variance: The same before adjustment.
        shared: Covariance of one unit's adjusted contribution with its covariate part.
        covariate: Variance of the covariate part, `theta**2 * var(x)`.
        events: Units that are not zero.
        third: Size of the third central moment of one unit's contribution, summed over units.
        denominator_error: Relative standard error of a ratio's denominator, 0 for other kinds.
    """

    units: int
    mean: float
    variance: float
    raw_variance: float
    shared: float
    covariate: float
    events: int
    third: float
    denominator_error: float


@dataclass(frozen=True, slots=True)
class Contrast:
    """Treatment against control.

    Attributes:
        control: The control arm.
        treatment: The treatment arm.
        welch: Variance of `treatment - (1 + lift) * control` with each arm's own variance.
        pooled: The same with the variance pooled under the hypothesis that only the scale differs.
        variance_reduction: Share of the raw variance of the difference that covariates removed.
    """

    control: Arm
    treatment: Arm
    welch: Quadratic
    pooled: Quadratic
    variance_reduction: float

    @property
    def difference(self) -> float:
        """Treatment mean minus control mean."""
        return self.treatment.mean - self.control.mean

    @property
    def variance(self) -> float:
        """Variance of the difference, each arm with its own."""
        return self.welch.at(0.0)

    @property
    def pooled_variance(self) -> float:
        """Variance of the difference, had both arms one variance."""
        return self.pooled.at(0.0)


def contrast(control: Summary, treatment: Summary, *, ratio: bool, adjust: bool) -> Contrast:
    """Reduce two summaries of at least two units each.

    Ratios are linearised (delta method, Deng et al. 2018); covariates enter as in Deng, Xu, Kohavi &
    Walker 2013 (CUPED), with one coefficient for both arms.

    Raises:
        ValueError: The summaries' columns do not fit the kind.
    """
    width = 2 if ratio else 1
    total = control + treatment
    covariates = total.columns[width:] if adjust else ()
    theta, covariate_mean = 0.0, 0.0
    if covariates:
        outcome, covariate = _gradient(total, 0, width), _gradient(total, width, len(total.columns))
        matrix = _matrix(total)
        spread = float(covariate @ matrix @ covariate)
        theta = float(outcome @ matrix @ covariate) / spread if spread > 0 else 0.0
        covariate_mean = _value(total, width)
    arms = [_arm(summary, width, theta, covariate_mean) for summary in (control, treatment)]
    first, second = arms
    return Contrast(
        control=first,
        treatment=second,
        welch=_welch(first, second),
        pooled=_pooled(first, second),
        variance_reduction=_reduction(first, second),
    )


def _arm(summary: Summary, width: int, theta: float, covariate_mean: float) -> Arm:
    matrix = _matrix(summary)
    outcome = _gradient(summary, 0, width)
    raw = float(outcome @ matrix @ outcome)
    mean = _value(summary, 0)
    shared = own = 0.0
    if theta:
        covariate = theta * _gradient(summary, width, len(summary.columns))
        own = float(covariate @ matrix @ covariate)
        shared = float(outcome @ matrix @ covariate) - own
        mean -= theta * (_value(summary, width) - covariate_mean)
    variance = max(raw - 2 * shared - own, 0.0)
    scale = float(outcome[0])
    return Arm(
        units=summary.units,
        mean=mean,
        variance=variance,
        raw_variance=raw,
        shared=shared,
        covariate=own,
        events=summary.events,
        third=abs(summary.third * scale**3),
        denominator_error=_denominator_error(summary, width),
    )


def _welch(control: Arm, treatment: Arm) -> Quadratic:
    """Variance of `m1 - (1 + lift) m0` when both means were adjusted towards one covariate mean.

    With `x` the covariate part and `w` the arms' shares of the units, the statistic is
    `a1 - (1 + lift) a0 - lift * (w1 x1 + w0 x0)`, `a` the adjusted outcome.
    """
    units = control.units + treatment.units
    n0, n1 = control.units, treatment.units
    w0, w1 = n0 / units, n1 / units
    # Arm 1 contributes a1 - lift w1 x1, arm 0 contributes (1 + lift) a0 + lift w0 x0.
    return Quadratic(
        constant=treatment.variance / n1 + control.variance / n0,
        linear=-2 * w1 * treatment.shared / n1 + (2 * control.variance + 2 * w0 * control.shared) / n0,
        square=w1**2 * treatment.covariate / n1
        + (control.variance + 2 * w0 * control.shared + w0**2 * control.covariate) / n0,
    )


def _pooled(control: Arm, treatment: Arm) -> Quadratic:
    """The variance if the treatment only scales: both arms then estimate one variance."""
    n0, n1 = control.units, treatment.units
    freedom = n0 + n1 - 2
    share0, share1 = (n0 - 1) / freedom, (n1 - 1) / freedom
    size = 1 / n0 + 1 / n1
    own = share0 * control.variance * size
    return Quadratic(constant=own + share1 * treatment.variance * size, linear=2 * own, square=own)


def _reduction(control: Arm, treatment: Arm) -> float:
    raw = control.raw_variance / control.units + treatment.raw_variance / treatment.units
    adjusted = control.variance / control.units + treatment.variance / treatment.units
    return max(0.0, 1 - adjusted / raw) if raw > 0 else 0.0


def _matrix(summary: Summary) -> Floats:
    return np.array(summary.comoments) / (summary.units - 1)


def _value(summary: Summary, start: int) -> float:
    """A mean, or the ratio of two, from the columns that begin at `start`."""
    if _is_ratio(summary, start):
        bottom = summary.means[start + 1]
        return summary.means[start] / bottom if bottom else math.nan
    return summary.means[start]


def _gradient(summary: Summary, start: int, stop: int) -> Floats:
    """Derivatives of the mean or ratio by the means of all columns."""
    gradient = np.zeros(len(summary.columns))
    if _is_ratio(summary, start):
        bottom = summary.means[start + 1]
        if bottom:
            gradient[start] = 1 / bottom
            gradient[start + 1] = -summary.means[start] / bottom**2
    else:
        gradient[start] = 1.0
    return gradient


def _is_ratio(summary: Summary, start: int) -> bool:
    return summary.columns[start] in {"numerator", "covariate_numerator"}


def _denominator_error(summary: Summary, width: int) -> float:
    if width == 1:
        return 0.0
    mean = summary.means[1]
    spread = math.sqrt(max(summary.comoments[1][1], 0.0) / (summary.units - 1) / summary.units)
    return spread / abs(mean) if mean else math.inf
