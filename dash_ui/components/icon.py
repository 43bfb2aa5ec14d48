"""Icons as CSS masks from our own files: they follow the text colour and call nobody."""

from __future__ import annotations

from dash import html

from dash_ui.components.attributes import aria


def icon(name: str, size: int = 18) -> html.Span:
    """A decorative icon; whatever it means must also stand in words beside it."""
    return html.Span(
        className=f"pw-icon pw-icon-{name}", style={"width": size, "height": size}, **aria(hidden=True)
    )
