"""Defining an experiment: seven steps, each saved, the last one starts it."""

from __future__ import annotations

import copy
from typing import Any
from urllib.parse import urlencode

from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.exceptions import PreventUpdate

from dash_ui.browser import in_browser
from dash_ui.gateway import Gateway
from dash_ui.i18n import _
from dash_ui.page import Page, View
from dash_ui.plan_words import WITH_GAMMA
from dash_ui.records import Refused
from dash_ui.session import current_person
from dash_ui.wizard import duration, review, rules, traffic, variants, who
from dash_ui.wizard.checklist import checklist
from dash_ui.wizard.frame import frame
from dash_ui.wizard.meetings import APART
from dash_ui.wizard.state import EDITED, Problems, Values, fresh, of_draft
from dash_ui.wizard.state import State as Draft
from dash_ui.wizard.steps import CODES, step_of

_ANY = {"type": "field", "name": ALL, "group": ALL}
_UNITS = (2, 10**9)


def render(view: View) -> Any:
    """The wizard at the step that the address names."""
    if not view.person.may("marketer"):
        words = _("Your role reads only; ask an admin to let you define experiments.")
        return html.Div([html.H1(_("New experiment")), html.P(words)], className="pw-empty")
    key, code = view.query.get("draft"), view.query.get("step", "")
    if key:
        document = view.gateway.experiment(key)
        if document["status"] not in ("draft", "scheduled"):
            return _started(document)
        draft = of_draft(document, code if code in CODES else CODES[0])
    else:
        draft = fresh()
        draft["document"]["layer"] = _slice_of(view.query)
    return html.Div(
        [
            html.Div(frame(draft, view.gateway), id="wizard-frame"),
            dcc.Store(id="wizard-state", data=draft),
            dcc.Store(id="wizard-signal"),
            dcc.Store(id="wizard-address"),
            dcc.Store(id="wizard-go"),
        ]
    )


def _slice_of(query: dict[str, str]) -> dict[str, Any] | None:
    """The slice of a layer that a link to the wizard names."""
    try:
        start, end = float(query.get("from", "")), float(query.get("to", ""))
    except ValueError:
        return None
    return {"name": query.get("layer", ""), "from": start, "to": end} if 0 <= start < end <= 1 else None


def _started(document: dict[str, Any]) -> Any:
    return html.Div(
        [
            html.H1(document["name"]),
            html.P(_("This experiment has started; its plan is locked.")),
            dcc.Link(_("To its result"), href=f"/ui/e/{document['key']}", className="pw-link"),
        ],
        className="pw-empty",
    )


def register(app: Dash, gateway: Gateway) -> None:
    """Callbacks of the wizard."""

    @app.callback(
        Output("wizard-frame", "children"),
        Output("wizard-state", "data"),
        Output(_ANY, "error"),
        Output("wizard-problem", "children"),
        Output("wizard-signal", "data"),
        Output("wizard-address", "data"),
        Output("wizard-go", "data"),
        Input("wizard-next", "n_clicks"),
        Input("wizard-back", "n_clicks"),
        Input({"type": "wizard-step", "step": ALL}, "n_clicks"),
        Input({"type": "wizard-delete", "key": ALL}, "n_clicks"),
        Input({"type": "act", "act": ALL, "index": ALL}, "n_clicks"),
        Input({"type": "plain", "name": ALL}, "value"),
        State(_ANY, "value"),
        State({"type": "slider", "name": ALL}, "value"),
        State({"type": "toggle", "name": ALL}, "checked"),
        State({"type": "share-number", "index": ALL}, "value"),
        State("wizard-state", "data"),
        prevent_initial_call=True,
    )
    def turn(*arguments: Any) -> tuple[Any, ...]:
        draft: Draft = copy.deepcopy(arguments[-1])
        values = _values(arguments[-2])
        names = [item["id"]["name"] for item in ctx.states_list[0]]
        trigger = _meant(draft, values)
        if trigger is None:
            raise PreventUpdate
        return _answer(gateway, draft, values, trigger, names)

    _register_estimate(app, gateway)
    _register_reach(app, gateway)
    shares = {"type": "share-number", "index": ALL}, {"type": "share", "index": ALL}
    in_browser(
        app,
        "shares",
        *(Output(ident, "value") for ident in shares),
        *(Input(ident, "value") for ident in shares),
        Input("even-split", "n_clicks"),
        skip_first=True,
    )
    layered = Input({"type": "toggle", "name": "layered"}, "checked")
    in_browser(app, "hiddenUnless", Output("layer-box", "hidden"), layered, skip_first=True)
    for name, store in (("wizardSignal", "signal"), ("address", "address"), ("go", "go")):
        ident = f"wizard-{store}"
        in_browser(app, name, Output(ident, "id"), Input(ident, "data"), skip_first=True)


def _register_estimate(app: Dash, gateway: Gateway) -> None:
    @app.callback(
        Output("estimate", "children"),
        Output("estimate-weeks", "children"),
        Output("looks-box", "hidden"),
        Output("gamma-box", "hidden"),
        Output("exact-box", "hidden"),
        Input({"type": "field", "name": ALL, "group": "plan"}, "value"),
        Input({"type": "toggle", "name": "plan.cuped"}, "checked"),
        Input({"type": "toggle", "name": "plan.exact"}, "checked"),
        State("wizard-state", "data"),
        prevent_initial_call=True,
    )
    def estimate(
        values: list[Any], cuped: bool, exact: bool, draft: Draft
    ) -> tuple[Any, Any, bool, bool, bool]:
        named = {item["id"]["name"]: item.get("value") for item in ctx.inputs_list[0]}
        method = named.get("plan.method")
        hidden = method != "group_sequential"
        plain = named.get("plan.spending") not in WITH_GAMMA
        known = {**named, "plan.cuped": cuped, "plan.exact": exact}
        return *duration.estimate(draft, gateway, known), hidden, plain, method != "sequential"


def _register_reach(app: Dash, gateway: Gateway) -> None:
    @app.callback(
        Output("reach", "children"),
        Input({"type": "field", "name": ALL, "group": "audience"}, "value"),
        State("wizard-state", "data"),
        prevent_initial_call=True,
    )
    def told(_values: list[Any], draft: Draft) -> Any:
        named = {item["id"]["name"]: item.get("value") for item in ctx.inputs_list[0]}
        if who.read_audience(named, draft, False):
            raise PreventUpdate
        return who.live(draft, gateway)


def _values(shares: list[Any]) -> Values:
    """What stands in every input now, by name."""
    groups = [ctx.inputs_list[5], *ctx.states_list[:3]]
    named = {item["id"]["name"]: item.get("value") for group in groups for item in group}
    return {**named, "shares": shares}


def _meant(draft: Draft, values: Values) -> Any:
    """What somebody did; Dash also calls when inputs appear, and joins such a call with a click."""
    pressed = [item for item in ctx.triggered if item["prop_id"].endswith(".n_clicks") and item["value"]]
    if pressed:
        return ctx.triggered_prop_ids[pressed[0]["prop_id"]]
    now = {
        "surface": draft["document"]["surface"],
        "payload_mode": "json" if draft["payload_json"] else "form",
        "audience_mode": "json" if draft["audience_json"] else "words",
    }
    changed = [name for name, value in now.items() if values.get(name, value) != value]
    return {"type": "plain", "name": changed[0]} if changed else None


def _answer(
    gateway: Gateway, draft: Draft, values: Values, trigger: Any, names: list[str]
) -> tuple[Any, ...]:
    try:
        if isinstance(trigger, dict) and trigger["type"] == "wizard-delete":
            gateway.delete_draft(current_person(), trigger["key"])
            return _gone("/ui/", names)
        problems = _apply(gateway, draft, values, trigger)
        if not problems and trigger == "wizard-next" and draft["step"] == "started":
            return _gone(f"/ui/e/{draft['key']}", names)
    except Refused as refusal:
        problems = {problem.field: problem.message for problem in refusal.fields}
        problems = problems or {"": refusal.detail}
    if problems:
        return _refused(problems, names)
    address = urlencode({"draft": draft["key"], "step": draft["step"]}) if draft["key"] else ""
    moved = {"focus": "title" if _moves(trigger) else "", "step": draft["step"]}
    still = [no_update] * len(names)
    return frame(draft, gateway), draft, still, no_update, moved, address, no_update


def _moves(trigger: Any) -> bool:
    if trigger in ("wizard-next", "wizard-back"):
        return True
    return bool(trigger.get("type") == "wizard-step" or trigger.get("act") == review.GO)


def _apply(gateway: Gateway, draft: Draft, values: Values, trigger: Any) -> Problems:
    """Does what was asked to the draft; what is wrong, by field."""
    step = step_of(draft["step"])
    place = CODES.index(step.code)
    target = trigger["step"] if isinstance(trigger, dict) and trigger["type"] == "wizard-step" else None
    if trigger == "wizard-back" or (target is not None and CODES.index(target) < place):
        step.read(values, draft, False)
        draft["step"] = target or CODES[place - 1]
        return {}
    if trigger == "wizard-next" or target is not None:
        return _forward(gateway, draft, values, target)
    problems = step.read(values, draft, False)
    if not problems and isinstance(trigger, dict) and trigger["type"] == "act":
        if trigger["act"] == "suggest-slice":
            return traffic.suggest(draft, gateway)
        if trigger["act"] == who.SAVED:
            return who.use_saved(values, draft, gateway)
        if trigger["act"] == APART:
            return traffic.keep_apart(draft, gateway, trigger["index"])
        if trigger["act"] == review.GO:
            draft["step"] = trigger["index"].partition(":")[0]
            return {}
        _rearrange(draft, trigger["act"], trigger["index"])
    return problems


def _forward(gateway: Gateway, draft: Draft, values: Values, target: str | None) -> Problems:
    step = step_of(draft["step"])
    if step.code == CODES[-1]:
        items = checklist(draft, gateway)
        left = review.unaccepted(values, items)
        if left is not None:
            return {"": left}
        gateway.start(current_person(), draft["key"], review.accepted_words(items))
        draft["step"] = "started"
        return {}
    problems = step.read(values, draft, True)
    if problems:
        return problems
    document = draft["document"]
    if step.code == "plan":
        size = duration.size(draft, gateway, values)
        units = size.units if size else None
        document["plan"]["planned_units"] = min(max(units, _UNITS[0]), _UNITS[1]) if units else None
    sent = {name: document[name] for name in EDITED}
    if draft["key"] is None:
        sent["key"] = document["key"]
    saved = gateway.save_draft(current_person(), sent, draft["key"], draft["seen"])
    code = target or CODES[CODES.index(step.code) + 1]
    draft.update({"key": saved["key"], "seen": saved["updated_at"], "document": saved, "step": code})
    return {}


def _rearrange(draft: Draft, name: str, index: Any) -> None:
    if name == "add-variant":
        variants.add(draft)
    elif name == "remove-variant":
        variants.remove(draft, index)
    else:
        rules.rearrange(draft, name, index)


def _refused(problems: Problems, names: list[str]) -> tuple[Any, ...]:
    errors = [problems.get(name, False) for name in names]
    others = [message for name, message in problems.items() if name not in names]
    box = html.Ul([html.Li(message) for message in others], className="pw-problems") if others else None
    return no_update, no_update, errors, box, {"focus": "error"}, no_update, no_update


def _gone(path: str, names: list[str]) -> tuple[Any, ...]:
    still = [no_update] * len(names)
    return no_update, no_update, still, no_update, no_update, no_update, path


PAGE = Page("/ui/new", lambda: _("New experiment"), render, register)
