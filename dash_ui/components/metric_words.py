"""A metric's definition as one sentence."""

from __future__ import annotations

from typing import Any

from dash_ui.format import number, percent
from dash_ui.i18n import _


def sentence_of(document: dict[str, Any]) -> str:
    """What the metric says, its window and its limits included."""
    parts = [_core(document), *_window(document), *_cap(document)]
    margin = document.get("non_inferiority_margin")
    if margin is not None:
        parts.append(_("may get {margin} worse at most", margin=percent(margin, 1)))
    return ", ".join(parts) + "."


def _core(document: dict[str, Any]) -> str:
    kind, event = document["kind"], document.get("event")
    if kind == "proportion":
        return _("Share of shoppers with at least one '{event}'", event=event)
    if kind == "count":
        return _("Number of '{event}' per shopper", event=event)
    field = document.get("field") or "value"
    if kind == "mean":
        return _("Sum of {field} of '{event}' per shopper", field=field, event=event)
    if kind == "quantile":
        share = percent(document.get("quantile"), 0)
        return _(
            "Value of {field} of '{event}' below which {share} lie", field=field, event=event, share=share
        )
    if kind == "retention":
        return _(
            "Share of shoppers with '{event}' between {start} and {end} hours after they entered",
            event=event,
            start=number(document.get("from_hours")),
            end=number(document.get("to_hours")),
        )
    return _(
        "{numerator} divided by {denominator}",
        numerator=_term(document, "numerator"),
        denominator=_term(document, "denominator"),
    )


def _term(document: dict[str, Any], part: str) -> str:
    term = document.get(part) or {}
    if term.get("field"):
        return _("{field} of '{event}'", field=term["field"], event=term.get("event"))
    return _("the number of '{event}'", event=term.get("event"))


def _window(document: dict[str, Any]) -> list[str]:
    hours = document.get("window_hours")
    if hours is None:
        return []
    if hours % 24 == 0:
        return [_("within {days} days of first seeing it", days=number(hours / 24))]
    return [_("within {hours} hours of first seeing it", hours=number(hours, 1))]


def _cap(document: dict[str, Any]) -> list[str]:
    cap = document.get("cap")
    if not cap:
        return []
    if cap.get("value") is not None:
        return [_("a shopper counts for {value} at most", value=number(cap["value"]))]
    return [_("cut off at the {share} largest", share=percent(cap["quantile"], 1))]
