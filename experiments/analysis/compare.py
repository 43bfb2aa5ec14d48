"""Compares every treatment with the control on every metric, in the report's shape."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from experiments.analysis.measure import Measured, Measurement
from experiments.definition import Definition
from experiments.forms import MetricForm, MetricKind
from stats.answer import Family, bonferroni
from stats.choose import compare
from stats.plan import ReadingPlan
from stats.quantile_reading import compare_quantiles
from stats.ranks import Ranks
from stats.result import Comparison, Interval, Undetermined
from stats.summary import Summary

Document = dict[str, Any]
DEFAULT_PLANNED_UNITS = 20_000
_WHOLE = (MetricKind.PROPORTION, MetricKind.COUNT, MetricKind.RETENTION)
_NOTHING = Interval(None, None, None)
_COVARIATES = {
    "covariate": "pre_value",
    "covariate_numerator": "pre_ratio",
    "covariate_count": "pre_count",
    "covariate_seen": "seen_before",
}


def reading_plan(definition: Definition) -> ReadingPlan:
    """The registered way of reading; a draft without a size gets the default one."""
    plan = definition.form.plan
    return ReadingPlan(
        method=plan.method.value,
        alpha=plan.alpha,
        power=plan.power,
        mde=plan.mde,
        planned_units=plan.planned_units or DEFAULT_PLANNED_UNITS,
        looks=plan.looks,
        cuped=plan.cuped,
    )


def compared(definition: Definition, measurement: Measurement) -> list[Document]:
    """The report's `metrics`: each role's metrics times treatments are one family."""
    treatments = len(definition.form.variants) - 1
    sizes = {
        role: treatments * sum(each.role == role for each in measurement.metrics)
        for role in {each.role for each in measurement.metrics}
    }
    return [
        _metric(definition, each, each.summaries, measurement.exposed.counts, sizes[each.role], each.ranks)
        for each in measurement.metrics
    ]


def compared_slices(definition: Definition, measurement: Measurement) -> list[Document]:
    """The report's `segments`: within a segment, values times treatments are one family."""
    treatments = len(definition.form.variants) - 1
    primaries = [each for each in measurement.metrics if each.role == "primary"]
    values = {
        name: sum(each.segment == name for each in measurement.slices) for name in definition.form.segments
    }
    return [
        {
            "segment": part.segment,
            "value": part.value,
            "units": sum(part.counts),
            "metrics": [
                _metric(
                    definition,
                    each,
                    part.metrics.get(each.form.key),
                    part.counts,
                    values[part.segment] * treatments,
                    (),
                )
                for each in primaries
            ],
        }
        for part in measurement.slices
    ]


def finite(value: float | None) -> float | None:
    """The number, or nothing where JSON has no number for it."""
    return value if value is not None and math.isfinite(value) else None


def _metric(
    definition: Definition,
    measured: Measured,
    summaries: Sequence[Summary] | None,
    counts: Sequence[int],
    family: int,
    ranks: Sequence[Ranks],
) -> Document:
    metric, form = measured.form, definition.form
    arms = [_arm(variant.key, count) for variant, count in zip(form.variants, counts, strict=True)]
    if summaries is not None:
        for arm, summary in zip(arms, summaries, strict=True):
            arm.update(_values(metric, summary))
    base = arms[0]["mean"]
    if metric.kind == MetricKind.QUANTILE:
        estimates = [finite(each.estimate) for each in ranks] or [None] * len(arms)
        for arm, value in zip(arms, estimates, strict=True):
            arm["quantile"] = value
        base = estimates[0]
    document: Document = {
        "metric": metric.key,
        "name": metric.name,
        "role": measured.role,
        "kind": metric.kind.value,
        "direction": metric.direction,
        "unit": metric.unit,
        "window_hours": metric.window_hours,
        "quantile": metric.quantile,
        "cap": measured.cap,
        "non_inferiority": None,
        "family": family,
        "variants": arms,
        "comparisons": [
            _comparison(definition, measured, summaries, ranks, place, family, base)
            for place in range(1, len(arms))
        ],
    }
    if metric.non_inferiority_margin is not None:
        findings = [comparison["non_inferior"] for comparison in document["comparisons"]]
        status = "exceeded" if False in findings else "within" if all(findings) else "unclear"
        document["non_inferiority"] = {"margin": metric.non_inferiority_margin, "status": status}
    return document


def _arm(key: str, units: int) -> Document:
    return {"variant": key, "units": units, "mean": None, "std": None, "sum": None}


def _values(metric: MetricForm, summary: Summary) -> Document:
    """What one variant did; of a ratio the quotient, its deviation per unit (delta method), and both sums."""
    if not summary.units:
        return {"sum": 0.0}
    sums = [mean * summary.units for mean in summary.means]
    if metric.kind in _WHOLE and metric.cap is None:
        sums = [float(round(total)) for total in sums]
    values: Document = {"events": summary.events, "sum": sums[0]}
    if metric.kind != MetricKind.RATIO:
        return {
            **values,
            "mean": finite(summary.mean()),
            "std": finite(math.sqrt(summary.variance())) if summary.units > 1 else None,
        }
    below = summary.mean("denominator")
    values |= {"numerator": sums[0], "denominator": sums[1]}
    if below == 0:
        return values
    ratio = summary.mean("numerator") / below
    spread = (
        summary.variance("numerator")
        - 2 * ratio * summary.covariance("numerator", "denominator")
        + ratio**2 * summary.variance("denominator")
    )
    std = math.sqrt(max(spread, 0.0)) / abs(below) if summary.units > 1 else None
    return {**values, "mean": finite(ratio), "std": finite(std)}


def _comparison(
    definition: Definition,
    measured: Measured,
    summaries: Sequence[Summary] | None,
    ranks: Sequence[Ranks],
    place: int,
    family: int,
    base: float | None,
) -> Document:
    metric, variants = measured.form, definition.form.variants
    result = _compare(definition, measured, summaries, ranks, place, family)
    why = result.undetermined
    document: Document = {
        "variant": variants[place].key,
        "control": variants[0].key,
        "absolute": _bounded(result.absolute, result),
        "relative": _bounded(result.relative, result),
        "p_value": finite(result.p_value),
        "significant": result.significant and not result.preliminary,
        "preliminary": result.preliminary,
        "probability_better": finite(result.probability_better),
        "expected_loss": finite(result.expected_loss),
        "method": result.method,
        "method_reason": result.method_reason,
        "alpha": definition.form.plan.alpha,
        "adjustment": result.adjustment,
        "variance_reduction": finite(result.variance_reduction) or 0.0,
        "covariates": [_COVARIATES[name] for name in result.covariates],
        "undetermined": None if why is None else why.reason,
        "undetermined_code": None if why is None else why.code,
    }
    if metric.non_inferiority_margin is not None:
        # A margin is a share of the control's value, which means nothing where that is not positive.
        document["non_inferior"] = (
            _non_inferior(metric, metric.non_inferiority_margin, result.relative)
            if base is not None and base > 0 and not result.preliminary
            else None
        )
    return document


def _compare(
    definition: Definition,
    measured: Measured,
    summaries: Sequence[Summary] | None,
    ranks: Sequence[Ranks],
    place: int,
    family: int,
) -> Comparison:
    weights = [variant.weight for variant in definition.form.variants]
    if weights[0] <= 0 or weights[place] <= 0:
        return _cannot_say("no_share", "One of the two variants is planned to receive no units.")
    total = sum(weights)
    if measured.form.kind == MetricKind.QUANTILE:
        if not ranks:
            return _cannot_say(
                "no_quantile_in_segments", "Quantiles are compared over all units together only."
            )
        one_of = Family(definition.form.plan.alpha, max(family, 1))
        found = compare_quantiles(
            ranks[0],
            ranks[place],
            plan=reading_plan(definition),
            shares=(weights[0] / total, weights[place] / total),
            family=one_of,
            matured=measured.clock,
        )
        return bonferroni(found, one_of)
    if summaries is None:
        return _cannot_say("values_too_large", "A unit's value is too large to compute with; cap the metric.")
    return compare(
        summaries[0],
        summaries[place],
        kind=measured.form.kind.value,
        plan=reading_plan(definition),
        shares=(weights[0] / total, weights[place] / total),
        comparisons=max(family, 1),
        matured=measured.clock,
    )


def _cannot_say(code: str, reason: str) -> Comparison:
    return Comparison(
        absolute=_NOTHING,
        relative=_NOTHING,
        p_value=None,
        significant=False,
        method="none",
        method_reason=reason,
        adjustment="none",
        variance_reduction=0.0,
        undetermined=Undetermined(code, reason),
    )


def _interval(interval: Interval) -> Document:
    return {
        "estimate": finite(interval.estimate),
        "lower": finite(interval.lower),
        "upper": finite(interval.upper),
    }


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
