"""The report's `trigger`: how the units that reached it compare, and what that means for everybody."""

from __future__ import annotations

from typing import Any

from experiments.analysis.compare import compared
from experiments.analysis.comparison_rows import finite
from experiments.analysis.triggered import Triggered
from experiments.forms import MetricKind

Document = dict[str, Any]
_NOTHING = {"estimate": None, "lower": None, "upper": None, "undetermined": None}
_NO_SUM = (MetricKind.RATIO.value, MetricKind.QUANTILE.value)


def trigger_section(found: Triggered, check: Document, whole: list[Document]) -> Document:
    """What decides where a trigger is declared.

    Args:
        found: What the triggered units did.
        check: The health check of their balance; one that failed withdraws every reading.
        whole: The report's `metrics`, over everybody exposed.
    """
    withdrawn = check["status"] == "failed"
    rows = compared(found.definition, found.measurement, earlier=found.earlier)
    everybody = {row["metric"]: row for row in whole}
    for row in rows:
        for comparison in row["comparisons"]:
            if withdrawn:
                _withdraw(comparison, check)
            comparison["everybody"] = _diluted(found, row, comparison, everybody[row["metric"]])
    form, counts = found.definition.form, found.measurement.exposed.counts
    return {
        "event": found.event,
        "decides": True,
        "withdrawn": withdrawn,
        "units": sum(counts),
        "share": finite(sum(counts) / sum(found.exposed)) if sum(found.exposed) else None,
        "variants": [
            {
                "key": variant.key,
                "exposed": exposed,
                "units": units,
                "share": finite(units / exposed) if exposed else None,
            }
            for variant, exposed, units in zip(form.variants, found.exposed, counts, strict=True)
        ],
        "metrics": rows,
    }


def _withdraw(comparison: Document, check: Document) -> None:
    """Take back what a comparison says: an interval around a number that has another cause is no interval."""
    comparison.update(
        absolute=dict(_NOTHING),
        relative=dict(_NOTHING),
        p_value=None,
        own_p_value=None,
        significant=False,
        probability_better=None,
        expected_loss=None,
        undetermined=check["detail"],
        undetermined_code=check["code"],
        alternatives=[],
    )
    for name in ("log_e_value", "non_inferior", "sufficient"):
        if name in comparison:
            comparison[name] = None


def _diluted(found: Triggered, row: Document, comparison: Document, whole: Document) -> Document:
    """The effect on everybody exposed until now: nothing where the trigger was not reached.

    The absolute effect is spread over all exposed units of the two variants (Deng & Hu 2015, eq. 3). The
    relative one is the lift times the part of the control's total that came from its triggered units.
    """
    if row["kind"] in _NO_SUM:
        why = f"A {row['kind']} over everybody does not follow from that over the triggered units."
        return {"absolute": dict(_NOTHING), "relative": dict(_NOTHING), "undetermined": why}
    places = [each.key for each in found.definition.form.variants]
    pair = [places.index(comparison[side]) for side in ("control", "variant")]
    exposed = sum(found.exposed[place] for place in pair)
    units = sum(found.measurement.exposed.counts[place] for place in pair)
    triggered, total = row["variants"][0]["sum"], whole["variants"][0]["sum"]
    part = triggered / total if triggered is not None and total else None
    return {
        "absolute": _scaled(comparison["absolute"], units / exposed if exposed else None),
        "relative": _scaled(comparison["relative"], part if part is not None and part > 0 else None),
        "undetermined": comparison["undetermined"],
    }


def _scaled(interval: Document, factor: float | None) -> Document:
    return {
        side: None if factor is None or interval[side] is None else finite(interval[side] * factor)
        for side in ("estimate", "lower", "upper")
    }
