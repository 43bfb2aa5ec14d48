"""Pieces that the cards of the settings share."""

from __future__ import annotations

from typing import Any

from dash import ctx, html
from dash.exceptions import PreventUpdate

from dash_ui.components.attributes import aria
from dash_ui.components.icon import icon
from dash_ui.records import Refused
from dash_ui.wizard.fields import choice_field, text_field


def named_input(ident: str, label: str, **more: Any) -> Any:
    """One line of text with an id of its own."""
    field = text_field(ident, label, "", **more)
    field.id = ident
    return field


def named_choice(ident: str, label: str, value: str, choices: list[tuple[str, str]]) -> Any:
    """One of some, with an id of its own."""
    field = choice_field(ident, label, value, choices)
    field.id = ident
    return field


def settings_table(caption: str, names: tuple[str, ...], rows: list[Any]) -> Any:
    """A table that becomes cards on a phone."""
    table = html.Table(
        [
            html.Caption(caption, className="pw-hidden"),
            html.Thead(html.Tr([html.Th(name, scope="col") for name in names])),
            html.Tbody(rows),
        ],
        className="pw-table pw-list pw-inset pw-cards",
    )
    return html.Div(table, className="pw-scroll", tabIndex=0, role="region", **aria(label=caption))


def told(words: str, tone: str = "good") -> Any:
    """What was done, in words."""
    return html.P(
        [icon("check" if tone == "good" else "warning", 18), words], className=f"pw-health pw-{tone}-text"
    )


def refusal(refused: Refused) -> Any:
    """What was not done, and why."""
    messages = [problem.message for problem in refused.fields] or [refused.detail]
    return html.Ul([html.Li(message) for message in messages], className="pw-problems")


def only_when_clicked() -> None:
    """Ends a callback that nobody asked for; Dash also calls when inputs appear."""
    if not any(item["value"] for item in ctx.triggered):
        raise PreventUpdate
