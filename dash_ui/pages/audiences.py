"""Audiences: the shop's own words for who may take part, kept to start experiments from."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.exceptions import PreventUpdate

from dash_ui.audience_records import AudienceUse, SavedAudience
from dash_ui.browser import in_browser
from dash_ui.components.attributes import aria
from dash_ui.components.audience_form import document_of, draw, read, state_of
from dash_ui.components.badges import badge, phase_badge
from dash_ui.components.icon import icon
from dash_ui.components.settings_parts import only_when_clicked
from dash_ui.components.table import Column, table
from dash_ui.format import day, number
from dash_ui.gateway import Gateway
from dash_ui.i18n import _, ngettext
from dash_ui.page import Page, View
from dash_ui.records import Person, Refused
from dash_ui.session import current_person
from dash_ui.wizard import reach, rules, who
from dash_ui.wizard.audience import sentence_of

_FIELDS: Final = {"type": "audience-field", "name": ALL, "group": ALL}


def render(view: View) -> Any:
    """The list, one audience (`show=`), or the form (`edit=`, `copy=` or `new`)."""
    if "new" in view.query or "copy" in view.query or "edit" in view.query:
        return _editor(view)
    if "show" in view.query:
        return _one(view, view.gateway.audience(view.query["show"]))
    archived = view.query.get("archived") == "yes"
    found = view.gateway.audiences(archived=archived)
    intro = _("Who may take part, under names that your shop knows. Experiments take a copy and keep it.")
    return html.Div(
        [
            html.Div(
                [
                    html.Div([html.H1(_("Audiences")), html.P(intro, className="pw-quiet")]),
                    new_button(view.person, "/ui/audiences?new", _("New audience")),
                ],
                className="pw-head",
            ),
            _list(view, found) if found else _nothing(view.person),
            dcc.Link(
                _("Hide the archived ones") if archived else _("Show the archived ones too"),
                href="/ui/audiences" if archived else "/ui/audiences?archived=yes",
                className="pw-link pw-below",
            ),
        ]
    )


def new_button(person: Person, address: str, text: str) -> Any:
    """The way to a form, or why this person has none."""
    label: Any = [icon("plus"), text]
    if person.may("marketer"):
        return dcc.Link(label, href=address, className="pw-button pw-primary")
    return html.Div(
        [
            html.Button(label, type="button", disabled=True, className="pw-button"),
            html.P(_("Your role reads only; ask an admin."), className="pw-quiet pw-small"),
        ]
    )


def _nothing(person: Person) -> Any:
    words = _("Save those that you use often, such as returning shoppers in the Netherlands.")
    return html.Div(
        [
            html.H2(_("No audiences yet")),
            html.P(words, className="pw-quiet"),
            new_button(person, "/ui/audiences?new", _("New audience")),
        ],
        className="pw-card pw-empty",
    )


def _list(view: View, found: tuple[SavedAudience, ...]) -> Any:
    columns = [
        Column(_("Name")),
        Column(_("Who")),
        Column(_("Shoppers a week"), number=True),
        Column(_("Used by"), number=True),
        Column(_("Changed")),
    ]
    rows = [
        [
            [
                dcc.Link(each.name, href=f"/ui/audiences?show={quote(each.key)}", className="pw-link"),
                html.Div(badge(_("Archived")) if each.archived else html.Code(each.key)),
            ],
            sentence_of(each.condition),
            _weekly(view.gateway, each),
            ngettext("{count} experiment", "{count} experiments", len(each.used_by)),
            [day(each.updated_at), html.Div(each.owner, className="pw-quiet pw-small")],
        ]
        for each in found
    ]
    return html.Div(
        table(_("Table of audiences"), columns, rows, "pw-list pw-cards pw-labelled"),
        className="pw-card pw-flush",
    )


def _weekly(gateway: Gateway, audience: SavedAudience) -> str:
    found = gateway.reach({"audience": audience.condition})
    if found is None or found.units is None or not found.weeks:
        return _("Not known yet")
    return _("about {units}", units=number(round(found.units, 3 - len(str(found.units)))))


def _one(view: View, audience: SavedAudience) -> Any:
    facts = [
        (_("Who"), sentence_of(audience.condition)),
        (_("In words"), audience.description or _("Nobody described it yet.")),
        (_("Made by"), audience.owner),
        (_("Last changed"), day(audience.updated_at)),
    ]
    return html.Div(
        [
            crumbs(_("Audiences"), "/ui/audiences", audience.name),
            html.Div(
                [
                    html.Div([html.H1(audience.name), html.Code(audience.key, className="pw-quiet")]),
                    _actions(view.person, audience),
                ],
                className="pw-head",
            ),
            html.Div(id="audience-problem", role="alert"),
            html.Section(
                [
                    html.H2(_("What it is"), id="what-title"),
                    html.Dl(
                        [
                            html.Div([html.Dt(name), html.Dd(words)], className="pw-review-row")
                            for name, words in facts
                        ],
                        className="pw-review",
                    ),
                ],
                className="pw-card pw-section",
                **aria(labelledby="what-title"),
            ),
            _reach(view.gateway, audience),
            _uses(audience.used_by),
            html.Div(id="audience-go", hidden=True),
        ]
    )


def _reach(gateway: Gateway, audience: SavedAudience) -> Any:
    told = reach.told(gateway.reach({"audience": audience.condition}))
    return html.Section(told, className="pw-card pw-section") if told else None


def crumbs(parent: str, address: str, name: str) -> Any:
    """Where the page stands."""
    return html.Nav(
        [dcc.Link(parent, href=address, className="pw-link"), html.Span(" / "), html.Span(name)],
        className="pw-crumbs",
        **aria(label=_("Breadcrumb")),
    )


def _actions(person: Person, audience: SavedAudience) -> Any:
    if not person.may("marketer"):
        return html.P(_("Your role reads only; ask an admin."), className="pw-quiet pw-small")
    key = quote(audience.key)
    archive = html.Button(
        _("Restore") if audience.archived else _("Archive"),
        id={"type": "audience-archive", "key": audience.key, "now": not audience.archived},
        type="button",
        className="pw-button",
        n_clicks=0,
    )
    return html.Div(
        [
            dcc.Link(
                [icon("edit", 16), _("Change")], href=f"/ui/audiences?edit={key}", className="pw-button"
            ),
            dcc.Link([icon("copy", 16), _("Copy")], href=f"/ui/audiences?copy={key}", className="pw-button"),
            archive,
        ],
        className="pw-bar",
    )


def _uses(used: tuple[AudienceUse, ...]) -> Any:
    title = html.H2(_("Where it is used"), id="uses-title")
    if not used:
        body: Any = html.P(_("No experiment started from it yet."), className="pw-quiet")
    else:
        columns = [Column(_("Experiment")), Column(_("Status")), Column(_("Its audience"))]
        rows = [
            [
                dcc.Link(each.name, href=f"/ui/e/{each.key}", className="pw-link"),
                phase_badge(each.status),
                _("as it is now") if each.same else _("as it was before a change"),
            ]
            for each in used
        ]
        body = table(_("Table of experiments"), columns, rows, "pw-list pw-cards pw-labelled pw-inset")
    words = _("A change here reaches none of them; each keeps the audience that it started with.")
    return html.Section(
        [title, html.P(words, className="pw-quiet pw-small"), body],
        className="pw-card pw-section",
        **aria(labelledby="uses-title"),
    )


def _editor(view: View) -> Any:
    if not view.person.may("marketer"):
        return html.Div(
            [html.H1(_("Audiences")), html.P(_("Your role reads only; ask an admin."))], className="pw-empty"
        )
    source = view.query.get("edit") or view.query.get("copy")
    state = state_of(view.gateway.audience(source) if source else None, copy="copy" in view.query)
    title = state["document"]["name"] if state["saved"] else _("New audience")
    back = f"/ui/audiences?show={quote(source)}" if source else "/ui/audiences"
    return html.Div(
        [
            crumbs(_("Audiences"), "/ui/audiences", title),
            html.Div(html.H1(title), className="pw-head"),
            html.Div(
                [
                    html.Div(draw(state, view.gateway), id="audience-form", className="pw-step-body"),
                    html.Div(id="audience-problem", role="alert"),
                    html.Div(
                        [
                            html.Div(className="pw-grow"),
                            dcc.Link(_("Cancel"), href=back, className="pw-button"),
                            html.Button(
                                _("Save audience"),
                                id="audience-save",
                                type="button",
                                className="pw-button pw-primary",
                                n_clicks=0,
                            ),
                        ],
                        className="pw-bar pw-wizard-foot",
                    ),
                ],
                className="pw-card pw-wizard",
            ),
            dcc.Store(id="audience-state", data=state),
            dcc.Store(id="audience-signal"),
            html.Div(id="audience-go", hidden=True),
        ]
    )


def register(app: Dash, gateway: Gateway) -> None:
    """Callbacks of the audiences."""
    _register_form(app, gateway)

    @app.callback(
        Output("audience-problem", "children", allow_duplicate=True),
        Output("audience-go", "children", allow_duplicate=True),
        Input({"type": "audience-archive", "key": ALL, "now": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )
    def archive(_clicks: list[int]) -> tuple[Any, Any]:
        only_when_clicked()
        asked = ctx.triggered_id
        if not isinstance(asked, dict):
            raise PreventUpdate
        try:
            row = gateway.audience(asked["key"])
            gateway.save_audience(
                current_person(),
                {
                    "key": row.key,
                    "name": row.name,
                    "description": row.description,
                    "condition": row.condition,
                    "archived": asked["now"],
                },
                row.key,
            )
        except Refused as refused:
            return refused.detail, no_update
        return None, "/ui/audiences"

    in_browser(app, "go", Output("audience-go", "id"), Input("audience-go", "children"), skip_first=True)


def _register_form(app: Dash, gateway: Gateway) -> None:
    @app.callback(
        Output("audience-form", "children"),
        Output("audience-state", "data"),
        Output("audience-problem", "children", allow_duplicate=True),
        Input({"type": "audience-act", "act": ALL, "index": ALL}, "n_clicks"),
        Input({"type": "audience-plain", "name": "audience_mode"}, "value"),
        State(_FIELDS, "value"),
        State("audience-state", "data"),
        prevent_initial_call=True,
    )
    def another_shape(_clicks: list[int], mode: str, _typed: list[Any], state: dict[str, Any]) -> Any:
        asked = ctx.triggered_id
        if not isinstance(asked, dict) or not ctx.triggered[0]["value"]:
            raise PreventUpdate
        if asked["type"] == "audience-plain" and (mode == "json") == state["audience_json"]:
            raise PreventUpdate
        problems = read(_named(ctx.states_list[0]), state, strict=False)
        if asked["type"] == "audience-plain":
            problems |= who.turn(state, to_json=mode == "json")
        else:
            rules.rearrange(state, asked["act"], asked["index"])
        return draw(state, gateway), state, _box(list(problems.values()))

    @app.callback(
        Output("audience-reach", "children"),
        Input({"type": "audience-field", "name": ALL, "group": "audience"}, "value"),
        State("audience-state", "data"),
        prevent_initial_call=True,
    )
    def counted(_typed: list[Any], state: dict[str, Any]) -> Any:
        who.read_audience(_named(ctx.inputs_list[0]), state, strict=False)
        return reach.told(gateway.reach({"audience": state["document"]["audience"]}))

    @app.callback(
        Output(_FIELDS, "error"),
        Output("audience-problem", "children"),
        Output("audience-signal", "data"),
        Output("audience-go", "children"),
        Input("audience-save", "n_clicks"),
        State(_FIELDS, "value"),
        State("audience-state", "data"),
        prevent_initial_call=True,
    )
    def save(_clicks: int, _typed: list[Any], state: dict[str, Any]) -> Any:
        only_when_clicked()
        named = _named(ctx.states_list[0])
        problems = read(named, state, strict=True)
        if not problems:
            key = state["document"]["key"]
            try:
                gateway.save_audience(current_person(), document_of(state), key if state["saved"] else None)
            except Refused as refusal:
                problems = {item.field: item.message for item in refusal.fields} or {"": refusal.detail}
            else:
                address = f"/ui/audiences?show={quote(key)}"
                return [no_update] * len(named), no_update, no_update, address
        others = [message for name, message in problems.items() if name not in named]
        return [problems.get(name, False) for name in named], _box(others), {"focus": "error"}, no_update

    signal = Input("audience-signal", "data")
    in_browser(app, "wizardSignal", Output("audience-signal", "id"), signal, skip_first=True)


def _box(messages: list[str]) -> Any:
    return html.Ul([html.Li(message) for message in messages], className="pw-problems") if messages else None


def _named(states: list[dict[str, Any]]) -> dict[str, Any]:
    return {item["id"]["name"]: item.get("value") for item in states}


PAGE = Page("/ui/audiences", lambda: _("Audiences"), render, register)
