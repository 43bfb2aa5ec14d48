"""Callbacks that run in the browser, from our own script files, so that no inline script is needed."""

from __future__ import annotations

from typing import Any

from dash import ClientsideFunction, Dash


def in_browser(app: Dash, name: str, *dependencies: Any, skip_first: bool = False) -> None:
    """Connects `window.dash_clientside.proefwerk[name]` to its outputs, inputs and states."""
    connect: Any = app.clientside_callback
    connect(ClientsideFunction("proefwerk", name), *dependencies, prevent_initial_call=skip_first)
