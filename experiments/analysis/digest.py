"""The little of a report that lists, evidence over time and the programme need, kept beside its body."""

from __future__ import annotations

import math
from typing import Any

from experiments.analysis.reading import deciding
from experiments.analysis.yearly import yearly_basis

Document = dict[str, Any]
_STATES = ("ok", "warning", "failed")


def digest(report: Document) -> Document:
    """What a report comes to.

    Returns:
        `as_of`; `units` over all variants; `verdict` and `variant` of the decision; `health`, the worst,
        with `health_code`; `year`, how many of those who decide a year brings; and `comparisons` of the
        metrics that decide: what they are about, their intervals, the `control` mean and the standard
        `error` of the relative effect, each `None` where it cannot be told.
    """
    units = sum(variant.get("units") or 0 for variant in report.get("variants", []))
    decision = report.get("decision", {})
    health, code = _health(report)
    metrics = deciding(report) or report.get("metrics", [])
    return {
        "as_of": report.get("as_of"),
        "units": units,
        "verdict": decision.get("verdict", "not_enough_data"),
        "variant": decision.get("variant"),
        "health": health,
        "health_code": code,
        "year": _year(report, units),
        "comparisons": [_comparison(metric, row) for metric in metrics for row in metric["comparisons"]],
    }


def _health(report: Document) -> tuple[str, str | None]:
    worst, code = "ok", None
    for name, check in report.get("health", {}).items():
        status = check.get("status", "ok")
        if _STATES.index(status) > _STATES.index(worst):
            worst, code = status, name
    return worst, code


def _year(report: Document, units: int) -> float | None:
    if not report.get("started_at"):
        return None
    entered = report.get("trigger") if deciding(report) else None
    found: float | None = yearly_basis(report, entered["units"] if entered else units, None)["units"]
    return found


def _comparison(metric: Document, row: Document) -> Document:
    arms = {arm["variant"]: arm for arm in metric.get("variants", [])}
    control, treatment = arms.get(row.get("control", "")), arms.get(row["variant"])
    return {
        "metric": metric.get("metric"),
        "role": metric.get("role"),
        "kind": metric.get("kind"),
        "unit": metric.get("unit"),
        "direction": metric.get("direction"),
        "variant": row["variant"],
        "absolute": row.get("absolute") or {},
        "relative": row.get("relative") or {},
        "p_value": row.get("p_value"),
        "significant": row.get("significant", False),
        "preliminary": row.get("preliminary", False),
        "control": control.get("mean") if control else None,
        "error": _error(control, treatment, row) if control and treatment else None,
    }


def _error(control: Document, treatment: Document, row: Document) -> float | None:
    """Standard error of the relative effect by the delta method, after what covariates take."""
    told = [arm.get(name) for arm in (control, treatment) for name in ("mean", "std", "units")]
    numbers: list[float] = [value for value in told if value is not None]
    if len(numbers) < len(told):
        return None
    base, spread, size, mean, other_spread, other_size = numbers
    if base <= 0 or size < 2 or other_size < 2:
        return None
    ratio = mean / base
    variance = (other_spread**2 / other_size + ratio**2 * spread**2 / size) / base**2
    left = 1 - min(max(row.get("variance_reduction") or 0.0, 0.0), 0.99)
    return math.sqrt(variance * left) or None
