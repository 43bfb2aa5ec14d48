"""One metric in the report's shape: what every variant did, and how the treatments compare."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from experiments.analysis.comparison_rows import comparison_row, finite
from experiments.analysis.measure import Measured
from experiments.definition import Definition
from experiments.forms import MetricForm, MetricKind
from stats.ranks import Ranks
from stats.result import Comparison
from stats.summary import Summary

Document = dict[str, Any]
_WHOLE = (MetricKind.PROPORTION, MetricKind.COUNT, MetricKind.RETENTION)


@dataclass(frozen=True, slots=True)
class Part:
    """One metric over all units, or over those with one value of a segment.

    Attributes:
        measured: The metric.
        summaries: Per variant; `None` when values are too large to compute with.
        counts: Units per variant.
        ranks: Per variant, of a quantile.
    """

    measured: Measured
    summaries: Sequence[Summary] | None
    counts: Sequence[int]
    ranks: Sequence[Ranks] = ()


def metric_row(
    definition: Definition, part: Part, comparisons: Sequence[Comparison], family: int
) -> Document:
    """A metric with its comparisons.

    Args:
        definition: The experiment.
        part: The metric, over the units that are meant.
        comparisons: Of every treatment, as its family adjusted it.
        family: Comparisons in that family.
    """
    measured, form = part.measured, definition.form
    metric = measured.form
    arms = [_arm(variant.key, count) for variant, count in zip(form.variants, part.counts, strict=True)]
    if part.summaries is not None:
        for arm, summary in zip(arms, part.summaries, strict=True):
            arm.update(_values(metric, summary))
    base = arms[0]["mean"]
    if metric.kind == MetricKind.QUANTILE:
        estimates = [finite(each.estimate) for each in part.ranks] or [None] * len(arms)
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
            comparison_row(result, metric, (arms[0]["variant"], arm["variant"]), form.plan.alpha, base)
            for arm, result in zip(arms[1:], comparisons, strict=True)
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
