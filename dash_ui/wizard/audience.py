"""Audiences in words: rows of attribute, operator and value, and the condition that they stand for."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final

from dash_ui.format import listed
from dash_ui.i18n import _

_SIMPLE: Final = {"$ne", "$in", "$nin", "$gte", "$lte", "$gt", "$lt", "$exists"}
_NUMBER: Final = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")
_VALUELESS: Final = ("$exists", "$missing")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of an audience; `operator` is `is`, an operator of the condition language, or `$missing`."""

    attribute: str
    operator: str
    value: str


def operators() -> list[tuple[str, str]]:
    """Every operator with its words."""
    return [
        ("is", _("is")),
        ("$ne", _("is not")),
        ("$in", _("is one of")),
        ("$nin", _("is none of")),
        ("$gte", _("is at least")),
        ("$lte", _("is at most")),
        ("$gt", _("is more than")),
        ("$lt", _("is less than")),
        ("$exists", _("is known")),
        ("$missing", _("is not known")),
    ]


def sentence(rule: Rule) -> str:
    """A rule as people say it."""
    words = dict(operators())[rule.operator]
    if rule.operator in _VALUELESS:
        return _("{attribute} {operator}", attribute=rule.attribute, operator=words)
    return _("{attribute} {operator} {value}", attribute=rule.attribute, operator=words, value=rule.value)


def rules_of(condition: dict[str, Any]) -> list[Rule] | None:
    """The rules that a condition stands for; `None` when rows cannot say it."""
    parts = condition.get("$and") if set(condition) == {"$and"} else [condition]
    if not isinstance(parts, list):
        return None
    found: list[Rule] = []
    for part in parts:
        if not isinstance(part, dict):
            return None
        for attribute, operand in part.items():
            rules = None if attribute.startswith("$") else _rules(attribute, operand)
            if rules is None:
                return None
            found.extend(rules)
    return found


def condition_of(rules: list[Rule]) -> dict[str, Any]:
    """The condition that all rules together stand for."""
    parts = [{rule.attribute: _operand(rule)} for rule in rules]
    names = [rule.attribute for rule in rules]
    if len(set(names)) == len(names):
        return {name: operand for part in parts for name, operand in part.items()}
    return {"$and": parts}


def problem_of(rule: Rule) -> str | None:
    """What is wrong with a rule's value, in words."""
    if rule.operator in _VALUELESS:
        return None
    if not rule.value.strip():
        return _("Fill in a value.")
    if rule.operator in ("$gte", "$lte", "$gt", "$lt") and isinstance(_typed(rule.value), bool):
        return _("This comparison needs a number.")
    return None


def _rules(attribute: str, operand: Any) -> list[Rule] | None:
    if not isinstance(operand, dict):
        return (
            None if isinstance(operand, list) or operand is None else [Rule(attribute, "is", typed(operand))]
        )
    if not operand or not set(operand) <= _SIMPLE:
        return None
    rules: list[Rule] = []
    for operator, value in operand.items():
        if operator == "$exists":
            rules.append(Rule(attribute, "$exists" if value else "$missing", ""))
        elif operator in ("$in", "$nin"):
            if not isinstance(value, list) or any(isinstance(item, dict | list) for item in value):
                return None
            rules.append(Rule(attribute, operator, ", ".join(typed(item) for item in value)))
        elif isinstance(value, dict | list) or value is None:
            return None
        else:
            rules.append(Rule(attribute, operator, typed(value)))
    return rules


def _operand(rule: Rule) -> Any:
    if rule.operator == "is":
        return _typed(rule.value)
    if rule.operator in _VALUELESS:
        return {"$exists": rule.operator == "$exists"}
    if rule.operator in ("$in", "$nin"):
        return {rule.operator: [_typed(part) for part in rule.value.split(",") if part.strip()]}
    return {rule.operator: _typed(rule.value)}


def _typed(text: str) -> Any:
    """A number, true or false where the text is one; text in double quotes stays text."""
    bare = text.strip()
    if bare in ("true", "false"):
        return bare == "true"
    if _NUMBER.fullmatch(bare):
        return json.loads(bare)
    return bare[1:-1] if len(bare) > 1 and bare[0] == bare[-1] == '"' else bare


def typed(value: Any) -> str:
    """A value as people type it; a text that reads as a number goes in quotes."""
    if isinstance(value, str):
        return value if _typed(value) == value else f'"{value}"'
    return json.dumps(value)


def sentence_of(condition: dict[str, Any]) -> str:
    """A condition as one sentence; as JSON where words cannot say it."""
    if not condition:
        return _("Everyone")
    rules = rules_of(condition)
    if rules is None:
        return json.dumps(condition, ensure_ascii=False)
    return listed([sentence(rule) for rule in rules])
