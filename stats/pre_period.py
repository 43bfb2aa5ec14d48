"""Whether the variants were alike before the experiment touched anyone: a test of their covariates."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from stats import confidence_sequence
from stats.contrast import contrast
from stats.mean import safe_deviation
from stats.stack import Stack, stack
from stats.summary import Summary

Floats = NDArray[np.float64]
COVARIATE = "covariate"
METHOD = "asymptotic confidence sequence"
ALPHA = 0.001
"""False-alarm rate at which the test has most power."""
LEAST_MASS = 50.0
"""Units with a value, counted as equal ones, that the smaller variant must have: `(sum x)^2 / sum x^2`."""


def pre_period_p_value(control: Summary, treatment: Summary, planned_units: float) -> float | None:
    """Always-valid p-value that both variants' covariates have one mean.

    Randomised units cannot differ in what they did before, so a small value means that the assignment, or
    the record of it, depends on the shopper. Asymptotic confidence sequence (arXiv 2103.06476, Theorem 2.2)
    with the larger of the pooled and the arms' own variance.

    Args:
        control: Summary with a column `covariate`.
        treatment: The same of the treatment.
        planned_units: Units planned in both together, by which the test is made most powerful there.

    Returns:
        `None` while the smaller variant has too few units with anything before exposure.

    Raises:
        ValueError: A summary has no column `covariate`.
    """
    first, second = _only_covariate(control), _only_covariate(treatment)
    if min(float(_mass(first)), float(_mass(second))) < LEAST_MASS:
        return None
    return float(p_values(first, second, planned_units))


def p_values(control: Stack, treatment: Stack, planned_units: float) -> Floats:
    """The same for stacks of one column; `nan` where it cannot be said."""
    pair = contrast(control, treatment, adjust=False)
    rho = confidence_sequence.mixture_rho(ALPHA, planned_units)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = confidence_sequence.p_value(pair.difference / safe_deviation(pair), pair.units, rho)
    enough = np.minimum(_mass(control), _mass(treatment)) >= LEAST_MASS
    return np.where(enough, found, np.nan)


def _mass(arm: Stack) -> Floats:
    squares = arm.comoments[..., 0, 0] + arm.units * np.square(arm.means[..., 0])
    with np.errstate(divide="ignore", invalid="ignore"):
        mass = np.square(arm.units * arm.means[..., 0]) / squares
    return np.where(squares > 0, mass, 0.0)


def _only_covariate(summary: Summary) -> Stack:
    if COVARIATE not in summary.columns:
        raise ValueError(f"the summary has no column '{COVARIATE}', only {summary.columns}")
    place = summary.columns.index(COVARIATE)
    whole = stack(summary)
    # Without a third moment both variances are the larger of pooled and own, which errs on the safe side.
    return replace(
        whole,
        columns=("outcome",),
        means=whole.means[place : place + 1],
        comoments=whole.comoments[place : place + 1, place : place + 1],
        third=np.zeros(()),
    )
