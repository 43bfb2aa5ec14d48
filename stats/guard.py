"""Whether the data bear a normal approximation yet, and what is missing when they do not."""

from __future__ import annotations

import math
from dataclasses import dataclass

from stats.contrast import Arm, Contrast
from stats.result import Undetermined

MINIMUM_UNITS = 50
MINIMUM_EVENTS = 20
MAXIMUM_SKEWNESS = 0.15
MAXIMUM_DENOMINATOR_ERROR = 0.05


@dataclass(frozen=True, slots=True)
class Doubt:
    """What a normal approximation would rest on.

    Attributes:
        skewness: Skewness of the difference of the two means, in absolute value.
        fewest_units: Units in the smaller arm.
        fewest_events: Units that are not zero, in the arm that has fewest.
    """

    skewness: float
    fewest_units: int
    fewest_events: int


def doubt(pair: Contrast) -> Doubt:
    """Measure it; the skewness of one unit is pooled over the arms, so that a small arm is not believed."""
    arms = (pair.control, pair.treatment)
    n0, n1 = pair.control.units, pair.treatment.units
    unit = _unit_skewness(arms)
    difference = unit * abs(1 / n1 - 1 / n0) / math.sqrt(1 / n1 + 1 / n0)
    return Doubt(difference, min(n0, n1), min(arm.events for arm in arms))


def refusal(pair: Contrast) -> Undetermined | None:
    """Why the normal approximation must wait; `None` when it may be used."""
    found = doubt(pair)
    if found.fewest_units < MINIMUM_UNITS:
        return Undetermined(
            "too_few_units",
            f"The smallest variant has {found.fewest_units:,} units; at least {MINIMUM_UNITS} are needed.",
        )
    if found.fewest_events < MINIMUM_EVENTS:
        return Undetermined(
            "too_few_events",
            f"The variant with fewest has {found.fewest_events:,} units with a value other than zero; "
            f"at least {MINIMUM_EVENTS} are needed.",
        )
    if not (pair.variance > 0 and math.isfinite(found.skewness)):
        return Undetermined("no_variation", "All units have the same value, so chance cannot be measured.")
    error = max(pair.control.denominator_error, pair.treatment.denominator_error)
    if error > MAXIMUM_DENOMINATOR_ERROR:
        return Undetermined(
            "uncertain_denominator",
            f"The ratio's denominator is known to {error:.1%} only, {MAXIMUM_DENOMINATOR_ERROR:.0%} needed: "
            f"about {(error / MAXIMUM_DENOMINATOR_ERROR) ** 2:.1f} times the units.",
        )
    if found.skewness > MAXIMUM_SKEWNESS:
        factor = (found.skewness / MAXIMUM_SKEWNESS) ** 2
        return Undetermined(
            "too_skewed",
            "A few large or rare values decide the smaller variant; "
            f"about {factor:.1f} times the units, an even split or a cap on the value is needed.",
        )
    return None


def _unit_skewness(arms: tuple[Arm, Arm]) -> float:
    units = sum(arm.units for arm in arms)
    variance = sum(arm.units * arm.variance for arm in arms) / units
    if not variance > 0:
        return math.nan
    return float(sum(arm.third for arm in arms) / units / variance**1.5)
