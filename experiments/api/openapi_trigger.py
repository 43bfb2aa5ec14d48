"""Schema of what a report says of the units that reached the trigger."""

from __future__ import annotations

from typing import Any

from experiments.api.openapi_types import FLAG, NUMBER, TEXT, WHOLE, nullable, objects

Schema = dict[str, Any]


def report_trigger(metric: Schema) -> Schema:
    """The report's `trigger`.

    Args:
        metric: Schema of a metric with its comparisons. Here each comparison has `everybody` too: its effect
            spread over all who were exposed, `absolute` and `relative` with the three numbers of an interval.
    """
    arm = objects({"key": TEXT, "exposed": WHOLE, "units": WHOLE, "share": nullable(NUMBER)})
    section = objects(
        {
            "event": TEXT,
            "decides": FLAG,
            "withdrawn": {**FLAG, "description": "The check `trigger_balance` failed: nothing is read."},
            "units": WHOLE,
            "share": nullable({**NUMBER, "description": "Of the exposed units."}),
            "variants": {"type": "array", "items": arm},
            "metrics": {
                "type": "array",
                "items": metric,
                "description": "Primary metrics and guardrails of the triggered units, from the trigger on; "
                "each comparison has `everybody`, the effect spread over all exposed units.",
            },
        }
    )
    return {**section, "description": "Only where the experiment declares a `trigger`."}
