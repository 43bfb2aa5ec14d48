"""What the calendar holds within a planned run: a strip for the eye, every entry with its days in words."""

from __future__ import annotations

from datetime import date

from dash import dcc, html

from dash_ui.calendar_records import CalendarMark
from dash_ui.calendar_words import kind_name, traffic_words
from dash_ui.components.attributes import aria
from dash_ui.components.icon import icon
from dash_ui.format import day, days
from dash_ui.i18n import _, ngettext
from dash_ui.wizard.run import UNUSUAL, WEEK, Run


def calendar_strip(run: Run) -> html.Div:
    """The run by weeks, what falls in it, and what to do about that."""
    words = ngettext(
        "The run on the calendar: {first} to {last}, {count} whole week.",
        "The run on the calendar: {first} to {last}, {count} whole weeks.",
        run.weeks,
        first=day(run.first),
        last=day(run.last),
    )
    ends = html.Div([html.Span(day(run.first)), html.Span(day(run.last))], className="pw-strip-ends")
    weeks = [
        html.Span(className="pw-strip-week", style={"left": f"{100 * week / run.weeks:.2f}%"})
        for week in range(1, run.weeks)
    ]
    nothing = html.P(_("Nothing in the calendar falls in this run."), className="pw-quiet pw-small")
    return html.Div(
        [
            html.P(_("Calendar"), className="pw-strong"),
            html.Div(weeks, className="pw-strip-run", role="img", **aria(label=words)),
            ends,
            html.Ul([_mark(mark, run) for mark in run.marks], className="pw-strip-marks")
            if run.marks
            else nothing,
            *(
                html.P([icon("warning", 16), line], className="pw-warn-text pw-health pw-wrap")
                for line in warnings(run)
            ),
            dcc.Link(_("Change the calendar"), href="/ui/calendar", className="pw-link pw-small pw-target"),
        ],
        className="pw-strip",
    )


def warnings(run: Run) -> list[str]:
    """What in a run makes its shoppers, or their number, other than usual, with what to do about it."""
    found = [
        _("{name} ({days})", name=mark.name, days=days(mark.first, mark.last))
        for mark in run.marks
        if mark.kind in UNUSUAL
    ]
    if not found:
        return []
    return [
        ngettext(
            "{names} falls in this run. Shoppers behave differently then: start after it, or run on until"
            " ordinary weeks outnumber it, and read the result by week.",
            "{names} fall in this run. Shoppers behave differently then: start after them, or run on until"
            " ordinary weeks outnumber them, and read the result by week.",
            len(found),
            names=", ".join(found),
        )
    ]


def _mark(mark: CalendarMark, run: Run) -> html.Li:
    length = run.weeks * WEEK
    start, end = _place(mark.first, run), _place(mark.last, run) + 1
    left, width = 100 * max(start, 0) / length, 100 * (min(end, length) - max(start, 0)) / length
    bar = html.Span(
        className=f"pw-strip-bar pw-strip-{mark.kind}",
        style={"left": f"{left:.2f}%", "width": f"{width:.2f}%"},
    )
    text = _(
        "{name} · {kind} · {days} · {traffic}",
        name=mark.name,
        kind=kind_name(mark.kind),
        days=days(mark.first, mark.last),
        traffic=traffic_words(mark.factor),
    )
    track = html.Div(bar, className="pw-strip-track", **aria(hidden="true"))
    return html.Li([html.Div(text), track])


def _place(when: date, run: Run) -> int:
    return (when - run.first).days
