"""The report's `cuts`: effects by days since exposure and by its date, for exploration; none decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

from experiments.analysis.compare import explored, reading_plan
from experiments.analysis.comparison_rows import finite
from experiments.analysis.cuts import Cuts
from experiments.analysis.measure import Measured, Measurement
from experiments.analysis.metric_rows import Part
from experiments.analysis.rows import EPOCH
from experiments.definition import Definition
from stats.clock import FINAL
from stats.drift import Drift, Spans, drift
from stats.plan import ReadingPlan
from stats.result import Undetermined

Document = dict[str, Any]
_ONCE = ("fixed", "bayesian")
_ROW = ("metric", "name", "role", "kind", "direction", "unit", "family")
_ARM = ("variant", "units", "mean", "std", "sum")
_COMPARISON = (
    "variant",
    "control",
    "absolute",
    "relative",
    "p_value",
    "own_p_value",
    "significant",
    "preliminary",
    "method",
    "adjustment",
    "level",
    "alpha",
    "undetermined",
    "undetermined_code",
)


def cut_section(definition: Definition, measurement: Measurement) -> Document | None:
    """A metric's days and treatments are one family, its dates and treatments another.

    None where nobody asked for cuts.
    """
    found = measurement.cuts
    if found is None:
        return None
    ages: list[Document] = [
        {"first_day": each.first, "last_day": each.last, "units": sum(each.counts), "metrics": []}
        for each in found.ages
    ]
    dates: list[Document] = [
        {**_dates(each.day, found.step), "units": sum(each.counts), "metrics": []} for each in found.cohorts
    ]
    primaries = [each for each in measurement.metrics if each.role == "primary"]
    for measured in primaries:
        key = measured.form.key
        # Only what lies wholly behind a unit counts by age, so nothing of it is to come.
        final = replace(measured, clock=FINAL, complete=None)
        of_age = [Part(final, each.metrics[key], each.counts) for each in found.ages if key in each.metrics]
        of_date = [
            Part(measured, each.metrics[key], each.counts) for each in found.cohorts if key in each.metrics
        ]
        for documents, parts in ((ages, of_age), (dates, of_date)):
            for document, row in zip(documents, explored(definition, parts), strict=False):
                document["metrics"].append(_short(row))
    return {
        "exploratory": True,
        "ages": ages,
        "changes": _changes(definition, primaries, found),
        "days_together": found.step,
        "dates": dates,
    }


def _short(row: Document) -> Document:
    """What a reader of a cut needs: there are many of them, and how each was read stands with the metric."""
    arms = [{name: arm.get(name) for name in _ARM} for arm in row["variants"]]
    comparisons = [{name: each[name] for name in _COMPARISON} for each in row["comparisons"]]
    return {**{name: row[name] for name in _ROW}, "variants": arms, "comparisons": comparisons}


def _dates(day: int, step: int) -> Document:
    first = (EPOCH + timedelta(days=day)).date()
    return {"from": first.isoformat(), "to": (first + timedelta(days=step - 1)).isoformat()}


def _changes(definition: Definition, primaries: list[Measured], found: Cuts) -> list[Document]:
    """Whether each effect changes with the days since exposure, all together at alpha (Bonferroni)."""
    plan, variants = reading_plan(definition), definition.form.variants
    size = len(primaries) * (len(variants) - 1)
    return [
        {
            "metric": measured.form.key,
            "name": measured.form.name,
            "variant": variant.key,
            **_change(definition, plan, found, measured.form.key, place, size),
        }
        for measured in primaries
        for place, variant in enumerate(variants[1:], 1)
    ]


def _change(
    definition: Definition, plan: ReadingPlan, found: Cuts, key: str, place: int, size: int
) -> Document:
    arms = [_spans(found, key, arm) for arm in (0, place)]
    shares = [definition.form.variants[arm].weight for arm in (0, place)]
    planned = None if plan.method in _ONCE else plan.planned_units * min(1.0, sum(shares))
    if min(len(arm.alone) for arm in arms) < 2:
        result: Drift | Undetermined = Undetermined(
            "no_days", "This metric has no two spans of whole days within its window that could be compared."
        )
    elif planned == 0:
        result = Undetermined("no_share", "The two variants are planned to receive no units.")
    else:
        result = drift(*arms, planned_units=planned, alpha=plan.alpha / size)
    if isinstance(result, Undetermined):
        nothing = dict.fromkeys(("slope", "error", "p_value", "own_p_value", "direction", "method"))
        return {
            **nothing,
            "spans": 0,
            "significant": False,
            "undetermined": result.reason,
            "undetermined_code": result.code,
        }
    p_value = min(1.0, result.p_value * size)
    return {
        "slope": finite(result.slope),
        "error": finite(result.error),
        "p_value": p_value,
        "own_p_value": result.p_value,
        "direction": "fades" if result.slope * result.level < 0 else "grows",
        "method": result.method,
        "spans": result.spans,
        "significant": p_value <= plan.alpha,
        "undetermined": None,
        "undetermined_code": None,
    }


def _spans(found: Cuts, key: str, arm: int) -> Spans:
    return Spans(
        alone=[each.metrics[key][arm] for each in found.ages if key in each.metrics],
        together=[each.arms[arm] for each in found.together.get(key, ())],
    )
