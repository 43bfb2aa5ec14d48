"""Numbered marks on a time axis: shaded spans, dashed moments, and their numbers above the chart."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dash_ui.figures.axis import naive
from dash_ui.time_records import Timeline, TimeMark

SHADE, EDGE, BADGE = "rgba(134,142,150,0.16)", "rgba(134,142,150,0.9)", "#56606c"
LINE_HEIGHT = 22
"""Pixels of a line of notes above a chart."""
NEAR = 0.085
"""Share of the axis within which numbers would overlap in the narrowest window; they then share a badge."""


def with_marks(layout: dict[str, Any], line: Timeline) -> dict[str, Any]:
    """The layout of a chart over time with the marks of its axis."""
    if not line.marks:
        return layout
    above = layout["margin"]["t"]
    shift = above - 4 if above > LINE_HEIGHT else 4
    room = {**layout["margin"], "t": shift + LINE_HEIGHT}
    return {
        **layout,
        "margin": room,
        "shapes": [*(_shape(mark, line) for mark in line.marks), *layout.get("shapes", ())],
        "annotations": [
            *layout.get("annotations", ()),
            *(_badge(group, line, shift) for group in together(line)),
        ],
    }


def together(line: Timeline) -> list[list[TimeMark]]:
    """The marks in groups whose numbers share a badge, for they stand too close."""
    groups: list[list[TimeMark]] = []
    for mark in line.marks:
        if groups and _place(mark, line) - _place(groups[-1][0], line) < NEAR:
            groups[-1].append(mark)
        else:
            groups.append([mark])
    return groups


def _shape(mark: TimeMark, line: Timeline) -> dict[str, Any]:
    start = max(mark.first, line.first)
    upright: dict[str, Any] = {"yref": "paper", "y0": 0, "y1": 1, "layer": "below", "x0": naive(start)}
    if mark.last is None:
        dashes = {"color": EDGE, "width": 1.5, "dash": "dash"}
        return {**upright, "type": "line", "x1": naive(start), "line": dashes}
    end = naive(min(mark.last, line.last))
    return {**upright, "type": "rect", "x1": end, "fillcolor": SHADE, "line": {"color": EDGE, "width": 0.5}}


def _badge(group: Sequence[TimeMark], line: Timeline, shift: int) -> dict[str, Any]:
    numbers = [mark.number for mark in group]
    text = str(numbers[0]) if len(numbers) == 1 else f"{numbers[0]}–{numbers[-1]}"
    return {
        "x": naive(max(group[0].first, line.first)),
        "xanchor": "left",
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "yshift": shift,
        # Bold tells a badge from other notes on a chart, in the style sheet too.
        "text": f"<b>{text}</b>",
        "bgcolor": BADGE,
        "borderpad": 2,
        "font": {"color": "#ffffff", "size": 11.5},
        "showarrow": False,
    }


def _place(mark: TimeMark, line: Timeline) -> float:
    whole: Any = line.last - line.first
    moment: datetime = max(mark.first, line.first)
    return float((moment - line.first) / whole) if whole else 0.0
