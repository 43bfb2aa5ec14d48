"""Exposures over time per variant, against the planned split."""

from __future__ import annotations

from typing import Any

from dash import html

from dash_ui.components.attributes import aria
from dash_ui.components.graph import graph
from dash_ui.components.table import Column, table
from dash_ui.figures.exposures import COLOURS, DASHES, exposures_figure
from dash_ui.format import day, number, percent
from dash_ui.i18n import _, language
from dash_ui.report_records import Report

HEIGHT = 260


def exposures(report: Report) -> html.Section:
    """The chart with its legend, conclusion and table."""
    words = conclusion(report)
    body: list[Any] = []
    if len({point.moment for point in report.exposures}) > 1:
        figure = exposures_figure(report.exposures, report.arms, report.grown_at)
        body = [_legend(report), graph("exposures", figure, words, HEIGHT, language())]
    columns = [
        Column(_("Variant")),
        Column(_("Shoppers"), number=True),
        Column(_("Share"), number=True),
        Column(_("Planned"), number=True),
    ]
    total = report.units
    rows = [
        (
            arm.name,
            number(arm.units),
            percent(arm.units / total, 2) if total else "–",
            percent(arm.share, 2),
        )
        for arm in report.arms
    ]
    return html.Section(
        [
            html.H2(_("Exposures over time")),
            html.P(words, className="pw-quiet pw-small"),
            *body,
            _grown(report),
            table(_("Shoppers per variant"), columns, rows, "pw-plain"),
        ],
        className="pw-card",
    )


def _grown(report: Report) -> html.P | None:
    if not report.grown_at:
        return None
    listed = ", ".join(day(moment) for moment in report.grown_at)
    words = _("The split grew on {days}, where the chart has a line; nobody moved.", days=listed)
    return html.P(words, className="pw-quiet pw-small")


def conclusion(report: Report) -> str:
    """How many shoppers so far, and whether the split is as planned."""
    srm = next((check for check in report.health if check.name == "srm"), None)
    if srm is not None and srm.status == "failed":
        return _("{units} shoppers so far; the split does not follow the plan.", units=number(report.units))
    return _("{units} shoppers so far; the split follows the plan.", units=number(report.units))


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
    planned = html.Li([html.Span(className="pw-line pw-line-dot", **aria(hidden="true")), _("Planned")])
    return html.Ul([*items, planned], className="pw-legend")
