"""The way from page to page: groups of entries, each drawn once its page exists."""

from __future__ import annotations

from typing import Any, Final

import dash_mantine_components as dmc
from dash import dcc, html

from dash_ui.components.attributes import aria, data
from dash_ui.components.icon import icon
from dash_ui.i18n import _
from dash_ui.routes import PAGES

_GROUPS: Final = {
    "experiments": {
        "/ui/": "flask",
        "/ui/new": "plus",
        "/ui/programme": "trophy",
        "/ui/layers": "split",
    },
    "library": {"/ui/metrics": "target", "/ui/audiences": "users", "/ui/calendar": "calendar"},
    "checks": {"/ui/trust": "shield", "/ui/reconcile": "scale", "/ui/audit": "history"},
    "settings": {"/ui/people": "user", "/ui/keys": "key", "/ui/settings": "settings"},
}
_UNDER: Final = {"/ui/": "/ui/e/", "/ui/settings": "/ui/bots /ui/rates /ui/sources"}
"""Pages without an entry of their own, by the entry that is marked for them."""


def navigation() -> Any:
    """Every page, in groups; the browser marks the present one."""
    exist = {page.path for page in PAGES}
    groups = []
    for code, entries in _GROUPS.items():
        shown = [path for path in entries if path in exist]
        if shown:
            groups.append(_group(code, [_entry(path, entries[path]) for path in shown]))
    return dmc.AppShellNavbar(html.Nav(groups, className="pw-nav", **aria(label=_("Main"))), id="navbar")


def _group(code: str, entries: list[Any]) -> Any:
    ident = f"nav-{code}"
    return html.Div(
        [
            html.Span(_title(code), id=ident, className="pw-nav-title"),
            html.Ul([html.Li(entry) for entry in entries], className="pw-nav-list"),
        ],
        role="group",
        **aria(labelledby=ident),
    )


def _entry(path: str, mask: str) -> Any:
    link = dcc.Link(
        [icon(mask, 20), html.Span(_name(path))],
        href=path,
        id={"type": "nav", "path": path},
        className="pw-nav-link",
    )
    return html.Span(link, className="pw-nav-entry", **data(under=_UNDER.get(path, "")))


def _title(code: str) -> str:
    names = {
        "experiments": _("Experimenting"),
        "library": _("Library"),
        "checks": _("Checks"),
        "settings": _("Management"),
    }
    return names[code]


def _name(path: str) -> str:
    names = {
        "/ui/": _("Experiments"),
        "/ui/new": _("New experiment"),
        "/ui/programme": _("Programme"),
        "/ui/layers": _("Layers"),
        "/ui/metrics": _("Metrics"),
        "/ui/audiences": _("Audiences"),
        "/ui/calendar": _("Calendar"),
        "/ui/trust": _("Trust"),
        "/ui/reconcile": _("Reconcile"),
        "/ui/audit": _("Audit log"),
        "/ui/people": _("People"),
        "/ui/keys": _("Keys"),
        "/ui/settings": _("Settings"),
    }
    return names[path]
