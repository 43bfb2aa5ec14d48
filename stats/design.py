"""Whole group-sequential designs: efficacy and futility boundaries, their power and their expected size."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.optimize import brentq
from scipy.special import ndtri

from stats.group_sequential import Crossing, check_information, critical_values, crossing, upper_bound
from stats.spending import Spending
from stats.walk import Walk, start

FAR = 40.0
OBRIEN_FLEMING = Spending()


@dataclass(frozen=True, slots=True)
class Design:
    """What is fixed before the start; the information at the last look is 1.

    Attributes:
        information: Rates of information at the looks.
        alpha: Error, both sides together.
        beta: One minus the power wanted.
        sides: 1 or 2. With futility the upper side is the benefit: both sides may reject, and too little of
            the benefit stops for futility (rpact's two-sided futility is another: a wedge around zero).
        spending: Spending function of alpha, unless `shape` is given.
        shape: Exact boundary `c * rate ** (shape - 1 / 2)` (Wang & Tsiatis 1987): 0 is O'Brien & Fleming's,
            0.5 Pocock's.
        futility: Spending function of beta, `None` without stopping for futility.
        binding: Whether crossing the futility boundary must stop; only then may alpha profit from it.
    """

    information: tuple[float, ...]
    alpha: float
    beta: float = 0.2
    sides: int = 1
    spending: Spending = OBRIEN_FLEMING
    shape: float | None = None
    futility: Spending | None = None
    binding: bool = False

    def __post_init__(self) -> None:
        """Refuse designs that mean nothing."""
        check_information(self.information)
        if not 0 < self.alpha < 1 or not 0 < self.beta < 1:
            raise ValueError(f"alpha and beta must lie between 0 and 1, got {self.alpha} and {self.beta}")
        if self.sides not in {1, 2}:
            raise ValueError(f"sides must be 1 or 2, got {self.sides}")
        if self.futility is not None and self.shape is not None:
            raise ValueError("a futility boundary needs a spending function of alpha, not a shape")


@dataclass(frozen=True, slots=True)
class Boundaries:
    """A design worked out; equal to rpact's `getDesignGroupSequential` and `getDesignCharacteristics`.

    Attributes:
        design: The design.
        critical: Efficacy boundary on the z scale.
        futility: Futility boundary on the z scale at all looks but the last; empty without one.
        drift: Mean of the z statistic at information 1 at which the upper boundary is crossed with chance
            `1 - beta`.
    """

    design: Design
    critical: tuple[float, ...]
    futility: tuple[float, ...]
    drift: float

    @property
    def fixed_drift(self) -> float:
        """What a single look would need."""
        return -float(ndtri(self.design.alpha / self.design.sides) + ndtri(self.design.beta))

    @property
    def inflation(self) -> float:
        """Largest size over the size of a single look."""
        return (self.drift / self.fixed_drift) ** 2

    def chances(self, drift: float) -> Crossing:
        """Chances of stopping at each look, when the z statistic at information 1 has this mean."""
        return crossing(self.design.information, self.critical, self.floor(), drift)

    def power(self, drift: float) -> float:
        """Chance of crossing an efficacy boundary; with a futility boundary, that of the benefit."""
        found = self.chances(drift)
        both = self.design.sides == 2 and not self.futility
        return sum(found.upper) + (sum(found.lower) if both else 0.0)

    def expected_information(self, drift: float) -> float:
        """Mean rate of information at which the design stops."""
        found = self.chances(drift)
        stopped = [up + down for up, down in zip(found.upper, found.lower, strict=True)]
        going_on = 1 - sum(stopped[:-1])
        rates = self.design.information
        early = sum(rate * chance for rate, chance in zip(rates[:-1], stopped[:-1], strict=True))
        return early + going_on * rates[-1]

    def floor(self) -> tuple[float, ...]:
        """Below what a look stops, whether for futility or for harm; `-inf` where it never does."""
        harm = [-value if self.design.sides == 2 else -math.inf for value in self.critical]
        if not self.futility:
            return tuple(harm)
        return (*(max(pair) for pair in zip(self.futility, harm[:-1], strict=True)), self.critical[-1])


def work_out(design: Design) -> Boundaries:
    """Boundaries of a design, and the drift at which it has its power."""
    if design.futility is None:
        critical = efficacy(design)
        plain = Boundaries(design, critical, (), 0.0)
        drift = brentq(
            lambda value: sum(plain.chances(value).upper) - (1 - design.beta), 1e-9, 20.0, xtol=1e-12
        )
        return Boundaries(design, critical, (), float(drift))
    return _with_futility(design)


def efficacy(design: Design) -> tuple[float, ...]:
    """Critical values of a design that does not stop for futility."""
    if design.shape is None:
        return critical_values(design.information, design.alpha, design.sides, design.spending)
    shape = design.shape
    factors = [rate ** (shape - 0.5) for rate in design.information]

    def excess(constant: float) -> float:
        upper = [constant * factor for factor in factors]
        lower = [-value if design.sides == 2 else -math.inf for value in upper]
        found = crossing(design.information, upper, lower, 0.0)
        return sum(found.upper) + sum(found.lower) - design.alpha

    constant = float(brentq(excess, 1e-3, FAR, xtol=1e-13))
    return tuple(constant * factor for factor in factors)


def _with_futility(design: Design) -> Boundaries:
    """Find the drift at which the futility boundary meets the efficacy boundary at the last look.

    Pampallona, Tsiatis & Kim (2001); alpha and beta are spent look by look, each by its function.
    """

    def gap(drift: float) -> float:
        critical, futility = spend_both(design, drift)
        return futility[-1] - critical[-1]

    fixed = -float(ndtri(design.alpha / design.sides) + ndtri(design.beta))
    drift = float(brentq(gap, fixed * 0.9, fixed * 2.5, xtol=1e-12))
    critical, futility = spend_both(design, drift)
    return Boundaries(design, critical, futility[:-1], drift)


def spend_both(
    design: Design, drift: float, clock: tuple[float, ...] | None = None
) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Efficacy and futility boundaries when beta is spent under this drift; at the end they may cross.

    Args:
        design: With a futility function; its information may be that of looks as they were taken.
        drift: Mean of the z statistic at information 1 under the alternative.
        clock: Rates by which both errors are spent, where they are not those of the information.
    """
    spending = design.futility or Spending()
    null, alternative = start(), start(drift)
    critical: list[float] = []
    futility: list[float] = []
    alpha_before = beta_before = 0.0
    for rate, time in zip(design.information, clock or design.information, strict=True):
        alpha_spent = design.spending.spent(time, design.alpha, design.sides)
        beta_spent = spending.spent(time, design.beta)
        critical.append(upper_bound(null, rate, (alpha_spent - alpha_before) / design.sides))
        futility.append(_bound_below(alternative, rate, beta_spent - beta_before))
        alpha_before, beta_before = alpha_spent, beta_spent
        mirror = -critical[-1] if design.sides == 2 else -math.inf
        floor = max(min(futility[-1], critical[-1]), mirror)
        null = null.within(rate, floor if design.binding else mirror, critical[-1])
        alternative = alternative.within(rate, floor, critical[-1])
    return tuple(critical), tuple(futility)


def _bound_below(walk: Walk, rate: float, level: float) -> float:
    if level <= 1e-300:
        return -FAR
    if walk.below(rate, FAR) <= level:
        return FAR
    return float(brentq(lambda bound: walk.below(rate, bound) - level, -FAR, FAR, xtol=1e-13))
