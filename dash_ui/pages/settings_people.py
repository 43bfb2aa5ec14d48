"""Settings: people and their roles."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, html, no_update
from dash.exceptions import PreventUpdate

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
from dash_ui.gateway import Gateway
from dash_ui.i18n import _
from dash_ui.records import ROLES, Person, Refused
from dash_ui.session import current_person
from dash_ui.words import role_name


def people_card(gateway: Gateway, admin: Person) -> Any:
    """Who may come in, and the form that lets somebody in."""
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
                    named_input("person-email", _("E-mail")),
                    named_input("person-name", _("Name")),
                    named_choice("person-role", _("Role"), "marketer", roles),
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
    return settings_table(_("Table of people"), names, rows)


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


def register(app: Dash, gateway: Gateway) -> None:
    """Callbacks of the people."""

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
            only_when_clicked()
            gateway.add_person(admin, email or "", name or "", role, password or "")
        except Refused as refused:
            return _people_table(gateway.people(), admin), refusal(refused), *still
        words = _("{person} may come in; tell them the first password.", person=name or email)
        return _people_table(gateway.people(), admin), told(words), "", "", ""


def _change_one(gateway: Gateway, admin: Person, trigger: dict[str, Any]) -> Any:
    email, value = trigger["email"], ctx.triggered[0]["value"]
    person = next((item for item in gateway.people() if item.email == email), None)
    if trigger["type"] == "person-role":
        if person is None or not value or person.role == value:
            raise PreventUpdate
        gateway.change_role(admin, email, value)
        return told(
            _("{person} now has the role {role}.", person=person.name or email, role=role_name(value))
        )
    only_when_clicked()
    gateway.shut_out(admin, email)
    return told(_("{person} is shut out.", person=(person.name if person else "") or email))
