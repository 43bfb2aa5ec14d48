"""How many units a plan counts on when its author did not say."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sqlmodel import Session, col, select

from experiments.documents import shown
from experiments.forms import ExperimentForm, MetricForm, MetricKind
from experiments.models import Report
from stats.power import plan_size

DEFAULT_UNITS = 20_000
MOST_UNITS = 10**9
_REPORTS_READ = 50


def planned_units(
    session: Session, form: ExperimentForm, metrics: Mapping[str, MetricForm]
) -> tuple[int, str]:
    """Units over all variants, and why so many, as the end of a sentence.

    With a smallest effect worth detecting, and a report that shows what the first primary metric is like,
    it is the number that finds that effect; otherwise the default.
    """
    primary = metrics[form.metrics.primary[0]]
    if form.plan.mde is None:
        return DEFAULT_UNITS, "the default, as the plan names no smallest effect"
    if primary.kind is not MetricKind.QUANTILE:
        for mean, std, report in _controls(session, primary):
            try:
                size = plan_size(
                    primary.kind.value,
                    mean,
                    std,
                    form.plan.mde,
                    form.plan.alpha,
                    form.plan.power,
                    [variant.weight for variant in form.variants],
                    form.plan.method.value,
                    form.plan.looks,
                )
            except (ValueError, ZeroDivisionError):
                continue
            units = max(2, min(size.units, MOST_UNITS))
            return units, f"what an effect of {form.plan.mde:.4g} needs by the control in report {report}"
    return DEFAULT_UNITS, f"the default, as no report shows what metric {shown(primary.key)} is like"


def _controls(session: Session, primary: MetricForm) -> Iterator[tuple[float, float, str]]:
    """Mean and deviation of the metric in the control, and the report, newest first."""
    rows = session.exec(select(Report).order_by(col(Report.as_of).desc()).limit(_REPORTS_READ))
    for row in rows:
        for metric in json.loads(row.body).get("metrics", ()):
            if metric.get("metric") == primary.key and metric.get("kind") == primary.kind.value:
                found = _moments(metric)
                if found is not None:
                    yield (*found, row.id)


def _moments(metric: dict[str, Any]) -> tuple[float, float] | None:
    variants = metric.get("variants") or ()
    mean, std = (variants[0].get("mean"), variants[0].get("std")) if variants else (None, None)
    return None if mean is None or std is None else (float(mean), float(std))
