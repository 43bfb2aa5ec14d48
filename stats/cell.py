"""One kind of imaginary experiment: its outcome, its split, its moments of reading, and its truth."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from stats.clock import FINAL, Clock

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]

TIMINGS = ("steady", "early", "random", "campaign")


@dataclass(frozen=True, slots=True)
class Cell:
    """One kind of experiment.

    Attributes:
        name: For tables.
        kind: Kind of the metric.
        rate: Share of units with a value other than zero; 1 for dense outcomes.
        values: Law of those values: `one`, `normal`, `lognormal`, `poisson` or `order` (numerator and
            denominator of a ratio).
        spread: Standard deviation of `normal`, log-sd of `lognormal` and `order`.
        shares: Probabilities of the arms, the control first.
        correlation: Of outcome and covariate (of having one, and of its size), 0 without a covariate.
        newcomers: Share of units never seen before, who have 0 for a covariate and (but for dense outcomes)
            half the usual chance of an outcome. Above 0, having been seen is a covariate too.
        units: Units in all arms at the last look.
        looks: Number of looks.
        timing: When it is looked: `steady` (evenly), `early` (from the first unit on, at even ratios),
            `random`, or `campaign` (all units are there at the first look, and looks are even in time).
        at: Moments of the looks as rising shares of the whole, instead of those of `timing`.
        delay: Longest time from a unit's arrival to its outcome, as a share of the whole; 1 in a campaign.
        haste: Power of the uniform time at which outcomes come; above 1 most come early.
        refunds: Share of outcomes taken back later, at any look.
        lift: Relative effect.
        through: Whether it acts on the `rate` or on the `value`s.
        more_orders: Mean number of orders after the first, for `order`.
    """

    name: str
    kind: str
    rate: float = 1.0
    values: str = "one"
    spread: float = 1.0
    shares: tuple[float, ...] = (0.5, 0.5)
    correlation: float = 0.0
    units: int = 40_000
    looks: int = 100
    timing: str = "steady"
    at: tuple[float, ...] = ()
    delay: float = 1.0
    haste: float = 1.0
    refunds: float = 0.0
    lift: float = 0.0
    through: str = "rate"
    more_orders: float = 0.4
    newcomers: float = 0.0

    @property
    def width(self) -> int:
        """Columns of the outcome."""
        return 2 if self.values == "order" else 1

    @property
    def columns(self) -> tuple[str, ...]:
        """Names as in `stats.summary.Summary`."""
        names: tuple[str, ...] = ("numerator", "denominator") if self.values == "order" else ("outcome",)
        if self.correlation:
            names += tuple(
                "covariate" if name == "outcome" else f"covariate_{name}" for name in names[: self.width]
            )
        return (*names, "covariate_seen") if self.newcomers else names

    @property
    def delayed(self) -> bool:
        """Whether outcomes come after their unit."""
        return self.timing == "campaign" or self.delay < 1

    @property
    def times(self) -> Floats:
        """Moments of the looks, the last one at 1."""
        if self.at:
            return np.asarray(self.at, dtype=np.float64)
        if self.timing == "early":
            return np.geomspace(1 / self.units, 1.0, self.looks)
        if self.timing == "random":
            inner = np.random.default_rng(self.units).random(self.looks - 1)
            return np.append(np.sort(inner), 1.0)
        return np.arange(1, self.looks + 1) / self.looks

    @property
    def fresh(self) -> Whole:
        """New units of all arms at every look."""
        if self.timing == "campaign":
            return np.append([self.units], np.zeros(self.looks - 1)).astype(np.int64)
        return np.diff(np.round(self.times * self.units), prepend=0).astype(np.int64)

    @property
    def matured(self) -> Floats:
        """Share of a campaign's windows that has passed at every look."""
        if self.timing == "campaign":
            return np.minimum(self.times / self.delay, 1.0)
        return np.ones(self.looks)

    @property
    def clock(self) -> Clock:
        """What a report's clock says at every look, where windows are as long as outcomes may take."""
        if self.timing == "campaign":
            return Clock.still(self.matured)
        if not self.delayed:
            return FINAL
        full = np.minimum(self.times, self.delay)
        return Clock.steady((full * full / (2 * self.delay) + self.times - full) / self.times)

    @property
    def arrived(self) -> Floats:
        """Expected share of the present units' outcomes that has come, less what was taken back."""
        share = self._come()
        if self.refunds:
            exposed = np.ones(self.looks) if self.timing == "campaign" else self.times
            steps = np.diff(share * exposed, prepend=0.0)
            look = np.arange(self.looks)
            gone = np.clip(look[None, :] - look[:, None] + 1, 0, None) / (self.looks - look)[:, None]
            share = (steps[:, None] * (1 - self.refunds * gone) * (gone > 0)).sum(axis=0) / exposed
        return share

    @property
    def mean(self) -> float:
        """The control's true metric when every outcome has come."""
        first, _ = self.value_moments
        return first if self.kind == "ratio" else self.rate * first

    @property
    def effect(self) -> Floats:
        """The true difference at every look; of a ratio both parts come and go together."""
        return self.mean * self.lift * (1.0 if self.kind == "ratio" else self.arrived) * np.ones(self.looks)

    @property
    def value_moments(self) -> tuple[float, float]:
        """First and second moment of a value other than zero; of a basket for a ratio."""
        if self.values in {"lognormal", "order"}:
            return math.exp(self.spread**2 / 2), math.exp(2 * self.spread**2)
        return {"one": (1.0, 1.0), "normal": (1.0, 1.0 + self.spread**2), "poisson": (1.0, 2.0)}[self.values]

    def chances(self, factor: float) -> tuple[float, ...]:
        """Chances of having an outcome alone, both it and a covariate, and a covariate alone.

        Without covariates the first, with dense outcomes 1. `factor` multiplies the rate of outcomes. With
        newcomers theirs come first (of an outcome), and that of having been seen and nothing else last.
        """
        known = 1 - self.newcomers
        if self.rate == 1:
            return (self.newcomers, known) if self.newcomers else (1.0,)
        if not self.correlation:
            return (self.rate * factor,)
        rate = self.rate * (1 - self.newcomers / 2) / known
        both = rate**2 + self.correlation * rate * (1 - rate)
        both = min(both * factor, rate)
        seen = (known * (rate * factor - both), known * both, known * (rate - both))
        if not self.newcomers:
            return seen
        return (self.newcomers * self.rate / 2 * factor, *seen, known - sum(seen))

    def lift_for_power(self, power: float = 0.8, alpha: float = 0.05) -> float:
        """Lift that a single look at the end would find with this power, for the first treatment."""
        drift = float(ndtri(power) - ndtri(alpha / 2))
        size = (1 / self.shares[0] + 1 / self.shares[1]) / self.units
        return drift * math.sqrt(self._relative_variance() * size)

    def _come(self) -> Floats:
        power = 1 / self.haste
        if self.timing == "campaign":
            return np.asarray(self.matured**power, dtype=np.float64)
        if not self.delayed:
            return np.ones(self.looks)
        full = np.minimum(self.times, self.delay)
        whole = self.delay / (power + 1) * (full / self.delay) ** (power + 1) + self.times - full
        return np.asarray(whole / self.times, dtype=np.float64)

    def _relative_variance(self) -> float:
        """Variance of one unit's contribution over the metric squared, after adjustment but for newcomers."""
        keep = self.rate * (1 - self.refunds)
        first, second = self.value_moments
        if self.kind == "ratio":
            orders = 1 + self.more_orders
            return (second / first**2 - 1) * (1 + self.more_orders / orders**2) / keep
        raw = (keep * second - (keep * first) ** 2) / (keep * first) ** 2
        return raw * (1 - self._explained() ** 2)

    def _explained(self) -> float:
        """Correlation of one unit's outcome with its covariate."""
        if self.newcomers:
            return 0.0
        if not self.correlation or self.rate == 1:
            return self.correlation
        first, second = self.value_moments
        both = self.chances(1.0)[1]
        joint = first**2
        if self.values == "lognormal":
            joint *= math.exp(self.correlation * self.spread**2)
        return (both * joint - (self.rate * first) ** 2) / (self.rate * second - (self.rate * first) ** 2)
