"""Critical values that hold at every moment: one share of alpha for the plan up to its size, one for ever."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from stats import confidence_sequence

Floats = NDArray[np.float64]

GRACE = 1.05
"""Information rate up to which a reading counts as the plan's last one."""


@dataclass(frozen=True, slots=True)
class Boundary:
    """Two boundaries of which the lower one counts, their errors adding up to alpha.

    Up to the planned size, the O'Brien-Fleming boundary of Lan & DeMets (1983) for continuous reading,
    constant on the score scale: `4 (1 - Phi(b / sqrt(t)))` bounds the chance that Brownian motion ever leaves
    `+-b` by `t` (reflection principle). It stays at its last value until `GRACE`. For ever, the normal
    mixture of `stats.confidence_sequence`.

    Attributes:
        alpha: Two-sided error that tunes the boundaries; fixed before the data.
        ahead: Share of the error for the mixture: overwhelming effects early, and reading on after the plan.
            At 1 there is no other boundary, and one over the p-value is an e-value.
        tuned: Rate of information at which the mixture is tightest.
    """

    alpha: float
    ahead: float
    tuned: float

    def critical_value(self, rate: ArrayLike, time: ArrayLike, level: float | None = None) -> Floats:
        """Standard errors to either bound, valid over all moments together.

        Args:
            rate: Information now over information planned, as `stats.clock` tells it, any shape.
            time: The mixture's clock in planned sizes, same shape.
            level: Two-sided error; `alpha` unless given.
        """
        level = self.alpha if level is None else level
        now = np.asarray(rate, dtype=np.float64)
        forever = np.full(np.shape(now), np.inf)
        if self.ahead > 0:
            clock = np.asarray(time, dtype=np.float64)
            forever = confidence_sequence.critical_value(clock, self.ahead * level, self._rho())
        if self.ahead >= 1:
            return forever
        own = -ndtri(self._plan_share() * level / 4)
        with np.errstate(divide="ignore"):
            plan = np.where(now <= GRACE, own / np.sqrt(np.minimum(now, 1.0)), np.inf)
        return np.asarray(np.minimum(plan, forever), dtype=np.float64)

    def p_value(self, z: ArrayLike, rate: ArrayLike, time: ArrayLike) -> Floats:
        """Smallest level at which `z` lies beyond the critical value; at most 1. Args as above."""
        size, now = np.abs(np.asarray(z, dtype=np.float64)), np.asarray(rate, dtype=np.float64)
        forever = np.ones(np.shape(size))
        if self.ahead > 0:
            forever = confidence_sequence.p_value(size, time, self._rho()) / self.ahead
        if self.ahead < 1:
            plan = 4 * ndtr(-size * np.sqrt(np.minimum(now, 1.0))) / self._plan_share()
            forever = np.minimum(forever, np.where(now <= GRACE, plan, 1.0))
        return np.asarray(np.minimum(forever, 1.0), dtype=np.float64)

    def plan_level(self, level: float) -> float:
        """What the boundary of the plan may spend of a level."""
        return self._plan_share() * level

    def _rho(self) -> float:
        return confidence_sequence.mixture_rho(self.ahead * self.alpha, self.tuned)

    def _plan_share(self) -> float:
        """Share for the plan proper, after what the time of grace costs.

        A constant bound `b` on the z scale over rates from 1 to `GRACE` is crossed with chance of about
        `phi(b) (b - 1 / b) log(GRACE)` (Siegmund 1985, both sides), against `4 phi(b) / b` until then.
        """
        bound = -float(ndtri(self.alpha / 4))
        return (1 - self.ahead) / (1 + (bound**2 - 1) * math.log(GRACE) / 4)


def sequential(alpha: float) -> Boundary:
    """Of the default plan: near O'Brien & Fleming's power at the planned size, and open for ever.

    The share is the largest for the plan that keeps the error where outcomes come late in windows as long as
    the experiment, which makes the plan's clock of units run ahead of the information.
    """
    return Boundary(alpha, 0.35, 0.5)


def planned(alpha: float) -> Boundary:
    """Of a plan with a size that is meant to be its end."""
    return Boundary(alpha, 0.15, 1.0)


def mixture(alpha: float) -> Boundary:
    """The mixture alone, whose p-value is one over an e-value."""
    return Boundary(alpha, 1.0, 1.0)
