"""One comparison in the report's shape."""

from __future__ import annotations

import math
from typing import Any

from experiments.forms import MetricForm
from stats.result import Comparison, Interval

Document = dict[str, Any]
_COVARIATES = {
    "covariate": "pre_value",
    "covariate_numerator": "pre_ratio",
    "covariate_count": "pre_count",
    "covariate_seen": "seen_before",
}


def comparison_row(
    result: Comparison, metric: MetricForm, arms: tuple[str, str], alpha: float, base: float | None
) -> Document:
    """A comparison as it stands in the report.

    Args:
        result: As its family adjusted it.
        metric: The metric, which may have a margin.
        arms: Keys of control and treatment.
        alpha: Of the family.
        base: What the control did; `None` where that is not known.
    """
    document: Document = {
        "variant": arms[1],
        "control": arms[0],
        **reading_row(result),
        "own_p_value": finite(result.own_p_value),
        "alpha": alpha,
        "adjustment": result.adjustment,
        "variance_reduction": finite(result.variance_reduction) or 0.0,
        "covariates": [
            _COVARIATES.get(name, name.removeprefix("covariate_of_")) for name in result.covariates
        ],
    }
    if metric.non_inferiority_margin is not None:
        # A margin is a share of the control's value, which means nothing where that is not positive.
        document["non_inferior"] = (
            _non_inferior(metric, metric.non_inferiority_margin, result.relative)
            if base is not None and base > 0 and not result.preliminary
            else None
        )
    return document


def reading_row(result: Comparison) -> Document:
    """What a method says of a comparison; only a family's adjustment makes its p-value an adjusted one."""
    why = result.undetermined
    return {
        "absolute": _bounded(result.absolute, result),
        "relative": _bounded(result.relative, result),
        "p_value": finite(result.p_value),
        "significant": result.significant and not result.preliminary,
        "preliminary": result.preliminary,
        "at_planned_size": result.at_planned_size,
        "probability_better": finite(result.probability_better),
        "expected_loss": finite(result.expected_loss),
        "method": result.method,
        "method_reason": result.method_reason,
        "method_reasons": [
            {"code": each.code, "params": {name: finite(value) for name, value in each.numbers}}
            for each in result.because
        ],
        "level": result.level,
        "undetermined": None if why is None else why.reason,
        "undetermined_code": None if why is None else why.code,
    }


def _interval(interval: Interval) -> Document:
    return {
        "estimate": finite(interval.estimate),
        "lower": finite(interval.lower),
        "upper": finite(interval.upper),
    }


def finite(value: float | None) -> float | None:
    """The number, or nothing where JSON has no number for it."""
    return value if value is not None and math.isfinite(value) else None


def _bounded(interval: Interval, result: Comparison) -> Document:
    """The interval; where a side cannot be given although the comparison is, `undetermined` says why."""
    document = _interval(interval)
    missing = document["lower"] is None or document["upper"] is None
    tested = result.undetermined is None and result.p_value is not None
    return {**document, "undetermined": result.method_reason if missing and tested else None}


def _non_inferior(metric: MetricForm, margin: float, relative: Interval) -> bool | None:
    """Whether harm beyond the margin is ruled out (`True`), proven (`False`), or neither."""
    rising = metric.direction == "increase"
    worst, best = (relative.lower, relative.upper) if rising else (relative.upper, relative.lower)
    sign = 1 if rising else -1
    if worst is not None and math.isfinite(worst) and sign * worst > -margin:
        return True
    return False if best is not None and math.isfinite(best) and sign * best < -margin else None
