"""Whether the treatment leaves alone who reaches the trigger; else those who did cannot be compared."""

from __future__ import annotations

from typing import Any

from experiments.analysis.compare import DEFAULT_PLANNED_UNITS
from experiments.analysis.health_split import ALPHA, finding, pre_period_check, sample_ratio_check
from experiments.analysis.triggered import Triggered
from stats.balance import METHOD

Document = dict[str, Any]


def trigger_check(found: Triggered) -> Document:
    """The split of the triggered units, and their likeness before the trigger, at `ALPHA` both together.

    If the variant has no part in who gets there, chance alone decides of which variant a triggered unit is;
    then these units fall over the variants as planned, over all and since any day, and were alike until the
    trigger. Each of the two gets half of the error; both may be read at any moment.
    """
    definition, measurement = found.definition, found.measurement
    planned = definition.form.plan.planned_units or DEFAULT_PLANNED_UNITS
    split = sample_ratio_check(definition, measurement)
    before = pre_period_check(definition, measurement, planned)
    units, exposed = measurement.exposed.total, sum(found.exposed)
    numbers = {
        "event": found.event,
        "units": units,
        "exposed": exposed,
        "share": units / exposed if exposed else None,
        "split": list(measurement.exposed.counts),
        "method": METHOD,
    }
    if not units:
        return finding("ok", "nobody_triggered", f"No unit has reached '{found.event}' yet.", **numbers)
    doubts = [(1.0 if check["p_value"] is None else check["p_value"], check) for check in (split, before)]
    smallest, doubt = min(doubts, key=lambda pair: float(pair[0]))
    p_value = min(1.0, 2 * smallest)
    if p_value > ALPHA:
        detail = f"{units:,} of {exposed:,} units reached '{found.event}', divided as planned."
        return finding("ok", "trigger_balanced", detail, p_value=p_value, **numbers)
    code = "trigger_unbalanced" if doubt is split else "unlike_before_trigger"
    detail = (
        f"{doubt['detail']} So the variant has a part in who reaches '{found.event}' or in what was done "
        "before it, and those who reached it cannot be compared."
    )
    return finding("failed", code, detail, p_value=p_value, **numbers)
