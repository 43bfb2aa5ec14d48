"""Defining an experiment: seven steps, each saved, the last one starts it."""

from __future__ import annotations

import copy
import uuid
from typing import Any, Final

from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.exceptions import PreventUpdate

from dash_ui.browser import in_browser
from dash_ui.gateway import Gateway
from dash_ui.i18n import _
from dash_ui.page import Page, View
from dash_ui.plan_words import WITH_GAMMA
from dash_ui.records import Refused
from dash_ui.session import current_person
from dash_ui.wizard import duration, turning, who
from dash_ui.wizard.answering import answer
from dash_ui.wizard.frame import frame
from dash_ui.wizard.notice import notice, said
from dash_ui.wizard.state import State as Draft
from dash_ui.wizard.state import Values, fresh, of_copy, of_draft
from dash_ui.wizard.steps import CODES

_ANY = {"type": "field", "name": ALL, "group": ALL}
_ANSWERS: Final[tuple[tuple[dict[str, Any], str], ...]] = (
    (_ANY, "value"),
    ({"type": "slider", "name": ALL}, "value"),
    ({"type": "toggle", "name": ALL}, "checked"),
    ({"type": "share-number", "index": ALL}, "value"),
)
_STORES: Final = (
    "signal",
    "address",
    "go",
    "press",
    "kept",
    "opened",
    "autosave",
    "busy",
    "saving",
)


def render(view: View) -> Any:
    """The wizard at the step that the address names."""
    if not view.person.may("marketer"):
        words = _("Your role reads only; ask an admin to let you define experiments.")
        return html.Div([html.H1(_("New experiment")), html.P(words)], className="pw-empty")
    key = view.query.get("draft")
    if key:
        document = view.gateway.experiment(key)
        if document["status"] not in ("draft", "scheduled"):
            return _started(document)
    draft = _opened(view, document if key else None)
    return html.Div(
        [
            html.Div(frame(draft, view.gateway), id="wizard-frame"),
            dcc.Store(id="wizard-state", data=draft),
            *(dcc.Store(id=f"wizard-{name}") for name in _STORES),
        ]
    )


def _opened(view: View, document: dict[str, Any] | None) -> Draft:
    """The state of a page that has just been asked for; the browser keeps answers by its person and slot."""
    code, like = view.query.get("step", ""), view.query.get("like")
    if document is not None:
        draft, slot = of_draft(document, code if code in CODES else CODES[0]), document["key"]
    elif like:
        draft, slot = of_copy(view.gateway.experiment(like)), f"like:{like}"
    else:
        draft, slot = fresh(), "new"
        draft["document"]["layer"] = _slice_of(view.query)
    return {**draft, "who": view.person.id, "slot": slot, "opened": uuid.uuid4().hex, "edit": 0}


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

    _register_turn(app, gateway)
    _register_autosave(app, gateway)
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
    _register_browser(app)


def _register_browser(app: Dash) -> None:
    """What the browser does by itself: it hears what is pressed, and keeps what is typed."""
    in_browser(
        app,
        "wizardPress",
        Output("wizard-press", "data"),
        Input("wizard-next", "n_clicks"),
        Input("wizard-back", "n_clicks"),
        Input({"type": "wizard-step", "step": ALL}, "n_clicks"),
        Input({"type": "wizard-delete", "key": ALL}, "n_clicks"),
        Input({"type": "act", "act": ALL, "index": ALL}, "n_clicks"),
        Input({"type": "plain", "name": ALL}, "value"),
        State("wizard-state", "data"),
        skip_first=True,
    )
    answers = [
        *(Input(ident, name) for ident, name in _ANSWERS),
        Input({"type": "plain", "name": ALL}, "value"),
    ]
    in_browser(app, "wizardKeep", Output("wizard-kept", "data"), *answers, State("wizard-state", "data"))
    in_browser(app, "wizardOpened", Output("wizard-opened", "data"), Input("wizard-state", "data"))
    busy = Input("wizard-busy", "data"), Input("wizard-saving", "data")
    in_browser(app, "wizardBusy", Output("wizard-busy", "id"), *busy, skip_first=True)


def _register_turn(app: Dash, gateway: Gateway) -> None:
    @app.callback(
        Output("wizard-frame", "children"),
        Output("wizard-state", "data"),
        Output(_ANY, "error"),
        Output("wizard-problem", "children"),
        Output("wizard-notice", "children"),
        Output("wizard-signal", "data"),
        Output("wizard-address", "data"),
        Output("wizard-go", "data"),
        Input("wizard-press", "data"),
        *(State(ident, name) for ident, name in _ANSWERS),
        State({"type": "plain", "name": ALL}, "value"),
        State("wizard-state", "data"),
        running=[(Output("wizard-busy", "data"), True, False)],
        prevent_initial_call=True,
    )
    def turned(press: dict[str, Any] | None, *arguments: Any) -> tuple[Any, ...]:
        if not press:
            raise PreventUpdate
        draft: Draft = copy.deepcopy(arguments[-1])
        names = [item["id"]["name"] for item in ctx.states_list[0]]
        return answer(gateway, draft, _values(arguments[3]), press, names)


def _register_autosave(app: Dash, gateway: Gateway) -> None:
    @app.callback(
        Output("wizard-state", "data", allow_duplicate=True),
        Output("wizard-saved", "children"),
        Output("wizard-notice", "children", allow_duplicate=True),
        Input("wizard-autosave", "data"),
        *(State(ident, name) for ident, name in _ANSWERS),
        State({"type": "plain", "name": ALL}, "value"),
        State("wizard-state", "data"),
        running=[(Output("wizard-saving", "data"), True, False)],
        prevent_initial_call=True,
    )
    def saved(edit: int | None, *arguments: Any) -> tuple[Any, ...]:
        draft: Draft = copy.deepcopy(arguments[-1])
        if not edit or draft["key"] is None:
            raise PreventUpdate
        try:
            problems = turning.autosave(gateway, current_person(), draft, _values(arguments[3]))
        except Refused as refusal:
            if refusal.code not in turning.CONFLICTS:
                raise
            draft["conflict"] = {"code": refusal.code, "words": refusal.detail}
            return draft, no_update, notice(draft)
        if problems:
            return {**arguments[-1], "edit": edit, "unsaved": True}, said(draft, problems), no_update
        return {**draft, "edit": edit, "unsaved": False}, said(draft), notice(draft)


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
    groups = [*ctx.states_list[:3], ctx.states_list[4]]
    named = {item["id"]["name"]: item.get("value") for group in groups for item in group}
    return {**named, "shares": shares}


PAGE = Page("/ui/new", lambda: _("New experiment"), render, register)
