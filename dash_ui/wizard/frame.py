"""What stands round a step: its name, the way through the steps, and the buttons."""

from __future__ import annotations

from typing import Any

from dash import html

from dash_ui.components.attributes import aria
from dash_ui.components.icon import icon
from dash_ui.gateway import Gateway
from dash_ui.i18n import _
from dash_ui.wizard.notice import notice, saved_line
from dash_ui.wizard.state import State as Draft
from dash_ui.wizard.steps import CODES, STEPS, step_of


def frame(draft: Draft, gateway: Gateway) -> list[Any]:
    """Everything that changes from step to step."""
    step = step_of(draft["step"])
    title = draft["document"]["name"] if draft["key"] else ""
    heading = html.Div(
        [
            html.H1(title or _("New experiment")),
            saved_line(draft),
        ]
    )
    return [
        html.Div([heading, _remove(draft)], className="pw-head"),
        html.Div(notice(draft), id="wizard-notice", role="alert"),
        html.Div(
            [
                _progress(draft),
                html.Div(
                    [
                        html.H2(step.title(), id="wizard-title", tabIndex=-1),
                        html.P(step.intro(), className="pw-quiet"),
                    ],
                    className="pw-step-head",
                ),
                html.Div(step.draw(draft, gateway), className="pw-step-body"),
                html.Div(id="wizard-problem", role="alert"),
                _footer(draft, gateway),
            ],
            className="pw-card pw-wizard",
        ),
    ]


def _remove(draft: Draft) -> Any:
    if draft["key"] is None:
        return None
    return html.Button(
        [icon("trash", 16), _("Delete draft")],
        id={"type": "wizard-delete", "key": draft["key"]},
        type="button",
        className="pw-button pw-quiet-button",
        n_clicks=0,
    )


def _progress(draft: Draft) -> Any:
    here = CODES.index(draft["step"])
    items = []
    for place, step in enumerate(STEPS):
        done = place < here
        number = icon("tick", 16) if done else str(place + 1)
        items.append(
            html.Li(
                html.Button(
                    [html.Span(number, className="pw-step-number"), html.Span(step.title())],
                    id={"type": "wizard-step", "step": step.code},
                    type="button",
                    n_clicks=0,
                    disabled=draft["key"] is None and place > 0,
                    **aria(**({"current": "step"} if place == here else {})),
                ),
                className="pw-step" + (" pw-done" if done else " pw-here" if place == here else ""),
            )
        )
    return html.Nav(html.Ol(items, className="pw-steps"), **aria(label=_("Steps")))


def _footer(draft: Draft, gateway: Gateway) -> Any:
    first, last = draft["step"] == CODES[0], draft["step"] == CODES[-1]
    back = html.Button(
        [icon("left", 16), _("Back")],
        id="wizard-back",
        type="button",
        className="pw-button",
        n_clicks=0,
        hidden=first,
    )
    onward: Any = [icon("rocket", 16), _("Start experiment")] if last else [_("Next"), icon("right", 16)]
    blocked = last and draft["key"] is not None and bool(gateway.obstacles(draft["key"]))
    following = html.Button(
        onward,
        id="wizard-next",
        type="button",
        className="pw-button pw-primary",
        n_clicks=0,
        disabled=blocked,
    )
    return html.Div([back, html.Div(className="pw-grow"), following], className="pw-bar pw-wizard-foot")
