"""The check on our own data: started on the result page, done elsewhere, followed until it is there."""

from __future__ import annotations

from typing import Any

from dash import Dash, Input, Output, State, ctx, no_update

from dash_ui.components.rehearsal import findings
from dash_ui.gateway import Gateway


def register(app: Dash, gateway: Gateway) -> None:
    """Start and follow a rehearsal."""

    @app.callback(
        Output("rehearsal-found", "children"),
        Output("rehearsal-tick", "disabled"),
        Output("rehearsal-start", "disabled"),
        Input("rehearsal-start", "n_clicks"),
        Input("rehearsal-tick", "n_intervals"),
        State("result-held", "data"),
        prevent_initial_call=True,
    )
    def follow(clicks: int | None, ticks: int | None, held: dict[str, Any]) -> tuple[Any, Any, Any]:
        if not clicks and not ticks:
            return no_update, no_update, no_update
        if ctx.triggered_id == "rehearsal-start":
            gateway.start_rehearsal(held["key"])
        found = gateway.rehearsal(held["key"])
        return findings(found), not found.running, found.running
