"""Posterior chances under stated priors; they promise nothing about repeated looks."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import betainc, betaincinv, betaln, ndtr, ndtri

from stats.answer import Family, answer, normal_answer, undetermined
from stats.contrast import contrast
from stats.fixed import NO_VARIATION, serves_rates
from stats.mean import read_plain
from stats.plan import ReadingPlan
from stats.result import Because, Comparison, Interval
from stats.stack import stack
from stats.summary import Summary

Floats = NDArray[np.float64]
BETA = "beta-binomial posterior"
NORMAL = "normal posterior"
UNIFORM = Because("uniform_priors", "Posterior with uniform priors on both rates.")
FLAT = Because("flat_priors", "Posterior with flat priors on both means.")
UNPROTECTED = Because("not_protected", "It does not protect against reading often.")
NODES, WEIGHTS = np.polynomial.legendre.leggauss(128)


@dataclass(frozen=True, slots=True)
class BetaBinomial:
    """Two conversion rates after the data, independent Beta priors.

    Attributes:
        control: Beta parameters of the control's rate.
        treatment: Beta parameters of the treatment's rate.
    """

    control: tuple[float, float]
    treatment: tuple[float, float]

    def probability_better(self) -> float:
        """Posterior chance that the treatment's rate is higher."""
        return 1 - self.below(lambda rate: rate)

    def below(self, bound: Callable[[Floats], Floats]) -> float:
        """Posterior chance that the treatment's rate is below `bound(control's rate)`."""
        rates, weights = _quadrature(*self.control)
        limits = np.clip(bound(rates), 0.0, 1.0)
        return float(weights @ betainc(*self.treatment, limits))

    def expected_losses(self) -> tuple[float, float]:
        """Posterior mean loss of choosing the control and of choosing the treatment, on the rate's scale."""
        first, second = _mean(self.control), _mean(self.treatment)
        gain = _gain(self.control, self.treatment)
        return gain, gain - (second - first)

    def credible(self, alpha: float) -> tuple[tuple[float, float], tuple[float, float]]:
        """Equal-tailed credible intervals of each rate."""
        control, treatment = (
            (float(betaincinv(a, b, alpha / 2)), float(betaincinv(a, b, 1 - alpha / 2)))
            for a, b in (self.control, self.treatment)
        )
        return control, treatment

    def difference(self, alpha: float) -> tuple[float, float, float]:
        """Equal-tailed credible interval and median of treatment minus control: lower, median, upper."""
        return _quantiles(lambda gap: self.below(lambda rate: rate + gap), -1.0, 1.0, alpha)

    def ratio(self, alpha: float) -> tuple[float, float, float]:
        """Equal-tailed credible interval and median of treatment over control: lower, median, upper."""
        low, middle, high = _quantiles(
            lambda log: self.below(lambda rate: rate * math.exp(log)), -30.0, 30.0, alpha
        )
        return math.exp(low), math.exp(middle), math.exp(high)


def beta_binomial(
    events: tuple[int, int], units: tuple[int, int], prior: tuple[float, float] = (1.0, 1.0)
) -> BetaBinomial:
    """Posterior of control and treatment from conversions and units, with one Beta prior for both.

    Raises:
        ValueError: A prior parameter is not above 0, or more units converted than there are.
    """
    if not all(0 < value < math.inf for value in prior):
        raise ValueError(f"prior parameters must be finite and above 0, got {prior}")
    for count, size in zip(events, units, strict=True):
        if not 0 <= count <= size:
            raise ValueError(f"events must lie between 0 and units, got {count} of {size}")
    control, treatment = (
        (prior[0] + count, prior[1] + size - count) for count, size in zip(events, units, strict=True)
    )
    return BetaBinomial(control, treatment)


def read_posterior(
    control: Summary, treatment: Summary, kind: str, plan: ReadingPlan, family: Family
) -> Comparison:
    """Compare two variants of at least two units each by their posterior.

    Rates have uniform priors; means, ratios and rates that covariates explain have flat priors and a normal
    likelihood. `significant` says that the credible interval excludes zero, at `plan.alpha` unless the family
    names a level; there is no p-value, and nothing to correct.
    """
    own = Family(family.alpha, 1, family.level)
    pair = contrast(stack(control), stack(treatment), adjust=plan.cuped)
    if kind in {"proportion", "retention"} and not serves_rates(pair):
        posterior = beta_binomial((control.events, treatment.events), (control.units, treatment.units))
        return _rates(posterior, own, (UNIFORM, UNPROTECTED))
    if not (pair.welch.constant > 0 and np.isfinite(pair.difference)):
        return undetermined(control, treatment, own, NORMAL, NO_VARIATION, ratio=kind == "ratio")
    deviation = math.sqrt(float(pair.welch.constant))
    z = float(pair.difference) / deviation
    reading = read_plain(pair, -float(ndtri(own.own_level / 2)))
    result = normal_answer(pair, reading, own, NORMAL, (FLAT, UNPROTECTED))
    loss = deviation * (math.exp(-z * z / 2) / math.sqrt(2 * math.pi) - z * float(ndtr(-z)))
    return replace(result, probability_better=float(ndtr(z)), expected_loss=loss)


def _rates(posterior: BetaBinomial, family: Family, because: Sequence[Because]) -> Comparison:
    """Estimates are posterior medians, so that they lie inside their intervals however few the events."""
    lower, middle, upper = posterior.difference(family.own_level)
    low, lift, high = posterior.ratio(family.own_level)
    result = answer(
        Interval(middle, lower, upper), Interval(lift - 1, low - 1, high - 1), None, family, BETA, because
    )
    return replace(
        result,
        probability_better=posterior.probability_better(),
        expected_loss=posterior.expected_losses()[1],
    )


def _mean(shape: tuple[float, float]) -> float:
    return shape[0] / sum(shape)


def _gain(control: tuple[float, float], treatment: tuple[float, float]) -> float:
    """Posterior mean of `max(treatment - control, 0)`."""
    rates, weights = _quadrature(*control)
    a, b = treatment
    over = _mean(treatment) * (1 - betainc(a + 1, b, rates))
    return float(weights @ (over - rates * (1 - betainc(a, b, rates))))


@lru_cache(maxsize=256)
def _quadrature(a: float, b: float) -> tuple[Floats, Floats]:
    """Points and weights that integrate against a Beta density."""
    low, high = betaincinv(a, b, 1e-16), betaincinv(a, b, 1 - 1e-16)
    half = (high - low) / 2
    points = low + half * (NODES + 1)
    density = np.exp((a - 1) * np.log(points) + (b - 1) * np.log1p(-points) - betaln(a, b))
    weights = density * WEIGHTS * half
    return points, weights / weights.sum()


def _quantiles(
    chance: Callable[[float], float], low: float, high: float, alpha: float
) -> tuple[float, float, float]:
    bounds = []
    for level in (alpha / 2, 0.5, 1 - alpha / 2):
        below, above = chance(low) >= level, chance(high) <= level
        root = low if below else high if above else brentq(lambda x: chance(x) - level, low, high, xtol=1e-12)  # noqa: B023
        bounds.append(float(root))
    return bounds[0], bounds[1], bounds[2]
