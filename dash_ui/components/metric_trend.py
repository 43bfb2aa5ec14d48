"""A metric's last days as small bars, with a sentence and a table."""

from __future__ import annotations

from typing import Any

from dash import html

from dash_ui.components.attributes import aria
from dash_ui.components.table import Column, table
from dash_ui.format import day
from dash_ui.i18n import _
from dash_ui.metric_lately_words import trend_sentence, value_text
from dash_ui.metric_records import MetricLately


def trend(found: MetricLately, document: dict[str, Any]) -> Any:
    """The days, where there are at least two of them."""
    if len(found.trend) < 2:
        return None
    most = max(abs(value) for _until, value in found.trend) or 1.0
    bars = [
        html.Span(
            className="pw-spark-bar",
            style={"height": f"{max(2.0, 100 * abs(value) / most):.0f}%"},
            title=f"{day(until)}: {value_text(value, document)}",
        )
        for until, value in found.trend
    ]
    rows = [[day(until), value_text(value, document)] for until, value in found.trend]
    columns = [Column(_("Day up to")), Column(_("Value"), number=True)]
    words = trend_sentence(found, document)
    return html.Div(
        [
            html.Div(bars, className="pw-spark", role="img", **aria(label=words)),
            html.P(words, className="pw-quiet pw-small"),
            html.Details(
                [
                    html.Summary(_("The days as a table"), className="pw-link pw-small"),
                    table(_("Value by day"), columns, rows, "pw-inset"),
                ],
                className="pw-diff-more",
            ),
        ]
    )
