"""The builder of an audience in words: groups of rules, what they are read from, and how they change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import dash_mantine_components as dmc
from dash import html

from dash_ui.components.attributes import aria
from dash_ui.components.icon import icon
from dash_ui.i18n import _
from dash_ui.wizard.audience import (
    Audience,
    Group,
    Rule,
    condition_of_audience,
    described,
    operators,
    problem_of,
    typed,
)
from dash_ui.wizard.fields import button, choice_field, ident
from dash_ui.wizard.state import Problems, State, Values

SUGGESTIONS: Final = (
    "country", "device", "language", "visits", "customer", "basket_value", "category", "source",
)  # fmt: skip
_STILL: Final = {"transitionProps": {"duration": 0}}

Seen = Mapping[str, Sequence[Any]]


def builder(state: State, seen: Seen) -> list[Any]:
    """The groups, and buttons for more.

    Args:
        seen: Properties that shoppers had, each with its frequent values.
    """
    groups = state["groups"]["groups"]
    empty = html.P([icon("users", 18), _("Everyone takes part.")], className="pw-health pw-quiet")
    several = len(groups) > 1
    parts = [_group(place, group, len(groups), seen) for place, group in enumerate(groups)]
    adding = [button("add-rule", [icon("plus", 16), _("Add a rule")], len(groups) - 1 if groups else 0)]
    if groups and groups[-1]["rules"]:
        words = [icon("branch", 16), _("Add a group of rules")]
        adding.append(button("add-group", words))
    return [
        choice_field("audience.join", _("Of the groups"), state["groups"]["join"], _joins(("all", "any")))
        if several
        else None,
        html.Div(parts or [empty], className="pw-stack"),
        html.Div(adding, className="pw-bar"),
        html.P(
            _("Separate values with commas; put a number that is a text in quotes."),
            className="pw-quiet pw-small",
        ),
    ]


def said(state: State) -> html.P:
    """Who that is, in a sentence."""
    return html.P(described(audience_in(state, whole=True)), className="pw-strong")


def _joins(codes: Sequence[str]) -> list[tuple[str, str]]:
    names = {
        "all": _("all must hold"),
        "any": _("one is enough"),
        "none": _("none may hold"),
    }
    return [(code, names[code]) for code in codes]


def _group(place: int, group: dict[str, Any], count: int, seen: Seen) -> Any:
    rules = group["rules"]
    rows = [
        _row(f"{place}.{index}", index, len(rules), Rule(*rule), seen) for index, rule in enumerate(rules)
    ]
    head: list[Any] = []
    if len(rules) > 1 or group["join"] != "all":
        choices = _joins(("all", "any", "none"))
        head.append(choice_field(f"audience.{place}.join", _("Of these rules"), group["join"], choices))
    if count == 1:
        return html.Div([*head, *rows], className="pw-stack")
    name = _("Group {place} of {count}", place=place + 1, count=count)
    gone = _("Remove group {place}", place=place + 1)
    title = html.Div(
        [
            html.Span(name, className="pw-field-label"),
            html.Div(className="pw-grow"),
            button("remove-group", icon("trash", 18), place, "pw-quiet-button", gone),
        ],
        className="pw-bar",
    )
    return html.Div([title, *head, *rows], className="pw-variant", role="group", **aria(label=name))


def _row(base: str, index: int, count: int, rule: Rule, seen: Seen) -> Any:
    numbered = _("Rule {place} of {count}", place=index + 1, count=count)
    gone = _("Remove rule {place}", place=index + 1)
    silent = rule.operator in ("$exists", "$missing")
    return html.Div(
        [
            dmc.Autocomplete(
                id=ident(f"audience.{base}.attribute"),
                label=_("Property of the shopper"),
                value=rule.attribute,
                data=list(dict.fromkeys([*seen, *SUGGESTIONS])),
                comboboxProps=_STILL,
            ),
            dmc.Select(
                id=ident(f"audience.{base}.operator"),
                label=_("Comparison"),
                value=rule.operator,
                data=[{"value": code, "label": text} for code, text in operators()],
                allowDeselect=False,
                comboboxProps=_STILL,
            ),
            dmc.Autocomplete(
                id=ident(f"audience.{base}.value"),
                label=_("Value"),
                value="" if silent else rule.value,
                data=list(dict.fromkeys(typed(value) for value in seen.get(rule.attribute, ()))),
                comboboxProps=_STILL,
            ),
            button("remove-rule", icon("trash", 18), base, "pw-quiet-button", gone),
        ],
        className="pw-rule",
        role="group",
        **aria(label=numbered),
    )


def read_rules(values: Values, state: State, strict: bool) -> Problems:
    """Writes the groups, and the condition of the rules that are whole."""
    problems: Problems = {}
    state["groups"]["join"] = values.get("audience.join") or state["groups"]["join"]
    for place, group in enumerate(state["groups"]["groups"]):
        group["join"] = values.get(f"audience.{place}.join") or group["join"]
        for index in range(len(group["rules"])):
            base = f"audience.{place}.{index}"
            rule = Rule(
                (values.get(f"{base}.attribute") or "").strip(),
                values.get(f"{base}.operator") or "is",
                (values.get(f"{base}.value") or "").strip(),
            )
            group["rules"][index] = [rule.attribute, rule.operator, rule.value]
            if strict and not rule.attribute:
                problems[f"{base}.attribute"] = _("Which property?")
            if strict and (wrong := problem_of(rule)):
                problems[f"{base}.value"] = wrong
    state["document"]["audience"] = condition_of_audience(audience_in(state, whole=True))
    return problems


def audience_in(state: State, *, whole: bool = False) -> Audience:
    """The groups as a record; with `whole`, only rules that say something."""
    groups = []
    for group in state["groups"]["groups"]:
        rules = (Rule(*rule) for rule in group["rules"])
        kept = tuple(rule for rule in rules if not whole or (rule.attribute and not problem_of(rule)))
        groups.append(Group(group["join"], kept))
    return Audience(state["groups"]["join"], tuple(groups))


def rearrange(state: State, name: str, index: int | str) -> None:
    """Adds a rule to a group, or a group; takes one out. A group without rules goes too."""
    groups: list[dict[str, Any]] = state["groups"]["groups"]
    if name == "add-group" or not groups:
        if name.startswith("add-"):
            groups.append({"join": "all", "rules": [["", "is", ""]]})
        return
    place, _dot, number = str(index).partition(".")
    if not place.isdecimal() or int(place) >= len(groups):
        return
    group = groups[int(place)]
    if name == "add-rule":
        group["rules"].append(["", "is", ""])
    elif name == "remove-group":
        group["rules"] = []
    elif name == "remove-rule" and number.isdecimal() and int(number) < len(group["rules"]):
        del group["rules"][int(number)]
    state["groups"]["groups"] = [each for each in groups if each["rules"]]
