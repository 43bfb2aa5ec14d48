"""The form of a metric: it asks what its kind needs, in words."""

from __future__ import annotations

from typing import Any, Final

from dash import html

from dash_ui.i18n import _
from dash_ui.wizard.fields import choice_field, number_field, plain, text_field
from dash_ui.wizard.state import problem_of_key, slug
from dash_ui.words import kind_name

KINDS: Final = ("proportion", "mean", "count", "ratio", "retention", "quantile")
_TERMS: Final = ("numerator", "denominator")


def draw(document: dict[str, Any], *, saved: bool, locked: bool = False) -> list[Any]:
    """The inputs for a metric of the document's kind; all but the name are locked where others rest on it."""
    kind = document["kind"]
    chosen = choice_field(
        "kind", _("What do you want to know?"), kind, [(code, kind_name(code)) for code in KINDS]
    )
    chosen.id = plain("kind")
    margin = document.get("non_inferiority_margin")
    key_hint = (
        _("A key never changes once it is saved.") if saved else _("Left empty, it is made of the name.")
    )
    parts: list[Any] = [
        html.Div(
            [
                text_field("name", _("Name"), document.get("name"), required=True),
                text_field("key", _("Key"), document.get("key"), key_hint, disabled=saved),
                chosen,
            ],
            className="pw-form-grid",
        ),
        html.Div(_kind_fields(kind, document), className="pw-form-grid"),
        html.Div(
            [
                choice_field(
                    "direction",
                    _("What is good?"),
                    document.get("direction", "increase"),
                    [("increase", _("More is better")), ("decrease", _("Less is better"))],
                ),
                text_field("unit", _("Unit"), document.get("unit"), _("A currency such as EUR, or empty.")),
                number_field(
                    "non_inferiority_margin",
                    _("As a guardrail: may get worse by"),
                    None if margin is None else round(margin * 100, 4),
                    _("Empty when it is no guardrail."),
                    min=0,
                    suffix="%",
                ),
            ],
            className="pw-form-grid",
        ),
    ]
    if locked:
        for row in parts:
            for field in row.children:
                field.disabled = field is not parts[0].children[0]
    return parts


def _kind_fields(kind: str, document: dict[str, Any]) -> list[Any]:
    if kind == "ratio":
        fields = _ratio_fields(document)
    else:
        fields = [
            text_field("event", _("Event"), document.get("event"), _("For example order"), required=True)
        ]
    if kind in ("mean", "quantile"):
        hint = _("value, or a property such as margin")
        fields.append(text_field("field", _("Amount"), document.get("field") or "value", hint))
    if kind == "quantile":
        share = document.get("quantile")
        fields.append(
            number_field("quantile", _("Quantile"), share, _("0.5 is the median"), min=0, max=1, step=0.05)
        )
    if kind == "retention":
        fields += [
            number_field("from_hours", _("From (hours after entering)"), document.get("from_hours"), min=0),
            number_field("to_hours", _("To (hours after entering)"), document.get("to_hours"), min=0),
        ]
        return fields
    hours = document.get("window_hours")
    days = None if hours is None else hours / 24
    window = _("Days after first seeing it; empty for all.")
    fields.append(number_field("window", _("Count during (days)"), days, window, min=0))
    if kind in ("mean", "count"):
        cap = (document.get("cap") or {}).get("value")
        hint = _("One shopper counts for this at most; keeps a few large orders from deciding.")
        fields.append(number_field("cap", _("Cap"), cap, hint, min=0))
    return fields


def _ratio_fields(document: dict[str, Any]) -> list[Any]:
    fields: list[Any] = []
    labels = {
        "numerator": (_("Numerator: event"), _("Numerator: amount")),
        "denominator": (_("Denominator: event"), _("Denominator: amount")),
    }
    for term in _TERMS:
        now = document.get(term) or {}
        event, amount = labels[term]
        fields.append(text_field(f"{term}.event", event, now.get("event"), required=True))
        fields.append(text_field(f"{term}.field", amount, now.get("field"), _("Empty counts the events.")))
    return fields


def document_of(values: dict[str, Any], kind: str) -> dict[str, Any]:
    """The metric that the inputs stand for; what another kind needs is left out."""
    document: dict[str, Any] = {"kind": kind}
    for name in ("name", "key", "event", "field", "unit", "direction"):
        text = (values.get(name) or "").strip() if isinstance(values.get(name), str) else None
        if text:
            document[name] = text
    document.setdefault("key", slug(document.get("name", "")))
    document.setdefault("direction", "increase")
    if kind not in ("mean", "quantile"):
        document.pop("field", None)
    if kind == "ratio":
        document.pop("event", None)
        for term in _TERMS:
            event, field = (values.get(f"{term}.{part}") or "" for part in ("event", "field"))
            document[term] = {"event": event.strip(), **({"field": field.strip()} if field.strip() else {})}
    _numbers(values, document)
    return document


def _numbers(values: dict[str, Any], document: dict[str, Any]) -> None:
    given = {name: value for name, value in values.items() if isinstance(value, int | float)}
    for name in ("quantile", "from_hours", "to_hours"):
        if name in given:
            document[name] = given[name]
    if "window" in given:
        document["window_hours"] = given["window"] * 24
    if "cap" in given:
        document["cap"] = {"value": given["cap"]}
    if "non_inferiority_margin" in given:
        document["non_inferiority_margin"] = round(given["non_inferiority_margin"], 6) / 100


def problems_of(document: dict[str, Any], values: dict[str, Any]) -> dict[str, str]:
    """What is wrong, by field, in words."""
    problems: dict[str, str] = {}
    if not document.get("name"):
        problems["name"] = _("Give it a name.")
    elif wrong := problem_of_key(document["key"]):
        problems["key"] = wrong
    for name in ("event", "numerator.event", "denominator.event"):
        if name in values and not (values[name] or "").strip():
            problems[name] = _("Which event?")
    for name in ("from_hours", "to_hours", "quantile"):
        if name in values and not isinstance(values[name], int | float):
            problems[name] = _("Fill in a number.")
    if document.get("from_hours", -1) >= document.get("to_hours", float("inf")):
        problems["to_hours"] = _("The end must be after the start.")
    return problems
