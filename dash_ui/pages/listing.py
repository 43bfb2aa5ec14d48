"""All experiments: what needs a decision or attention first."""

from __future__ import annotations

from typing import Any

from dash import Dash, html

from dash_ui.gateway import Gateway
from dash_ui.i18n import _
from dash_ui.page import Page, View


def render(view: View) -> Any:
    """The list for one person."""
    return html.Div(html.H1(_("Experiments")))


def register(app: Dash, gateway: Gateway) -> None:
    """Callbacks of the list."""


PAGE = Page("/ui/", lambda: _("Experiments"), render, register)
