"""What a metric was lately, in sentences."""

from __future__ import annotations

from typing import Any, Final

from dash_ui.format import day, listed, money, number, percent
from dash_ui.i18n import _, ngettext
from dash_ui.metric_records import MetricLately

_NAMED: Final = 6
_SHARES: Final = ("proportion", "retention")


def value_text(value: float | None, document: dict[str, Any]) -> str:
    """A metric's value in its unit."""
    if document.get("kind") in _SHARES:
        return percent(value)
    unit = document.get("unit") or ""
    if len(unit) == 3 and unit.isalpha() and unit.isupper():
        return money(value, unit, 2)
    digits = 2 if value is None or abs(value) >= 1 else 4
    return _("{value} {unit}", value=number(value, digits), unit=unit) if unit else number(value, digits)


def lately_sentence(found: MetricLately | None, document: dict[str, Any]) -> str:
    """What the definition gives for the shop's own last days, or why that is not told."""
    if found is None:
        return _("What this was in your shop can be told once events have come in.")
    if found.code == "unseen":
        if not found.seen:
            return _("No events were seen lately, only exposures.")
        seen = listed(found.seen[:_NAMED])
        return _("No '{name}' was seen lately. Seen were: {seen}.", name=found.missing, seen=seen)
    if found.code == "kind":
        return ngettext(
            "In the last day {did} of {shoppers} shoppers did this; the value itself is measured with the"
            " next baseline.",
            "In the last {count} days {did} of {shoppers} shoppers did this; the value itself is measured"
            " with the next baseline.",
            found.days,
            did=number(found.did),
            shoppers=number(found.shoppers),
        )
    if found.value is None:
        return _("Fill in the event to see what this was in your shop.")
    return _valued(found, document)


def _valued(found: MetricLately, document: dict[str, Any]) -> str:
    value, shoppers = value_text(found.value, document), number(found.shoppers)
    if document.get("kind") == "proportion":
        return ngettext(
            "In the last day: {value} of {shoppers} shoppers.",
            "In the last {count} days: {value} of {shoppers} shoppers.",
            found.days,
            value=value,
            shoppers=shoppers,
        )
    if document.get("kind") == "ratio":
        return ngettext(
            "In the last day: {value}, over {shoppers} shoppers.",
            "In the last {count} days: {value}, over {shoppers} shoppers.",
            found.days,
            value=value,
            shoppers=shoppers,
        )
    return ngettext(
        "In the last day: {value} per shopper, over {shoppers} shoppers.",
        "In the last {count} days: {value} per shopper, over {shoppers} shoppers.",
        found.days,
        value=value,
        shoppers=shoppers,
    )


def trend_sentence(found: MetricLately, document: dict[str, Any]) -> str:
    """From where to where the value went, by day."""
    values = [value for _until, value in found.trend]
    return _(
        "By day between {low} and {high}, {last} on {day}.",
        low=value_text(min(values), document),
        high=value_text(max(values), document),
        last=value_text(values[-1], document),
        day=day(found.trend[-1][0]),
    )


def kind_explained(kind: str, event: str) -> str:
    """What a kind computes, with an example of the shop's own events."""
    words = {
        "proportion": _(
            "Each shopper counts once, who did it or not. Example: the share of shoppers with at least one"
            " '{event}'.",
            event=event,
        ),
        "count": _("Every time counts. Example: how many '{event}' there are for each shopper.", event=event),
        "mean": _(
            "An amount is added up for each shopper; who has none counts as 0. Example: the value of"
            " '{event}' per shopper.",
            event=event,
        ),
        "ratio": _(
            "One total divided by another, both over all shoppers. Example: the value of '{event}' for each"
            " '{event}'.",
            event=event,
        ),
        "retention": _(
            "Each shopper counts once, who came back in a period or not. Example: the share with a '{event}'"
            " from 24 to 168 hours after they entered.",
            event=event,
        ),
        "quantile": _(
            "The amount below which a share of shoppers stays. Example: the median value of '{event}'.",
            event=event,
        ),
    }
    return words.get(kind, kind)


def uses_words(roles: list[str]) -> str:
    """How many experiments a metric decides, guards or informs."""
    decided, guarded, informed = (roles.count(role) for role in ("primary", "guardrails", "secondary"))
    counted = [
        ngettext("decides in {count}", "decides in {count}", decided) if decided else "",
        ngettext("guards in {count}", "guards in {count}", guarded) if guarded else "",
        ngettext("informs in {count}", "informs in {count}", informed) if informed else "",
    ]
    told = [words for words in counted if words]
    return listed(told) if told else _("Not used yet")


def role_word(role: str) -> str:
    """What a metric is for in an experiment."""
    names = {"primary": _("Decides"), "guardrails": _("Guards"), "secondary": _("Informs")}
    return names.get(role, role)
