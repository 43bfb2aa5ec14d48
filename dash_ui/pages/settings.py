"""Settings: one's own screens and password, and the way to what the shop has set."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html, no_update

from dash_ui.browser import in_browser
from dash_ui.components.attributes import aria
from dash_ui.components.settings_parts import named_choice, only_when_clicked, refusal, told
from dash_ui.gateway import Gateway
from dash_ui.i18n import _
from dash_ui.page import Page, View
from dash_ui.records import Person, Refused
from dash_ui.session import current_person, keep_preference, remember


def render(view: View) -> Any:
    """What this person may set for themselves, and the way to the rest."""
    return html.Div(
        [
            html.Div(html.H1(_("Settings")), className="pw-head"),
            _screens_card(view.person),
            _password_card(),
            _bots_card(),
            _facts_card(view.person),
        ]
    )


def _screens_card(person: Person) -> Any:
    languages = [("", _("As the browser")), ("en", "English"), ("nl", "Nederlands")]
    themes = [("", _("As the system")), ("light", _("Light")), ("dark", _("Dark"))]
    language = named_choice("prefer-language", _("Language"), person.language or "", languages)
    theme = named_choice("prefer-theme", _("Light or dark"), person.theme or "", themes)
    return html.Section(
        [
            html.H2(_("Your screens"), id="screens-title"),
            html.P(
                _("This goes with you to every browser in which you sign in."),
                className="pw-quiet",
            ),
            html.Div([language, theme], className="pw-form-row"),
            dcc.Store(id="prefer-reload"),
        ],
        className="pw-card pw-section",
        **aria(labelledby="screens-title"),
    )


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


def _password_card() -> Any:
    return html.Section(
        [
            html.H2(_("Your password"), id="password"),
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
        **aria(labelledby="password"),
    )


def register(app: Dash, gateway: Gateway) -> None:
    """Callbacks of the settings."""

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

    @app.callback(
        Output("prefer-reload", "data"),
        Input("prefer-language", "value"),
        Input("prefer-theme", "value"),
        prevent_initial_call=True,
    )
    def prefer(spoken: str, scheme: str) -> Any:
        person = current_person()
        asked = {"language": spoken or None, "theme": scheme or None}
        if asked == {"language": person.language, "theme": person.theme}:
            return no_update
        for name, value in asked.items():
            gateway.prefer(person, name, value)
            keep_preference(name, value)
        return asked

    reloaded = Output("prefer-reload", "id")
    in_browser(app, "reload", reloaded, Input("prefer-reload", "data"), skip_first=True)


PAGE = Page("/ui/settings", lambda: _("Settings"), render, register)
