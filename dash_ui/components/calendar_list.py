"""The calendar of a year as people read it: month by month, each entry with what can be done about it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import Any

from dash import dcc, html

from dash_ui.calendar_records import CalendarMark
from dash_ui.calendar_words import kind_name, traffic_words
from dash_ui.components.attributes import aria
from dash_ui.components.icon import icon
from dash_ui.components.table import Column, table
from dash_ui.format import days, month
from dash_ui.i18n import _

REMOVE = "calendar-remove"


def calendar_list(marks: Sequence[CalendarMark], year: int, *, may_change: bool) -> list[Any]:
    """A table for each month in which something begins; what began before the year is in its first."""
    if not marks:
        words = _("Nothing is in the calendar of {year} yet.", year=year)
        return [html.P(words, className="pw-quiet")]
    first = date(year, 1, 1)
    starts = [(max(mark.first, first).replace(day=1), mark) for mark in marks]
    return [
        html.Section(
            [
                html.H3(month(start), id=f"calendar-{start.isoformat()}"),
                _table(month(start), [mark for _start, mark in group], year, may_change=may_change),
            ],
            className="pw-month",
            **aria(labelledby=f"calendar-{start.isoformat()}"),
        )
        for start, group in groupby(starts, key=lambda each: each[0])
    ]


def kind_badge(kind: str) -> html.Span:
    """The kind in a word, with the mark that stands for it in strips and charts."""
    return html.Span(
        [html.Span(className=f"pw-mark-shape pw-mark-{kind}", **aria(hidden="true")), kind_name(kind)],
        className="pw-mark-kind",
    )


def _table(title: str, marks: list[CalendarMark], year: int, *, may_change: bool) -> Any:
    columns = [
        Column(_("What"), name="pw-calendar-what"),
        Column(_("Days"), name="pw-calendar-days"),
        Column(_("Kind"), name="pw-calendar-kind"),
        Column(_("Of"), name="pw-calendar-of"),
        Column(_("Expected traffic"), name="pw-calendar-traffic"),
        *([Column(_("Change"), name="pw-calendar-change")] if may_change else []),
    ]
    rows = [_row(mark, year, may_change) for mark in marks]
    return table(_("Calendar of {month}", month=title), columns, rows, "pw-list pw-inset pw-cards")


def _row(mark: CalendarMark, year: int, may_change: bool) -> list[Any]:
    of: Any = _("the whole shop")
    if mark.experiment is not None:
        of = dcc.Link(mark.experiment, href=f"/ui/e/{mark.experiment}", className="pw-link")
    cells = [mark.name, days(mark.first, mark.last), kind_badge(mark.kind), of, traffic_words(mark.factor)]
    if not may_change:
        return cells
    change = dcc.Link(
        _("Change"),
        href=f"/ui/calendar?year={year}&change={mark.id}",
        className="pw-link pw-target",
        title=_("Change {name}", name=mark.name),
    )
    remove = html.Button(
        icon("trash", 18),
        id={"type": REMOVE, "of": mark.id},
        type="button",
        className="pw-button pw-quiet-button",
        n_clicks=0,
        **aria(label=_("Remove {name}", name=mark.name)),
    )
    return [*cells, html.Div([change, remove], className="pw-bar pw-one-line")]
