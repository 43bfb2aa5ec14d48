"""Audiences in words: groups of rules of attribute, operator and value, and what condition they stand for."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Final, Literal

from dash_ui.format import listed
from dash_ui.i18n import _

Join = Literal["all", "any", "none"]
_SIMPLE: Final = {"$ne", "$in", "$nin", "$gte", "$lte", "$gt", "$lt", "$exists"}
_NUMBER: Final = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")
_COMMA: Final = re.compile(r"-?[\d.]*,[\d.,]*")
_ORDERED: Final = ("$gte", "$lte", "$gt", "$lt")
_VALUELESS: Final = ("$exists", "$missing")


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of an audience; `operator` is `is`, an operator of the condition language, or `$missing`."""

    attribute: str
    operator: str
    value: str


@dataclass(frozen=True, slots=True)
class Group:
    """Rules of which all, any or none must hold."""

    join: Join
    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Audience:
    """Groups of rules of which all or any must hold."""

    join: Join
    groups: tuple[Group, ...]


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


def audience_of(condition: dict[str, Any]) -> Audience | None:
    """The groups of rules that a condition stands for; `None` when two levels cannot say it."""
    rules = rules_of(condition)
    if rules is not None:
        return Audience("all", (Group("all", tuple(rules)),) if rules else ())
    alone = _group(condition)
    if alone is not None:
        return Audience("all", (alone,))
    parts = condition.get("$or") if set(condition) == {"$or"} else _conjuncts(condition)
    groups = [_group(part) for part in parts] if isinstance(parts, list) else []
    known = tuple(group for group in groups if group is not None)
    if not known or len(known) < len(groups):
        return None
    return Audience("any" if set(condition) == {"$or"} else "all", known)


def condition_of_audience(audience: Audience) -> dict[str, Any]:
    """The condition that the groups stand for; those without rules say nothing."""
    parts = [_condition(group) for group in audience.groups if group.rules]
    if len(parts) < 2:
        return parts[0] if parts else {}
    return {"$and" if audience.join == "all" else "$or": parts}


def described(audience: Audience) -> str:
    """Who that is, as a colleague would say it."""
    if not any(group.rules for group in audience.groups):
        return _("Everyone takes part.")
    return _("Shoppers for whom this holds: {rules}.", rules=_said(audience))


def _said(audience: Audience) -> str:
    groups = [group for group in audience.groups if group.rules]
    parts = [_described(group, alone=len(groups) == 1) for group in groups]
    return listed(parts, either=audience.join == "any")


def _described(group: Group, *, alone: bool) -> str:
    said = [sentence(rule) for rule in group.rules]
    if group.join == "none":
        return _("none of ({rules})", rules=listed(said, either=True))
    text = listed(said, either=group.join == "any")
    return text if alone or len(said) == 1 else f"({text})"


def _conjuncts(condition: dict[str, Any]) -> Any:
    """The parts that must all hold."""
    if set(condition) == {"$and"}:
        return condition["$and"]
    plain = {name: operand for name, operand in condition.items() if not name.startswith("$")}
    rest = [{name: operand} for name, operand in condition.items() if name.startswith("$")]
    return [*([plain] if plain else []), *rest]


def _group(condition: Any) -> Group | None:
    """A group that says the condition, if one does."""
    if not isinstance(condition, dict):
        return None
    rules = rules_of(condition)
    if rules is not None:
        return Group("all", tuple(rules)) if rules else None
    if len(condition) != 1:
        return None
    ((name, parts),) = condition.items()
    join: Join | None = {"$or": "any", "$nor": "none", "$not": "none"}.get(name)  # type: ignore[assignment]
    if name == "$not":
        parts = [parts]
    if join is None or not isinstance(parts, list) or not parts:
        return None
    single = [rules_of(part) if isinstance(part, dict) else None for part in parts]
    if any(found is None or len(found) != 1 for found in single):
        return None
    return Group(join, tuple(rule for found in single for rule in found or ()))


def _condition(group: Group) -> dict[str, Any]:
    if group.join == "all" or (group.join == "any" and len(group.rules) == 1):
        return condition_of(list(group.rules))
    parts = [{rule.attribute: _operand(rule)} for rule in group.rules]
    return {"$or" if group.join == "any" else "$nor": parts}


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
    if not rule.value.strip(" ,"):
        return _("Fill in a value.")
    if rule.operator in _ORDERED:
        if isinstance(_typed(rule.value), bool):
            return _("This comparison needs a number.")
        # As a text it would be compared letter by letter, and let in the wrong shoppers without a word.
        if _COMMA.fullmatch(rule.value.strip()):
            return _("Write the number with a point and no comma: 49.95.")
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
            if any(isinstance(item, str) and "," in item for item in value):
                return None  # Words would part it in two.
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
    """A condition in words, without a full stop; as JSON where words cannot say it."""
    if not condition:
        return _("Everyone")
    audience = audience_of(condition)
    return json.dumps(condition, ensure_ascii=False) if audience is None else _said(audience)
