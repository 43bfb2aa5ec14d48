"""The confidence sequence: where the true effect can be, report after report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from dash_ui.figures.axis import BASE, effect_axis, naive, time_axis
from dash_ui.format import day
from dash_ui.format import moment as moment_text
from dash_ui.i18n import _
from dash_ui.report_records import EvidencePoint

LINE, BAND, DECIDED = "#4c6ef5", "rgba(76,110,245,0.18)", "#0c8599"


def decided_at(points: Sequence[EvidencePoint]) -> EvidencePoint | None:
    """Since when zero has been outside the band without a break; `None` while it is inside."""
    since = None
    for point in reversed(points):
        if not excludes_zero(point):
            break
        since = point
    return since


def excludes_zero(point: EvidencePoint) -> bool:
    """Whether the interval lies on one side of zero."""
    lower, upper = point.relative.lower, point.relative.upper
    return (lower is not None and lower > 0) or (upper is not None and upper < 0)


def evidence_figure(
    points: Sequence[EvidencePoint], limit: float, first: datetime, last: datetime
) -> dict[str, Any]:
    """The band, the estimate, the zero line and the decision day, from `first` to `last`."""
    moments = [naive(point.moment) for point in points]
    beyond = 100 * limit
    lower = [-beyond if point.relative.lower is None else point.relative.lower for point in points]
    upper = [beyond if point.relative.upper is None else point.relative.upper for point in points]
    edge: dict[str, Any] = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
    traces: list[dict[str, Any]] = [
        {"x": moments, "y": lower, **edge},
        {"x": moments, "y": upper, "fill": "tonexty", "fillcolor": BAND, **edge},
        {
            "x": moments,
            "y": [point.relative.estimate for point in points],
            "mode": "lines" if len(points) > 1 else "markers",
            "line": {"color": LINE, "width": 2.5},
            "marker": {"color": LINE, "size": 8},
            "hoverinfo": "skip",
        },
    ]
    layout: dict[str, Any] = {
        **BASE,
        "margin": {"l": 56, "r": 12, "t": 26, "b": 30},
        "xaxis": time_axis(first, last),
        "yaxis": effect_axis(limit),
    }
    since = decided_at(points)
    if since is not None:
        traces.append(_dot(since))
        layout["shapes"] = [_line(since)]
        layout["annotations"] = [_label(since, first, last)]
    return {"data": traces, "layout": layout}


def when(moment: datetime, first: datetime, last: datetime) -> str:
    """A day of a long experiment, a time of one that is younger than two days."""
    return day(moment) if last - first >= timedelta(days=2) else moment_text(moment)


def _dot(since: EvidencePoint) -> dict[str, Any]:
    return {
        "x": [naive(since.moment)],
        "y": [since.relative.estimate],
        "mode": "markers",
        "marker": {"color": DECIDED, "size": 11, "line": {"color": "#ffffff", "width": 2}},
        "hoverinfo": "skip",
    }


def _line(since: EvidencePoint) -> dict[str, Any]:
    at = naive(since.moment)
    return {
        "type": "line",
        "x0": at,
        "x1": at,
        "yref": "paper",
        "y0": 0,
        "y1": 1,
        "line": {"color": DECIDED, "width": 2, "dash": "dot"},
    }


def _label(since: EvidencePoint, first: datetime, last: datetime) -> dict[str, Any]:
    late = (since.moment - first) * 2 > (last - first)
    return {
        "x": naive(since.moment),
        "xanchor": "right" if late else "left",
        "xshift": -7 if late else 7,
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "text": _("Conclusive since {day}", day=when(since.moment, first, last)),
        "showarrow": False,
    }
