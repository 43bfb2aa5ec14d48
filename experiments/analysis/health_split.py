"""Whether chance alone decided who met what: the split, double exposure, and likeness before exposure."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from experiments.analysis.arrivals import Arrivals
from experiments.analysis.measure import Measurement
from experiments.analysis.rows import EPOCH
from experiments.analysis.units import MAX_VALUES
from experiments.definition import Definition
from stats.balance import METHOD, sample_ratio, split_p_values
from stats.origin import Origin, Part, origin, part_p_values
from stats.pre_period import COVARIATE, pre_period_p_value
from stats.pre_period import METHOD as PRE_PERIOD

Document = dict[str, Any]
ALPHA = 0.001
OVERALL = 0.8
"""Share of the split's false alarms that the test of all units may raise; the parts share the rest."""
DAY, SINCE, SEGMENT = "day:", "since:", "segment:"
MULTIPLE_WARNING = 0.01
MULTIPLE_FAILURE = 0.1
MULTIPLE_LEAST = 100
"""Units from which a share of all is more than an accident."""


def finding(status: str, code: str, detail: str, **more: object) -> Document:
    """One check as the report has it."""
    return {"status": status, "code": code, "detail": detail, **more}


def sample_ratio_check(definition: Definition, measurement: Measurement) -> Document:
    """The split over all units and within the declared segments and days, at `ALPHA` all together."""
    weights = _weights(definition)
    counts = measurement.exposed.counts
    check = sample_ratio(counts, weights, ALPHA * OVERALL)
    parts = _parts(definition, measurement)
    adjusted = part_p_values(parts, weights)
    overall = None if check.p_value is None else min(1.0, check.p_value / OVERALL)
    smallest = min((p_value / (1 - OVERALL) for p_value in adjusted), default=1.0)
    status, code, detail, p_value = check.status, check.code, check.detail, overall
    if status == "ok" and smallest <= ALPHA:
        status, code, p_value = "failed", "sample_ratio_mismatch_in_part", smallest
        part = parts[adjusted.index(min(adjusted))]
        detail = (
            f"The split over all units is as planned, but not {_where(part.group, (part.value,))}: "
            f"{_percentages(part.counts)} (p = {smallest:.2g})."
        )
    cause = origin(parts, counts, weights) if status == "failed" else None
    if cause is not None:
        share = _percentages(cause.counts)
        detail += f" It is off {_where(cause.group, cause.values)} ({share}); elsewhere it is as planned."
    return finding(status, code, detail, p_value=p_value, method=check.method, origin=_origin(cause))


def multiple_exposure_check(definition: Definition, measurement: Measurement) -> Document:
    """Units that met several variants; leaving them out does no harm while chance decides who they are."""
    units, total = measurement.exposed.multiple, measurement.exposed.total
    if not units:
        return finding("ok", "none_multiple", "No unit met more than one variant.", units=0)
    share = units / (units + total)
    first = measurement.arrivals.multiple_first
    p_value = float(split_p_values(first, _weights(definition)))
    one_sided = p_value <= ALPHA
    status = "ok" if share < MULTIPLE_WARNING and not one_sided else "warning"
    many = share >= MULTIPLE_FAILURE and units >= MULTIPLE_LEAST
    if many or (one_sided and share >= MULTIPLE_WARNING):
        status = "failed"
    detail = f"{units:,} units ({share:.2%}) met more than one variant and are left out."
    if one_sided:
        detail += f" They met {_percentages(first)} of the variants first, not the planned shares."
    numbers = {"units": units, "share": share, "first": list(first), "p_value": p_value, "method": METHOD}
    return finding(status, "one_sided_exposure" if one_sided else "multiple_exposure", detail, **numbers)


def pre_period_check(definition: Definition, measurement: Measurement, planned_units: int) -> Document:
    """Whether the variants' units were alike before exposure, on the covariates of the primary metrics."""
    weights = _weights(definition)
    found: list[tuple[float, str, str]] = []
    for each in measurement.metrics:
        if each.role != "primary" or not each.summaries or COVARIATE not in each.summaries[0].columns:
            continue
        for place, variant in enumerate(definition.form.variants[1:], 1):
            size = planned_units * (weights[0] + weights[place]) / sum(weights)
            if size <= 0:
                continue
            p_value = pre_period_p_value(each.summaries[0], each.summaries[place], size)
            if p_value is not None:
                found.append((p_value, each.form.name, variant.key))
    if not found:
        detail = "Too little is known of what units did before exposure to compare the variants by it."
        return finding("ok", "no_pre_period", detail, p_value=None)
    smallest, name, treatment = min(found)
    # Shared by all pairs, also those that cannot be said yet: their number is known before the start.
    pairs = len(definition.form.metrics.primary) * len(definition.form.variants[1:])
    p_value = min(1.0, smallest * pairs)
    if p_value > ALPHA:
        detail = "The variants were alike before exposure."
        return finding("ok", "alike_before", detail, p_value=p_value, method=PRE_PERIOD)
    detail = f"Before exposure '{name}' already differed between control and {treatment} (p = {p_value:.2g})."
    numbers = {"p_value": p_value, "method": PRE_PERIOD, "metric": name, "variant": treatment}
    return finding("failed", "unlike_before", detail, **numbers)


def _weights(definition: Definition) -> list[float]:
    return [variant.weight for variant in definition.form.variants]


def _parts(definition: Definition, measurement: Measurement) -> list[Part]:
    """Values of the segments and days of first exposure; weights depend on nothing that chance decides."""
    exposed, segments = measurement.exposed, definition.form.segments
    arms = range(len(exposed.counts))
    for_segments = 0.5 if segments else 0.0
    found = []
    for place, name in enumerate(segments):
        counts = exposed.segment_counts[place]
        for code, value in enumerate(exposed.segments[place]):
            inside = tuple(counts.get((code, arm), 0) for arm in arms)
            found.append(Part(SEGMENT + name, value, inside, for_segments / len(segments) / (MAX_VALUES + 1)))
    return found + _days(measurement.arrivals, (1 - for_segments) / 2)


def _days(arrivals: Arrivals, budget: float) -> list[Part]:
    """Each day alone, and all from each day on, with as much error each as one over d (d + 1) for day d."""
    if not arrivals.days:
        return []
    first = arrivals.days[0][0]
    since = [0] * len(arrivals.days[0][1])
    found = []
    for day, counts in reversed(arrivals.days):
        since = [one + other for one, other in zip(since, counts, strict=True)]
        number, value = day - first + 1, (EPOCH + timedelta(days=day)).date().isoformat()
        weight = budget / (number * (number + 1))
        found.append(Part(DAY, value, counts, weight))
        if number > 1:
            found.append(Part(SINCE + value, value, tuple(since), weight))
    return found[::-1]


def _where(group: str, values: tuple[str, ...]) -> str:
    if group == DAY:
        return f"among those first exposed on {', '.join(values)}"
    if group.startswith(SINCE):
        return f"among those first exposed since {values[0]}"
    return f"among {group.removeprefix(SEGMENT)} = {', '.join(values)}"


def _origin(cause: Origin | None) -> Document | None:
    if cause is None:
        return None
    kind, _, name = cause.group.partition(":")
    segment = name if kind == "segment" else None
    return {"kind": kind, "segment": segment, "values": list(cause.values), "units": list(cause.counts)}


def _percentages(counts: tuple[int, ...]) -> str:
    return " / ".join(f"{count / sum(counts):.1%}" for count in counts)
