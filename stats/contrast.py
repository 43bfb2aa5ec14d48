"""Two variants reduced to a difference, its variance, and what its normal approximation rests on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stats import covariates
from stats.covariates import Fit, form, gradient, value
from stats.fieller import Quadratic
from stats.stack import Stack

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Arm:
    """One variant's metric after adjustment; arrays of one shape.

    Attributes:
        units: Exposed units.
        mean: Metric, adjusted for covariates.
        variance: Variance of one unit's contribution to the metric, adjusted.
        raw_variance: The same before adjustment.
        shared: Covariance of one unit's adjusted contribution with its covariate part.
        covariate: Variance of the covariate part, `theta' var(x) theta`.
        events: Units that are not zero.
        third: Third central moment of one unit's contribution, summed over units.
        denominator_error: Relative standard error of a ratio's denominator, 0 for other kinds.
    """

    units: Floats
    mean: Floats
    variance: Floats
    raw_variance: Floats
    shared: Floats
    covariate: Floats
    events: Floats
    third: Floats
    denominator_error: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Contrast:
    """Treatment against control; equal to itself alone, so that what is derived from it can be remembered.

    Attributes:
        control: The control arm.
        treatment: The treatment arm.
        welch: Variance of `treatment - (1 + lift) * control` with each arm's own variance.
        pooled: The same with the variance pooled under the hypothesis that only the scale differs.
        thinned: The same under the hypothesis that only the share of units with a value differs.
        names: Columns at which the covariates begin, in order; none where nothing is adjusted.
        used: Which of them are used, shape `S + (k,)`.
        explained: Share of the outcome's variance over both arms that they explain.
    """

    control: Arm
    treatment: Arm
    welch: Quadratic
    pooled: Quadratic
    thinned: Quadratic
    names: tuple[str, ...]
    used: NDArray[np.bool_]
    explained: Floats

    @property
    def units(self) -> Floats:
        """Units in both arms."""
        return self.control.units + self.treatment.units

    @property
    def difference(self) -> Floats:
        """Treatment mean minus control mean."""
        return self.treatment.mean - self.control.mean

    @property
    def covariates(self) -> tuple[str, ...]:
        """Names of the covariates that are used; for a single comparison."""
        return tuple(name for name, used in zip(self.names, self.used, strict=True) if used)

    @property
    def variance_reduction(self) -> Floats:
        """Share of the difference's variance that covariates removed, 0 to 1."""
        raw = (
            self.control.raw_variance / self.control.units
            + self.treatment.raw_variance / self.treatment.units
        )
        with np.errstate(divide="ignore", invalid="ignore"):
            share = 1 - self.welch.constant / raw
        return np.where(raw > 0, np.maximum(share, 0.0), 0.0)


def contrast(control: Stack, treatment: Stack, *, adjust: bool) -> Contrast:
    """Reduce two variants of at least two units each.

    Ratios are linearised (delta method, Deng, Knoblich & Lu 2018); covariates enter as in Deng, Xu, Kohavi &
    Walker 2013 (CUPED), with the same coefficients for both arms.
    """
    found = None
    if adjust and covariates.starts(control.columns):
        found = covariates.fit((control, treatment))
    first, second = (_arm(arm, found) for arm in (control, treatment))
    return Contrast(
        first,
        second,
        *_variances(first, second),
        _thinned(first, second),
        tuple(control.columns[place] for place in found.starts) if found else (),
        found.used if found else np.zeros((*np.shape(control.units), 0), dtype=np.bool_),
        found.explained if found else np.zeros(np.shape(control.units)),
    )


def _arm(variant: Stack, found: Fit | None) -> Arm:
    freedom = np.maximum(variant.units - 1, 1.0)
    outcome = gradient(variant, 0)
    raw = form(outcome, variant, outcome) / freedom
    mean = value(variant, 0)
    shared = own = np.zeros(np.shape(raw))
    if found is not None:
        part = np.zeros_like(variant.means)
        for place, start in enumerate(found.starts):
            theta = found.theta[..., place]
            part = part + theta[..., None] * gradient(variant, start)
            gap = np.where(found.used[..., place], value(variant, start) - found.centre[..., place], 0.0)
            mean = mean - theta * gap
        own = form(part, variant, part) / freedom
        shared = form(outcome, variant, part) / freedom - own
    return Arm(
        units=variant.units,
        mean=mean,
        variance=np.maximum(raw - 2 * shared - own, 0.0),
        raw_variance=raw,
        shared=shared,
        covariate=own,
        events=variant.events,
        third=_third(variant, outcome, found),
        denominator_error=_denominator_error(variant),
    )


def _variances(control: Arm, treatment: Arm) -> tuple[Quadratic, Quadratic]:
    """Variance of `m1 - (1 + lift) m0` with each arm's own variance, and with one pooled over the arms.

    Both means were adjusted towards one covariate mean. With `x` the covariate part, `w` the arms' shares of
    the units and `a` the adjusted outcome, the statistic is
    `(a1 - lift w1 x1) - ((1 + lift) a0 + lift w0 x0)`, its two brackets independent. If the treatment only
    scales the outcome, a unit has the same variance in both brackets, whatever the lift.
    """
    n0, n1 = control.units, treatment.units
    w0, w1 = n0 / (n0 + n1), n1 / (n0 + n1)
    first = Quadratic(
        control.variance,
        2 * (control.variance + w0 * control.shared),
        control.variance + 2 * w0 * control.shared + w0**2 * control.covariate,
    )
    second = Quadratic(treatment.variance, -2 * w1 * treatment.shared, w1**2 * treatment.covariate)
    size = (1 / n0 + 1 / n1) / np.maximum(n0 + n1 - 2, 1.0)
    welch = _mix(first, 1 / n0, second, 1 / n1)
    return welch, _mix(first, (n0 - 1) * size, second, (n1 - 1) * size)


def _mix(first: Quadratic, by: Floats, second: Quadratic, by_second: Floats) -> Quadratic:
    return Quadratic(
        first.constant * by + second.constant * by_second,
        first.linear * by + second.linear * by_second,
        first.square * by + second.square * by_second,
    )


def _third(variant: Stack, outcome: Floats, found: Fit | None) -> Floats:
    """Third moment of what is left after adjustment, of the outcome where that is not known."""
    raw = np.asarray(variant.third * outcome[..., 0] ** 3, dtype=np.float64)
    if found is None or variant.residual is None:
        return raw
    return np.where(found.used.any(axis=-1), variant.residual, raw)


def _thinned(control: Arm, treatment: Arm) -> Quadratic:
    """The variance if the treatment makes values more or less frequent, and not larger or smaller.

    The variance of one unit is then about `1 + lift` times the control's, not its square: where there is
    harm, that leaves the treatment less certain. For rare values; for others it errs on the safe side. What
    covariates add where there is a lift is left to the pooled variance.
    """
    n0, n1 = control.units, treatment.units
    freedom = np.maximum(n0 + n1 - 2, 1.0)
    first, second = (n0 - 1) / freedom * control.variance, (n1 - 1) / freedom * treatment.variance
    size, both = 1 / n0 + 1 / n1, first + second
    return Quadratic(both * size, both / n0 + first * size, first / n0)


def _denominator_error(variant: Stack) -> Floats:
    if variant.columns[0] != "numerator":
        return np.zeros(np.shape(variant.units))
    spread = np.sqrt(variant.comoments[..., 1, 1] / np.maximum(variant.units - 1, 1.0) / variant.units)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(variant.means[..., 1] == 0, np.inf, spread / np.abs(variant.means[..., 1]))
