"""The form of a source: its fields, and the document that they make."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import html

from dash_ui.components.settings_parts import named_choice, named_input
from dash_ui.components.sources import kind_name
from dash_ui.i18n import _

_ORDER_COLUMNS = ("id", "unit", "time", "value", "currency", "updated", "properties")
_REFUND_COLUMNS = ("id", "order", "time", "value", "updated", "properties")
_PLAIN = (
    "key", "name", "kind", "url_variable", "url", "event", "currency", "time_zone", "every_minutes",
    "refund_time",
)  # fmt: skip
FIELDS = (
    *_PLAIN,
    "orders.place",
    *(f"orders.{name}" for name in _ORDER_COLUMNS),
    "refunds.place",
    *(f"refunds.{name}" for name in _REFUND_COLUMNS),
    "refunds.only_column",
    "refunds.only_values",
)
"""Names of the fields, in the order in which `document_of` takes their values."""


def ident(name: str) -> str:
    """The id of a field."""
    return f"source-{name.replace('.', '-')}"


def fields(document: dict[str, Any] | None) -> list[Any]:
    """Everything that can be said of a source, filled in where it is known."""
    kinds = [(code, kind_name(code)) for code in ("postgresql", "parquet", "ibis")]
    times = [("order", _("At the time of the order")), ("refund", _("At its own time"))]
    variable = _("Environment variable with its URL, so that no password is kept here")
    groups = [
        (
            _("Source"),
            [
                _text("key", _("Key"), placeholder="shop", disabled=document is not None),
                _text("name", _("Name"), placeholder=_("For example Orders of the web shop")),
                named_choice(ident("kind"), _("Read through"), "postgresql", kinds),
                _text("url_variable", variable, placeholder="PROEFWERK_SOURCE_SHOP"),
                _text("url", _("Or its URL, without a password")),
                _text("event", _("Name of its events"), placeholder="order"),
                _text("currency", _("Currency, where no column says"), placeholder="EUR"),
                _text("time_zone", _("Time zone of times without one"), placeholder="UTC"),
                _text("every_minutes", _("Minutes between pulls"), placeholder="15"),
            ],
        ),
        (
            _("Orders"),
            [
                _place("orders.place", _("Table, query or path of the orders")),
                _text("orders.id", _("Column with the id of the order"), placeholder="id"),
                _text("orders.unit", _("Column with the shopper"), placeholder="customer_id"),
                _text("orders.time", _("Column with the time"), placeholder="created_at"),
                _text("orders.value", _("Column with the amount"), placeholder="total"),
                _text("orders.currency", _("Column with the currency")),
                _text("orders.updated", _("Column with the last change"), placeholder="updated_at"),
                _text("orders.properties", _("Further columns, with commas between"), placeholder="margin"),
            ],
        ),
        (
            _("Refunds"),
            [
                _place("refunds.place", _("Table, query or path of the refunds; empty: among the orders")),
                _text("refunds.id", _("Column with the id of the refund"), placeholder="id"),
                _text("refunds.order", _("Column with the id of its order"), placeholder="order_id"),
                _text("refunds.time", _("Column with the time of the refund"), placeholder="refunded_at"),
                _text("refunds.value", _("Column with the amount of the refund"), placeholder="amount"),
                _text("refunds.updated", _("Column with the last change of the refund")),
                _text("refunds.properties", _("Further columns of refunds, with commas between")),
                _text("refunds.only_column", _("Column that tells refunds apart")),
                _text("refunds.only_values", _("Its values for refunds, with commas between")),
                named_choice(ident("refund_time"), _("A refund counts"), "order", times),
            ],
        ),
    ]
    known = values_of(document) if document is not None else {}
    parts: list[Any] = []
    for title, group in groups:
        for field in group:
            name = next(name for name in FIELDS if ident(name) == field.id)
            if known.get(name):
                field.value = known[name]
        parts += [html.H3(title), html.Div(group, className="pw-form-row")]
    return parts


def values_of(document: dict[str, Any]) -> dict[str, str]:
    """What the fields hold for a source that is declared."""
    values = {name: document.get(name) for name in _PLAIN}
    for part, names in (("orders", _ORDER_COLUMNS), ("refunds", _REFUND_COLUMNS)):
        place = document.get(part)
        if place is not None:
            values[f"{part}.place"] = place["table"] or place["query"] or place["path"]
            values |= {f"{part}.{name}": place[name] for name in names}
    only = (document.get("refunds") or {}).get("only")
    if only is not None:
        values |= {"refunds.only_column": only["column"], "refunds.only_values": only["values"]}
    return {
        name: ", ".join(value) if isinstance(value, list) else str(value)
        for name, value in values.items()
        if value not in (None, [])
    }


def document_of(given: dict[str, str], before: dict[str, Any] | None) -> dict[str, Any]:
    """The source that the fields describe; what they do not show stays as it was."""
    document = {**(before or {}), **{name: given[name] or None for name in _PLAIN}}
    document = {name: value for name, value in document.items() if value is not None}
    if given["every_minutes"]:
        text = given["every_minutes"]
        document["every_minutes"] = int(text) if text.isascii() and text.isdigit() else text
    for part, names in (("orders", _ORDER_COLUMNS), ("refunds", _REFUND_COLUMNS)):
        own = {name: given[f"{part}.{name}"] for name in names}
        if part == "refunds" and not own["order"]:
            document["refunds"] = None
            continue
        kept = {name: value for name, value in ((before or {}).get(part) or {}).items() if name == "only"}
        listed = _listed(own.pop("properties"))
        columns = {name: value for name, value in own.items() if value}
        document[part] = {**kept, **columns, "properties": listed, **_where(given, part)}
    refunds = document["refunds"]
    if refunds is not None:
        column, values = given["refunds.only_column"], _listed(given["refunds.only_values"])
        refunds["only"] = {"column": column, "values": values} if column else None
    return document


def _where(given: dict[str, str], part: str) -> dict[str, str]:
    text = given[f"{part}.place"]
    if not text:
        return {}
    if given["kind"] == "parquet":
        return {"path": text}
    return {"query" if len(text.split()) > 1 else "table": text}


def _listed(text: str) -> list[str]:
    return [each.strip() for each in text.split(",") if each.strip()]


def _text(name: str, label: str, **more: Any) -> Any:
    return named_input(ident(name), label, **more)


def _place(name: str, label: str) -> Any:
    return dmc.Textarea(id=ident(name), label=label, value="", autosize=True, minRows=1, maxRows=12)
