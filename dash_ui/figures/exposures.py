"""Units per variant over time, against the planned split."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dash_ui.figures.axis import BASE, naive, time_axis, units_axis
from dash_ui.report_records import Arm, ExposurePoint

COLOURS = ("#4c6ef5", "#0c8599", "#d9480f", "#868e96", "#9c36b5", "#5c940d")
DASHES = ("solid", "dash", "dashdot", "longdash", "dot", "longdashdot")
PLANNED = "rgba(134,142,150,0.75)"


def exposures_figure(
    points: Sequence[ExposurePoint], arms: Sequence[Arm], grown_at: Sequence[datetime] = ()
) -> dict[str, Any]:
    """One line per variant, a thin dotted one where the plan would have it; upright ones where it grew."""
    moments = sorted({point.moment for point in points})
    by_arm = {
        arm.key: {point.moment: point.units for point in points if point.variant == arm.key} for arm in arms
    }
    totals = [sum(_at(series, moment) for series in by_arm.values()) for moment in moments]
    stamps = [naive(moment) for moment in moments]
    planned = [
        {
            "x": stamps,
            "y": [total * share for total in totals],
            "mode": "lines",
            "line": {"color": PLANNED, "width": 1.5, "dash": "dot"},
            "hoverinfo": "skip",
        }
        for share in {round(arm.share, 6): arm.share for arm in arms}.values()
    ]
    actual = [
        {
            "x": stamps,
            "y": [_at(by_arm[arm.key], moment) for moment in moments],
            "mode": "lines",
            "line": {
                "color": COLOURS[index % len(COLOURS)],
                "width": 2.5,
                "dash": DASHES[index % len(DASHES)],
            },
            "hoverinfo": "skip",
        }
        for index, arm in enumerate(arms)
    ]
    top = max([1, *(_at(series, moment) for series in by_arm.values() for moment in series)])
    return {
        "data": planned + actual,
        "layout": {
            **BASE,
            "margin": {"l": 56, "r": 12, "t": 10, "b": 30},
            "xaxis": time_axis(moments[0], moments[-1]),
            "yaxis": units_axis(top),
            "shapes": [_mark(moment) for moment in grown_at if moments[0] <= moment <= moments[-1]],
        },
    }


def _mark(moment: datetime) -> dict[str, Any]:
    at = naive(moment)
    line = {"color": PLANNED, "width": 1.5}
    return {"type": "line", "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1, "line": line}


def _at(series: dict[Any, int], moment: Any) -> int:
    """Units by a moment: the newest point that is not later; series may have gaps."""
    known = [when for when in series if when <= moment]
    return series[max(known)] if known else 0
