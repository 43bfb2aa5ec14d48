"""Schema of what a report says of days since exposure and of its date."""

from __future__ import annotations

from typing import Any

from experiments.api.openapi_types import FLAG, NUMBER, OBJECT, TEXT, WHOLE, nullable, objects

Schema = dict[str, Any]


def report_cuts() -> Schema:
    """The report's `cuts`."""
    rows = {
        "type": "array",
        "items": OBJECT,
        "description": "Primary metrics as in `metrics`, with less said of how each was read.",
    }
    age = objects({"first_day": WHOLE, "last_day": WHOLE, "units": WHOLE, "metrics": rows})
    date = objects(
        {
            "from": {**TEXT, "format": "date"},
            "to": {**TEXT, "format": "date"},
            "units": WHOLE,
            "metrics": rows,
        }
    )
    change = objects(
        {
            "metric": TEXT,
            "name": TEXT,
            "variant": TEXT,
            "slope": nullable({**NUMBER, "description": "Of the log of the ratio of means, per span."}),
            "error": nullable(NUMBER),
            "p_value": nullable({**NUMBER, "description": "Of no change, corrected for all of them."}),
            "own_p_value": nullable(NUMBER),
            "direction": {"enum": ["fades", "grows", None]},
            "method": nullable(TEXT),
            "spans": WHOLE,
            "significant": FLAG,
            "undetermined": nullable(TEXT),
            "undetermined_code": nullable(TEXT),
        }
    )
    section = objects(
        {
            "exploratory": FLAG,
            "ages": {"type": "array", "items": age, "description": "Units that lived through the days."},
            "changes": {"type": "array", "items": change},
            "days_together": {**WHOLE, "description": "Days of first exposure in a cohort."},
            "dates": {"type": "array", "items": date},
        }
    )
    return {**section, "description": "For exploration; nothing of it decides."}
