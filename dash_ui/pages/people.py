"""People: who may come in, with which role, and how to change that."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.exceptions import PreventUpdate

from dash_ui.components.attributes import aria
from dash_ui.components.badges import badge
from dash_ui.components.icon import icon
from dash_ui.components.settings_parts import (
    confirmed,
    named_choice,
    named_input,
    only_when_clicked,
    refusal,
    shown_once,
    told,
)
from dash_ui.components.table import Column, table
from dash_ui.format import day
from dash_ui.gateway import Gateway
from dash_ui.i18n import _, ngettext
from dash_ui.page import Page, View
from dash_ui.records import ROLES, Person, Refused
from dash_ui.session import current_person
from dash_ui.words import role_name, role_words


def render(view: View) -> Any:
    """The list; who is an admin also lets people in."""
    people = view.gateway.people()
    intro = _("Analysts read, marketers also define and decide, admins also manage keys and people.")
    return html.Div(
        [
            html.Div(
                html.Div([html.H1(_("People")), html.P(intro, className="pw-quiet")]), className="pw-head"
            ),
            _new(view.person, people),
            html.Div(
                [
                    html.Div(id="person-answer", role="status"),
                    html.Div(people_table(people, view.person), id="people-table"),
                ],
                className="pw-card pw-section",
            ),
            _roles(),
        ]
    )


def _new(person: Person, people: tuple[Person, ...]) -> Any:
    if not person.may("admin"):
        admins = ", ".join(each.name or each.email for each in people if each.active and each.may("admin"))
        words = _("Only admins let people in and change roles. Admins here: {admins}.", admins=admins)
        return html.P([icon("info", 18), words], className="pw-note pw-quiet pw-space")
    roles = [(code, role_name(code)) for code in ROLES]
    return html.Section(
        [
            html.H2(_("Let somebody in"), id="person-new-title"),
            html.Div(
                [
                    named_input("person-email", _("E-mail")),
                    named_input("person-name", _("Name")),
                    named_choice("person-role", _("Role"), "marketer", roles),
                ],
                className="pw-form-grid",
            ),
            html.Div(
                [
                    html.Button(
                        [icon("plus", 16), _("Add person")],
                        id="person-add",
                        type="button",
                        className="pw-button pw-primary",
                        n_clicks=0,
                    ),
                    html.Span(
                        _("You get a first password to pass on; nothing is mailed."),
                        className="pw-quiet pw-small",
                    ),
                ],
                className="pw-bar",
            ),
        ],
        className="pw-card pw-section",
        **aria(labelledby="person-new-title"),
    )


def _roles() -> Any:
    rows = [
        html.Div([html.Dt(role_name(code)), html.Dd(role_words(code))], className="pw-review-row")
        for code in ROLES
    ]
    return html.Section(
        [html.H2(_("What each role may do"), id="roles-title"), html.Dl(rows, className="pw-review")],
        className="pw-card pw-section",
        **aria(labelledby="roles-title"),
    )


def people_table(people: tuple[Person, ...], viewer: Person) -> Any:
    """Everybody, with what this viewer may change of them."""
    columns = [
        Column(_("Name")),
        Column(_("Role")),
        Column(_("Last signed in")),
        Column(_("Access")),
    ]
    active = sum(person.active for person in people)
    count = ngettext("{count} person may come in.", "{count} people may come in.", active)
    rows = [_row(person, viewer) for person in people]
    return [
        html.P(count, className="pw-quiet"),
        table(_("Table of people"), columns, rows, "pw-list pw-cards pw-labelled"),
    ]


def _row(person: Person, viewer: Person) -> list[Any]:
    name = person.name or person.email
    came = day(person.signed_in_at) if person.signed_in_at else _("Never yet")
    return [
        [name, html.Div(person.email, className="pw-quiet pw-small")],
        _role(person, viewer),
        came,
        _access(person, viewer),
    ]


def _role(person: Person, viewer: Person) -> Any:
    if person.id == viewer.id or not person.active or not viewer.may("admin"):
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


def _access(person: Person, viewer: Person) -> Any:
    name = person.name or person.email
    if person.id == viewer.id:
        own = dcc.Link(_("Change your password"), href="/ui/settings#password", className="pw-link")
        return html.Div([badge(_("You"), "accent"), own], className="pw-bar")
    if not viewer.may("admin"):
        return badge(_("May come in"), "good") if person.active else badge(_("No access"))
    if not person.active:
        again = _act("restore", person, _("Let in again"), _("Let {person} in again", person=name))
        return html.Div([badge(_("No access")), again], className="pw-bar")
    reset = confirmed(
        _("New password"),
        _("Their password stops working and their sessions end; you get a new one to pass on."),
        _act("reset", person, _("Make a new password"), _("Make a new password for {person}", person=name)),
        _("New password for {person}", person=name),
    )
    shut = confirmed(
        _("Shut out"),
        _("Their sessions end now; what they made and wrote stays under their name."),
        _act("shut", person, _("Shut out now"), _("Shut out {person} now", person=name), "pw-danger"),
        _("Shut out {person}", person=name),
    )
    return html.Div([reset, shut], className="pw-bar")


def _act(act: str, person: Person, text: str, label: str, tone: str = "") -> Any:
    return html.Button(
        text,
        id={"type": "person-act", "act": act, "email": person.email},
        type="button",
        className=f"pw-button pw-compact {tone}".strip(),
        n_clicks=0,
        **aria(label=label),
    )


def register(app: Dash, gateway: Gateway) -> None:
    """Callbacks of the people."""

    @app.callback(
        Output("people-table", "children", allow_duplicate=True),
        Output("person-answer", "children", allow_duplicate=True),
        Output("person-email", "value"),
        Output("person-name", "value"),
        Input("person-add", "n_clicks"),
        State("person-email", "value"),
        State("person-name", "value"),
        State("person-role", "value"),
        prevent_initial_call=True,
    )
    def add(_clicks: int, email: str | None, name: str | None, role: str) -> tuple[Any, ...]:
        only_when_clicked()
        admin = current_person()
        try:
            text = gateway.add_person(admin, email or "", name or "", role)
        except Refused as refused:
            return no_update, refusal(refused), no_update, no_update
        words = _("{person} may come in with this first password; it is not shown again.", person=email)
        return people_table(gateway.people(), admin), shown_once(words, text), "", ""

    @app.callback(
        Output("people-table", "children"),
        Output("person-answer", "children"),
        Input({"type": "person-act", "act": ALL, "email": ALL}, "n_clicks"),
        Input({"type": "person-role", "email": ALL}, "value"),
        prevent_initial_call=True,
    )
    def change(_clicks: list[int], _chosen: list[str]) -> tuple[Any, Any]:
        admin = current_person()
        try:
            answer = _change_one(gateway, admin, ctx.triggered_id, ctx.triggered[0]["value"])
        except Refused as refused:
            answer = refusal(refused)
        return people_table(gateway.people(), admin), answer


def _change_one(gateway: Gateway, admin: Person, trigger: dict[str, Any], value: Any) -> Any:
    email = trigger["email"]
    person = next((item for item in gateway.people() if item.email == email), None)
    if person is None or not value:
        raise PreventUpdate
    name = person.name or email
    if trigger["type"] == "person-role":
        if person.role == value:
            raise PreventUpdate
        gateway.change_role(admin, email, value)
        return told(
            _("{person} now has the role {role}; they sign in again.", person=name, role=role_name(value))
        )
    if trigger["act"] == "reset":
        words = _("This is the new password of {person}; it is not shown again.", person=name)
        return shown_once(words, gateway.reset_password(admin, email))
    if trigger["act"] == "restore":
        gateway.let_in_again(admin, email)
        return told(_("{person} may come in again.", person=name))
    gateway.shut_out(admin, email)
    return told(_("{person} is shut out.", person=name))


PAGE = Page("/ui/people", lambda: _("People"), render, register)
