"""How many shoppers an audience has, in words."""

from __future__ import annotations

from typing import Any

from dash import html

from dash_ui.format import day, number, percent
from dash_ui.gateway import Gateway
from dash_ui.i18n import _, ngettext
from dash_ui.records import Reach
from dash_ui.wizard.audience import typed
from dash_ui.wizard.state import State

_ASKED = ("audience", "hash_attribute", "layer", "traffic", "holdout", "prerequisites")
_WHOLE = 0.1
"""From this share on, percentages have no decimals."""
_NAMED = 8
"""Properties, or values, that a sentence lists."""


def found(state: State, gateway: Gateway) -> Reach | None:
    """The reach of the draft as it is now."""
    return gateway.reach({name: state["document"].get(name) for name in _ASKED})


def daily(state: State, gateway: Gateway) -> float | None:
    """New shoppers a day before the share of the traffic, which the plan takes itself."""
    asked = {name: state["document"].get(name) for name in _ASKED}
    return gateway.daily_reach(asked | {"traffic": 1.0})


def told(reach: Reach | None) -> list[Any]:
    """The reach, or why it cannot be told."""
    if reach is None:
        return []
    if reach.code is not None or reach.units is None or reach.until is None:
        return [_heading(), html.P(_unknown(reach))]
    units, share = _about(reach.units), percent(reach.share, 0 if (reach.share or 0) >= _WHOLE else 1)
    if reach.weeks:
        line = _("About {units} shoppers a week, {share} of all.", units=units, share=share)
    else:
        line = _("{units} shoppers so far, {share} of all; no week has passed yet.", units=units, share=share)
    lines = [_rests_on(reach)]
    if reach.factor < 1:
        part = _about(reach.part or 0)
        lines.insert(
            0, _("With the share, layer and holdout of this experiment about {units} take part.", units=part)
        )
    if not reach.units:
        lines.insert(0, _seen(reach))
    return [
        _heading(),
        html.P(line, className="pw-strong"),
        *(html.P(each, className="pw-quiet pw-small") for each in lines),
    ]


def _about(units: int) -> str:
    """To three digits, for the rest is not known."""
    return number(round(units, 3 - len(str(units))))


def _heading() -> Any:
    return html.H3(_("Reach"), className="pw-label")


def _rests_on(reach: Reach) -> str:
    sample, of, until = number(reach.sample), number(reach.of), day(reach.until)
    if not reach.weeks:
        return _("From {sample} of {of} shoppers seen up to {until}.", sample=sample, of=of, until=until)
    return ngettext(
        "Between {lower} and {upper} (95%), from {sample} of {of} shoppers seen in the week up to {until}.",
        "Between {lower} and {upper} (95%), from {sample} of {of} shoppers seen in {count} weeks to {until}.",
        reach.weeks,
        lower=number(reach.lower),
        upper=number(reach.upper),
        sample=sample,
        of=of,
        until=until,
    )


def _unknown(reach: Reach) -> str:
    if reach.code == "attribute_unseen":
        names = ", ".join(reach.unseen)
        if not reach.seen:
            return _("No shopper was seen with {names}, nor with any other property.", names=names)
        seen = ", ".join(list(reach.seen)[:_NAMED])
        return _("No shopper was seen with {names}. Seen were: {seen}.", names=names, seen=seen)
    return _("How many shoppers this is can be told once experiments have shown some.")


def _seen(reach: Reach) -> str:
    values = "; ".join(
        f"{name}: {', '.join(typed(value) for value in values[:_NAMED])}"
        for name, values in list(reach.seen.items())[:_NAMED]
        if values
    )
    return _("Nobody like this was seen. Seen were: {seen}.", seen=values)
