"""The archive as a table: each experiment with its time, its decision and what was learned."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dash_ui.components.table import Column, table
from dash_ui.format import day, interval_percent, signed_percent
from dash_ui.i18n import _
from dash_ui.programme_records import Ran
from dash_ui.programme_words import decision_name
from dash_ui.report_records import Range
from dash_ui.words import phase_name, surface_name


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
    told = table(
        _("Experiments, the newest first"), columns, cells, "pw-list pw-cards pw-labelled pw-archive"
    )
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
