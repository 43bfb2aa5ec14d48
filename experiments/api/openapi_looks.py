"""Schemas of planned looks in a report."""

from __future__ import annotations

from typing import Any

from experiments.api.openapi_types import FLAG, MOMENT, NUMBER, TEXT, WHOLE, nullable, objects
from experiments.plan import Futility, SpendingFunction

Schema = dict[str, Any]


def report_looks() -> Schema:
    """The report's `looks`: which looks were taken, and which is next."""
    row = objects(
        {
            "look": WHOLE,
            "units": {**WHOLE, "description": "Information at which it is due."},
            "share": NUMBER,
            "state": {
                "enum": ["taken", "skipped", "due", "cut_off"],
                "description": "`skipped`: due together with a later one. `cut_off`: cut short.",
            },
            "taken_at": nullable(MOMENT),
            "rate": nullable({**NUMBER, "description": "Information then over information planned."}),
        }
    )
    following = objects(
        {
            "look": WHOLE,
            "units": WHOLE,
            "due_at": nullable({**MOMENT, "description": "Known when no more units are needed."}),
            "expected_at": nullable({**MOMENT, "description": "At the pace until now."}),
        }
    )
    return {
        **objects(
            {
                "planned": WHOLE,
                "information": {"enum": ["units", "completed_windows"]},
                "window_hours": nullable(NUMBER),
                "completed": NUMBER,
                "spending": {"enum": list(SpendingFunction)},
                "spending_gamma": nullable(NUMBER),
                "futility": nullable({"enum": list(Futility)}),
                "taken": WHOLE,
                "ended_early": FLAG,
                "schedule": {"type": "array", "items": row},
                "next": nullable(following),
            }
        ),
        "description": "Null unless the plan is `group_sequential` with a number of `looks`.",
    }


def comparison_looks() -> Schema:
    """The looks of one comparison; z and boundaries are of treatment minus control."""
    planned = objects({"share": NUMBER, "critical": nullable(NUMBER), "futility": nullable(NUMBER)})
    taken = objects(
        {
            "look": WHOLE,
            "at": MOMENT,
            "rate": {**NUMBER, "description": "By which alpha was spent."},
            "information": {
                **NUMBER,
                "description": "By which looks are alike; not `rate` if outcomes grew.",
            },
            "spent": NUMBER,
            "critical": nullable(NUMBER),
            "futility": nullable(NUMBER),
            "estimate": nullable(NUMBER),
            "error": nullable(NUMBER),
            "z": nullable(NUMBER),
            "p_value": nullable({**NUMBER, "description": "Repeated p-value, not adjusted."}),
            "decision": {**TEXT, "enum": ["better", "worse", "futility", "continue"]},
        }
    )
    final = objects(
        {
            "estimate": nullable({**NUMBER, "description": "Median-unbiased."}),
            "lower": nullable(NUMBER),
            "upper": nullable(NUMBER),
            "p_value": nullable(NUMBER),
        }
    )
    return objects(
        {
            "planned": {"type": "array", "items": planned},
            "taken": {"type": "array", "items": taken},
            "decided": nullable({**WHOLE, "description": "The look that stopped it."}),
            "final": nullable(
                {**final, "description": "Stage-wise inference on the difference, once none is to come."}
            ),
        }
    )
