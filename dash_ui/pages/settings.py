"""Settings: keys for programs, people, one's own password."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.exceptions import PreventUpdate

from dash_ui.components.attributes import aria
from dash_ui.components.badges import badge
from dash_ui.components.icon import icon
from dash_ui.format import day
from dash_ui.gateway import Gateway
from dash_ui.i18n import _
from dash_ui.page import Page, View
from dash_ui.records import ROLES, DeliveryKey, Person, Refused
from dash_ui.session import current_person, remember
from dash_ui.wizard.fields import choice_field, text_field
from dash_ui.words import key_kind_name, role_name

_KEY_KINDS = ("client", "server", "admin")


def render(view: View) -> Any:
    """Everything that this person may set."""
    parts: list[Any] = [html.Div(html.H1(_("Settings")), className="pw-head")]
    if view.person.may("admin"):
        parts += [_keys_card(view.gateway), _people_card(view.gateway, view.person)]
    else:
        words = _("Keys and people are managed by admins.")
        parts.append(html.Div(html.P(words, className="pw-quiet"), className="pw-card"))
    parts.append(_password_card(view.person))
    return html.Div(parts)


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
                    _input("key-name", _("Name of the key"), placeholder=_("For example Web shop")),
                    _select("key-kind", _("For"), "client", kinds),
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


def _input(ident: str, label: str, **more: Any) -> Any:
    field = text_field(ident, label, "", **more)
    field.id = ident
    return field


def _select(ident: str, label: str, value: str, choices: list[tuple[str, str]]) -> Any:
    field = choice_field(ident, label, value, choices)
    field.id = ident
    return field


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
    return _table(_("Table of keys"), names, rows)


def _table(caption: str, names: tuple[str, ...], rows: list[Any]) -> Any:
    table = html.Table(
        [
            html.Caption(caption, className="pw-hidden"),
            html.Thead(html.Tr([html.Th(name, scope="col") for name in names])),
            html.Tbody(rows),
        ],
        className="pw-table pw-list pw-inset pw-cards",
    )
    return html.Div(table, className="pw-scroll", tabIndex=0, role="region", **aria(label=caption))


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


def _people_card(gateway: Gateway, admin: Person) -> Any:
    roles = [(code, role_name(code)) for code in ROLES]
    return html.Section(
        [
            html.H2(_("People"), id="people-title"),
            html.P(
                _("Analysts read, marketers also define and decide, admins also manage keys and people."),
                className="pw-quiet",
            ),
            html.Div(_people_table(gateway.people(), admin), id="people-table"),
            html.Div(
                [
                    _input("person-email", _("E-mail")),
                    _input("person-name", _("Name")),
                    _select("person-role", _("Role"), "marketer", roles),
                    dmc.PasswordInput(id="person-password", label=_("First password"), value=""),
                    html.Button(
                        [icon("plus", 16), _("Add person")],
                        id="person-add",
                        type="button",
                        className="pw-button",
                        n_clicks=0,
                    ),
                ],
                className="pw-form-row",
            ),
            html.Div(id="person-answer", role="status"),
        ],
        className="pw-card pw-section",
        **aria(labelledby="people-title"),
    )


def _people_table(people: tuple[Person, ...], admin: Person) -> Any:
    names = (_("Name"), _("E-mail"), _("Role"), _("State"))
    rows = [
        html.Tr(
            [
                html.Th(person.name or "–", scope="row"),
                html.Td(person.email),
                html.Td(_role(person, admin)),
                html.Td(_shut_out(person, admin)),
            ]
        )
        for person in people
    ]
    return _table(_("Table of people"), names, rows)


def _role(person: Person, admin: Person) -> Any:
    if person.id == admin.id or not person.active:
        return role_name(person.role)
    return dmc.Select(
        id={"type": "person-role", "email": person.email},
        value=person.role,
        data=[{"value": code, "label": role_name(code)} for code in ROLES],
        allowDeselect=False,
        w=150,
        size="xs",
        label=html.Span(_("Role of {person}", person=person.name or person.email), className="pw-hidden"),
        comboboxProps={"transitionProps": {"duration": 0}},
    )


def _shut_out(person: Person, admin: Person) -> Any:
    if not person.active:
        return badge(_("No access"))
    if person.id == admin.id:
        return badge(_("You"), "accent")
    return html.Button(
        _("Shut out"),
        id={"type": "person-shut", "email": person.email},
        type="button",
        className="pw-button pw-danger pw-compact",
        n_clicks=0,
        **aria(label=_("Shut out {person}", person=person.name or person.email)),
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


def _told(words: str, tone: str = "good") -> Any:
    return html.P(
        [icon("check" if tone == "good" else "warning", 18), words], className=f"pw-health pw-{tone}-text"
    )


def _refusal(refused: Refused) -> Any:
    messages = [problem.message for problem in refused.fields] or [refused.detail]
    return html.Ul([html.Li(message) for message in messages], className="pw-problems")


def _clicked() -> None:
    if not any(item["value"] for item in ctx.triggered):
        raise PreventUpdate


def register(app: Dash, gateway: Gateway) -> None:
    """Callbacks of the settings."""
    _register_keys(app, gateway)
    _register_people(app, gateway)

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
        _clicked()
        try:
            remember(gateway.change_password(current_person(), now or "", wanted or ""))
        except Refused as refused:
            return _refusal(refused), no_update, no_update
        return _told(_("Your password is changed; other sessions are signed out.")), "", ""


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
        _clicked()
        person = current_person()
        try:
            if isinstance(ctx.triggered_id, dict):
                gateway.revoke_key(person, ctx.triggered_id["id"])
                answer: Any = _told(_("The key is revoked; programs that use it are refused from now on."))
            else:
                answer = _once(gateway.create_key(person, kind, name or ""))
        except Refused as refused:
            return no_update, _refusal(refused), no_update
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


def _register_people(app: Dash, gateway: Gateway) -> None:
    @app.callback(
        Output("people-table", "children"),
        Output("person-answer", "children"),
        Output("person-email", "value"),
        Output("person-name", "value"),
        Output("person-password", "value"),
        Input("person-add", "n_clicks"),
        Input({"type": "person-shut", "email": ALL}, "n_clicks"),
        Input({"type": "person-role", "email": ALL}, "value"),
        State("person-email", "value"),
        State("person-name", "value"),
        State("person-role", "value"),
        State("person-password", "value"),
        prevent_initial_call=True,
    )
    def change_people(
        _add: int, _shut: list[int], _roles: list[str], email: str, name: str, role: str, password: str
    ) -> tuple[Any, ...]:
        trigger, admin = ctx.triggered_id, current_person()
        still = (no_update, no_update, no_update)
        try:
            if isinstance(trigger, dict):
                answer = _change_one(gateway, admin, trigger)
                return _people_table(gateway.people(), admin), answer, *still
            _clicked()
            gateway.add_person(admin, email or "", name or "", role, password or "")
        except Refused as refused:
            return _people_table(gateway.people(), admin), _refusal(refused), *still
        words = _("{person} may come in; tell them the first password.", person=name or email)
        return _people_table(gateway.people(), admin), _told(words), "", "", ""


def _change_one(gateway: Gateway, admin: Person, trigger: dict[str, Any]) -> Any:
    email, value = trigger["email"], ctx.triggered[0]["value"]
    person = next((item for item in gateway.people() if item.email == email), None)
    if trigger["type"] == "person-role":
        if person is None or not value or person.role == value:
            raise PreventUpdate
        gateway.change_role(admin, email, value)
        return _told(
            _("{person} now has the role {role}.", person=person.name or email, role=role_name(value))
        )
    _clicked()
    gateway.shut_out(admin, email)
    return _told(_("{person} is shut out.", person=(person.name if person else "") or email))


PAGE = Page("/ui/settings", lambda: _("Settings"), render, register)
