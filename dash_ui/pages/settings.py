"""Settings: keys for programs, people, one's own password."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update

from dash_ui.components.attributes import aria
from dash_ui.components.badges import badge
from dash_ui.components.icon import icon
from dash_ui.components.settings_parts import (
    named_choice,
    named_input,
    only_when_clicked,
    refusal,
    settings_table,
    told,
)
from dash_ui.format import day
from dash_ui.gateway import Gateway
from dash_ui.i18n import _
from dash_ui.page import Page, View
from dash_ui.pages import settings_people
from dash_ui.records import DeliveryKey, Person, Refused
from dash_ui.session import current_person, remember
from dash_ui.words import key_kind_name

_KEY_KINDS = ("client", "server", "admin")


def render(view: View) -> Any:
    """Everything that this person may set."""
    parts: list[Any] = [html.Div(html.H1(_("Settings")), className="pw-head")]
    if view.person.may("admin"):
        parts += [_keys_card(view.gateway), settings_people.people_card(view.gateway, view.person)]
    else:
        words = _("Keys and people are managed by admins.")
        parts.append(html.Div(html.P(words, className="pw-quiet"), className="pw-card"))
    parts += [_bots_card(), _facts_card(view.person), _password_card(view.person)]
    return html.Div(parts)


def _bots_card() -> Any:
    words = _("Crawlers and other bots are left out of reports; see who, by which rule, and correct it.")
    link = dcc.Link(_("To the list of bots"), href="/ui/bots", className="pw-link")
    return html.Section(
        [html.H2(_("Bots"), id="bots-title"), html.P(words, className="pw-quiet"), link],
        className="pw-card pw-section",
        **aria(labelledby="bots-title"),
    )


def _facts_card(person: Person) -> Any:
    words = _(
        "Amounts in other currencies count at the rate of their day; orders may come from your own tables."
    )
    links = [dcc.Link(_("To the exchange rates"), href="/ui/rates", className="pw-link")]
    if person.may("admin"):
        links.append(dcc.Link(_("To the sources"), href="/ui/sources", className="pw-link"))
    return html.Section(
        [
            html.H2(_("Currencies and sources"), id="facts-title"),
            html.P(words, className="pw-quiet"),
            html.Div(links, className="pw-bar"),
        ],
        className="pw-card pw-section",
        **aria(labelledby="facts-title"),
    )


def _keys_card(gateway: Gateway) -> Any:
    kinds = [(code, key_kind_name(code)) for code in _KEY_KINDS]
    return html.Section(
        [
            html.H2(_("API keys"), id="keys-title"),
            html.P(
                _("Programs use them: the shop's pages, its back end, and scripts. A key is shown once."),
                className="pw-quiet",
            ),
            html.Div(_keys_table(gateway.keys()), id="keys-table"),
            html.Div(
                [
                    named_input("key-name", _("Name of the key"), placeholder=_("For example Web shop")),
                    named_choice("key-kind", _("For"), "client", kinds),
                    html.Button(
                        [icon("key", 16), _("Create key")],
                        id="key-create",
                        type="button",
                        className="pw-button",
                        n_clicks=0,
                    ),
                ],
                className="pw-form-row",
            ),
            html.Div(id="key-answer", role="status"),
        ],
        className="pw-card pw-section",
        **aria(labelledby="keys-title"),
    )


def _keys_table(keys: tuple[DeliveryKey, ...]) -> Any:
    if not keys:
        return html.P(_("There are no keys yet. Create one to let your shop talk to Proefwerk."))
    names = (_("Name"), _("For"), _("Ends with"), _("Created"), _("State"))
    rows = [
        html.Tr(
            [
                html.Th(key.name, scope="row"),
                html.Td(key_kind_name(key.kind)),
                html.Td(html.Code(f"…{key.hint}")),
                html.Td(day(key.created_at)),
                html.Td(_revoke(key)),
            ]
        )
        for key in keys
    ]
    return settings_table(_("Table of keys"), names, rows)


def _revoke(key: DeliveryKey) -> Any:
    if key.revoked_at is not None:
        return badge(_("Revoked on {day}", day=day(key.revoked_at)))
    return html.Button(
        _("Revoke"),
        id={"type": "key-revoke", "id": key.id},
        type="button",
        className="pw-button pw-danger pw-compact",
        n_clicks=0,
        **aria(label=_("Revoke {key}", key=key.name)),
    )


def _password_card(person: Person) -> Any:
    return html.Section(
        [
            html.H2(_("Your password"), id="password-title"),
            html.Div(
                [
                    dmc.PasswordInput(id="password-now", label=_("Present password"), value=""),
                    dmc.PasswordInput(id="password-next", label=_("New password"), value=""),
                    html.Button(
                        _("Change password"),
                        id="password-save",
                        type="button",
                        className="pw-button",
                        n_clicks=0,
                    ),
                ],
                className="pw-form-row",
            ),
            html.Div(id="password-answer", role="status"),
        ],
        className="pw-card pw-section",
        **aria(labelledby="password-title"),
    )


def register(app: Dash, gateway: Gateway) -> None:
    """Callbacks of the settings."""
    _register_keys(app, gateway)
    settings_people.register(app, gateway)

    @app.callback(
        Output("password-answer", "children"),
        Output("password-now", "value"),
        Output("password-next", "value"),
        Input("password-save", "n_clicks"),
        State("password-now", "value"),
        State("password-next", "value"),
        prevent_initial_call=True,
    )
    def change_password(_clicks: int, now: str | None, wanted: str | None) -> tuple[Any, Any, Any]:
        only_when_clicked()
        try:
            remember(gateway.change_password(current_person(), now or "", wanted or ""))
        except Refused as refused:
            return refusal(refused), no_update, no_update
        return told(_("Your password is changed; other sessions are signed out.")), "", ""


def _register_keys(app: Dash, gateway: Gateway) -> None:
    @app.callback(
        Output("keys-table", "children"),
        Output("key-answer", "children"),
        Output("key-name", "value"),
        Input("key-create", "n_clicks"),
        Input({"type": "key-revoke", "id": ALL}, "n_clicks"),
        State("key-name", "value"),
        State("key-kind", "value"),
        prevent_initial_call=True,
    )
    def change_keys(_made: int, _ended: list[int], name: str | None, kind: str) -> tuple[Any, Any, Any]:
        only_when_clicked()
        person = current_person()
        try:
            if isinstance(ctx.triggered_id, dict):
                gateway.revoke_key(person, ctx.triggered_id["id"])
                answer: Any = told(_("The key is revoked; programs that use it are refused from now on."))
            else:
                answer = _once(gateway.create_key(person, kind, name or ""))
        except Refused as refused:
            return no_update, refusal(refused), no_update
        return _keys_table(gateway.keys()), answer, ""


def _once(text: str) -> Any:
    return html.Div(
        [
            html.P(_("Copy this key now; it is not shown again."), className="pw-strong"),
            html.Div(
                [
                    html.Code(text, id="key-text", className="pw-secret"),
                    dcc.Clipboard(target_id="key-text", className="pw-button pw-compact", title=_("Copy")),
                ],
                className="pw-bar",
            ),
        ],
        className="pw-once",
    )


PAGE = Page("/ui/settings", lambda: _("Settings"), render, register)
