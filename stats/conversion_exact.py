"""The exact sequential test of two conversion rates that looks at conversions alone."""

from __future__ import annotations

import math
from collections.abc import Sequence

from scipy.optimize import brentq

FAR = 60.0


def log_e_value(
    successes: tuple[int, int], shares: tuple[float, float], concentration: float, log_ratio: float = 0.0
) -> float:
    """Log of the e-value against `log(rate1 / rate0) = log_ratio`, exact for any counts.

    Lindon & Malek, "Anytime-Valid Inference for Multinomial Count Data", section on conversion rates:
    given that a unit converted, its arm is a coin of known odds, whatever the rate does over time.
    Beta prior of mean `shares` and weight `concentration` on that coin.

    Args:
        successes: Conversions of control and treatment.
        shares: Probabilities of control and treatment, summing to one.
        concentration: Weight of the prior in conversions.
        log_ratio: The hypothesis.
    """
    return _log_marginal(successes, shares, concentration) - _log_likelihood(successes, shares, log_ratio)


def log_mixture(
    successes: tuple[int, int],
    shares: tuple[float, float],
    concentrations: Sequence[float],
    log_ratio: float = 0.0,
) -> float:
    """Log of the mean of the e-values over several concentrations, itself an e-value."""
    return _log_mean(successes, shares, concentrations) - _log_likelihood(successes, shares, log_ratio)


def log_ratio_interval(
    successes: tuple[int, int], shares: tuple[float, float], concentrations: Sequence[float], alpha: float
) -> tuple[float, float]:
    """All `log(rate1 / rate0)` whose e-value is below `1 / alpha`; infinite on a side without conversions."""
    total = sum(successes)
    if not total:
        return -math.inf, math.inf
    limit = _log_mean(successes, shares, concentrations) + math.log(alpha)

    def excess(log_ratio: float) -> float:
        return limit - _log_likelihood(successes, shares, log_ratio)

    centre = _centre(successes, shares)
    lower = brentq(excess, -FAR, centre, xtol=1e-12) if successes[1] and excess(-FAR) > 0 else -math.inf
    upper = brentq(excess, centre, FAR, xtol=1e-12) if successes[0] and excess(FAR) > 0 else math.inf
    return float(lower), float(upper)


def _centre(successes: tuple[int, int], shares: tuple[float, float]) -> float:
    if not successes[0]:
        return FAR
    if not successes[1]:
        return -FAR
    return math.log(successes[1] / successes[0]) - math.log(shares[1] / shares[0])


def _log_likelihood(successes: tuple[int, int], shares: tuple[float, float], log_ratio: float) -> float:
    """Log probability of these arms, in order, if the rates have this ratio."""
    odds = math.log(shares[1] / shares[0]) + log_ratio
    return -successes[0] * _softplus(odds) - successes[1] * _softplus(-odds)


def _log_marginal(successes: tuple[int, int], shares: tuple[float, float], concentration: float) -> float:
    value = math.lgamma(concentration) - math.lgamma(concentration + sum(successes))
    for count, share in zip(successes, shares, strict=True):
        value += math.lgamma(concentration * share + count) - math.lgamma(concentration * share)
    return value


def _log_mean(
    successes: tuple[int, int], shares: tuple[float, float], concentrations: Sequence[float]
) -> float:
    logs = [_log_marginal(successes, shares, concentration) for concentration in concentrations]
    highest = max(logs)
    return highest + math.log(sum(math.exp(value - highest) for value in logs) / len(logs))


def _softplus(value: float) -> float:
    return max(value, 0.0) + math.log1p(math.exp(-abs(value)))
