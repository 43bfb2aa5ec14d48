"""Units per variant over time, against the planned split and the planned number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dash_ui.figures.axis import BASE, naive, time_axis, units_axis
from dash_ui.figures.marks import with_marks
from dash_ui.format import number
from dash_ui.i18n import _
from dash_ui.report_records import Arm, ExposurePoint
from dash_ui.time_records import Timeline

COLOURS = ("#4c6ef5", "#0c8599", "#d9480f", "#868e96", "#9c36b5", "#5c940d")
DASHES = ("solid", "dash", "dashdot", "longdash", "dot", "longdashdot")
PLANNED = "rgba(134,142,150,0.75)"
FLATTENING = 5
"""A plan so many times larger than what came is left out of the drawing, which it would flatten."""


def exposures_figure(
    points: Sequence[ExposurePoint],
    arms: Sequence[Arm],
    grown_at: Sequence[datetime] = (),
    planned_units: int | None = None,
    line: Timeline | None = None,
) -> dict[str, Any]:
    """One line per variant, a thin dotted one where the plan would have it; upright ones where it grew.

    Args:
        points: Units by then, per variant.
        arms: With their planned shares.
        grown_at: When the split grew.
        planned_units: Over all variants; a level line per planned share shows where that lies.
        line: The axis that all charts share; without it, from the first point to the last.
    """
    moments = sorted({point.moment for point in points})
    by_arm = {
        arm.key: {point.moment: point.units for point in points if point.variant == arm.key} for arm in arms
    }
    totals = [sum(units_at(series, moment) for series in by_arm.values()) for moment in moments]
    stamps = [naive(moment) for moment in moments]
    shares = {round(arm.share, 6): arm.share for arm in arms}.values()
    split = [_dotted(stamps, [total * share for total in totals]) for share in shares]
    actual = [
        {
            "x": stamps,
            "y": [units_at(by_arm[arm.key], moment) for moment in moments],
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
    axis = line or Timeline(moments[0], moments[-1])
    top = max([1, *(units_at(series, moment) for series in by_arm.values() for moment in series)])
    goals = goals_of(arms, planned_units, top)
    layout = {
        **BASE,
        "margin": {"l": 56, "r": 12, "t": 10, "b": 30},
        "xaxis": time_axis(axis.first, axis.last),
        "yaxis": units_axis(max([top, *goals])),
        "shapes": [
            *(_mark(moment) for moment in grown_at if moments[0] <= moment <= moments[-1]),
            *(_level(goal) for goal in goals),
        ],
        "annotations": [_goal(goal) for goal in goals],
    }
    return {"data": split + actual, "layout": with_marks(layout, axis)}


def goals_of(arms: Sequence[Arm], planned_units: int | None, top: float) -> list[float]:
    """The planned units of each different share, where they fit into a drawing that reaches to `top`."""
    if not planned_units:
        return []
    goals = sorted({round(arm.share * planned_units) for arm in arms if arm.share > 0})
    return [] if not goals or goals[-1] > FLATTENING * top else [float(goal) for goal in goals]


def _dotted(stamps: list[str], values: list[float]) -> dict[str, Any]:
    line = {"color": PLANNED, "width": 1.5, "dash": "dot"}
    return {"x": stamps, "y": values, "mode": "lines", "line": line, "hoverinfo": "skip"}


def _level(goal: float) -> dict[str, Any]:
    line = {"color": PLANNED, "width": 1.5, "dash": "longdash"}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": goal, "y1": goal, "line": line}


def _goal(goal: float) -> dict[str, Any]:
    return {
        "xref": "paper",
        "x": 0,
        "xanchor": "left",
        "xshift": 4,
        "y": goal,
        "yanchor": "top",
        "text": _("Planned: {units}", units=number(goal)),
        "showarrow": False,
    }


def _mark(moment: datetime) -> dict[str, Any]:
    at = naive(moment)
    line = {"color": PLANNED, "width": 1.5}
    return {"type": "line", "x0": at, "x1": at, "yref": "paper", "y0": 0, "y1": 1, "line": line}


def units_at(series: dict[datetime, int], moment: datetime) -> int:
    """Units by a moment: the newest point that is not later; series may have gaps."""
    known = [when for when in series if when <= moment]
    return series[max(known)] if known else 0
