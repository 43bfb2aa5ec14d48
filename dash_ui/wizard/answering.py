"""What the page of the wizard is told after somebody pressed something."""

from __future__ import annotations

import copy
from typing import Any
from urllib.parse import urlencode

from dash import html, no_update
from dash.exceptions import PreventUpdate

from dash_ui.gateway import Gateway
from dash_ui.records import Refused
from dash_ui.session import current_person
from dash_ui.wizard import turning
from dash_ui.wizard.frame import frame
from dash_ui.wizard.notice import notice
from dash_ui.wizard.state import Problems, State, Values


def answer(
    gateway: Gateway, draft: State, values: Values, press: dict[str, Any], names: list[str]
) -> tuple[Any, ...]:
    """The page's outputs in order: frame, state, errors, problems, notice, focus, address, way out.

    Args:
        press: What was pressed, as `what`; for answers that the browser kept, these as `kept`.
        names: Fields that can show an error, in the order of the page.
    """
    person, pressed = current_person(), press["what"]
    if pressed == "restore":
        mine = turning.restored(draft, press.get("kept"), person)
        if mine is None:
            raise PreventUpdate
        return _redrawn(gateway, mine, names, "")
    before = copy.deepcopy(draft)
    try:
        if isinstance(pressed, dict) and pressed["type"] == "wizard-delete":
            gateway.delete_draft(person, pressed["key"])
            return _gone("/ui/", names)
        problems = turning.turn(gateway, person, draft, values, pressed)
        if not problems and draft["step"] == "started":
            return _gone(f"/ui/e/{draft['key']}", names)
        if not problems:
            return _redrawn(gateway, draft, names, "title" if turning.moves(pressed) else "")
    except Refused as refusal:
        if refusal.code in turning.CONFLICTS:
            return _met(draft, refusal, names)
        gone = gateway.deleted(draft["key"]) if refusal.status == 404 and draft["key"] else None
        if gone is not None:
            # The form that is in sight stays, so what belongs to it does too.
            return _met(before, gone, names)
        problems = {problem.field: problem.message for problem in refusal.fields}
        problems = problems or {"": refusal.detail}
    return _refused(problems, names)


def _met(draft: State, refusal: Refused, names: list[str]) -> tuple[Any, ...]:
    draft["conflict"] = {"code": refusal.code, "words": refusal.detail}
    still = [no_update] * len(names)
    return no_update, draft, still, None, notice(draft), {"focus": "notice"}, no_update, no_update


def _redrawn(gateway: Gateway, draft: State, names: list[str], focus: str) -> tuple[Any, ...]:
    draft["turn"] += 1
    draft["slot"] = draft["key"] or draft["slot"]
    address = urlencode({"draft": draft["key"], "step": draft["step"]}) if draft["key"] else no_update
    signal = {"focus": focus, "step": draft["step"]}
    still = [no_update] * len(names)
    return frame(draft, gateway), draft, still, no_update, no_update, signal, address, no_update


def _refused(problems: Problems, names: list[str]) -> tuple[Any, ...]:
    errors = [problems.get(name, False) for name in names]
    others = [message for name, message in problems.items() if name not in names]
    box = html.Ul([html.Li(message) for message in others], className="pw-problems") if others else None
    return no_update, no_update, errors, box, no_update, {"focus": "error"}, no_update, no_update


def _gone(path: str, names: list[str]) -> tuple[Any, ...]:
    still = [no_update] * len(names)
    return no_update, no_update, still, no_update, no_update, no_update, no_update, path
