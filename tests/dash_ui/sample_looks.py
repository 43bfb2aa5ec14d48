"""Reports under a plan of five looks, as the analysis writes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from tests.dash_ui import sample_reports as samples

Document = dict[str, Any]
UNITS = 80_000
# Source: rpact 3.3.4, five even looks, O'Brien-Fleming spending, 2.5 % per side and 20 % for futility.
CRITICAL = (4.8769, 3.3570, 2.6803, 2.2898, 2.0310)
FUTILITY = (-1.2921, 0.1697, 0.9625, 1.5264, None)
SPENT = (0.0000011, 0.00079, 0.0076, 0.0244, 0.05)


def between_looks() -> Document:
    """Three looks taken, the fourth to come."""
    return _report([0.4, 0.9, 1.7], ["continue"] * 3, "keep_running")


def better_at_a_look() -> Document:
    """The third look found a difference."""
    return _report([0.9, 2.1, 3.1], ["continue", "continue", "better"], "ship")


def futile_at_a_look() -> Document:
    """The third look found too little to go on."""
    return _report([0.4, 0.9, 0.3], ["continue", "continue", "futility"], "no_difference", futility=True)


def windows_before_the_first_look() -> Document:
    """Nothing taken yet, and shoppers count by their windows."""
    document = _report([], [], "keep_running", futility=True)
    document["looks"] |= {"information": "completed_windows", "window_hours": 336, "completed": 6_412.7}
    return document


def _report(
    z: Sequence[float], decisions: Sequence[str], verdict: str, *, futility: bool = False
) -> Document:
    decided = next((place for place, each in enumerate(decisions, start=1) if each != "continue"), None)
    comparison = samples.comparison(0.1077, 0.03, 0.05, significant=verdict == "ship")
    comparison["preliminary"] = decided is None
    comparison["looks"] = {
        "planned": [
            {
                "share": (place + 1) / 5,
                "critical": CRITICAL[place],
                "futility": FUTILITY[place] if futility else None,
            }
            for place in range(5)
        ],
        "taken": [_look(place, z[place], decisions[place], futility) for place in range(len(z))],
        "decided": decided,
        "final": {"estimate": 0.0031, "lower": 0.0004, "upper": 0.0061, "p_value": 0.02} if decided else None,
    }
    primary = samples.metric("conversion", "primary", 0.1077, [comparison])
    details = {
        "keep_running": {
            "code": "between_looks",
            "params": {"taken": len(z), "looks": 5, "next": len(z) + 1, "units": 16_000 * (len(z) + 1)},
        },
        "ship": {"code": "primary_better", "params": {"metric": "conversion", "variant": "bar"}},
        "no_difference": {"code": "futility", "params": {"look": 3, "looks": 5}},
    }
    return samples.report(
        [primary],
        verdict,
        method="group_sequential",
        looks=_schedule(len(z), futility=futility),
        decision={
            "verdict": verdict,
            "variant": "bar" if verdict == "ship" else None,
            "reasons": ["As the looks say."],
            "details": [details[verdict]],
        },
    )


def _look(place: int, z: float, decision: str, futility: bool) -> Document:
    return {
        "look": place + 1,
        "at": _when(place),
        "rate": (place + 1) / 5,
        "information": (place + 1) / 5,
        "spent": SPENT[place],
        "critical": CRITICAL[place],
        "futility": FUTILITY[place] if futility else None,
        "estimate": z * 0.002,
        "error": 0.002,
        "z": z,
        "p_value": 0.2,
        "decision": decision,
    }


def _schedule(taken: int, *, futility: bool) -> Document:
    return {
        "planned": 5,
        "information": "units",
        "window_hours": None,
        "completed": 57_000.0,
        "spending": "obrien_fleming",
        "spending_gamma": None,
        "futility": "non_binding" if futility else None,
        "taken": taken,
        "ended_early": False,
        "schedule": [
            {
                "look": place + 1,
                "units": 16_000 * (place + 1),
                "share": (place + 1) / 5,
                "state": "taken" if place < taken else "due",
                "taken_at": _when(place) if place < taken else None,
                "rate": (place + 1) / 5 if place < taken else None,
            }
            for place in range(5)
        ],
        "next": {
            "look": taken + 1,
            "units": 16_000 * (taken + 1),
            "due_at": None,
            "expected_at": _when(taken),
        },
    }


def _when(place: int) -> str:
    return (samples.START + timedelta(days=6 * (place + 1))).isoformat()
