"""Step 3: who takes part."""

from __future__ import annotations

import json
from typing import Any

from dash import html

from dash_ui.components.icon import icon
from dash_ui.gateway import Gateway
from dash_ui.i18n import _
from dash_ui.wizard import reach, rules
from dash_ui.wizard.audience import audience_of, described
from dash_ui.wizard.fields import button, choice_field, json_field, segmented
from dash_ui.wizard.sharing import builds_on, is_holdout, read_builds_on, whole_shop
from dash_ui.wizard.state import Problems, State, Step, Values, groups_of
from dash_ui.wizard.variants import read_object

SAVED = "use-saved"


def draw(state: State, gateway: Gateway) -> list[Any]:
    """Rules in words, or the condition as JSON; then other experiments to build on."""
    if is_holdout(state):
        return [whole_shop()]
    found = reach.found(state, gateway)
    words = [_said(state), *reach.told(found)]
    part = html.Div(words, id="reach", role="status", className="pw-estimate-part")
    told = html.Div(part, className="pw-estimate")
    seen = found.seen if found is not None else {}
    return [_saved(gateway), *builder(state, seen), told, builds_on(state, gateway)]


def builder(state: State, seen: rules.Seen) -> list[Any]:
    """The rules in words, or the condition as JSON; `seen` are properties with their frequent values."""
    modes = [("words", _("Words")), ("json", "JSON")]
    mode = segmented("audience_mode", _("Enter as"), "json" if state["audience_json"] else "words", modes)
    if not state["audience_json"]:
        return [mode, *rules.builder(state, seen)]
    text = json.dumps(state["document"]["audience"], indent=2, ensure_ascii=False)
    hint = _("The condition language of GrowthBook: $and, $or, $not, $in, $gte, $regex and more.")
    return [mode, json_field("audience", _("Condition (JSON)"), text, hint, rows=8)]


def live(state: State, gateway: Gateway) -> list[Any]:
    """Who that is and how many, as it is being described."""
    return [_said(state), *reach.told(reach.found(state, gateway))]


def _said(state: State) -> html.P:
    if not state["audience_json"]:
        return rules.said(state)
    audience = audience_of(state["document"]["audience"])
    words = _("Words cannot say this condition.") if audience is None else described(audience)
    return html.P(words, className="pw-strong")


def _saved(gateway: Gateway) -> Any:
    """The shop's audiences to start from."""
    known = gateway.audiences()
    if not known:
        return None
    return html.Div(
        [
            choice_field(
                "saved",
                _("Start from a saved audience"),
                None,
                [(each.key, each.name) for each in known],
                _("Its rules are copied, so later changes of the audience do not change this experiment."),
                searchable=True,
            ),
            button(SAVED, [icon("copy", 16), _("Copy its rules")]),
        ],
        className="pw-form-row pw-saved",
    )


def use_saved(values: Values, state: State, gateway: Gateway) -> Problems:
    """Copies the condition of the audience that was chosen."""
    chosen = next((each for each in gateway.audiences() if each.key == values.get("saved")), None)
    if chosen is None:
        return {"saved": _("Choose an audience first.")}
    audience = audience_of(chosen.condition)
    state["document"]["audience"] = chosen.condition
    state["audience_json"], state["groups"] = audience is None, groups_of(audience)
    state["assume"].pop("daily", None)
    return {}


def read(values: Values, state: State, strict: bool) -> Problems:
    """Writes the rules and their condition, and what the experiment builds on."""
    if is_holdout(state):
        return {}
    before = state["document"]["audience"], state["document"]["prerequisites"]
    read_builds_on(values, state)
    problems = read_audience(values, state, strict)
    if (state["document"]["audience"], state["document"]["prerequisites"]) != before:
        # What was assumed of the traffic was of another audience.
        state["assume"].pop("daily", None)
    return problems or turn(state, to_json=values.get("audience_mode") == "json")


def turn(state: State, *, to_json: bool) -> Problems:
    """Turns from words to JSON or back, where words can say the condition."""
    if state["audience_json"] and not to_json:
        audience = audience_of(state["document"]["audience"])
        if audience is None:
            return {"audience": _("Words cannot say this condition; keep it as JSON.")}
        state["groups"] = groups_of(audience)
    state["audience_json"] = to_json
    return {}


def read_audience(values: Values, state: State, strict: bool) -> Problems:
    """Writes the condition that the rules, or the JSON, say."""
    if not state["audience_json"]:
        return rules.read_rules(values, state, strict)
    condition, wrong = read_object(values.get("audience"))
    if wrong:
        return {"audience": wrong}
    state["document"]["audience"] = condition
    return {}


STEP = Step(
    "who",
    lambda: _("Who"),
    lambda: _("Which shoppers may take part? Others see the control and are not counted."),
    draw,
    read,
)
