"""Exposures over time per variant, against the planned split and the planned number."""

from __future__ import annotations

from typing import Any

from dash import html

from dash_ui.components.attributes import aria
from dash_ui.components.graph import graph
from dash_ui.components.mark_list import mark_list
from dash_ui.components.table import Column, table
from dash_ui.figures.exposures import COLOURS, DASHES, exposures_figure, goals_of, units_at
from dash_ui.format import day, moment, number, percent
from dash_ui.i18n import _, language
from dash_ui.report_records import Arm, Report
from dash_ui.time_records import Timeline

HEIGHT = 280
MOST_ROWS = 20


def exposures(report: Report, line: Timeline | None = None) -> html.Section:
    """The chart with its legend, conclusion, marks and tables; `line` is the axis."""
    words, planned = conclusion(report), report.progress.planned_units
    body: list[Any] = []
    if len({point.moment for point in report.exposures}) > 1:
        figure = exposures_figure(report.exposures, report.arms, report.grown_at, planned, line)
        body = [
            _legend(report),
            graph("exposures", figure, words, HEIGHT, language()),
            mark_list(line.marks if line else ()),
        ]
    return html.Section(
        [
            html.H2(_("Exposures over time")),
            html.P(words, className="pw-quiet pw-small"),
            *body,
            _grown(report),
            _table(report),
            _over_time(report) if body else None,
        ],
        className="pw-card",
    )


def conclusion(report: Report) -> str:
    """How many shoppers so far, of how many, and whether the split is as planned."""
    srm = next((check for check in report.health if check.name == "srm"), None)
    failed = srm is not None and srm.status == "failed"
    units, planned = number(report.units), report.progress.planned_units
    if not planned:
        if failed:
            return _("{units} shoppers so far; the split does not follow the plan.", units=units)
        return _("{units} shoppers so far; the split follows the plan.", units=units)
    said = {"units": units, "planned": number(planned), "share": percent(report.units / planned, 0)}
    if failed:
        return _(
            "{units} of the planned {planned} shoppers ({share}) so far; the split does not follow the plan.",
            **said,
        )
    return _(
        "{units} of the planned {planned} shoppers ({share}) so far; the split follows the plan.", **said
    )


def _table(report: Report) -> html.Div:
    planned, total = report.progress.planned_units, report.units
    columns = [
        Column(_("Variant")),
        Column(_("Shoppers"), number=True),
        *([Column(_("Planned number"), number=True)] if planned else []),
        Column(_("Share"), number=True),
        Column(_("Planned"), number=True),
    ]
    rows = [
        (
            arm.name,
            number(arm.units),
            *([number(arm.share * planned)] if planned else []),
            percent(arm.units / total, 2) if total else "–",
            percent(arm.share, 2),
        )
        for arm in report.arms
    ]
    return table(_("Shoppers per variant"), columns, rows, "pw-plain")


def _over_time(report: Report) -> html.Details:
    moments = sorted({point.moment for point in report.exposures})
    step = max(1, -(-len(moments) // MOST_ROWS))
    shown = list(reversed(list(reversed(moments))[::step]))

    def units(arm: Arm) -> list[str]:
        series = {point.moment: point.units for point in report.exposures if point.variant == arm.key}
        return [number(units_at(series, each)) for each in shown]

    columns = [Column(_("Until")), *(Column(arm.name, number=True) for arm in report.arms)]
    rows = list(zip([moment(each) for each in shown], *(units(arm) for arm in report.arms), strict=True))
    return html.Details(
        [html.Summary(_("Show the numbers")), table(_("Exposures over time"), columns, rows)],
        className="pw-numbers-table",
    )


def _grown(report: Report) -> html.P | None:
    if not report.grown_at:
        return None
    listed = ", ".join(day(moment) for moment in report.grown_at)
    words = _("The split grew on {days}, where the chart has a line; nobody moved.", days=listed)
    return html.P(words, className="pw-quiet pw-small")


def _legend(report: Report) -> html.Ul:
    items = [
        html.Li(
            [
                html.Span(
                    className=f"pw-line pw-line-{DASHES[index % len(DASHES)]}",
                    style={"color": COLOURS[index % len(COLOURS)]},
                    **aria(hidden="true"),
                ),
                arm.name,
            ]
        )
        for index, arm in enumerate(report.arms)
    ]
    items.append(_planned("dot", _("Planned split")))
    top = max(arm.units for arm in report.arms)
    if goals_of(report.arms, report.progress.planned_units, top):
        items.append(_planned("dash", _("Planned number")))
    return html.Ul(items, className="pw-legend")


def _planned(dash: str, words: str) -> html.Li:
    return html.Li([html.Span(className=f"pw-line pw-line-{dash} pw-quiet", **aria(hidden="true")), words])
