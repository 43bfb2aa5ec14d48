"""What a comparison's method takes for granted, held against the data."""

from __future__ import annotations

from dataclasses import dataclass

from stats import bayes, conversion, fixed, mixture_reading, planned, sequential
from stats.contrast import Contrast, contrast
from stats.guard import (
    MAXIMUM_DENOMINATOR_ERROR,
    MAXIMUM_SKEWNESS,
    MINIMUM_EVENTS,
    MINIMUM_UNITS,
    skewness,
)
from stats.stack import stack
from stats.summary import Summary

NORMAL = (
    sequential.ASYMPTOTIC,
    planned.METHOD,
    fixed.WELCH,
    fixed.SCORE,
    bayes.NORMAL,
    mixture_reading.METHOD,
)
BINARY = {"proportion", "retention"}


@dataclass(frozen=True, slots=True)
class Assumption:
    """One of them.

    Attributes:
        code: `units_per_arm`, `events_per_arm`, `skewness`, `denominator`, `split`, `planned_size` or
            `maturity`.
        met: Whether the data meet it.
        value: What the data have.
        needed: The least or, of `skewness` and `denominator`, the most that is fine; of `split` what was
            planned.
    """

    code: str
    met: bool
    value: float
    needed: float


def assumptions(
    control: Summary,
    treatment: Summary,
    *,
    kind: str,
    method: str,
    shares: tuple[float, float],
    adjust: bool,
) -> list[Assumption]:
    """Those of a method, of two variants of at least two units each.

    Args:
        control: Summary of the control's units.
        treatment: Summary of the treatment's units.
        kind: Kind of the metric.
        method: Name of the method that gave the comparison.
        shares: Planned probabilities of the two arms among the experiment's units.
        adjust: Whether covariates are used.
    """
    found: list[Assumption] = []
    if method in NORMAL:
        pair = contrast(stack(control), stack(treatment), adjust=adjust)
        found = _of_the_normal(pair, binary=kind in BINARY, ratio=kind == "ratio")
    share = shares[1] / sum(shares)
    units = control.units + treatment.units
    fits = conversion.shares_fit(control.units, treatment.units, (1 - share, share))
    return [*found, Assumption("split", fits, treatment.units / units, share)]


def _of_the_normal(pair: Contrast, *, binary: bool, ratio: bool) -> list[Assumption]:
    control, treatment = pair.control, pair.treatment
    units = float(min(control.units, treatment.units))
    events = float(min(control.events, treatment.events))
    found = [
        Assumption("units_per_arm", units >= MINIMUM_UNITS, units, MINIMUM_UNITS),
        Assumption("events_per_arm", events >= MINIMUM_EVENTS, events, MINIMUM_EVENTS),
    ]
    if not binary and pair.welch.constant > 0:
        lean = float(skewness(pair))
        found.append(Assumption("skewness", lean <= MAXIMUM_SKEWNESS, lean, MAXIMUM_SKEWNESS))
    if ratio:
        error = float(max(control.denominator_error, treatment.denominator_error))
        met = error <= MAXIMUM_DENOMINATOR_ERROR
        found.append(Assumption("denominator", met, error, MAXIMUM_DENOMINATOR_ERROR))
    return found
