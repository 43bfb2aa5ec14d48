"""All experiments: what needs a decision or attention first."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

import dash_mantine_components as dmc
from dash import Dash, Input, Output, dcc, html, no_update

from dash_ui.browser import in_browser
from dash_ui.components.attributes import aria
from dash_ui.components.badges import health_mark, phase_badge
from dash_ui.components.icon import icon
from dash_ui.components.interval import mini_interval, scale_of
from dash_ui.components.paging import page_asked, pager, query_string
from dash_ui.format import number
from dash_ui.gateway import Gateway
from dash_ui.i18n import _, ngettext
from dash_ui.page import Page, View
from dash_ui.records import Counts, ExperimentPage, ExperimentRow, Person
from dash_ui.session import current_person
from dash_ui.words import phase_name, surface_name

_FILTERS: Final = ("", "running", "ready", "attention", "draft", "stopped", "archived")


def render(view: View) -> Any:
    """The list for one person."""
    search = view.query.get("q", "")
    phase = view.query.get("status", "")
    phase = phase if phase in _FILTERS else ""
    found = view.gateway.experiments(search, phase, page_asked(view.query))
    return html.Div(
        [
            _head(found.counts, view.person),
            _counts(found.counts),
            _controls(search, phase),
            html.Div(_results(found, view.person, bool(search or phase)), id="list-results"),
            pager("list-page", found.pages, found.page),
            dcc.Store(id="list-address"),
        ]
    )


def _head(counts: Counts, person: Person) -> Any:
    total = ngettext("{count} experiment", "{count} experiments", counts.total)
    running = _("{count} running", count=number(counts.running))
    return html.Div(
        [
            html.Div([html.H1(_("Experiments")), html.P(f"{total} · {running}", className="pw-quiet")]),
            new_button(person),
        ],
        className="pw-head",
    )


def new_button(person: Person) -> Any:
    """The way to the wizard, or why this person has none."""
    label: Any = [icon("plus"), _("New experiment")]
    if person.may("marketer"):
        return dcc.Link(label, href="/ui/new", className="pw-button pw-primary")
    return html.Div(
        [
            html.Button(label, type="button", disabled=True, className="pw-button"),
            html.P(_("Your role reads only; ask an admin."), className="pw-quiet pw-small"),
        ]
    )


def _counts(counts: Counts) -> Any:
    shown = (
        (_("Running"), counts.running, ""),
        (_("Ready to decide"), counts.ready, "pw-good-text" if counts.ready else ""),
        (_("Shoppers"), counts.units, ""),
        (_("Needs attention"), counts.attention, "pw-danger-text" if counts.attention else ""),
    )
    return html.Dl(
        [
            html.Div(
                [html.Dt(label, className="pw-label"), html.Dd(number(value), className=tone)],
                className="pw-card pw-count",
            )
            for label, value, tone in shown
        ],
        className="pw-counts",
    )


def _controls(search: str, phase: str) -> Any:
    names = [{"value": code or "all", "label": phase_name(code) if code else _("All")} for code in _FILTERS]
    return html.Div(
        [
            dmc.TextInput(
                id="list-search",
                value=search,
                placeholder=_("Search experiments"),
                leftSection=icon("search", 16),
                debounce=200,
                w=280,
                inputProps=aria(label=_("Search experiments")),
            ),
            html.Div(
                dmc.SegmentedControl(id="list-phase", value=phase or "all", data=names, size="sm"),
                className="pw-scroll",
                role="group",
                **aria(label=_("Status")),
            ),
        ],
        className="pw-controls",
    )


def _results(found: ExperimentPage, person: Person, filtered: bool) -> Any:
    if not found.rows:
        return _nothing(found.counts, person, filtered)
    scale = scale_of([row.lift for row in found.rows if row.lift])
    names = (
        _("Name"),
        _("Surface"),
        _("Status"),
        _("Shoppers"),
        _("Lift"),
        _("Health"),
        _("Days"),
        _("Owner"),
    )
    numeric = {3, 6}
    head = html.Tr(
        [
            html.Th(name, scope="col", className="pw-number" if place in numeric else "")
            for place, name in enumerate(names)
        ]
    )
    table = html.Table(
        [
            html.Caption(_("Experiments, those that need somebody first"), className="pw-hidden"),
            html.Thead(head),
            html.Tbody([_row(row, scale, person) for row in found.rows]),
        ],
        className="pw-table pw-list pw-cards",
    )
    return html.Div(table, className="pw-card pw-flush pw-scroll", tabIndex=0, role="region", **_region())


def _region() -> dict[str, Any]:
    return aria(label=_("Table of experiments"))


def _row(row: ExperimentRow, scale: float, person: Person) -> Any:
    target = f"/ui/new?{urlencode({'draft': row.key})}" if row.phase == "draft" else f"/ui/e/{row.key}"
    name: list[Any] = [dcc.Link(row.name, href=target, className="pw-link")]
    if row.parent:
        words = _("follows {parent}", parent=row.parent)
        name.append(dcc.Link(words, href=f"/ui/e/{row.key}#chain", className="pw-link pw-small pw-target"))
    return html.Tr(
        [
            html.Th(name, scope="row"),
            html.Td(surface_name(row.surface)),
            html.Td(phase_badge(row.phase)),
            _figure(row.units, _("shoppers")),
            html.Td(mini_interval(row.lift, scale), className="" if row.lift else "pw-empty-cell"),
            html.Td(
                health_mark(row.health, row.health_code), className="" if row.health else "pw-empty-cell"
            ),
            _figure(row.days, _("days")),
            html.Td([row.owner.split()[0] if row.owner else "–", _copy(row, person)], title=row.owner),
        ]
    )


def _copy(row: ExperimentRow, person: Person) -> Any:
    """The way to a draft that asks the same."""
    if not person.may("marketer"):
        return None
    words = _("Make a copy of {name}", name=row.name)
    target = f"/ui/new?{urlencode({'like': row.key})}"
    named = [icon("copy", 16), html.Span(words, className="pw-hidden")]
    return dcc.Link(named, href=target, className="pw-copy-link", title=words)


def _figure(value: int | None, word: str) -> Any:
    """A cell with a figure; where the table has no head any more, its word follows."""
    if value is None:
        return html.Td(number(None), className="pw-number pw-empty-cell")
    return html.Td([number(value), html.Span(f" {word}", className="pw-card-word")], className="pw-number")


def _nothing(counts: Counts, person: Person, filtered: bool) -> Any:
    if filtered and counts.total:
        return html.Div(
            [
                html.H2(_("No experiment matches")),
                html.P(_("Try another word or another status."), className="pw-quiet"),
            ],
            className="pw-card pw-empty",
        )
    return html.Div(
        [
            html.H2(_("No experiments yet")),
            html.P(
                _("Here you follow what your experiments show. Start with one idea and two variants."),
                className="pw-quiet",
            ),
            new_button(person),
        ],
        className="pw-card pw-empty",
    )


def register(app: Dash, gateway: Gateway) -> None:
    """Callbacks of the list."""

    @app.callback(
        Output("list-results", "children"),
        Output("list-page", "total"),
        Output("list-page", "value"),
        Output("list-address", "data"),
        Input("list-search", "value"),
        Input("list-phase", "value"),
        Input("list-page", "value"),
        prevent_initial_call=True,
    )
    def narrow(search: str | None, chosen: str | None, page: int | None) -> tuple[Any, Any, Any, Any]:
        phase = "" if chosen in (None, "all") else str(chosen)
        found = gateway.experiments(search or "", phase, page or 1)
        address = query_string({"q": search or "", "status": phase}, found.page)
        results = _results(found, current_person(), bool(search or phase))
        value = no_update if found.page == page else found.page
        return results, found.pages, value, address

    in_browser(app, "address", Output("list-address", "id"), Input("list-address", "data"), skip_first=True)


PAGE = Page("/ui/", lambda: _("Experiments"), render, register)
