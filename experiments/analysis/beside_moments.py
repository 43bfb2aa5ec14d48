"""What a report's own moments say besides: without covariates, and between the parts of a segment."""

from __future__ import annotations

import math
from typing import Any

from stats.answer import Family
from stats.fixed import read_once
from stats.heterogeneity import cochran
from stats.plan import ReadingPlan
from stats.summary import Summary

Document = dict[str, Any]
LEAST_UNITS = 50
"""Units of the smaller variant from which a part of the shoppers is compared with the others."""


def unadjusted(metric: Document, comparison: Document) -> Document | None:
    """The comparison for one look and without covariates, from units, means and deviations alone.

    `None` where nothing was adjusted, and where the moments do not suffice (ratios and quantiles).
    """
    if not comparison.get("covariates") or metric["kind"] in ("ratio", "quantile"):
        return None
    arms = {arm["variant"]: arm for arm in metric["variants"]}
    control, treatment = (_summary(arms[comparison[name]]) for name in ("control", "variant"))
    if control is None or treatment is None:
        return None
    level = float(comparison.get("level") or comparison["alpha"])
    plan = ReadingPlan("fixed", level, 0.8, None, 1, None, cuped=False)
    found = read_once(control, treatment, metric["kind"], plan, 0.0, Family(level, 1))
    return {
        "absolute": _ends(found.absolute.estimate, found.absolute.lower, found.absolute.upper),
        "relative": _ends(found.relative.estimate, found.relative.lower, found.relative.upper),
        "p_value": found.p_value,
        "method": found.method,
    }


def heterogeneity(report: Document) -> list[Document]:
    """Per segment, metric and treatment whether the effect differs between the segment's values.

    Cochran's Q over the absolute differences, each with the error that its moments give; the p-value is
    multiplied by the number of these tests. Values with few shoppers are left out.
    """
    parts: dict[tuple[str, str, str], list[tuple[float, float]]] = {}
    for segment in report.get("segments") or []:
        for metric in segment["metrics"]:
            for row in metric["comparisons"]:
                own = parts.setdefault((segment["segment"], metric["metric"], row["variant"]), [])
                effect = _effect(metric, row)
                if effect is not None:
                    own.append(effect)
    compared = {key: own for key, own in parts.items() if len(own) > 1}
    rows = []
    for (segment, metric, variant), own in compared.items():
        found = cochran([difference for difference, _ in own], [error for _, error in own])
        p_value = min(1.0, found.p_value * len(compared))
        row = {"segment": segment, "metric": metric, "variant": variant, "parts": found.parts}
        rows.append({**row, "statistic": found.statistic, "p_value": p_value, "excess": found.excess})
    return rows


def _effect(metric: Document, row: Document) -> tuple[float, float] | None:
    """Difference and its standard error; `None` where few units or no moments are known."""
    arms = {arm["variant"]: arm for arm in metric["variants"]}
    pair = [arms[row[name]] for name in ("control", "variant")]
    known = all(arm.get("mean") is not None and arm.get("std") for arm in pair)
    if not known or metric["kind"] == "quantile" or min(arm["units"] for arm in pair) < LEAST_UNITS:
        return None
    error = math.sqrt(sum(arm["std"] ** 2 / arm["units"] for arm in pair))
    return pair[1]["mean"] - pair[0]["mean"], error


def _summary(arm: Document) -> Summary | None:
    units, mean, std = arm["units"], arm.get("mean"), arm.get("std")
    if mean is None or std is None or units < 2:
        return None
    moment = ((std**2 * (units - 1),),)
    events = int(arm.get("events") or round(arm.get("sum") or 0.0))
    return Summary(("outcome",), units, (mean,), moment, math.nan, min(events, units), math.nan, math.nan)


def _ends(estimate: float | None, lower: float | None, upper: float | None) -> Document:
    return {"estimate": estimate, "lower": lower, "upper": upper}
