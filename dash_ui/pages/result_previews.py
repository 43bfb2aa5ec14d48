"""Remembering the page of the shop on which an experiment can be looked at."""

from __future__ import annotations

from typing import Any

from dash import Dash, Input, Output, State, no_update

from dash_ui.gateway import Gateway
from dash_ui.records import Refused
from dash_ui.session import current_person
from dash_ui.wizard.fields import ident


def register(app: Dash, gateway: Gateway) -> None:
    """Callback of the form."""

    @app.callback(
        Output("preview-answer", "children"),
        Output("result-changed", "data", allow_duplicate=True),
        Input("preview-save", "n_clicks"),
        State(ident("preview_url"), "value"),
        State("result-held", "data"),
        prevent_initial_call=True,
    )
    def save(clicks: int | None, address: str | None, held: dict[str, Any]) -> tuple[Any, Any]:
        if not clicks:
            return no_update, no_update
        try:
            gateway.say_page(current_person(), held["key"], (address or "").strip() or None)
        except Refused as refused:
            return refused.fields[0].message if refused.fields else refused.detail, no_update
        return None, f"preview {clicks}"
