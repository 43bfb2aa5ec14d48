"""Step 3: who takes part."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import html

from dash_ui.components.attributes import aria
from dash_ui.components.icon import icon
from dash_ui.gateway import Gateway
from dash_ui.i18n import _
from dash_ui.wizard import reach
from dash_ui.wizard.audience import Rule, condition_of, operators, problem_of, rules_of, typed
from dash_ui.wizard.fields import button, ident, json_field, segmented
from dash_ui.wizard.sharing import builds_on, is_holdout, read_builds_on, whole_shop
from dash_ui.wizard.state import Problems, State, Step, Values
from dash_ui.wizard.variants import read_object

SUGGESTIONS = ("country", "device", "language", "visits", "customer", "basket_value", "category", "source")


def draw(state: State, gateway: Gateway) -> list[Any]:
    """Rules in words, or the condition as JSON; then other experiments to build on."""
    if is_holdout(state):
        return [whole_shop()]
    found = reach.found(state, gateway)
    told = html.Div(reach.told(found), id="reach", role="status", className="pw-estimate-part")
    seen = found.seen if found is not None else {}
    return [*builder(state, seen), told, builds_on(state, gateway)]


def builder(state: State, seen: Mapping[str, Sequence[Any]]) -> list[Any]:
    """The rules in words, or the condition as JSON; `seen` are properties with their frequent values."""
    modes = [("words", _("Words")), ("json", "JSON")]
    mode = segmented("audience_mode", _("Enter as"), "json" if state["audience_json"] else "words", modes)
    if state["audience_json"]:
        text = json.dumps(state["document"]["audience"], indent=2, ensure_ascii=False)
        hint = _("The condition language of GrowthBook: $and, $or, $not, $in, $gte, $regex and more.")
        return [mode, json_field("audience", _("Condition (JSON)"), text, hint, rows=8)]
    rules = state["rules"]
    empty = html.P([icon("users", 18), _("Everyone takes part.")], className="pw-health pw-quiet")
    rows = [_row(place, Rule(*rule), len(rules), seen) for place, rule in enumerate(rules)]
    return [
        mode,
        html.Div(rows or [empty], className="pw-stack"),
        html.Div([button("add-rule", [icon("plus", 16), _("Add a rule")])], className="pw-bar"),
        html.P(
            _("Every rule must hold. Separate values with commas; put a number that is a text in quotes."),
            className="pw-quiet pw-small",
        ),
    ]


def _row(place: int, rule: Rule, count: int, seen: Mapping[str, Sequence[Any]]) -> Any:
    base = f"audience.{place}"
    numbered = _("Rule {place} of {count}", place=place + 1, count=count)
    choices = [{"value": code, "label": text} for code, text in operators()]
    gone = _("Remove rule {place}", place=place + 1)
    silent = rule.operator in ("$exists", "$missing")
    return html.Div(
        [
            dmc.Autocomplete(
                id=ident(f"{base}.attribute"),
                label=_("Property of the shopper"),
                value=rule.attribute,
                data=list(dict.fromkeys([*seen, *SUGGESTIONS])),
                comboboxProps={"transitionProps": {"duration": 0}},
            ),
            dmc.Select(
                id=ident(f"{base}.operator"),
                label=_("Comparison"),
                value=rule.operator,
                data=choices,
                allowDeselect=False,
                comboboxProps={"transitionProps": {"duration": 0}},
            ),
            dmc.Autocomplete(
                id=ident(f"{base}.value"),
                label=_("Value"),
                value="" if silent else rule.value,
                data=list(dict.fromkeys(typed(value) for value in seen.get(rule.attribute, ()))),
                comboboxProps={"transitionProps": {"duration": 0}},
            ),
            button("remove-rule", icon("trash", 18), place, "pw-quiet-button", gone),
        ],
        className="pw-rule",
        role="group",
        **aria(label=numbered),
    )


def read(values: Values, state: State, strict: bool) -> Problems:
    """Writes the rules and their condition, and what the experiment builds on."""
    if is_holdout(state):
        return {}
    read_builds_on(values, state)
    before = state["document"]["audience"]
    problems = read_audience(values, state, strict)
    if state["document"]["audience"] != before:
        # What was assumed of the traffic was of another audience.
        state["assume"].pop("daily", None)
    return problems or turn(state, to_json=values.get("audience_mode") == "json")


def turn(state: State, *, to_json: bool) -> Problems:
    """Turns from words to JSON or back, where words can say the condition."""
    if state["audience_json"] and not to_json:
        rules = rules_of(state["document"]["audience"])
        if rules is None:
            return {"audience": _("Words cannot say this condition; keep it as JSON.")}
        state["rules"] = [[rule.attribute, rule.operator, rule.value] for rule in rules]
    state["audience_json"] = to_json
    return {}


def read_audience(values: Values, state: State, strict: bool) -> Problems:
    """Writes the condition that the rules, or the JSON, say."""
    return _read_json(values, state) if state["audience_json"] else _read_rules(values, state, strict)


def _read_json(values: Values, state: State) -> Problems:
    condition, wrong = read_object(values.get("audience"))
    if wrong:
        return {"audience": wrong}
    state["document"]["audience"] = condition
    return {}


def _read_rules(values: Values, state: State, strict: bool) -> Problems:
    problems: Problems = {}
    rules: list[Rule] = []
    for place in range(len(state["rules"])):
        base = f"audience.{place}"
        rule = Rule(
            (values.get(f"{base}.attribute") or "").strip(),
            values.get(f"{base}.operator") or "is",
            (values.get(f"{base}.value") or "").strip(),
        )
        rules.append(rule)
        if strict and not rule.attribute:
            problems[f"{base}.attribute"] = _("Which property?")
        if strict and (wrong := problem_of(rule)):
            problems[f"{base}.value"] = wrong
    state["rules"] = [[rule.attribute, rule.operator, rule.value] for rule in rules]
    whole = [rule for rule in rules if rule.attribute and not problem_of(rule)]
    state["document"]["audience"] = condition_of(whole)
    return problems


def add(state: State) -> None:
    """One more rule, empty."""
    state["rules"].append(["", "is", ""])


def remove(state: State, place: int) -> None:
    """One rule less."""
    if 0 <= place < len(state["rules"]):
        del state["rules"][place]


STEP = Step(
    "who",
    lambda: _("Who"),
    lambda: _("Which shoppers may take part? Others see the control and are not counted."),
    draw,
    read,
)
