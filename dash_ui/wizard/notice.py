"""What is said above the steps: whether answers are saved, came back, or met somebody else's."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dash import dcc, html

from dash_ui.components.attributes import data
from dash_ui.components.icon import icon
from dash_ui.format import clock
from dash_ui.i18n import _
from dash_ui.wizard.fields import button
from dash_ui.wizard.state import Problems, State
from dash_ui.wizard.turning import AS_NEW, RELOAD, TAKE_OVER


def saved_line(state: State) -> Any:
    """The line under the name; the browser writes in it while it cannot reach the server."""
    return html.P(
        said(state),
        id="wizard-saved",
        className="pw-quiet",
        role="status",
        **data(
            lost=_("No connection. Your answers are kept in this browser; saving is tried again."),
            kept=_("Your answers are kept in this browser until the first step is done."),
        ),
    )


def said(state: State, problems: Problems | None = None) -> str:
    """Whether and since when the draft is saved."""
    if state["key"] is None:
        return _("Saved as a draft at each step.")
    if problems:
        first = next(iter(problems.values()))
        return _("Not saved yet: {problem} Your answers are kept in this browser.", problem=first)
    return _("Saved at {time}. You can go on later.", time=clock(datetime.fromisoformat(state["seen"])))


def notice(state: State) -> Any:
    """A conflict with the ways out of it, or that answers came back."""
    if state["conflict"]:
        return _conflict(state["conflict"]["code"], state["conflict"]["words"], state["key"])
    if state["restored"]:
        words = _("Your answers from before are back; they were not saved yet.")
        again = _("Go back to the saved draft") if state["key"] else _("Start with an empty form")
        return _box("info", words, [button(RELOAD, again)])
    return None


def _conflict(code: str, words: str, key: str) -> Any:
    new = button(AS_NEW, _("Save my answers as a new draft"))
    if code == "stale":
        ways = [button(RELOAD, _("Show the other version")), button(TAKE_OVER, _("Save my answers over it"))]
    elif code == "started":
        ways = [dcc.Link(_("To its result"), href=f"/ui/e/{key}", className="pw-button"), new]
    else:
        ways = [new]
    return _box("warning", words, ways)


def _box(mask: str, words: str, ways: list[Any]) -> Any:
    return html.Div(
        [
            html.P([icon(mask, 18), html.Span(words)], className="pw-health pw-wrap"),
            html.Div(ways, className="pw-bar"),
        ],
        className="pw-notice",
        tabIndex=-1,
    )
