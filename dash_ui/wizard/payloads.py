"""What a variant shows, as a form per surface, and as the payload that a storefront receives."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from dash_ui.format import local, money, number
from dash_ui.i18n import _
from dash_ui.wizard.fields import choice_field, number_field, tags_field, text_field


@dataclass(frozen=True, slots=True)
class Part:
    """One key of a payload.

    Attributes:
        kind: `text`, `day`, `number`, `tags`, or `choice` among `choices`.
        least: Smallest number.
        most: Largest number, or number of tags; `None` for any.
        whole: Whether a number has no decimals.
    """

    name: str
    kind: str
    label: str
    choices: tuple[tuple[str, str], ...] = ()
    hint: str | None = None
    least: int = 0
    most: int | None = None
    whole: bool = False


def parts_of(surface: str) -> tuple[Part, ...]:
    """The form of a surface."""
    return {"offer": _offer, "layout": _layout, "recommendation": _recommendation}[surface]()


def fits(surface: str, payload: dict[str, Any]) -> bool:
    """Whether the form of the surface can show the whole payload."""
    known = {part.name: part for part in parts_of(surface)}
    return all(name in known and _shows(known[name], value) for name, value in payload.items())


def problems_of(surface: str, payload: dict[str, Any]) -> dict[str, str]:
    """What is wrong with a payload, by its keys; keys that the form does not know are the shop's own."""
    problems: dict[str, str] = {}
    for part in parts_of(surface):
        if part.name in payload and (wrong := _problem(part, payload[part.name])):
            problems[part.name] = wrong
    return problems or (_problems_of_offer(payload) if surface == "offer" else {})


def beyond(surface: str, payload: dict[str, Any]) -> list[str]:
    """Keys of a payload that the form cannot show."""
    return [name for name, value in payload.items() if not fits(surface, {name: value})]


def _problem(part: Part, value: Any) -> str | None:
    if not _right(part, value):
        return {
            "number": _("This must be a number, without quotes."),
            "tags": _("This must be a list of texts."),
            "choice": _(
                "This must be one of: {choices}.", choices=", ".join(code for code, _t in part.choices)
            ),
        }.get(part.kind, _("This must be a text, in quotes."))
    if part.kind == "number":
        return _problem_of_number(part, value)
    if part.kind == "tags" and len(set(value)) < len(value):
        return _("Name each of them once.")
    return _problem_of_day(value) if part.kind == "day" else None


def _problem_of_number(part: Part, value: float) -> str | None:
    if part.whole and value != int(value):
        return _("Use a whole number.")
    if value < part.least or (part.most is not None and value > part.most):
        if part.most is None:
            return _("This must be at least {least}.", least=number(part.least))
        return _("This must be from {least} to {most}.", least=number(part.least), most=number(part.most))
    return None


def _problem_of_day(value: str) -> str | None:
    try:
        last = date.fromisoformat(value)
    except ValueError:
        return _("Write the day as year-month-day, for example 2026-12-31.")
    return _("This day is past.") if last < local(datetime.now(UTC)).date() else None


def _problems_of_offer(payload: dict[str, Any]) -> dict[str, str]:
    kind, value = payload.get("kind"), payload.get("value") or 0
    if kind in ("percent", "amount") and not value:
        return {"value": _("How much?")}
    if kind == "percent" and value > 100:
        return {"value": _("A discount is at most 100%.")}
    minimum = payload.get("minimum_basket")
    if kind == "amount" and minimum is not None and value > minimum:
        return {"minimum_basket": _("The basket must be worth at least what is taken off.")}
    return {}


def draw(surface: str, place: int, payload: dict[str, Any]) -> list[Any]:
    """The inputs for one variant's payload."""
    return [_input(part, f"variants.{place}.payload.{part.name}", payload) for part in parts_of(surface)]


def read(surface: str, place: int, values: dict[str, Any]) -> dict[str, Any]:
    """The payload that the inputs of one variant stand for; empty ones are left out."""
    payload: dict[str, Any] = {}
    for part in parts_of(surface):
        value = values.get(f"variants.{place}.payload.{part.name}")
        if isinstance(value, str):
            value = value.strip()
        if value not in (None, "", []):
            payload[part.name] = value
    return payload


def describe(surface: str, payload: dict[str, Any]) -> str:
    """A payload in a few words."""
    if not payload or payload.get("kind") == "none":
        return _("Nothing changes.")
    if surface == "offer" and fits(surface, payload) and "kind" in payload:
        return _describe_offer(payload)
    known = {part.name: part.label for part in parts_of(surface)}
    names = {code: text for part in parts_of(surface) for code, text in part.choices}
    return ", ".join(f"{known.get(name, name)}: {_shown(value, names)}" for name, value in payload.items())


def _shown(value: Any, names: dict[str, str]) -> str:
    if isinstance(value, str):
        return names.get(value, value)
    if isinstance(value, list):
        return " → ".join(str(item) for item in value)
    return json.dumps(value, ensure_ascii=False)


def _describe_offer(payload: dict[str, Any]) -> str:
    value = payload.get("value", 0)
    minimum = payload.get("minimum_basket")
    words = {
        "percent": _("{value}% off", value=number(value, 0 if value == int(value) else 1)),
        "amount": _("{amount} off", amount=money(value, digits=2)),
        "free_shipping": _("Free shipping"),
        "gift": _("A gift with the order"),
        "bundle": _("A bundle at a lower price"),
    }[payload["kind"]]
    if minimum:
        return _("{offer}, from a basket of {amount}", offer=words, amount=money(minimum, digits=2))
    return words


def _shows(part: Part, value: Any) -> bool:
    """Whether the input can show the value; a browser's date input shows year-month-day only."""
    if part.kind != "day" or not isinstance(value, str):
        return _right(part, value)
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _right(part: Part, value: Any) -> bool:
    if part.kind == "number":
        return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
    if part.kind == "tags":
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    if part.kind == "choice":
        return isinstance(value, str) and value in {code for code, _text in part.choices}
    return isinstance(value, str)


def _input(part: Part, name: str, payload: dict[str, Any]) -> Any:
    value = payload.get(part.name)
    if part.kind == "choice":
        return choice_field(
            name, part.label, value, part.choices, part.hint, clearable=True, allowDeselect=True
        )
    if part.kind == "number":
        limits = {"min": part.least} if part.most is None else {"min": part.least, "max": part.most}
        decimals = {"decimalScale": 0} if part.whole else {}
        return number_field(name, part.label, value, part.hint, **limits, **decimals)
    if part.kind == "tags":
        tags: Sequence[str] = value or []
        return tags_field(name, part.label, tags, part.hint)
    more = {"inputProps": {"type": "date"}} if part.kind == "day" else {}
    return text_field(name, part.label, value, part.hint, **more)


def _offer() -> tuple[Part, ...]:
    kinds = (
        ("none", _("No offer")),
        ("percent", _("Percentage off")),
        ("amount", _("Amount off")),
        ("free_shipping", _("Free shipping")),
        ("gift", _("Gift")),
        ("bundle", _("Bundle")),
    )
    return (
        Part("kind", "choice", _("Kind of offer"), kinds),
        Part("value", "number", _("Value (% or €)")),
        Part("minimum_basket", "number", _("From a basket of (€)")),
        Part("cost", "number", _("Cost per use (€)")),
        Part("text", "text", _("Text that shoppers see")),
        Part("valid_until", "day", _("Valid until")),
    )


def _layout() -> tuple[Part, ...]:
    return (
        Part("template", "text", _("Template")),
        Part("columns", "number", _("Columns"), least=1, most=12, whole=True),
        Part("slots", "tags", _("Sections from top to bottom"), hint=_("Press Enter after each")),
        Part("text", "text", _("Text that shoppers see")),
    )


def _recommendation() -> tuple[Part, ...]:
    recipes = (
        ("none", _("No recommendations")),
        ("bestsellers", _("Bestsellers")),
        ("also_bought", _("Bought together")),
        ("similar", _("Similar products")),
        ("recently_viewed", _("Recently viewed")),
        ("personal", _("Personal")),
        ("high_margin", _("High margin")),
    )
    return (
        Part("recipe", "choice", _("Recipe"), recipes),
        Part("items", "number", _("Number of products"), least=1, most=100, whole=True),
        Part(
            "stock_floor",
            "number",
            _("Least stock of a product"),
            hint=_("What has less in stock is not shown."),
            whole=True,
        ),
        Part("boost", "tags", _("Show sooner"), hint=_("Categories or brands")),
        Part("exclude", "tags", _("Never show"), hint=_("Categories or brands")),
        Part("title", "text", _("Title above the strip")),
    )
