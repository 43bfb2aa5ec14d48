"""The frame round every page: header, navigation, messages, and the switch between pages."""

from __future__ import annotations

import logging
import uuid
from typing import Any, Final
from urllib.parse import urlsplit

import dash_mantine_components as dmc
from dash import Dash, Input, Output, State, dcc, html
from flask import request

from dash_ui.browser import in_browser
from dash_ui.components.attributes import aria, data
from dash_ui.components.icon import icon
from dash_ui.gateway import Gateway
from dash_ui.i18n import _, language
from dash_ui.navigation import navigation
from dash_ui.page import View, query_of
from dash_ui.records import Person, Refused
from dash_ui.routes import PAGES
from dash_ui.session import PREFIX, current_person, current_theme, someone_is_signed_in
from dash_ui.theme import THEME
from dash_ui.words import role_name

log = logging.getLogger(__name__)

PROBLEM: Final = "problem"


def layout(gateway: Gateway) -> Any:
    """The whole document for the person who asks, with the page that the address names."""
    if not someone_is_signed_in():
        return html.Div()
    person = current_person()
    return dmc.MantineProvider(
        id="mantine",
        theme=THEME,
        forceColorScheme=current_theme() or "light",
        children=[
            dcc.Location(id="url", refresh="callback-nav"),
            dcc.Store(id="route"),
            dcc.Store(id="drawn", data=_asked()),
            dcc.Store(id=PROBLEM),
            html.A(_("Skip to content"), href="#content", className="pw-skip"),
            dmc.AppShell(
                [_header(person), navigation(), dmc.AppShellMain(_main(gateway))],
                id="frame",
                header={"height": 56},
                navbar={"width": 220, "breakpoint": "48em", "collapsed": {"mobile": True}},
                padding=0,
                transitionDuration=0,
            ),
        ],
    )


def _asked() -> str | None:
    """The page that the browser shows, which asks for the frame; `None` when it does not say."""
    parts = urlsplit(request.referrer or "")
    if parts.netloc != request.host or not parts.path.startswith(PREFIX):
        return None
    return parts.path + (f"?{parts.query}" if parts.query else "")


def _main(gateway: Gateway) -> Any:
    """Where the page goes; the first one comes along, which saves the browser a question."""
    asked = urlsplit(_asked() or "")
    children, title = draw(gateway, asked.path, asked.query) if asked.path else (None, None)
    return html.Div(
        [
            _connection(),
            html.Div(
                [
                    html.Span(id="alert-text"),
                    html.Button(
                        _("Load the page again"),
                        id="alert-retry",
                        type="button",
                        className="pw-button pw-compact",
                    ),
                ],
                id="alert",
                role="alert",
                className="pw-alert",
                hidden=True,
            ),
            html.Div(children, id="page", className="pw-page", title=title),
            html.Div(id="announcer", role="status", className="pw-hidden"),
        ],
        id="content",
        tabIndex=-1,
    )


def _connection() -> Any:
    """What the browser shows while nobody answers; what was drawn stays below it."""
    return html.Div(
        [
            html.Span(
                _(
                    "The connection is lost. What you see may be old, and your last change may not be saved."
                    " It is tried again by itself."
                )
            ),
            html.Button(_("Try now"), id="connection-retry", type="button", className="pw-button pw-compact"),
        ],
        id="connection",
        role="alert",
        className="pw-alert pw-noprint",
        hidden=True,
        **data(back=_("The connection is back.")),
    )


def _header(person: Person) -> Any:
    other, name = ("en", "English") if language() == "nl" else ("nl", "Nederlands")
    return dmc.AppShellHeader(
        html.Div(
            [
                dmc.Burger(id="burger", opened=False, size="sm", **aria(label=_("Navigation"))),
                dcc.Link([icon("chart", 20), html.Span("Proefwerk")], href="/ui/", className="pw-brand"),
                html.Div(className="pw-grow"),
                html.Button(
                    html.Span(other.upper(), **aria(hidden=True)),
                    id="language",
                    type="button",
                    className="pw-tool",
                    lang=other,
                    title=name,
                    **aria(label=name),
                    **data(language=other),
                ),
                html.Button(
                    icon("moon"),
                    id="theme",
                    type="button",
                    className="pw-tool",
                    title=_("Switch between light and dark"),
                    **aria(label=_("Switch between light and dark")),
                ),
                _account(person),
            ],
            className="pw-header",
        )
    )


def _account(person: Person) -> Any:
    name = person.name or person.email
    return html.Details(
        [
            html.Summary(
                html.Span(person.initials, className="pw-avatar"),
                **aria(label=_("Account of {name}", name=name)),
            ),
            html.Div(
                [
                    html.P(name, className="pw-strong"),
                    html.P([person.email, " · ", role_name(person.role)], className="pw-quiet pw-small"),
                    html.Button(
                        [icon("logout", 16), _("Sign out")],
                        id="sign-out",
                        type="button",
                        className="pw-button",
                        n_clicks=0,
                    ),
                ],
                className="pw-account-panel",
            ),
        ],
        className="pw-account",
    )


def draw(gateway: Gateway, path: str, search: str) -> tuple[Any, str]:
    """The page at an address, with its title; a page that says so when there is none."""
    person = current_person()
    for page in PAGES:
        params = page.match(path)
        if params is not None:
            try:
                drawn = page.render(View(gateway, person, params, query_of(search)))
            except Refused as error:
                return _refused(error), _("Not possible")
            except Exception as error:  # noqa: BLE001 - whatever a page does, the frame must stand
                return _broken(error, path, search), _("Something went wrong")
            return drawn, page.title()
    return _missing(), _("Page not found")


def _missing() -> Any:
    return html.Div(
        [
            html.H1(_("Page not found")),
            html.P(_("There is nothing at this address.")),
            dcc.Link(_("To the experiments"), href="/ui/", className="pw-link"),
        ],
        className="pw-empty",
    )


def _broken(error: Exception, path: str, search: str) -> Any:
    ident = uuid.uuid4().hex[:8]
    log.error("page %s failed, error id %s", path, ident, exc_info=error)
    query = search.lstrip("?")
    return html.Div(
        [
            html.H1(_("Something went wrong")),
            html.P(_("This page could not be drawn (error {id}). Nothing was lost.", id=ident)),
            html.A(_("Try again"), href=f"{path}?{query}" if query else path, className="pw-button"),
        ],
        className="pw-empty",
    )


def _refused(error: Refused) -> Any:
    title = _("Not found") if error.status == 404 else _("Not possible")
    return html.Div(
        [
            html.H1(title),
            html.P(error.detail),
            dcc.Link(_("To the experiments"), href="/ui/", className="pw-link"),
        ],
        className="pw-empty",
    )


def register(app: Dash, gateway: Gateway) -> None:
    """Callbacks of the frame."""

    @app.callback(
        Output("page", "children"), Output("page", "title"), Input("route", "data"), prevent_initial_call=True
    )
    def show(route: dict[str, str]) -> tuple[Any, str]:
        children, title = draw(gateway, route.get("path") or request.path, route.get("search") or "")
        return children, title

    _register_browser(app)


def _register_browser(app: Dash) -> None:
    place = Input("url", "pathname"), Input("url", "search")
    in_browser(app, "route", Output("route", "data"), *place, State("drawn", "data"))
    in_browser(app, "arrived", Output("announcer", "children"), Input("page", "title"))
    in_browser(app, "problem", Output("alert", "hidden"), Input(PROBLEM, "data"), skip_first=True)
    scheme = State("mantine", "forceColorScheme")
    in_browser(app, "theme", Output("mantine", "forceColorScheme"), Input("theme", "n_clicks"), scheme)
    in_browser(
        app,
        "burger",
        Output("frame", "navbar"),
        Input("burger", "opened"),
        State("frame", "navbar"),
        skip_first=True,
    )
    for name, control in (("language", "language"), ("signOut", "sign-out")):
        in_browser(app, name, Output(control, "disabled"), Input(control, "n_clicks"), skip_first=True)
