"""When experiments ran, as bars on one axis of time, those in the same place of the shop together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import groupby
from typing import Any, Final

from dash import dcc, html

from dash_ui.calendar_records import CalendarMark
from dash_ui.calendar_words import kind_name
from dash_ui.components.attributes import aria
from dash_ui.components.icon import icon
from dash_ui.format import day, days, local, number, short_month
from dash_ui.i18n import _, ngettext
from dash_ui.programme_records import Programme, Ran
from dash_ui.programme_words import decision_name
from dash_ui.words import phase_name, surface_name

_NARROWEST: Final = 0.035
"""Of the axis: what one finger can hit; shorter runs still keep that much of their lane free."""
_SIGNS: Final = {
    "ship": "check", "rollback": "down", "inconclusive": "equal", "none": "hourglass", "running": "play",
    "paused": "pause", "holdout": "lock",
}  # fmt: skip


def timeline(found: Programme, marks: Sequence[CalendarMark]) -> Any:
    """Lanes by place, with what the calendar holds on top; nothing where none ran in the window."""
    if not found.drawn:
        return None
    axis = _Axis(*found.window)
    ordered = sorted(found.drawn, key=lambda row: (row.surface, row.placement))
    groups = [
        _group(surface, placement, list(rows), axis)
        for (surface, placement), rows in groupby(ordered, key=lambda row: (row.surface, row.placement))
    ]
    lanes = html.Div([_months(axis), _calendar(marks, axis), *groups], className="pw-lanes")
    return html.Section(
        [
            html.H3(_("Timeline")),
            html.P(_told(found), className="pw-strong"),
            html.Div(lanes, className="pw-scroll", role="region", tabIndex=0, **aria(label=_("Timeline"))),
            _legend(found.drawn),
            _marks(marks),
        ],
        className="pw-card pw-space",
    )


class _Axis:
    """Days as shares of the width."""

    def __init__(self, first: date, last: date) -> None:
        self.first, self.last = first, last
        self.days = (last - first).days + 1

    def place(self, when: date) -> float:
        """Where a day begins, from 0 to 1; days outside are at the ends."""
        return min(max((when - self.first).days / self.days, 0.0), 1.0)

    def style(self, first: date, last: date) -> dict[str, str]:
        """From the beginning of one day to the end of another."""
        left, right = self.place(first), self.place(last + timedelta(days=1))
        return {"left": f"{100 * left:.2f}%", "width": f"{100 * (right - left):.2f}%"}


def _told(found: Programme) -> str:
    first, last = found.window
    busiest = _most_at_once(found.drawn)
    told = ngettext(
        "{count} experiment ran between {first} and {last}; at the busiest moment {most} ran at once.",
        "{count} experiments ran between {first} and {last}; at the busiest moment {most} ran at once.",
        len(found.drawn) + found.not_drawn,
        first=day(first),
        last=day(last),
        most=number(busiest),
    )
    if not found.not_drawn:
        return told
    drawn = _("The newest {drawn} are drawn; choose a period to see others.", drawn=number(len(found.drawn)))
    return f"{told} {drawn}"


def _most_at_once(rows: Sequence[Ran]) -> int:
    steps = [(row.started, 1) for row in rows if row.started]
    steps += [(row.stopped, -1) for row in rows if row.stopped]
    most = running = 0
    for _moment, step in sorted(steps):
        running += step
        most = max(most, running)
    return most


def _group(surface: str, placement: str, rows: list[Ran], axis: _Axis) -> html.Div:
    """One place of the shop; those that ran at the same time lie below one another."""
    lanes: list[tuple[float, list[Ran]]] = []
    for row in sorted(rows, key=lambda row: _span(row)[0]):
        begins, ends = (axis.place(when) for when in _span(row))
        ends = max(ends, begins + _NARROWEST)
        free = next((at for at, (until, _rows) in enumerate(lanes) if until <= begins), None)
        if free is None:
            lanes.append((ends, [row]))
        else:
            lanes[free] = (ends, [*lanes[free][1], row])
    name = html.Div(
        [html.Span(surface_name(surface)), html.Span(placement, className="pw-quiet pw-small pw-anywhere")],
        className="pw-lane-name",
    )
    tracks = [html.Ul([_bar(row, axis) for row in lane], className="pw-lane-track") for _until, lane in lanes]
    return html.Div([name, html.Div(tracks)], className="pw-lane")


def _bar(row: Ran, axis: _Axis) -> html.Li:
    kind = _kind(row)
    first, last = _span(row)
    words = _(
        "{name}: {days}, {outcome}",
        name=row.name,
        days=days(first, last),
        outcome=decision_name(row.decision) if row.stopped else phase_name(row.status),
    )
    inside = [moment.date() for moment in row.phases if axis.first <= moment.date() <= axis.last]
    width = max((last - first).days + 1, 1)
    phases = [
        html.Span(className="pw-lane-phase", style={"left": f"{100 * (at - first).days / width:.1f}%"})
        for at in inside
    ]
    link = dcc.Link(
        [icon(_SIGNS[kind], 14), html.Span(row.name, className="pw-lane-text"), *phases],
        href=f"/ui/e/{row.key}",
        className=f"pw-lane-bar pw-lane-{kind}",
        title=words,
    )
    place = axis.style(first, last)
    # What is too short for a finger is as wide as one, and stays within its lane.
    style = {**place, "left": f"min({place['left']}, calc(100% - 24px))"}
    return html.Li([link, html.Span(words, className="pw-hidden")], style=style)


def _kind(row: Ran) -> str:
    if row.holdout:
        return "holdout"
    if row.stopped is None:
        return "paused" if row.status == "paused" else "running"
    return row.decision or "none"


def _span(row: Ran) -> tuple[date, date]:
    """First and last day on the shop's clock; what still runs ends today."""
    now = datetime.now(UTC)
    return local(row.started or now).date(), local(row.stopped or now).date()


def _months(axis: _Axis) -> html.Div:
    firsts = []
    when = axis.first.replace(day=1)
    while when <= axis.last:
        if when >= axis.first:
            firsts.append(when)
        when = (when + timedelta(days=32)).replace(day=1)
    step = -(-len(firsts) // 12) or 1
    ticks = [
        html.Span(
            short_month(first),
            style={"left": f"{100 * axis.place(first):.2f}%"},
        )
        for first in firsts[::step]
    ]
    return html.Div(
        [html.Span(), html.Div(ticks, className="pw-lane-axis")], className="pw-lane", **aria(hidden=True)
    )


def _calendar(marks: Sequence[CalendarMark], axis: _Axis) -> html.Div | None:
    if not marks:
        return None
    bars = [
        html.Span(
            className=f"pw-strip-bar pw-strip-{mark.kind}",
            style=axis.style(mark.first, mark.last),
            title=mark.name,
        )
        for mark in marks
    ]
    name = html.Div(html.Span(_("Calendar")), className="pw-lane-name")
    return html.Div(
        [name, html.Div(bars, className="pw-strip-track")],
        className="pw-lane pw-lane-calendar",
        **aria(hidden=True),
    )


def _legend(rows: Sequence[Ran]) -> html.Ul:
    """Only what is drawn."""
    names = {
        "ship": decision_name("ship"),
        "rollback": decision_name("rollback"),
        "inconclusive": decision_name("inconclusive"),
        "none": decision_name(None),
        "running": phase_name("running"),
        "paused": phase_name("paused"),
        "holdout": surface_name("holdout"),
    }
    drawn = {_kind(row) for row in rows}
    items: list[Any] = [
        html.Li([html.Span(icon(_SIGNS[kind], 12), className=f"pw-lane-key pw-lane-{kind}"), name])
        for kind, name in names.items()
        if kind in drawn
    ]
    if any(row.phases for row in rows):
        items.append(html.Li([html.Span(className="pw-lane-key pw-lane-key-phase"), _("A new phase began")]))
    return html.Ul(items, className="pw-legend")


def _marks(marks: Sequence[CalendarMark]) -> html.Details | None:
    if not marks:
        return None
    listed = [
        html.Li(
            _(
                "{name} ({kind}): {days}",
                name=mark.name,
                kind=kind_name(mark.kind),
                days=days(mark.first, mark.last),
            )
        )
        for mark in marks
    ]
    return html.Details(
        [html.Summary(_("On the shop's calendar in this time")), html.Ul(listed)], className="pw-note"
    )
