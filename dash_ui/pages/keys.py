"""Keys: what programs let themselves in by, what each may do, and how to replace or end one."""

from __future__ import annotations

from typing import Any, Final

from dash import ALL, Dash, Input, Output, State, ctx, html, no_update
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
from dash_ui.format import ago, day
from dash_ui.gateway import Gateway
from dash_ui.i18n import _, ngettext
from dash_ui.page import Page, View
from dash_ui.records import DeliveryKey, Person, Refused
from dash_ui.session import current_person
from dash_ui.words import key_effect, key_kind_name, key_scope

_KINDS: Final = ("client", "server", "admin")


def render(view: View) -> Any:
    """The list; who is an admin also makes, replaces and ends keys."""
    keys = view.gateway.keys()
    intro = _("Programs use them: the shop's pages, its back end, and scripts. A key is shown once.")
    return html.Div(
        [
            html.Div(
                html.Div([html.H1(_("Keys")), html.P(intro, className="pw-quiet")]), className="pw-head"
            ),
            _new(view.person),
            html.Div(
                [
                    html.Div(id="key-answer", role="status"),
                    html.Div(keys_table(keys, view.person), id="keys-table"),
                ],
                className="pw-card pw-section",
            ),
            _scopes(),
        ]
    )


def _new(person: Person) -> Any:
    if not person.may("admin"):
        words = _("Only admins make, replace and revoke keys; ask one.")
        return html.P([icon("info", 18), words], className="pw-note pw-quiet pw-space")
    kinds = [(code, key_kind_name(code)) for code in _KINDS]
    return html.Section(
        [
            html.H2(_("Make a key"), id="key-new-title"),
            html.Div(
                [
                    named_input("key-name", _("Name of the key"), placeholder=_("For example Web shop")),
                    named_choice("key-kind", _("For"), "client", kinds),
                    html.Button(
                        [icon("key", 16), _("Create key")],
                        id="key-create",
                        type="button",
                        className="pw-button pw-primary",
                        n_clicks=0,
                    ),
                ],
                className="pw-form-row",
            ),
        ],
        className="pw-card pw-section",
        **aria(labelledby="key-new-title"),
    )


def _scopes() -> Any:
    rows = [
        html.Div([html.Dt(key_kind_name(code)), html.Dd(key_scope(code))], className="pw-review-row")
        for code in _KINDS
    ]
    return html.Section(
        [html.H2(_("What each kind may do"), id="scopes-title"), html.Dl(rows, className="pw-review")],
        className="pw-card pw-section",
        **aria(labelledby="scopes-title"),
    )


def keys_table(keys: tuple[DeliveryKey, ...], viewer: Person) -> Any:
    """Every key, with what this viewer may do to it."""
    if not keys:
        return html.P(_("There are no keys yet. Create one to let your shop talk to Proefwerk."))
    columns = [
        Column(_("Name")),
        Column(_("For")),
        Column(_("Created")),
        Column(_("Last used")),
        Column(_("State")),
    ]
    count = ngettext("{count} key works.", "{count} keys work.", sum(key.revoked_at is None for key in keys))
    rows = [_row(key, viewer) for key in keys]
    return [
        html.P(count, className="pw-quiet"),
        table(_("Table of keys"), columns, rows, "pw-list pw-cards pw-labelled"),
    ]


def _row(key: DeliveryKey, viewer: Person) -> list[Any]:
    hint = html.Div(html.Code(f"…{key.hint}"), className="pw-quiet") if key.hint else None
    made = [day(key.created_at), html.Div(_made_by(key.created_by), className="pw-quiet pw-small")]
    return [[key.name, hint], key_kind_name(key.kind), made, _used(key), _state(key, viewer)]


def _made_by(name: str) -> str:
    return _("by the settings at the start") if name == "bootstrap" else _("by {person}", person=name)


def _used(key: DeliveryKey) -> Any:
    if key.kind != "admin":
        return html.Span(_("Not recorded"), className="pw-quiet", title=_unrecorded())
    return ago(key.last_used_at) if key.last_used_at else _("Never yet")


def _unrecorded() -> str:
    return _("The shop's own requests are answered without the database, so their last use is not known.")


def _state(key: DeliveryKey, viewer: Person) -> Any:
    if key.revoked_at is not None:
        return badge(_("Revoked on {day}", day=day(key.revoked_at)))
    state = badge(_("Replaced, still works"), "warn") if key.replaced_by else badge(_("Works"), "good")
    if not viewer.may("admin"):
        return state
    revoke = confirmed(
        _("Revoke"),
        key_effect(key.kind),
        _act("revoke", key, _("Revoke now"), _("Revoke {key} now", key=key.name), "pw-danger"),
        _("Revoke {key}", key=key.name),
    )
    rotate = confirmed(
        _("Replace"),
        _("A new key of the same name and kind is made; this one works on until you revoke it."),
        _act("rotate", key, _("Make the new key"), _("Make the new key of {key}", key=key.name)),
        _("Replace {key}", key=key.name),
    )
    parts = [state, revoke] if key.replaced_by else [state, rotate, revoke]
    return html.Div(parts, className="pw-bar")


def _act(act: str, key: DeliveryKey, text: str, label: str, tone: str = "") -> Any:
    return html.Button(
        text,
        id={"type": "key-act", "act": act, "id": key.id},
        type="button",
        className=f"pw-button pw-compact {tone}".strip(),
        n_clicks=0,
        **aria(label=label),
    )


def register(app: Dash, gateway: Gateway) -> None:
    """Callbacks of the keys."""

    @app.callback(
        Output("keys-table", "children", allow_duplicate=True),
        Output("key-answer", "children", allow_duplicate=True),
        Output("key-name", "value"),
        Input("key-create", "n_clicks"),
        State("key-name", "value"),
        State("key-kind", "value"),
        prevent_initial_call=True,
    )
    def make(_clicks: int, name: str | None, kind: str) -> tuple[Any, Any, Any]:
        only_when_clicked()
        person = current_person()
        try:
            answer = _once(gateway.create_key(person, kind, name or ""))
        except Refused as refused:
            return no_update, refusal(refused), no_update
        return keys_table(gateway.keys(), person), answer, ""

    @app.callback(
        Output("keys-table", "children"),
        Output("key-answer", "children"),
        Input({"type": "key-act", "act": ALL, "id": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )
    def change(_clicks: list[int]) -> tuple[Any, Any]:
        only_when_clicked()
        person, asked = current_person(), ctx.triggered_id
        if not isinstance(asked, dict):
            raise PreventUpdate
        try:
            if asked["act"] == "rotate":
                answer = _once(gateway.rotate_key(person, asked["id"]))
            else:
                gateway.revoke_key(person, asked["id"])
                answer = told(_("The key is revoked; programs that use it are refused from now on."))
        except Refused as refused:
            answer = refusal(refused)
        return keys_table(gateway.keys(), person), answer


def _once(text: str) -> Any:
    return shown_once(_("Copy this key now; it is not shown again."), text)


PAGE = Page("/ui/keys", lambda: _("Keys"), render, register)
