"""The programme: what all experiments together brought and taught, and the archive to search them in."""

from __future__ import annotations

from typing import Any, Final

from dash import Dash, Input, Output, ctx, dcc, html, no_update
from flask import Response, request

from dash_ui.browser import in_browser
from dash_ui.calendar_words import day_of
from dash_ui.components.archive import archive_table
from dash_ui.components.attributes import aria
from dash_ui.components.icon import icon
from dash_ui.components.paging import page_asked, pager, query_string
from dash_ui.components.programme import headline, money_card, months_card, winners_card
from dash_ui.components.settings_parts import day_input, named_choice, named_input
from dash_ui.components.timeline import timeline
from dash_ui.gateway import Gateway
from dash_ui.i18n import _, ngettext
from dash_ui.page import Page, View
from dash_ui.programme_records import DECISIONS, STATES, Programme, ProgrammeQuery
from dash_ui.programme_words import decision_name
from dash_ui.session import PREFIX
from dash_ui.words import phase_name, surface_name

_SURFACES: Final = ("offer", "layout", "recommendation", "holdout")
_INPUTS: Final = ("text", "surface", "status", "decision", "owner", "from", "to")


def render(view: View) -> Any:
    """The figures of the whole programme, then the archive with its filters."""
    query = query_from(view.query)
    found = view.gateway.programme(query, page_asked(view.query))
    return html.Div(
        [
            html.Div(
                [
                    html.Div(
                        [
                            html.H1(_("Programme")),
                            html.P(
                                _("What all experiments together brought and taught."), className="pw-quiet"
                            ),
                        ]
                    ),
                    html.Div(_file(query), id="programme-files", className="pw-bar pw-noprint"),
                ],
                className="pw-head",
            ),
            headline(found),
            winners_card(found),
            money_card(found),
            months_card(found.months),
            html.H2(_("Timeline and archive"), className="pw-space"),
            _filters(query, found),
            html.Div(_results(view.gateway, found), id="programme-results"),
            pager("programme-page", found.pages, found.page),
            dcc.Store(id="programme-address"),
        ]
    )


def query_from(values: dict[str, str]) -> ProgrammeQuery:
    """The filters that an address says; what is no day and no known word counts as not said."""

    def one_of(name: str, known: tuple[str, ...]) -> str:
        value = values.get(name, "")
        return value if value in known else ""

    return ProgrammeQuery(
        text=values.get("text", ""),
        surface=one_of("surface", _SURFACES),
        status=one_of("status", STATES),
        decision=one_of("decision", (*DECISIONS, "none")),
        owner=values.get("owner", ""),
        first=day_of(values.get("from")),
        last=day_of(values.get("to")),
    )


def address_of(query: ProgrammeQuery, page: int = 1) -> str:
    """The query string that says these filters."""
    said = {
        "text": query.text,
        "surface": query.surface,
        "status": query.status,
        "decision": query.decision,
        "owner": query.owner,
        "from": query.first.isoformat() if query.first else "",
        "to": query.last.isoformat() if query.last else "",
    }
    return query_string(said, page)


def _filters(query: ProgrammeQuery, found: Programme) -> Any:
    text = named_input("programme-text", _("Name, hypothesis or lesson"))
    text.value, text.debounce = query.text, 300
    surfaces = [("", _("Everything")), *((code, surface_name(code)) for code in _SURFACES)]
    states = [("", _("Everything")), *((code, phase_name(code)) for code in STATES)]
    decisions = [("", _("Everything")), *((code, decision_name(code)) for code in (*DECISIONS, "none"))]
    owners = [("", _("Everybody")), *((name, name) for name in found.owners)]
    return html.Div(
        [
            text,
            named_choice("programme-surface", _("Surface"), query.surface, surfaces),
            named_choice("programme-status", _("Status"), query.status, states),
            named_choice("programme-decision", _("Decision"), query.decision, decisions),
            named_choice("programme-owner", _("Owner"), query.owner, owners),
            day_input("programme-from", _("From"), query.first),
            day_input("programme-to", _("Up to and including"), query.last),
        ],
        className="pw-filters pw-noprint",
        role="search",
        **aria(label=_("Find experiments")),
    )


def _file(query: ProgrammeQuery) -> Any:
    said = address_of(query)
    return html.A(
        [icon("download", 16), html.Span("CSV")],
        href=f"{PREFIX}programme.csv" + (f"?{said}" if said else ""),
        className="pw-button",
        download="programme.csv",
        **aria(label=_("Download what is found as {form}", form="CSV")),
    )


def _results(gateway: Gateway, found: Programme) -> list[Any]:
    count = ngettext("{count} experiment", "{count} experiments", found.matching)
    told = html.P(count, className="pw-quiet pw-space", role="status")
    if not found.rows:
        words = _("No experiment fits. Other words, another period or another decision may.")
        return [told, html.Div([html.H3(_("Nothing found")), html.P(words)], className="pw-card pw-empty")]
    marks = gateway.calendar(*found.window)
    return [told, timeline(found, marks), archive_table(found.rows)]


def register(app: Dash, gateway: Gateway) -> None:
    """Callbacks of the archive, and its file behind the guard of all screens."""

    @app.callback(
        Output("programme-results", "children"),
        Output("programme-page", "total"),
        Output("programme-page", "value"),
        Output("programme-files", "children"),
        Output("programme-address", "data"),
        *[Input(f"programme-{name}", "value") for name in (*_INPUTS, "page")],
        prevent_initial_call=True,
    )
    def narrow(*values: Any) -> tuple[Any, ...]:
        *said, page = values
        query = query_from({name: value or "" for name, value in zip(_INPUTS, said, strict=True)})
        asked = page or 1 if ctx.triggered_id == "programme-page" else 1
        found = gateway.programme(query, asked)
        shown = no_update if found.page == page else found.page
        return (
            _results(gateway, found),
            found.pages,
            shown,
            _file(query),
            address_of(query, found.page),
        )

    address = Input("programme-address", "data")
    in_browser(app, "address", Output("programme-address", "id"), address, skip_first=True)

    def take() -> Response:
        answer = Response(gateway.programme_file(query_from(request.args.to_dict())), mimetype="text/csv")
        answer.headers["Content-Disposition"] = 'attachment; filename="programme.csv"'
        return answer

    app.server.add_url_rule(f"{PREFIX}programme.csv", "programme_file", take, methods=["GET"])


PAGE = Page("/ui/programme", lambda: _("Programme"), render, register)
