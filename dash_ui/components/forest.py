"""Intervals as bars on a common axis: filled when conclusive, an arrow where the axis ends first."""

from __future__ import annotations

from typing import Any

from dash import html

from dash_ui.components.attributes import aria
from dash_ui.components.numbers import size_range, size_text
from dash_ui.figures.axis import effect_ticks
from dash_ui.format import signed_percent
from dash_ui.i18n import _
from dash_ui.report_records import Effect
from dash_ui.report_words import tone, verdict_word


def forest_bar(effect: Effect, limit: float) -> html.Div:
    """One interval from -limit to +limit, with a tick at the limit of a guardrail."""
    marks: list[Any] = [html.Span(className="pw-forest-zero", style={"left": "50%"})]
    if effect.limit is not None and abs(effect.limit) <= limit:
        marks.append(html.Span(className="pw-forest-limit", style={"left": _place(effect.limit, limit)}))
    if effect.relative.bounded:
        marks += _interval(effect, limit)
    return html.Div(
        html.Div(marks, className="pw-forest-track"),
        role="img",
        className="pw-forest",
        **aria(label=forest_label(effect)),
    )


def forest_label(effect: Effect) -> str:
    """What the bar shows, in words."""
    if not effect.relative.bounded:
        return _(
            "{metric}, {variant}: no interval yet.", metric=effect.metric_name, variant=effect.variant_name
        )
    return _(
        "{metric}, {variant}: {lift}, plausible range {range}. {verdict}.",
        metric=effect.metric_name,
        variant=effect.variant_name,
        lift=size_text(effect),
        range=size_range(effect),
        verdict=verdict_word(effect.verdict),
    )


def forest_axis(limit: float) -> html.Div:
    """The tick texts of the common axis."""
    digits = 0 if limit >= 0.02 else 1
    ticks = effect_ticks(limit, 1)
    return html.Div(
        html.Div(
            [
                html.Span(
                    "0%" if tick == 0 else signed_percent(tick, digits), style={"left": _place(tick, limit)}
                )
                for tick in ticks
            ],
            className="pw-forest-track",
        ),
        className="pw-forest pw-forest-axis",
        **aria(hidden="true"),
    )


def _interval(effect: Effect, limit: float) -> list[Any]:
    lower = -limit if effect.relative.lower is None else effect.relative.lower
    upper = limit if effect.relative.upper is None else effect.relative.upper
    left, right = _part(lower, limit), _part(upper, limit)
    colour = f"pw-{tone(effect.verdict) if effect.significant else 'unclear'}"
    marks = [
        html.Span(
            className=f"pw-forest-span {colour}",
            style={"left": f"{left:.2f}%", "width": f"{right - left:.2f}%"},
        )
    ]
    if lower < -limit or effect.relative.lower is None:
        marks.append(html.Span(className=f"pw-forest-cut pw-forest-left {colour}"))
    if upper > limit or effect.relative.upper is None:
        marks.append(html.Span(className=f"pw-forest-cut pw-forest-right {colour}"))
    if effect.relative.estimate is not None:
        full = "pw-full" if effect.significant else "pw-open"
        place = _place(effect.relative.estimate, limit)
        marks.append(html.Span(className=f"pw-forest-dot {full} {colour}", style={"left": place}))
    return marks


def _part(value: float, limit: float) -> float:
    return 50 + 50 * max(-1.0, min(1.0, value / limit))


def _place(value: float, limit: float) -> str:
    return f"{_part(value, limit):.2f}%"
