"""When experiments ran, as bars on a common axis, and the same in a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time
from typing import Any

from dash import dcc, html

from dash_ui.calendar_records import CalendarMark
from dash_ui.components.attributes import aria
from dash_ui.components.table import Column, table
from dash_ui.format import ZONE, day, interval_percent, signed_percent
from dash_ui.i18n import _, ngettext
from dash_ui.programme_records import Ran
from dash_ui.programme_words import decision_name
from dash_ui.report_records import Range
from dash_ui.words import phase_name, surface_name


def timeline(rows: Sequence[Ran], marks: Sequence[CalendarMark]) -> Any:
    """One bar per experiment; nothing where none has started. The table below says the same."""
    ran = [(row, row.started) for row in rows if row.started]
    if not ran:
        return html.Div()
    now = datetime.now(UTC)
    first = min(began for _row, began in ran)
    last = max((row.stopped or now) for row, _began in ran)
    running = sum(row.stopped is None for row, _began in ran)
    told = ngettext(
        "From {first} to {last} {count} experiment ran, {running} of them still.",
        "From {first} to {last} {count} experiments ran, {running} of them still.",
        len(ran),
        first=day(first),
        last=day(last),
        running=running,
    )
    span = max((last - first).total_seconds(), 1.0)

    def place(moment: datetime) -> float:
        return round(min(max((moment - first).total_seconds() / span, 0.0), 1.0) * 100, 2)

    bands = [
        html.Span(className="pw-lane-mark", style=_between(place(start), place(end)))
        for start, end in map(_moments, marks)
    ]
    lanes = [
        html.Div(
            [
                html.Span(row.name, className="pw-lane-name"),
                html.Span([*bands, *_bar(row, began, now, place)], className="pw-lane-track"),
            ],
            className="pw-lane",
        )
        for row, began in ran
    ]
    axis = html.Div([html.Span(day(first)), html.Span(day(last))], className="pw-lane-axis")
    return html.Figure(
        [
            html.Figcaption(told, className="pw-strong"),
            html.Div([*lanes, axis], className="pw-lanes", **aria(hidden=True)),
        ],
        className="pw-card",
    )


def _bar(row: Ran, began: datetime, now: datetime, place: Any) -> list[Any]:
    kind = "holdout" if row.holdout else row.decision or ("running" if row.stopped is None else "none")
    left, right = place(began), place(row.stopped or now)
    bar = html.Span(className=f"pw-lane-bar pw-lane-{kind}", style=_between(left, right))
    return [
        bar,
        *(html.Span(className="pw-lane-phase", style={"left": f"{place(at)}%"}) for at in row.phases),
    ]


def _between(left: float, right: float) -> dict[str, str]:
    return {"left": f"{left}%", "width": f"{max(right - left, 0.5)}%"}


def _moments(mark: CalendarMark) -> tuple[datetime, datetime]:
    return datetime.combine(mark.first, time.min, ZONE), datetime.combine(mark.last, time.max, ZONE)


def archive_table(rows: Sequence[Ran]) -> Any:
    """Each experiment with its time, its decision and what was learned."""
    columns = [
        Column(_("Name")),
        Column(_("Surface")),
        Column(_("Ran")),
        Column(_("Decision")),
        Column(_("Measured"), number=True),
        Column(_("After shrinkage"), number=True),
        Column(_("What was learned")),
        Column(_("Owner")),
    ]
    cells = [
        [
            dcc.Link(row.name, href=f"/ui/e/{row.key}", className="pw-link"),
            html.Div([surface_name(row.surface), html.Div(row.placement, className="pw-quiet pw-small")]),
            _time(row),
            decision_name(row.decision) if row.stopped else phase_name(row.status),
            _effect(row.measured),
            _effect(row.shrunk),
            row.note or "–",
            row.owner,
        ]
        for row in rows
    ]
    told = table(_("Experiments, the newest first"), columns, cells, "pw-cards")
    return html.Div(told, className="pw-card pw-flush pw-space")


def _time(row: Ran) -> Any:
    if row.started is None:
        return "–"
    if row.stopped is None:
        return _("since {first}", first=day(row.started))
    return _("{first} to {last}", first=day(row.started), last=day(row.stopped))


def _effect(found: Range | None) -> Any:
    if found is None or found.estimate is None:
        return "–"
    span = html.Div(interval_percent(found.lower, found.upper), className="pw-quiet pw-small")
    return html.Div([html.Div(signed_percent(found.estimate)), span])
