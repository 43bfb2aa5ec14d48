"""Effects by days since exposure and by its date: for exploration, drawn, and with what they say in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from dash import html

from dash_ui.components.forest import forest_axis, forest_bar
from dash_ui.components.graph import graph
from dash_ui.components.mark_list import mark_list
from dash_ui.components.numbers import p_text
from dash_ui.components.scorecard import difference_cell
from dash_ui.components.table import Column, table
from dash_ui.figures.cuts import ages_figure, dates_figure
from dash_ui.format import day, interval_percent, number
from dash_ui.i18n import _, language, ngettext
from dash_ui.report_records import Change, Cuts, Effect, Range, Report, Segment
from dash_ui.time_records import Timeline

HEIGHT = 250
WEEK = 7
Shown = list[tuple[Segment, Effect]]


def over_time(
    report: Report, effect: Effect | None = None, line: Timeline | None = None
) -> html.Section | None:
    """Both charts of one effect, and all of them in tables; `None` where nobody has lived through a day yet.

    Args:
        effect: The one to draw, where it is a primary metric's; else the first.
        line: The axis that all charts share.
    """
    cuts = report.cuts
    if cuts is None or not any(segment.effects and segment.units for segment in cuts.ages):
        return None
    wanted = _wanted(cuts, effect)
    shown = next((each for each in cuts.changes if _is_of(each, wanted)), None)
    others = [change for change in cuts.changes if change is not shown]
    return html.Section(
        [
            html.Div(html.H2(_("Over time")), className="pw-section-head"),
            html.P(
                _(
                    "For exploration: none of this decides; corrected for many comparisons. By days, only"
                    " shoppers who have lived through them count, with what they did in them. A filled dot:"
                    " the range leaves zero; an open dot: it includes zero."
                ),
                className="pw-quiet pw-small",
            ),
            *_ages(cuts, wanted, shown, report),
            *(html.P(change_sentence(change), className="pw-small") for change in others),
            *_dates(cuts, wanted, line, report),
        ],
        className="pw-card",
    )


def change_sentence(change: Change) -> str:
    """Whether an effect changes with the days since exposure."""
    words = {"metric": change.metric_name, "variant": change.variant_name}
    if change.p_value is None:
        return _("{metric}, {variant}: whether the effect changes with the days cannot be said yet.", **words)
    p_value = p_text(change.p_value)
    if change.direction == "fades":
        return _("{metric}, {variant}: the effect fades with the days (p-value {p}).", **words, p=p_value)
    if change.direction == "grows":
        return _("{metric}, {variant}: the effect grows with the days (p-value {p}).", **words, p=p_value)
    return _("{metric}, {variant}: no change with the days is shown (p-value {p}).", **words, p=p_value)


def dates_sentence(effect: Effect, ranges: Sequence[Range]) -> str:
    """Whether one effect fits the ranges of all dates, and how many of them leave zero."""
    words: dict[str, Any] = {"metric": effect.metric_name, "variant": effect.variant_name}
    known = [each for each in ranges if each.bounded]
    if len(known) < 2:
        return _("{metric}, {variant}: fewer than two of the dates have a range yet.", **words)
    lower = max(-1.0 if each.lower is None else each.lower for each in known)
    upper = min(float("inf") if each.upper is None else each.upper for each in known)
    if lower > upper:
        return ngettext(
            "{metric}, {variant}: no single effect fits the ranges of all {count} date.",
            "{metric}, {variant}: no single effect fits the ranges of all {count} dates.",
            len(known),
            **words,
        )
    ends = interval_percent(lower, upper if upper < float("inf") else None)
    return ngettext(
        "{metric}, {variant}: one effect within {range} fits the ranges of all {count} date.",
        "{metric}, {variant}: one effect within {range} fits the ranges of all {count} dates.",
        len(known),
        **words,
        range=ends,
    )


def _wanted(cuts: Cuts, effect: Effect | None) -> Effect:
    known = [each for segment in (*cuts.ages, *cuts.dates) for each in segment.effects]
    if effect is None:
        return known[0]
    same = ((each.metric, each.variant) == (effect.metric, effect.variant) for each in known)
    return next((each for each, is_it in zip(known, same, strict=True) if is_it), known[0])


def _is_of(change: Change, effect: Effect) -> bool:
    return (change.metric_name, change.variant_name) == (effect.metric_name, effect.variant_name)


def _of(segments: Sequence[Segment], wanted: Effect) -> Shown:
    return [
        (segment, each)
        for segment in segments
        for each in segment.effects
        if (each.metric, each.variant) == (wanted.metric, wanted.variant)
        and each.relative.estimate is not None
    ]


def _ages(cuts: Cuts, wanted: Effect, change: Change | None, report: Report) -> list[Any]:
    shown, title = _of(cuts.ages, wanted), _("By days since first exposure")
    words = title if change is None else change_sentence(change)
    body: list[Any] = [html.H3(title)]
    if shown:
        names, ranges = [each.value for each, _e in shown], [each.relative for _s, each in shown]
        body.append(graph("by-age", ages_figure(names, ranges, cuts.limits[0]), words, HEIGHT, language()))
    if change is not None:
        body.append(html.P(words, className="pw-small pw-conclusion"))
    return [*body, _table(title, _("Day"), cuts.ages, cuts.limits[0], report)]


def _dates(cuts: Cuts, wanted: Effect, line: Timeline | None, report: Report) -> list[Any]:
    shown = _of(cuts.dates, wanted)
    title = _("By week of first exposure") if cuts.step == WEEK else _("By date of first exposure")
    body: list[Any] = [html.H3(title)]
    if shown:
        starts = [date.fromisoformat(each.value) for each, _e in shown]
        ranges = [each.relative for _s, each in shown]
        axis = line or Timeline(report.as_of, report.as_of)
        figure = dates_figure(starts, cuts.step, ranges, cuts.limits[1], axis)
        words = dates_sentence(wanted, ranges)
        body += [
            graph("by-date", figure, words, HEIGHT, language()),
            html.P(words, className="pw-small pw-conclusion"),
            mark_list(axis.marks),
        ]
    return [*body, _table(title, _("From"), cuts.dates, cuts.limits[1], report)]


def _table(title: str, name: str, cuts: Sequence[Segment], limit: float, report: Report) -> html.Details:
    columns = [
        Column(name),
        Column(_("Metric")),
        Column(_("Shoppers"), number=True),
        Column(_("Difference"), number=True),
        Column(
            [html.Span(_("Plausible range"), className="pw-hidden"), forest_axis(limit)],
            name="pw-col-forest",
            label=_("Plausible range"),
        ),
    ]
    rows = [_row(cut, effect, limit, report) for cut in cuts for effect in cut.effects]
    numbers = table(title, columns, rows, "pw-scorecard pw-numbers")
    return html.Details([html.Summary(_("Show the numbers")), numbers], className="pw-numbers-table")


def _row(cut: Segment, effect: Effect, limit: float, report: Report) -> Sequence[Any]:
    several = len(report.treatments) > 1
    return (
        cut.value if cut.name == "age" else day(date.fromisoformat(cut.value)),
        f"{effect.metric_name} · {effect.variant_name}" if several else effect.metric_name,
        number(cut.units),
        difference_cell(effect),
        forest_bar(effect, limit),
    )
