"""Sources: tables that the retailer already has, from which events are pulled."""

from __future__ import annotations

from typing import Any

from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update

from dash_ui.components.attributes import aria
from dash_ui.components.settings_parts import only_when_clicked, refusal, told
from dash_ui.components.sources import CHECK, DELETE, PULL, first_rows, sources_table
from dash_ui.fact_records import SourceRow
from dash_ui.gateway import Gateway
from dash_ui.i18n import _
from dash_ui.page import Page, View
from dash_ui.records import Refused
from dash_ui.session import current_person
from dash_ui.source_form import FIELDS, document_of, fields, ident


def render(view: View) -> Any:
    """The sources and the form of one, for admins."""
    head = html.Div(html.H1(_("Sources")), className="pw-head")
    if not view.person.may("admin"):
        words = _("Sources are managed by admins.")
        return html.Div([head, html.Div(html.P(words, className="pw-quiet"), className="pw-card")])
    found = view.gateway.sources()
    edited = next((each for each in found if each.key == view.query.get("edit")), None)
    return html.Div(
        [
            head,
            _explanation(),
            _card(
                "sources",
                _("Tables that you already have"),
                [
                    html.Div(sources_table(found), id="sources-table"),
                    html.Div(id="sources-answer", role="status"),
                    html.Div(id="sources-rows"),
                ],
            ),
            _form(edited),
        ]
    )


def _explanation() -> Any:
    lines = [
        _("Orders of a table become events once each; metrics use them like any other event."),
        _(
            "A refund lowers the amount of its order and never counts as an order; an amount that changes"
            " later is corrected by the difference."
        ),
        _("Rows that cannot be taken are told with a reason, and asked for again until they can."),
    ]
    return html.Div([html.P(line, className="pw-quiet") for line in lines], className="pw-card")


def _card(ident: str, title: str, parts: list[Any]) -> Any:
    return html.Section(
        [html.H2(title, id=f"{ident}-title"), *parts],
        className="pw-card pw-section",
        **aria(labelledby=f"{ident}-title"),
    )


def _form(edited: SourceRow | None) -> Any:
    title = _("New source") if edited is None else _("Edit {name}", name=edited.name)
    actions: list[Any] = [
        html.Button(_("Save source"), id="source-save", type="button", className="pw-button", n_clicks=0)
    ]
    if edited is not None:
        actions.append(dcc.Link(_("Make a new one instead"), href="/ui/sources", className="pw-link"))
    return _card(
        "source-form",
        title,
        [
            dcc.Store(id="source-edited", data=None if edited is None else edited.key),
            *fields(None if edited is None else edited.document),
            html.Div(actions, className="pw-bar"),
            html.Div(id="source-answer", role="status"),
        ],
    )


def register(app: Dash, gateway: Gateway) -> None:
    """Callbacks of the sources."""

    @app.callback(
        Output("sources-table", "children"),
        Output("sources-answer", "children"),
        Output("sources-rows", "children"),
        Input({"type": CHECK, "of": ALL}, "n_clicks"),
        Input({"type": PULL, "of": ALL}, "n_clicks"),
        Input({"type": DELETE, "of": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )
    def act(*_clicks: list[int]) -> tuple[Any, Any, Any]:
        only_when_clicked()
        trigger, person = ctx.triggered_id, current_person()
        assert isinstance(trigger, dict)
        key, rows = trigger["of"], ""
        try:
            if trigger["type"] == CHECK:
                rows = first_rows(gateway.check_source(person, key))
                said = _("{name} can be read; these are its first rows.", name=key)
            elif trigger["type"] == PULL:
                gateway.pull_source(person, key)
                said = _("{name} is pulled within seconds.", name=key)
            else:
                gateway.delete_source(person, key)
                said = _("{name} is ended; what was pulled stays.", name=key)
        except Refused as refused:
            return no_update, refusal(refused), ""
        return sources_table(gateway.sources()), told(said), rows

    @app.callback(
        Output("sources-table", "children", allow_duplicate=True),
        Output("source-answer", "children"),
        Input("source-save", "n_clicks"),
        State("source-edited", "data"),
        *(State(ident(name), "value") for name in FIELDS),
        prevent_initial_call=True,
    )
    def save(_clicks: int, edited: str | None, *values: str | None) -> tuple[Any, Any]:
        only_when_clicked()
        given = {
            name: str(value if value is not None else "").strip()
            for name, value in zip(FIELDS, values, strict=True)
        }
        before = next((each.document for each in gateway.sources() if each.key == edited), None)
        try:
            gateway.save_source(current_person(), document_of(given, before), known=before is not None)
        except Refused as refused:
            return no_update, _problems(refused)
        said = told(_("{name} is saved; test its connection above.", name=given["name"]))
        return sources_table(gateway.sources()), said


def _problems(refused: Refused) -> Any:
    """What is wrong, each with the name of the field: so many say the same of themselves."""
    if not refused.fields:
        return refusal(refused)
    listed = [html.Li([html.Code(each.field), f" {each.message}"]) for each in refused.fields]
    return html.Ul(listed, className="pw-problems")


PAGE = Page("/ui/sources", lambda: _("Sources"), render, register)
