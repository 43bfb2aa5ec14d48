"""Effects of parts of the shoppers, each with its range: by days since exposure, and by its date."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from dash_ui.figures.axis import BASE, effect_axis, naive, time_axis
from dash_ui.figures.marks import with_marks
from dash_ui.format import ZONE
from dash_ui.report_records import Range
from dash_ui.time_records import Timeline

LINE, RANGE = "#4c6ef5", "rgba(76,110,245,0.55)"
_MARGIN = {"l": 56, "r": 12, "t": 10, "b": 30}


def ages_figure(spans: Sequence[str], effects: Sequence[Range], limit: float) -> dict[str, Any]:
    """One dot with its range per span of days since first exposure, in their order."""
    places = list(range(len(spans)))
    axis = {
        "range": [-0.5, len(spans) - 0.5],
        "tickvals": places,
        "ticktext": list(spans),
        "fixedrange": True,
        "showgrid": False,
        "zeroline": False,
    }
    layout = {**BASE, "margin": _MARGIN, "xaxis": axis, "yaxis": effect_axis(limit)}
    return {"data": _drawn(places, effects, limit, connected=True), "layout": layout}


def dates_figure(
    starts: Sequence[date], step: int, effects: Sequence[Range], limit: float, line: Timeline
) -> dict[str, Any]:
    """One dot with its range in the middle of each cohort, on a bar from its first to its last day."""
    first = [datetime(each.year, each.month, each.day, tzinfo=ZONE) for each in starts]
    last = [each + timedelta(days=step) for each in first]
    axis_first, axis_last = min([line.first, *first]), max([line.last, *last])
    middles = [naive(start + (end - start) / 2) for start, end in zip(first, last, strict=True)]
    bars: dict[str, list[Any]] = {"x": [], "y": []}
    for start, end, effect in zip(first, last, effects, strict=True):
        if effect.estimate is not None:
            level = _clipped(effect.estimate, limit)
            bars["x"] += [naive(start), naive(end), None]
            bars["y"] += [level, level, None]
    through = {**bars, "mode": "lines", "line": {"color": RANGE, "width": 4}, "hoverinfo": "skip"}
    layout = {
        **BASE,
        "margin": _MARGIN,
        "xaxis": time_axis(axis_first, axis_last),
        "yaxis": effect_axis(limit),
    }
    axis = Timeline(axis_first, axis_last, line.marks)
    return {"data": [through, *_drawn(middles, effects, limit)], "layout": with_marks(layout, axis)}


def _drawn(
    places: Sequence[Any], effects: Sequence[Range], limit: float, *, connected: bool = False
) -> list[dict[str, Any]]:
    known = [(place, each) for place, each in zip(places, effects, strict=True) if each.estimate is not None]
    x: list[Any] = []
    y: list[Any] = []
    for place, each in known:
        lower = -limit if each.lower is None else _clipped(each.lower, limit)
        upper = limit if each.upper is None else _clipped(each.upper, limit)
        x += [place, place, None]
        y += [lower, upper, None]
    ranges = {"x": x, "y": y, "mode": "lines", "line": {"color": RANGE, "width": 2.5}, "hoverinfo": "skip"}
    dots = {
        "x": [place for place, _each in known],
        "y": [_clipped(each.estimate or 0.0, limit) for _place, each in known],
        "mode": "lines+markers" if connected else "markers",
        "line": {"color": LINE, "width": 1.5, "dash": "dot"},
        "marker": {
            "color": LINE,
            "size": 10,
            "symbol": ["circle" if leaves_zero(each) else "circle-open" for _place, each in known],
        },
        "hoverinfo": "skip",
    }
    return [ranges, dots]


def leaves_zero(effect: Range) -> bool:
    """Whether the range lies on one side of zero."""
    above = effect.lower is not None and effect.lower > 0
    return above or (effect.upper is not None and effect.upper < 0)


def _clipped(value: float, limit: float) -> float:
    return max(-limit, min(limit, value))
