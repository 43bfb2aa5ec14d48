"""What a plan's reading does with a number of units: its boundaries, its power and when it ends."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from stats import anytime, conversion
from stats.design import OBRIEN_FLEMING
from stats.exits import FAR, Inside, walk_inside
from stats.group_sequential import critical_values
from stats.guard import MINIMUM_EVENTS, MINIMUM_UNITS, WORTH
from stats.mean import HALF_TRUST
from stats.sequential import RARE
from stats.spending import Spending

Floats = NDArray[np.float64]

CONTINUOUS = 100
"""Looks that stand for reading at any moment."""
ROUGH = 0.3
SMALL_ARM = 0.3
HALVINGS = 13
BINARY = ("proportion", "retention")
OFTEN = ("sequential", "group_sequential")
"""Methods that may end before the planned size."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the metric is like among the shop's units, without any treatment.

    Attributes:
        kind: Kind of the metric.
        mean: Its value: a mean, a share, a ratio or a quantile; not 0.
        std: Standard deviation of one unit's contribution: of a ratio linearised, of a quantile
            `sqrt(q (1 - q))` over the density there; not used for shares.
        skewness: Moment skewness of one unit's contribution; 0 where not known.
        nonzero: Share of units whose value is not zero; 1 where not known.
        left: Share of the variance that covariates from before exposure leave.
    """

    kind: str
    mean: float
    std: float = 0.0
    skewness: float = 0.0
    nonzero: float = 1.0
    left: float = 1.0


@dataclass(frozen=True, slots=True)
class Reading:
    """How one comparison of a plan is read.

    Attributes:
        method: One of `stats.plan.METHODS`.
        alpha: Two-sided error of this comparison alone.
        shares: Of control and treatment among the experiment's units.
        looks: Looks of `group_sequential` when they are taken as planned; `None` for any moment.
        spending: How those looks spend alpha.
        exact: Whether `sequential` reads by bets (`stats.betting`) instead, which find about what the normal
            mixture finds.
    """

    method: str
    alpha: float
    shares: tuple[float, float]
    looks: int | None = None
    spending: Spending = OBRIEN_FLEMING
    exact: bool = False


@dataclass(frozen=True, slots=True)
class Outlook:
    """What to expect of a comparison.

    Attributes:
        power: Chance that it calls a difference by the planned size.
        stopping: Mean share of the planned units at the first call, 1 where there is none.
        rough: Whether a few large or rare values decide: an arm's mean is skewed by more than `ROUGH` at the
            planned size, the reading has to wait for events for more than half of the plan, or bets are on
            a small treatment.
    """

    power: float
    stopping: float
    rough: bool


def outlook(outcome: Outcome, reading: Reading, units: float, effect: float) -> Outlook:
    """Power and stopping of one comparison.

    Args:
        outcome: The metric without treatment.
        reading: How it is read.
        units: Planned over all variants of the experiment.
        effect: Relative effect of the treatment, 0 for none.
    """
    arms = _Arms.of(outcome, reading, units, effect)
    if counts_conversions_alone(outcome, reading, effect):
        inside, drift = _by_conversions(arms, reading.alpha)
        rough = False
    else:
        inside, drift = _by_normal(arms, outcome, reading)
        rough = arms.roughness > ROUGH or float(inside.closed.mean()) > 0.5
        # Bets on a small treatment find less downwards where a cap limits them, and more on rare rates.
        rough |= reading.exact and min(arms.units) < SMALL_ARM * sum(arms.units)
    power, stopping = inside.outlook(drift)
    return Outlook(power, stopping, rough)


def counts_conversions_alone(outcome: Outcome, reading: Reading, effect: float = 0.0) -> bool:
    """Whether the exact conditional test of rare rates reads it, which knows no covariates."""
    if reading.method != "sequential" or reading.exact or outcome.kind not in BINARY:
        return False
    if 1 - outcome.left >= WORTH:
        return False
    return _Arms.of(outcome, reading, 1.0, effect).rate < RARE


@dataclass(frozen=True, slots=True)
class _Arms:
    """The two arms at the planned size: units, means, variances and third moments of one unit."""

    units: tuple[float, float]
    means: tuple[float, float]
    variances: tuple[float, float]
    thirds: tuple[float, float]
    nonzero: float

    @classmethod
    def of(cls, outcome: Outcome, reading: Reading, units: float, effect: float) -> _Arms:
        counts = (units * reading.shares[0], units * reading.shares[1])
        after = outcome.mean * (1 + effect)
        if outcome.kind in BINARY:
            means = (outcome.mean, min(max(after, 0.0), 1.0))
            variances = tuple(mean * (1 - mean) * outcome.left for mean in means)
            thirds = tuple(mean * (1 - mean) * (1 - 2 * mean) for mean in means)
            return cls(counts, means, variances, thirds, min(means))  # type: ignore[arg-type]
        before = outcome.std**2
        spread = before
        if outcome.kind in {"count", "ratio"} or (outcome.kind == "mean" and outcome.nonzero < 1):
            # More of the same: the variance grows as the mean does.
            spread *= max(1 + effect, 0.0)
        third = outcome.skewness * before**1.5
        return cls(
            counts,
            (outcome.mean, after),
            (before * outcome.left, spread * outcome.left),
            (third, third * (spread / before) ** 1.5 if before else 0.0),
            outcome.nonzero,
        )

    @property
    def rate(self) -> float:
        """Mean of both arms together."""
        return float(np.average(self.means, weights=self.units))

    @property
    def own(self) -> float:
        """Variance of the difference."""
        return self.variances[0] / self.units[0] + self.variances[1] / self.units[1]

    @property
    def pooled(self) -> float:
        """The same if both arms had the variance of all units."""
        within = float(np.average(self.variances, weights=self.units))
        return within * (1 / self.units[0] + 1 / self.units[1])

    @property
    def skewness(self) -> float:
        """Skewness of the difference, as `stats.guard.skewness` measures it."""
        first, second = self.units
        own = abs(self.thirds[1] / second**2 - self.thirds[0] / first**2) / self.own**1.5
        within = float(np.average(self.variances, weights=self.units))
        unit = abs(float(np.average(self.thirds, weights=self.units))) / within**1.5
        return float(max(own, unit * abs(1 / second - 1 / first) / math.sqrt(1 / second + 1 / first)))

    @property
    def roughness(self) -> float:
        """Largest skewness of an arm's mean."""
        arms = zip(self.thirds, self.variances, self.units, strict=True)
        return max(
            abs(third) / variance**1.5 / math.sqrt(units) if variance else 0.0
            for third, variance, units in arms
        )

    def studentised(self, critical: float, side: float) -> float:
        """Standard error of the difference over that of `difference - critical * own standard error`.

        A skewed mean and its own variance go together (covariance of mean and variance: the third moment), so
        that a difference on the long side is called more surely and one on the short side less. Second order
        of the expansion in the skewness, with a kurtosis in proportion to its square.
        """
        thirds = self.thirds[1] / self.units[1] ** 2 - self.thirds[0] / self.units[0] ** 2
        pull = critical * side * thirds / self.own**1.5
        return 1 / math.sqrt(1 - pull + pull**2 / 2)

    def deviation(self, rates: Floats) -> Floats:
        """Standard error that a safe reading uses over the true one, by share of the units."""
        trust = 1 / (1 + self.skewness / np.sqrt(rates) / HALF_TRUST)
        lean = self.pooled + trust * (self.own - self.pooled)
        return np.asarray(np.sqrt(np.maximum(self.pooled, lean) / self.own), dtype=np.float64)


def _by_normal(arms: _Arms, outcome: Outcome, reading: Reading) -> tuple[Inside, float]:
    """The walk of the difference over its true standard error, and its drift."""
    rates, critical = _critical(reading)
    drift = (arms.means[1] - arms.means[0]) / math.sqrt(arms.own)
    if reading.method in OFTEN:
        factor = arms.deviation(rates)
        few = min(arms.units) * rates
        waits = (few < MINIMUM_UNITS) | (few * arms.nonzero < MINIMUM_EVENTS)
        factor = np.where(waits, np.inf, factor)
    elif reading.method == "fixed" and outcome.kind in BINARY and outcome.left == 1:
        rate = arms.rate
        null = rate * (1 - rate) * (1 / arms.units[0] + 1 / arms.units[1])
        factor = np.array([math.sqrt(null / arms.own)])
    else:
        factor = np.array([arms.studentised(float(critical[0]), math.copysign(1.0, drift))])
        drift *= float(factor[0])
    bounds = critical * factor * np.sqrt(rates)
    return _walk(tuple(np.round(bounds, 4).tolist())), drift


def _by_conversions(arms: _Arms, alpha: float) -> tuple[Inside, float]:
    """The walk of the exact conditional test: conversions of the treatment among all, on their own clock.

    Given how many converted, the treatment's part is binomial whose odds are those of the shares times the
    rates (Lindon & Malek); its boundary is where the test's own e-value reaches one over alpha.
    """
    total = sum(arms.units)
    shares = (arms.units[0] / total, arms.units[1] / total)
    chance = shares[1] * arms.means[1] / arms.rate
    events = total * arms.rate
    scale = math.sqrt(events * chance * (1 - chance))
    rates = np.arange(1, CONTINUOUS + 1) / CONTINUOUS
    # The boundary is smooth, so that a third of the looks tell all of them.
    known = rates[::3]
    bounds = []
    for edge in _edges(events * known, total * known, shares, total, alpha):
        bounds.append(np.interp(rates, known, (edge - events * known * shares[1]) / scale))
    return walk_inside(bounds[0], bounds[1]), events * (chance - shares[1]) / scale


def _edges(
    events: Floats, units: Floats, shares: tuple[float, float], planned_units: float, alpha: float
) -> tuple[Floats, Floats]:
    """Numbers of the treatment's conversions at which the exact test calls; out of reach where none does."""
    boundary = anytime.sequential(alpha)

    def calls(count: Floats) -> NDArray[np.bool_]:
        found = conversion.p_value(events - count, count, units, shares, planned_units, boundary)
        return np.asarray(found <= alpha)

    centre, spread = events * shares[1], np.sqrt(events * shares[0] * shares[1])
    sides = np.array([[1.0], [-1.0]])
    reached = np.clip(centre + sides * FAR * spread, 0.0, events)
    never, near = ~calls(reached), np.tile(centre, (2, 1))
    for _ in range(HALVINGS):
        middle = (near + reached) / 2
        called = calls(middle)
        reached, near = np.where(called, middle, reached), np.where(called, near, middle)
    high, low = np.where(never, centre + sides * 3 * FAR * spread, reached)
    return high, low


@lru_cache(maxsize=256)
def _walk(bounds: tuple[float, ...]) -> Inside:
    upper = np.array(bounds)
    return walk_inside(upper, -upper)


@lru_cache(maxsize=256)
def _critical(reading: Reading) -> tuple[Floats, Floats]:
    """Rates of information and critical values on the z scale, as the method's reading has them."""
    method, alpha, looks = reading.method, reading.alpha, reading.looks
    if method not in OFTEN:
        return np.ones(1), np.array([-float(ndtri(alpha / 2))])
    if method == "group_sequential" and looks is not None:
        rates = np.arange(1, looks + 1) / looks
        return rates, np.array(critical_values(tuple(rates.tolist()), alpha, 2, reading.spending))
    rates = np.arange(1, CONTINUOUS + 1) / CONTINUOUS
    kind = anytime.planned if method == "group_sequential" else anytime.sequential
    boundary = (anytime.mixture if reading.exact else kind)(alpha)
    return rates, boundary.critical_value(rates, rates)
