"""Whether the data bear a normal approximation yet, and what is missing when they do not."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from stats.contrast import Contrast
from stats.result import Undetermined

Floats = NDArray[np.float64]

MINIMUM_UNITS = 50
MINIMUM_EVENTS = 20
MAXIMUM_SKEWNESS = 0.1
EVENTS_FOR_SIZE = 200
MAXIMUM_DENOMINATOR_ERROR = 0.15
WORTH = 0.05
"""Share of a rate's variance that covariates must explain to be preferred to a test that cannot use them."""
CODES = ("", "too_few_units", "too_few_events", "no_variation", "uncertain_denominator")


@lru_cache(maxsize=2)
def skewness(pair: Contrast) -> Floats:
    """Skewness of the difference of the two means, in absolute value.

    The larger of two: each arm with its own third moment, and the skewness of one unit pooled over the arms,
    so that a small arm that has not met its large values yet is not believed alone.
    """
    control, treatment = pair.control, pair.treatment
    n0, n1 = control.units, treatment.units
    with np.errstate(divide="ignore", invalid="ignore"):
        own = np.abs(treatment.third / n1**3 - control.third / n0**3) / pair.welch.constant**1.5
        variance = (n0 * control.variance + n1 * treatment.variance) / (n0 + n1)
        unit = np.abs(control.third + treatment.third) / (n0 + n1) / variance**1.5
        return np.maximum(own, unit * np.abs(1 / n1 - 1 / n0) / np.sqrt(1 / n1 + 1 / n0))


def lopsided(pair: Contrast) -> NDArray[np.bool_]:
    """Where a difference can be told from zero, and bounded as a lift, but not bounded in its own unit.

    How large a mean is rests on large values that may not have been seen yet. The test and the lift do not:
    where the arms differ in scale alone, what is missing from one is missing from the other.
    """
    fewest = np.minimum(pair.control.events, pair.treatment.events)
    return ~((skewness(pair) <= MAXIMUM_SKEWNESS) & (fewest >= EVENTS_FOR_SIZE))


def worth(pair: Contrast) -> NDArray[np.bool_]:
    """Where covariates explain enough of a rate for its normal reading to serve better than an exact test.

    What they explain is taken over both arms together and is the same whoever is in which, so without an
    effect the choice says nothing about the difference.
    """
    return np.asarray(pair.explained >= WORTH)


def verdicts(pair: Contrast) -> NDArray[np.int64]:
    """Position in `CODES` of what is missing; 0 where the normal approximation may be used."""
    control, treatment = pair.control, pair.treatment
    error = np.maximum(control.denominator_error, treatment.denominator_error)
    conditions = [
        np.minimum(control.units, treatment.units) < MINIMUM_UNITS,
        np.minimum(control.events, treatment.events) < MINIMUM_EVENTS,
        ~((pair.welch.constant > 0) & (control.variance > 0) & (treatment.variance > 0)),
        ~(error <= MAXIMUM_DENOMINATOR_ERROR),
    ]
    return np.asarray(np.select(conditions, [1, 2, 3, 4], 0), dtype=np.int64)


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
            f"The ratio's denominator is known to {error:.1%}; {MAXIMUM_DENOMINATOR_ERROR:.0%} needs "
            f"about {(error / MAXIMUM_DENOMINATOR_ERROR) ** 2:.1f} times the units.",
        )
    return None
