"""What a report says beside a comparison: its assumptions, its evidence as an e-value, and all other ways."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from experiments.analysis.comparison_rows import finite, reading_row
from experiments.analysis.pairing import Pairing
from experiments.analysis.recompute import sufficient
from experiments.forms import MetricKind
from experiments.outcomes import window_hours
from stats.alternatives import BETS, LOOKS, WAYS, Reader, Way, alternatives
from stats.answer import Family
from stats.assumptions import Assumption, assumptions
from stats.mixture_reading import read_mixture
from stats.result import Comparison

Document = dict[str, Any]
SMALLEST = 1e-300


def beside(
    pairing: Pairing, found: Comparison, comparisons: int, complete: Mapping[float, float]
) -> Document:
    """Fields that join a comparison in the report.

    Args:
        pairing: Who is compared.
        found: The comparison that decides.
        comparisons: Size of its family.
        complete: Share of the units whose window has closed, by hours.
    """
    plan = pairing.plan
    family = Family(plan.alpha, comparisons, found.level)
    own = Way(_way(pairing), found)
    document: Document = {
        **_words(own),
        "assumptions": _assumptions(pairing, found, complete),
        "alternatives": [],
    }
    if pairing.part.measured.role == "primary":
        document["sufficient"] = sufficient(pairing, found, comparisons)
    if plan.method == "sequential":
        document["log_e_value"] = _log_e_value(pairing, family)
    if pairing.refusal() is None:
        ways = alternatives(
            own.code, plan, family, lambda plan, family: pairing.read(family, plan), _mixture(pairing)
        )
        document["alternatives"] = [{**_words(way), **_said(way.found)} for way in ways]
    return document


def _way(pairing: Pairing) -> str:
    """The way that decides."""
    plan = pairing.plan
    if pairing.exact is not None:
        return BETS
    by_looks = plan.method == "group_sequential" and plan.looks is not None
    if by_looks and pairing.part.measured.form.kind != MetricKind.QUANTILE:
        return LOOKS
    return WAYS[plan.method]


def _words(way: Way) -> Document:
    return {"way": way.code, "promise": way.promise, "assumes": list(way.assumes)}


def _said(found: Comparison) -> Document:
    """What another way says; its own reasons are those of `assumes`."""
    own = ("method_reason", "method_reasons")
    return {name: value for name, value in reading_row(found).items() if name not in own}


def _log_e_value(pairing: Pairing, family: Family) -> float | None:
    """0 stands for every e-value of at most 1, which no procedure can use."""
    p_value = pairing.read(family, needs_e_value=True).own_p_value
    return None if p_value is None else max(0.0, -math.log(max(p_value, SMALLEST)))


def _mixture(pairing: Pairing) -> Reader | None:
    moments, kind = pairing.moments, pairing.part.measured.form.kind.value
    if moments is None:
        return None
    control, treatment = moments
    return lambda plan, family: read_mixture(control, treatment, kind, plan, family)


def _assumptions(pairing: Pairing, found: Comparison, complete: Mapping[float, float]) -> list[Document]:
    moments, form, plan = pairing.moments, pairing.part.measured.form, pairing.plan
    if moments is None:
        return []
    rows = assumptions(
        *moments, kind=form.kind.value, method=found.method, shares=pairing.shares, adjust=plan.cuped
    )
    if plan.method == "fixed":
        units, planned = sum(each.units for each in moments), plan.planned_units * min(1, sum(pairing.shares))
        rows.append(Assumption("planned_size", units >= planned, units, planned))
    share = complete.get(window_hours(form) or 0.0)
    if share is not None:
        rows.append(Assumption("maturity", share >= 1, share, 1.0))
    return [
        {"code": each.code, "met": each.met, "value": finite(each.value), "needed": each.needed}
        for each in rows
    ]
