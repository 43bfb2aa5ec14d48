"""The shoppers who reached the trigger: what decides, and what it means for everybody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from dash_ui.components.forest import forest_axis, forest_bar
from dash_ui.components.numbers import lift_range
from dash_ui.components.scorecard import difference_cell, verdict_mark
from dash_ui.components.table import Column, table
from dash_ui.format import number, percent, signed_percent
from dash_ui.i18n import _
from dash_ui.report_records import Effect, Range, Report
from dash_ui.report_words import role_word


def triggered(report: Report) -> html.Section | None:
    """A row per deciding metric and treatment; `None` without a trigger."""
    entered = report.entered
    if entered is None:
        return None
    columns = [
        Column(_("Metric"), name="pw-col-metric"),
        Column(_("Difference"), number=True),
        Column(
            [html.Span(_("Plausible range"), className="pw-hidden"), forest_axis(report.forest)],
            name="pw-col-forest",
            label=_("Plausible range"),
        ),
        Column(_("On everybody"), number=True),
        Column(_("Verdict"), name="pw-col-verdict"),
    ]
    rows = [_row(*pair, report) for pair in zip(entered.effects, entered.everybody, strict=True)]
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
    return html.Section(
        [
            html.Div(html.H2(title), className="pw-section-head"),
            html.P(note, className="pw-quiet pw-small"),
            table(title, columns, rows, "pw-scorecard pw-numbers"),
        ],
        className="pw-card",
    )


def _row(effect: Effect, everybody: Range, report: Report) -> Sequence[Any]:
    several = len(report.treatments) > 1
    name = f"{effect.metric_name} · {effect.variant_name}" if several else effect.metric_name
    spread: Any = None
    if everybody.estimate is not None:
        spread = [
            html.Div(signed_percent(everybody.estimate, 2), className="pw-strong"),
            html.Div(lift_range(everybody), className="pw-quiet pw-small"),
        ]
    return (
        html.Div(
            [html.Div(name, className="pw-strong"), html.Div(role_word(effect.role), className="pw-quiet")]
        ),
        difference_cell(effect),
        forest_bar(effect, report.forest),
        html.Div(spread),
        verdict_mark(effect),
    )
