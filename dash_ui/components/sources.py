"""Sources in tables: how their pulls went, rows that could not be taken, and the first rows of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import dcc, html

from dash_ui.components.attributes import aria
from dash_ui.components.badges import badge
from dash_ui.components.table import Column, table
from dash_ui.fact_records import LookedAt, SourceRow
from dash_ui.format import NONE, moment, number
from dash_ui.i18n import _

CHECK, PULL, DELETE = "source-check", "source-pull", "source-delete"


def sources_table(sources: Sequence[SourceRow]) -> Any:
    """Every source, with what can be done about it."""
    if not sources:
        return html.P(_("There are no sources yet."), className="pw-quiet")
    columns = [
        Column(_("Source")),
        Column(_("Events")),
        Column(_("State")),
        Column(_("Last pull")),
        Column(_("Rows of the last pull")),
        Column(_("Refused rows"), number=True),
        Column(_("Change")),
    ]
    rows = [_row(source) for source in sources]
    return html.Div(
        [
            table(_("Table of sources"), columns, rows, "pw-list pw-inset pw-cards"),
            *(_refusals(source) for source in sources if source.refusals),
        ]
    )


def first_rows(found: Sequence[LookedAt]) -> Any:
    """The first rows of a source, each with what it means."""
    if not found:
        return html.P(_("The source can be read, and has no rows."), className="pw-quiet")
    columns = [Column(_("Part")), Column(_("As the source has it")), Column(_("What it means"))]
    rows = [[part_name(each.part), _columns(each.row), _meaning(each)] for each in found]
    return table(_("Table of first rows"), columns, rows, "pw-list pw-inset pw-cards")


def part_name(part: str) -> str:
    """Orders or refunds."""
    return _("Refunds") if part == "refunds" else _("Orders")


def kind_name(kind: str) -> str:
    """Through what a source is read."""
    names = {"postgresql": "PostgreSQL", "parquet": "Parquet", "ibis": _("Ibis (any warehouse)")}
    return names.get(kind, kind)


def _row(source: SourceRow) -> list[Any]:
    name = html.Div(
        [html.Strong(source.name), html.Div([html.Code(source.key), " ", kind_name(source.kind)])]
    )
    return [
        name,
        _("{count} named {event}", count=number(source.events), event=source.event),
        _state(source),
        NONE if source.pulled_at is None else moment(source.pulled_at),
        _last(source.last),
        number(source.refused),
        html.Div(
            [
                _button(CHECK, source.key, _("Test"), _("Test the connection of {name}", name=source.name)),
                _button(PULL, source.key, _("Pull now"), _("Pull {name} now", name=source.name)),
                dcc.Link(
                    [_("Edit"), html.Span(f" {source.name}", className="pw-hidden")],
                    href=f"/ui/sources?edit={source.key}",
                    className="pw-button pw-compact",
                ),
                _button(DELETE, source.key, _("End"), _("End the source {name}", name=source.name)),
            ],
            className="pw-bar",
        ),
    ]


def _state(source: SourceRow) -> Any:
    if source.status == "failed":
        return html.Div([badge(_("Failed"), "danger"), html.Div(source.error, className="pw-small")])
    if source.status == "new":
        return badge(_("Not pulled yet"), "accent")
    return badge(_("In order"), "good")


def _last(counts: dict[str, int]) -> str:
    if not counts:
        return NONE
    return _(
        "{orders} orders, {refunds} refunds, {changes} changes, {known} known",
        orders=number(counts.get("orders", 0)),
        refunds=number(counts.get("refunds", 0)),
        changes=number(counts.get("changes", 0)),
        known=number(counts.get("unchanged", 0)),
    )


def _refusals(source: SourceRow) -> Any:
    columns = [Column(_("Row")), Column(_("Part")), Column(_("Why it cannot be taken")), Column(_("Since"))]
    rows = [
        [html.Code(each.id or NONE), part_name(each.part), each.reason, moment(each.since)]
        for each in source.refusals
    ]
    title = _("Refused rows of {name}", name=source.name)
    note = _("They are asked for again at every pull.")
    return html.Div(
        [
            html.H3(title),
            html.P(note, className="pw-quiet"),
            table(title, columns, rows, "pw-list pw-inset pw-cards"),
        ]
    )


def _columns(row: dict[str, str | None]) -> Any:
    parts: list[Any] = []
    for name, value in row.items():
        parts += [html.Code(name), f" {NONE if value is None else value}", html.Br()]
    return html.Div(parts, className="pw-small")


def _meaning(found: LookedAt) -> Any:
    if found.refused is not None:
        return html.Span(found.refused, className="pw-danger-text")
    if found.reads is None:
        return _("Passed over: of the other part, or from before the first day.")
    reads = {name: value for name, value in found.reads.items() if value not in (None, {})}
    return _columns({name: str(value) for name, value in reads.items()})


def _button(kind: str, of: str, text: str, label: str) -> Any:
    return html.Button(
        text,
        id={"type": kind, "of": of},
        type="button",
        className="pw-button pw-compact",
        n_clicks=0,
        **aria(label=label),
    )
