"""The exact sequential test of two conversion rates that looks at conversions alone."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import gammaln

Floats = NDArray[np.float64]
FAR = 60.0


def log_e_value(
    control: ArrayLike,
    treatment: ArrayLike,
    shares: tuple[float, float],
    concentration: ArrayLike,
    log_ratio: ArrayLike = 0.0,
) -> Floats:
    """Log of the e-value against `log(rate1 / rate0) = log_ratio`, exact for any counts.

    Lindon & Malek, "Anytime-Valid Inference for Multinomial Count Data", section on conversion rates:
    given that a unit converted, its arm is a coin of known odds, whatever the rate does over time.
    Beta prior of mean `shares` and weight `concentration` on that coin.

    Args:
        control: Conversions of the control, any shape.
        treatment: Conversions of the treatment, same shape.
        shares: Probabilities of control and treatment, summing to one.
        concentration: Weight of the prior in conversions.
        log_ratio: The hypothesis.
    """
    first, second = np.asarray(control, dtype=np.float64), np.asarray(treatment, dtype=np.float64)
    weight = np.asarray(concentration, dtype=np.float64)
    odds = math.log(shares[1] / shares[0]) + np.asarray(log_ratio, dtype=np.float64)
    marginal = gammaln(weight) - gammaln(weight + first + second)
    for count, share in ((first, shares[0]), (second, shares[1])):
        marginal = marginal + gammaln(weight * share + count) - gammaln(weight * share)
    likelihood = -first * np.logaddexp(0.0, odds) - second * np.logaddexp(0.0, -odds)
    return np.asarray(marginal - likelihood, dtype=np.float64)


def log_ratio_interval(
    control: int, treatment: int, shares: tuple[float, float], concentration: float, alpha: float
) -> tuple[float, float]:
    """All `log(rate1 / rate0)` whose e-value is below `1 / alpha`; infinite on a side without conversions."""
    offset = math.log(shares[1] / shares[0])
    centre = FAR if treatment else -FAR
    if min(control, treatment) > 0:
        centre = math.log(treatment / control) - offset
    # The marginal does not depend on the hypothesis, so one e-value gives all of them.
    known = float(log_e_value(control, treatment, shares, concentration)) + math.log(alpha)
    known -= control * _softplus(offset) + treatment * _softplus(-offset)

    def excess(log_ratio: float) -> float:
        odds = offset + log_ratio
        return known + control * _softplus(odds) + treatment * _softplus(-odds)

    lower, upper = -math.inf, math.inf
    if treatment and excess(-FAR) > 0:
        lower = float(brentq(excess, -FAR, centre, xtol=1e-12))
    if control and excess(FAR) > 0:
        upper = float(brentq(excess, centre, FAR, xtol=1e-12))
    return lower, upper


def _softplus(value: float) -> float:
    return max(value, 0.0) + math.log1p(math.exp(-abs(value)))
