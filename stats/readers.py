"""Readings of many imaginary experiments at every look: each method of the product, and what others do."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from stats import anytime, confidence_sequence, conversion, mixture_sprt
from stats.anytime import Boundary
from stats.cell import Cell
from stats.contrast import Contrast, contrast
from stats.group_sequential import critical_values
from stats.guard import verdicts, worth
from stats.looks import DEFAULT_LOOKS
from stats.mean import Reading, read_always, read_fixed, read_normal, read_plain, safe_deviation
from stats.sequential import RARE
from stats.spending import Spending
from stats.synthetic import Arm

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True)
class Pair:
    """The control and one treatment of many experiments.

    Attributes:
        cell: Kind of experiment.
        control: The first arm.
        treatment: The arm at `place`.
        place: Which treatment, 1 for the first.
    """

    cell: Cell
    control: Arm
    treatment: Arm
    place: int = 1

    @property
    def shares(self) -> tuple[float, float]:
        """Chances of the two arms among the units of both."""
        first, second = self.cell.shares[0], self.cell.shares[self.place]
        return first / (first + second), second / (first + second)

    @property
    def planned(self) -> float:
        """Units planned in both arms together."""
        return self.cell.units * min(1.0, self.cell.shares[0] + self.cell.shares[self.place])

    @property
    def binary(self) -> bool:
        """Whether outcomes are zeros and ones."""
        return self.cell.kind in {"proportion", "retention"}

    @cached_property
    def contrast(self) -> Contrast:
        """The two arms reduced to what a normal reading needs."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return contrast(self.control.stack, self.treatment.stack, adjust=True)


@dataclass(frozen=True, slots=True)
class Readout:
    """What a method says; arrays of shape `(replicates, looks)`.

    Attributes:
        called: It calls a difference.
        upward: The difference is above zero.
        known: It gives an interval.
        missed_absolute: Its interval leaves out the true difference.
        missed_relative: Its interval leaves out the true lift.
    """

    called: Bools
    upward: Bools
    known: Bools
    missed_absolute: Bools
    missed_relative: Bools


Reader = Callable[[Pair, float], Readout]
"""Reads a pair of arms at a two-sided alpha."""


def read_automatic(pair: Pair, alpha: float) -> Readout:
    """The default: the same functions and order of choice as `stats.sequential.read_sequentially`."""
    return _choose(pair, anytime.sequential(alpha))


def read_evidence(pair: Pair, alpha: float) -> Readout:
    """The same where one over the p-value must be an e-value."""
    return _choose(pair, anytime.mixture(alpha))


def _choose(pair: Pair, boundary: Boundary) -> Readout:
    normal = _always(pair, boundary)
    if not pair.binary:
        return normal
    exact = _exact(pair, boundary)
    events = pair.control.stack.events + pair.treatment.stack.events
    units = pair.control.stack.units + pair.treatment.stack.units
    plain = (events < RARE * units) & ~worth(pair.contrast)
    return _where((events > 0) & (~normal.known | plain), exact, normal)


def read_sequence(pair: Pair, alpha: float) -> Readout:
    """The asymptotic confidence sequence with the product's guards, whose p-values are one over e-values."""
    return _always(pair, anytime.mixture(alpha))


def read_exact(pair: Pair, alpha: float) -> Readout:
    """The exact conditional test of conversion rates, at any rate; its p-values are e-values."""
    return _exact(pair, anytime.mixture(alpha))


def read_mixture(pair: Pair, alpha: float) -> Readout:
    """The mixture SPRT with the product's variances and guards, for effects of the size planned for."""
    with np.errstate(divide="ignore", invalid="ignore"):
        both = pair.contrast
        return _normal(pair, both, _mixture(pair, safe_deviation(both), alpha))


def read_planned_size(pair: Pair, alpha: float) -> Readout:
    """A planned size that is read at any moment."""
    with np.errstate(divide="ignore", invalid="ignore"):
        both = pair.contrast
        clock = pair.cell.clock
        rate, time = clock.rate(both.units, pair.planned), clock.time(both.units, pair.planned)
        return _normal(pair, both, anytime.planned(alpha).critical_value(rate, time))


def read_planned_looks(
    pair: Pair, alpha: float, looks: int = DEFAULT_LOOKS, spending: Spending | None = None
) -> Readout:
    """Planned looks at even steps of information, each frozen at the cell's first look at which it is due.

    Between them nothing is said.
    """
    cell = pair.cell
    rates = np.cumsum(cell.fresh) * cell.matured / cell.units
    due = np.searchsorted(rates, np.arange(1, looks + 1) / looks - 1e-9)
    due = np.unique(due[due < cell.looks])
    critical = np.full(cell.looks, np.inf)
    if len(due):
        critical[due] = critical_values(tuple(float(rate) for rate in rates[due]), alpha, 2, spending)
    with np.errstate(divide="ignore", invalid="ignore"):
        return _normal(pair, pair.contrast, critical)


def read_welch(pair: Pair, alpha: float) -> Readout:
    """What is done by hand: a t test read at every look as if it were the only one."""
    with np.errstate(divide="ignore", invalid="ignore"):
        both = pair.contrast
        reading = read_fixed(both, alpha)
        known = np.isfinite(reading.p_value)
        return _readout(pair, both, reading, known & (reading.p_value <= alpha), known)


def read_single_look(pair: Pair, alpha: float) -> Readout:
    """A fixed plan, read once, at the last look: the tests of `stats.fixed`."""
    found = read_welch(pair, alpha)
    last = np.arange(pair.cell.looks) == pair.cell.looks - 1
    called = found.called
    if pair.binary and len(pair.control.stack.columns) == 1:
        both = pair.contrast
        n0, n1 = both.control.units, both.treatment.units
        with np.errstate(divide="ignore", invalid="ignore"):
            rate = (both.control.events + both.treatment.events) / (n0 + n1)
            z = both.difference / np.sqrt(rate * (1 - rate) * (1 / n0 + 1 / n1))
            called = 2 * ndtr(-np.abs(z)) <= alpha
    return replace(
        found,
        called=called & last,
        known=found.known & last,
        missed_absolute=found.missed_absolute & last,
        missed_relative=found.missed_relative & last,
    )


def read_plain_sequence(pair: Pair, alpha: float) -> Readout:
    """What other tools do: the asymptotic sequence with each arm's own variance, and no guard."""
    with np.errstate(divide="ignore", invalid="ignore"):
        both = pair.contrast
        rho = confidence_sequence.mixture_rho(alpha, pair.planned)
        return _plain(pair, both, confidence_sequence.critical_value(both.units, alpha, rho))


def read_plain_mixture(pair: Pair, alpha: float) -> Readout:
    """What other tools do: the mixture SPRT with each arm's own variance, and no guard."""
    with np.errstate(divide="ignore", invalid="ignore"):
        both = pair.contrast
        return _plain(pair, both, _mixture(pair, np.sqrt(both.welch.constant), alpha))


def _always(pair: Pair, boundary: Boundary) -> Readout:
    with np.errstate(divide="ignore", invalid="ignore"):
        both = pair.contrast
        reading = read_always(both, pair.planned, boundary, pair.cell.clock, binary=pair.binary)
        sound = verdicts(both) == 0
        return _readout(pair, both, reading, sound & (reading.p_value <= boundary.alpha), sound)


def _exact(pair: Pair, boundary: Boundary) -> Readout:
    cell, shares, alpha = pair.cell, pair.shares, boundary.alpha
    first, second = pair.control.stack.events, pair.treatment.stack.events
    total, units = first + second, pair.control.stack.units + pair.treatment.stack.units
    counts = (first, second, units, shares, pair.planned, boundary)
    called = conversion.p_value(*counts, clock=cell.clock) <= alpha
    ratio = conversion.p_value(*counts, math.log1p(cell.lift), cell.clock) <= alpha
    rate = cell.rate * cell.arrived * (1 + shares[1] * cell.lift)
    # The difference follows from the ratio and the overall rate; it is left out only where one of them is.
    level = conversion.rate_evidence(total, units, rate) >= -math.log(alpha * conversion.LEVEL_SHARE)
    return Readout(called, second * shares[0] > first * shares[1], total > 0, ratio | level, ratio)


def _mixture(pair: Pair, deviation: Floats, alpha: float) -> Floats:
    """Critical values of the mixture SPRT for effects of the size that a fixed test finds."""
    spread = pair.cell.mean * pair.cell.lift_for_power()
    return mixture_sprt.half_width(np.square(deviation), spread, alpha) / deviation


def _normal(pair: Pair, both: Contrast, critical: Floats) -> Readout:
    reading = read_normal(both, critical, np.full(both.units.shape, np.nan), binary=pair.binary)
    sound = (verdicts(both) == 0) & np.isfinite(critical)
    return _readout(pair, both, reading, sound & _apart(reading), sound)


def _plain(pair: Pair, both: Contrast, critical: Floats) -> Readout:
    reading = read_plain(both, critical)
    known = both.welch.constant > 0
    return _readout(pair, both, reading, known & _apart(reading), known)


def _readout(pair: Pair, both: Contrast, reading: Reading, called: Bools, known: Bools) -> Readout:
    absolute, relative = _outside(pair.cell, reading)
    return Readout(called, both.difference > 0, known, known & absolute, known & relative)


def _apart(reading: Reading) -> Bools:
    return np.asarray((reading.lower > 0) | (reading.upper < 0))


def _outside(cell: Cell, reading: Reading) -> tuple[Bools, Bools]:
    """Where the intervals leave out the truth; one that cannot be given leaves out nothing."""
    absolute = (cell.effect < reading.lower) | (cell.effect > reading.upper)
    relative = (cell.lift < reading.lift_lower) | (cell.lift > reading.lift_upper)
    return np.asarray(absolute), np.asarray(relative)


def _where(choice: Bools, first: Readout, second: Readout) -> Readout:
    return Readout(
        np.where(choice, first.called, second.called),
        np.where(choice, first.upward, second.upward),
        np.where(choice, first.known, second.known),
        np.where(choice, first.missed_absolute, second.missed_absolute),
        np.where(choice, first.missed_relative, second.missed_relative),
    )
