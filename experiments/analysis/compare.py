"""Compares every treatment with the control on every metric, each family of comparisons together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from experiments.analysis.exact import exact_member
from experiments.analysis.measure import Measurement
from experiments.analysis.metric_rows import Part, metric_row
from experiments.definition import Definition
from experiments.forms import Method, MetricKind
from stats.answer import Family
from stats.choose import read_alone
from stats.family import BENJAMINI_HOCHBERG, E_BENJAMINI_HOCHBERG, HOLM, NONE, Member, read_family
from stats.plan import ReadingPlan
from stats.quantile_reading import compare_quantiles
from stats.result import Comparison, Interval, Undetermined

Document = dict[str, Any]
DEFAULT_PLANNED_UNITS = 20_000
_NOTHING = Interval(None, None, None)


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


def procedure(method: Method, role: str) -> str:
    """How a family is adjusted: no false alarm among what decides, few among what is explored.

    Args:
        method: The plan's.
        role: `primary`, `guardrail`, `secondary` or `segment`.
    """
    if method == Method.BAYESIAN:
        return NONE
    if role in ("primary", "guardrail"):
        return HOLM
    return E_BENJAMINI_HOCHBERG if method == Method.SEQUENTIAL else BENJAMINI_HOCHBERG


def compared(definition: Definition, measurement: Measurement) -> list[Document]:
    """The report's `metrics`: each role's metrics times treatments are one family."""
    rows: list[Document] = []
    for role in dict.fromkeys(each.role for each in measurement.metrics):
        parts = [
            Part(each, each.summaries, measurement.exposed.counts, each.ranks)
            for each in measurement.metrics
            if each.role == role
        ]
        family = _read(definition, parts, role)
        rows += [
            metric_row(definition, part, found, _size(family))
            for part, found in zip(parts, family, strict=True)
        ]
    return rows


def compared_slices(definition: Definition, measurement: Measurement) -> list[Document]:
    """The report's `segments`: a segment's values times treatments times primaries are one family."""
    primaries = [each for each in measurement.metrics if each.role == "primary"]
    rows: list[Document] = []
    for segment in definition.form.segments:
        slices = [each for each in measurement.slices if each.segment == segment]
        parts = [
            Part(each, part.metrics.get(each.form.key), part.counts) for part in slices for each in primaries
        ]
        family = _read(definition, parts, "segment")
        documents = [
            metric_row(definition, part, found, _size(family))
            for part, found in zip(parts, family, strict=True)
        ]
        width = len(primaries)
        rows += [
            {
                "segment": segment,
                "value": part.value,
                "units": sum(part.counts),
                "metrics": documents[place * width : (place + 1) * width],
            }
            for place, part in enumerate(slices)
        ]
    return rows


def _size(family: list[list[Comparison]]) -> int:
    return sum(len(found) for found in family)


def _read(definition: Definition, parts: Sequence[Part], role: str) -> list[list[Comparison]]:
    """Every part's treatments, adjusted together."""
    plan = definition.form.plan
    chosen = procedure(plan.method, role)
    treatments = len(definition.form.variants) - 1
    members = [
        _member(definition, part, place, needs_e_value=chosen == E_BENJAMINI_HOCHBERG)
        for part in parts
        for place in range(1, treatments + 1)
    ]
    found = read_family(members, plan.alpha, chosen)
    return [found[start : start + treatments] for start in range(0, len(found), treatments)]


def _member(definition: Definition, part: Part, place: int, *, needs_e_value: bool) -> Member:
    weights = [variant.weight for variant in definition.form.variants]
    if weights[0] <= 0 or weights[place] <= 0:
        return _silent("no_share", "One of the two variants is planned to receive no units.")
    asked: dict[str, Any] = {
        "plan": reading_plan(definition),
        "shares": (weights[0] / sum(weights), weights[place] / sum(weights)),
        "matured": part.measured.clock,
        "needs_e_value": needs_e_value,
    }
    if part.measured.form.kind == MetricKind.QUANTILE:
        ranks = part.ranks
        if not ranks:
            return _silent("no_quantile_in_segments", "Quantiles are compared over all units together only.")
        return lambda family: compare_quantiles(ranks[0], ranks[place], family=family, **asked)
    summaries, kind = part.summaries, part.measured.form.kind.value
    if summaries is None:
        return _silent("values_too_large", "A unit's value is too large to compute with; cap the metric.")
    pair, complete = (summaries[0], summaries[place]), part.measured.complete
    if complete is not None and summaries is part.measured.summaries:
        return exact_member(part.measured.form, complete, pair, place, asked["plan"], asked["shares"])
    return lambda family: read_alone(*pair, kind=kind, family=family, **asked)


def _silent(code: str, reason: str) -> Member:
    """A member that cannot be read."""

    def read(family: Family) -> Comparison:
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
            level=family.own_level,
        )

    return read
