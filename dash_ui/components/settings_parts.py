"""Pieces that the cards of the settings share."""

from __future__ import annotations

from datetime import date
from typing import Any

from dash import ctx, html
from dash.exceptions import PreventUpdate

from dash_ui.components.attributes import aria, data
from dash_ui.components.icon import icon
from dash_ui.i18n import _
from dash_ui.records import Refused
from dash_ui.wizard.fields import choice_field, text_field


def named_input(ident: str, label: str, **more: Any) -> Any:
    """One line of text with an id of its own."""
    field = text_field(ident, label, "", **more)
    field.id = ident
    return field


def day_input(ident: str, label: str, value: date | None) -> Any:
    """A day, chosen with the browser's own calendar."""
    field = named_input(ident, label, inputProps={"type": "date"})
    field.value = value.isoformat() if value else ""
    return field


def named_choice(ident: str, label: str, value: str, choices: list[tuple[str, str]]) -> Any:
    """One of some, with an id of its own."""
    field = choice_field(ident, label, value, choices)
    field.id = ident
    return field


def confirmed(text: str, effect: str, button: Any, label: str | None = None) -> Any:
    """A way to something that has an effect, which is told before the button that does it."""
    return html.Details(
        [
            html.Summary(text, className="pw-button pw-compact", **aria(label=label or text)),
            html.Div([html.P(effect, className="pw-small"), button], className="pw-confirm-panel"),
        ],
        className="pw-confirm",
    )


def shown_once(words: str, secret: str) -> Any:
    """A text that nobody can see again, with a button that copies it."""
    return html.Div(
        [
            html.P(words, className="pw-strong"),
            html.Div(
                [
                    html.Code(secret, id="secret", className="pw-secret"),
                    html.Button(
                        [icon("copy", 16), html.Span(_("Copy"))],
                        type="button",
                        className="pw-button pw-compact pw-copy",
                        **data(copy=secret, copied=_("Copied")),
                    ),
                ],
                className="pw-bar",
            ),
        ],
        className="pw-once",
    )


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
