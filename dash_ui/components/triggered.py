"""The shoppers who reached the trigger: what decides, and what it means for everybody."""

from __future__ import annotations

from typing import Any

from dash import html

from dash_ui.components.numbers import lift_range
from dash_ui.components.scorecard import effects_table
from dash_ui.components.table import Column
from dash_ui.components.yearly import has_year, year_note
from dash_ui.format import number, percent, signed_percent
from dash_ui.i18n import _
from dash_ui.report_records import Range, Report


def triggered(report: Report) -> html.Section | None:
    """A row per deciding metric and treatment; `None` without a trigger."""
    entered = report.entered
    if entered is None:
        return None
    note = _(
        "{units} shoppers ({share} of those exposed) reached {event}. They decide; what they did counts from"
        " that moment on.",
        units=number(entered.units),
        share=percent(entered.share, 1),
        event=entered.event,
    )
    if entered.withdrawn:
        note = _("Withdrawn: the variant has a part in who reached {event}.", event=entered.event)
    title = _("Shoppers who reached the trigger")
    spread = (Column(_("On everybody"), number=True), [_spread(each) for each in entered.everybody])
    return html.Section(
        [
            html.Div(html.H2(title), className="pw-section-head"),
            html.P(note, className="pw-quiet pw-small"),
            effects_table(title, entered.effects, report, [spread]),
            year_note(report) if has_year(entered.effects, report) else None,
        ],
        className="pw-card",
    )


def _spread(everybody: Range) -> Any:
    """The same effect over all who were exposed."""
    if everybody.estimate is None:
        return html.Div()
    return html.Div(
        [
            html.Div(signed_percent(everybody.estimate, 2), className="pw-strong"),
            html.Div(lift_range(everybody), className="pw-quiet pw-small"),
        ]
    )
