"""A small interval on a common scale, with its numbers in words."""

from __future__ import annotations

from typing import Any

from dash import html

from dash_ui.components.attributes import aria
from dash_ui.format import interval_percent, signed_percent
from dash_ui.i18n import _
from dash_ui.records import Lift


def scale_of(lifts: list[Lift]) -> float:
    """Half the width that shows these lifts, bounded so that one early wide interval hides nobody."""
    ends = [abs(end) for lift in lifts for end in (lift.lower, lift.upper) if end is not None]
    return min(max([*ends, 0.02]), 0.3)


def mini_interval(lift: Lift | None, scale: float) -> Any:
    """Bar, dot and number of one lift; a dash without one."""
    if lift is None:
        return "–"
    tone = {True: "good", False: "bad", None: "unclear"}[lift.good]
    left, right = _place(lift.lower, -scale, scale), _place(lift.upper, scale, scale)
    width = max(right - left, 2)
    word = {True: _("better"), False: _("worse"), None: _("not clear yet")}[lift.good]
    span = interval_percent(lift.lower, lift.upper)
    drawing = html.Span(
        [
            html.Span(className="pw-mini-zero"),
            html.Span(className="pw-mini-bar", style={"left": f"{left}%", "width": f"{width}%"}),
            html.Span(className="pw-mini-dot", style={"left": f"{_place(lift.estimate, 0, scale)}%"}),
        ],
        className="pw-mini-axis",
        title=span,
        **aria(hidden=True),
    )
    return html.Span(
        [
            drawing,
            html.Span(signed_percent(lift.estimate), className="pw-mini-number"),
            html.Span(_("{word}, between {range}", word=word, range=span), className="pw-hidden"),
        ],
        className=f"pw-mini pw-mini-{tone}" + ("" if lift.good is None else " pw-mini-sure"),
    )


def _place(value: float | None, missing: float, scale: float) -> float:
    bounded = min(max(missing if value is None else value, -scale), scale)
    return round(50 + 50 * bounded / scale, 2)
