"""Whether the data bear a normal approximation yet, and what is missing when they do not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from stats.contrast import Contrast
from stats.result import Undetermined

Floats = NDArray[np.float64]

MINIMUM_UNITS = 50
MINIMUM_EVENTS = 20
MAXIMUM_SKEWNESS = 0.15
MAXIMUM_DENOMINATOR_ERROR = 0.05
CODES = ("", "too_few_units", "too_few_events", "no_variation", "uncertain_denominator", "too_skewed")


def skewness(pair: Contrast) -> Floats:
    """Skewness of the difference of the two means, in absolute value.

    The skewness of one unit is pooled over the arms, so that a small arm is not believed alone.
    """
    control, treatment = pair.control, pair.treatment
    n0, n1 = control.units, treatment.units
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = (n0 * control.variance + n1 * treatment.variance) / (n0 + n1)
        unit = (control.third + treatment.third) / (n0 + n1) / variance**1.5
        return np.asarray(unit * np.abs(1 / n1 - 1 / n0) / np.sqrt(1 / n1 + 1 / n0), dtype=np.float64)


def verdicts(pair: Contrast) -> NDArray[np.int64]:
    """Position in `CODES` of what is missing; 0 where the normal approximation may be used."""
    control, treatment = pair.control, pair.treatment
    error = np.maximum(control.denominator_error, treatment.denominator_error)
    found = skewness(pair)
    conditions = [
        np.minimum(control.units, treatment.units) < MINIMUM_UNITS,
        np.minimum(control.events, treatment.events) < MINIMUM_EVENTS,
        ~((pair.welch.constant > 0) & (control.variance > 0) & (treatment.variance > 0)),
        ~(error <= MAXIMUM_DENOMINATOR_ERROR),
        ~(found <= MAXIMUM_SKEWNESS),
    ]
    return np.asarray(np.select(conditions, [1, 2, 3, 4, 5], 0), dtype=np.int64)


def refusal(pair: Contrast) -> Undetermined | None:
    """Why the normal approximation must wait, for a single pair; `None` when it may be used."""
    code = CODES[int(verdicts(pair))]
    control, treatment = pair.control, pair.treatment
    if code == "too_few_units":
        found = int(min(control.units, treatment.units))
        return Undetermined(code, f"The smallest variant has {found:,} units; {MINIMUM_UNITS} are needed.")
    if code == "too_few_events":
        found = int(min(control.events, treatment.events))
        return Undetermined(
            code,
            f"The variant with fewest has {found:,} units with a value other than zero; "
            f"{MINIMUM_EVENTS} are needed.",
        )
    if code == "no_variation":
        return Undetermined(code, "All units of a variant have the same value, so chance cannot be measured.")
    if code == "uncertain_denominator":
        error = float(max(control.denominator_error, treatment.denominator_error))
        return Undetermined(
            code,
            f"The ratio's denominator is known to {error:.1%} only, {MAXIMUM_DENOMINATOR_ERROR:.0%} is needed: "
            f"about {(error / MAXIMUM_DENOMINATOR_ERROR) ** 2:.1f} times the units.",
        )
    if code == "too_skewed":
        factor = float(skewness(pair) / MAXIMUM_SKEWNESS) ** 2
        return Undetermined(
            code,
            "A few large or rare values decide the smaller variant; "
            f"about {factor:.1f} times the units, an even split or a cap on the value is needed.",
        )
    return None
