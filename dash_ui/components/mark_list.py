"""The marks of a time axis in words, under the chart that has their numbers."""

from __future__ import annotations

from collections.abc import Sequence

from dash import html

from dash_ui.components.attributes import aria
from dash_ui.i18n import _, ngettext
from dash_ui.time_records import TimeMark

MOST_OPEN = 9


def mark_list(marks: Sequence[TimeMark]) -> html.Div | html.Details | None:
    """Every mark with its number; many of them fold away. None where there are none."""
    if not marks:
        return None
    items = html.Ul(
        [
            html.Li([html.Span(str(mark.number), className="pw-mark-number"), html.Span(mark.words)])
            for mark in marks
        ],
        className="pw-mark-list",
        **aria(label=_("Marks in the chart")),
    )
    if len(marks) <= MOST_OPEN:
        return html.Div(items)
    title = ngettext("{count} mark in the chart", "{count} marks in the chart", len(marks))
    return html.Details([html.Summary(title), items], className="pw-numbers-table")
