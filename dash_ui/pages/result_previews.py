"""Remembering the page of the shop on which an experiment can be looked at."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from dash import Dash, Input, Output, State, no_update
from flask import abort, redirect
from werkzeug.wrappers import Response as BaseResponse

from dash_ui.components.previews import preview_link
from dash_ui.gateway import Gateway
from dash_ui.records import Refused
from dash_ui.session import PREFIX, current_person
from dash_ui.wizard.fields import ident


def _look(gateway: Gateway, key: str, variant: str) -> BaseResponse:
    try:
        page = gateway.look(current_person(), key, variant)
    except Refused as refused:
        abort(refused.status)
    return redirect(preview_link(page, key, variant) if page else f"{PREFIX}e/{quote(key)}")


def register(app: Dash, gateway: Gateway) -> None:
    """Callback of the form, and `/ui/look/<key>/<variant>`, which keeps who looked and goes to the shop."""
    app.server.add_url_rule(
        f"{PREFIX}look/<key>/<variant>", "look", lambda key, variant: _look(gateway, key, variant)
    )

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
