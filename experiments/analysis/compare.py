"""Compares every treatment with the control on every metric, each family of comparisons together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import zip_longest
from typing import Any

from experiments.analysis.beside import beside
from experiments.analysis.measure import Measurement
from experiments.analysis.metric_rows import Part, metric_row
from experiments.analysis.pairing import Pairing, pairing, read_ever
from experiments.definition import Definition
from experiments.forms import MetricKind
from stats.family import BENJAMINI_HOCHBERG, BONFERRONI, E_BENJAMINI_HOCHBERG, HOLM, NONE, read_family
from stats.plan import ReadingPlan
from stats.result import Comparison

Document = dict[str, Any]
DEFAULT_PLANNED_UNITS = 20_000
Looked = Mapping[tuple[str, int], Comparison]
"""Comparisons as planned looks settled them, by metric and place of the treatment."""


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
        sized=plan.planned_units is not None,
        spending=plan.spent_by,
        futility=plan.futility.value if plan.futility else None,
    )


def procedure(plan: ReadingPlan, role: str) -> str:
    """How a family is adjusted: no false alarm among what decides, few among what is explored.

    Planned looks have boundaries of their own for an equal share of alpha, so no other result can move them.

    Args:
        plan: The registered way of reading.
        role: `primary`, `guardrail`, `secondary` or `segment`.
    """
    if plan.method == "bayesian":
        return NONE
    if plan.method == "group_sequential" and plan.looks is not None and role != "segment":
        return BONFERRONI
    if role in ("primary", "guardrail"):
        return HOLM
    return E_BENJAMINI_HOCHBERG if plan.method == "sequential" else BENJAMINI_HOCHBERG


def compared(
    definition: Definition,
    measurement: Measurement,
    looked: Looked | None = None,
    earlier: Measurement | None = None,
) -> list[Document]:
    """The report's `metrics`: each role's metrics times treatments are one family.

    Args:
        definition: The experiment.
        measurement: What is known now.
        looked: For a plan of looks, what they settled; what they are yet to settle is preliminary then.
        earlier: What was known when the planned size was reached, where that is past.
    """
    total = max(measurement.exposed.total, 1)
    complete = {hours: units / total for hours, units in measurement.matured.items()}
    rows: list[Document] = []
    for role in dict.fromkeys(each.role for each in measurement.metrics):
        parts = _parts(measurement, role)
        before = () if earlier is None else _parts(earlier, role)
        for pairings, found, row in _read(definition, parts, role, looked, before):
            for each, result, comparison in zip(pairings, found, row["comparisons"], strict=True):
                comparison.update(beside(each, result, row["family"], complete))
            rows.append(row)
    return rows


def compared_slices(definition: Definition, measurement: Measurement) -> list[Document]:
    """The report's `segments`: a segment's values times treatments times primaries are one family."""
    primaries = [each for each in measurement.metrics if each.role == "primary"]
    rows: list[Document] = []
    for segment in definition.form.segments:
        slices = [each for each in measurement.slices if each.segment == segment]
        parts = [
            Part(each, part.metrics.get(each.form.key), part.counts, part.ranks.get(each.form.key, ()))
            for part in slices
            for each in primaries
        ]
        documents = explored(definition, parts)
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


def explored(definition: Definition, parts: Sequence[Part]) -> list[Document]:
    """Metrics over parts of the units, with their treatments: one family that explores."""
    return [row for _, _, row in _read(definition, parts, "segment")]


def _parts(measurement: Measurement, role: str) -> list[Part]:
    return [
        Part(each, each.summaries, measurement.exposed.counts, each.ranks)
        for each in measurement.metrics
        if each.role == role
    ]


def _read(
    definition: Definition,
    parts: Sequence[Part],
    role: str,
    looked: Looked | None = None,
    before: Sequence[Part] = (),
) -> list[tuple[list[Pairing], list[Comparison], Document]]:
    """Every part with its treatments, adjusted together; `before` is what was known at the planned size."""
    form, plan = definition.form, reading_plan(definition)
    chosen = procedure(plan, role)
    weights = tuple(variant.weight for variant in form.variants)
    pairings = [pairing(part, place, plan, weights) for part in parts for place in range(1, len(weights))]
    by_e_value = chosen == E_BENJAMINI_HOCHBERG and len(pairings) > 1
    then = [pairing(part, place, plan, weights) for part in before for place in range(1, len(weights))]
    members = [
        partial(read_ever, each, earlier, needs_e_value=by_e_value)
        for each, earlier in zip_longest(pairings, then)
    ]
    found = read_family(members, plan.alpha, chosen)
    if looked is not None:
        found = [_held(each, result, looked) for each, result in zip(pairings, found, strict=True)]
    width = len(weights) - 1
    read = []
    for place, part in enumerate(parts):
        own = slice(place * width, (place + 1) * width)
        row = metric_row(definition, part, found[own], len(pairings))
        read.append((pairings[own], found[own], row))
    return read


def _held(pair: Pairing, found: Comparison, looked: Looked) -> Comparison:
    """As looks settled it, else preliminary; a quantile is read at any moment."""
    form = pair.part.measured.form
    waits = form.kind != MetricKind.QUANTILE and found.undetermined is None
    return looked.get((form.key, pair.place), replace(found, preliminary=waits))


def family_sizes(definition: Definition, measurement: Measurement) -> dict[str, int]:
    """Comparisons that share alpha, by role."""
    treatments = len(definition.form.variants) - 1
    roles = [each.role for each in measurement.metrics]
    return {role: treatments * roles.count(role) for role in roles}
