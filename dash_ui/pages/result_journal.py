"""The journal's card on the result page: refine, comment, filter, and links to single entries."""

from __future__ import annotations

from typing import Any

from dash import Dash, Input, Output, html

from dash_ui.browser import in_browser
from dash_ui.components.journal import FILTERS, comment_form, filter_switch
from dash_ui.i18n import _


def card(entries: Any, refine: Any, shown: str | None) -> html.Section:
    """The card; `entries` are drawn again when they change, the box for a comment stays."""
    chosen = shown if shown in FILTERS else FILTERS[0]
    return html.Section(
        [
            html.Div([html.H2(_("Journal")), refine], className="pw-section-head"),
            comment_form(),
            filter_switch(chosen),
            html.Div(
                html.Div(entries, id="result-journal"), id="journal-shown", className=f"pw-journal-{chosen}"
            ),
        ],
        id="journal",
        className="pw-card pw-part",
    )


def register(app: Dash) -> None:
    """The filter, in the address too; an address that names an entry goes to it."""
    in_browser(app, "journalShow", Output("journal-shown", "className"), Input("journal-filter", "value"))
