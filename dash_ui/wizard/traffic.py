"""Step 4: how many, and beside which other experiments."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import html

from dash_ui.components.icon import icon
from dash_ui.format import number
from dash_ui.gateway import Gateway
from dash_ui.i18n import _
from dash_ui.wizard.fields import button, choice_field, ident, number_field, sliding, toggle
from dash_ui.wizard.meetings import meetings
from dash_ui.wizard.sharing import belongs, is_holdout, read_belongs, whole_shop
from dash_ui.wizard.state import Problems, State, Step, Values, problem_of_key, share_of

_ALONE = "-"


def draw(state: State, gateway: Gateway) -> list[Any]:
    """Unit, share of the traffic, a layer, and the holdout."""
    document = state["document"]
    if is_holdout(state):
        return [whole_shop()]
    layer = document["layer"]
    percent = round(document["traffic"] * 100, 2)
    known = {"id": _("Shopper (id)"), "account": _("Account"), "household": _("Household")}
    known.setdefault(document["hash_attribute"], document["hash_attribute"])
    before = {
        _ALONE: _("No, every id for itself"),
        "anonymousId": _("Yes, also as the visitor before login (anonymousId)"),
        "deviceId": _("Yes, also as their device (deviceId)"),
    }
    fallback = document["fallback_attribute"] or _ALONE
    before.setdefault(fallback, fallback)
    return [
        choice_field(
            "hash_attribute",
            _("Who keeps the same variant?"),
            document["hash_attribute"],
            list(known.items()),
            _("The unit that is drawn by lot and counted."),
        ),
        choice_field(
            "fallback_attribute",
            _("Do they keep it from before login to after it, on every device?"),
            fallback,
            list(before.items()),
            _(
                "For this the shop sends both ids once somebody has logged in; together they count as one"
                " person."
            ),
        ),
        html.Div(
            [
                html.Label(_("Share of these shoppers that takes part"), className="pw-field-label"),
                dmc.Slider(
                    id=sliding("traffic"),
                    value=percent,
                    min=1,
                    max=100,
                    step=1,
                    thumbLabel=_("Share of these shoppers that takes part"),
                    marks=[{"value": value, "label": f"{value}%"} for value in (1, 25, 50, 75, 100)],
                    mb="xl",
                ),
                html.P(
                    _("You can raise it while it runs, and nobody changes sides; lowering it divides anew."),
                    className="pw-quiet pw-small",
                ),
            ],
            className="pw-field pw-traffic",
        ),
        dmc.Switch(
            id=toggle("layered"),
            label=_("Keep it apart from other experiments"),
            description=_("In one layer, experiments with different slices never meet the same shopper."),
            checked=layer is not None,
        ),
        html.Div(
            [
                dmc.Autocomplete(
                    id=ident("layer.name"),
                    label=_("Layer"),
                    value=layer["name"] if layer else "",
                    data=[layer.name for layer in gateway.layer_pictures()],
                    placeholder="checkout",
                ),
                number_field(
                    "layer.from", _("From (%)"), _percent(layer, "from", 0), min=0, max=100, decimalScale=2
                ),
                number_field(
                    "layer.to", _("To (%)"), _percent(layer, "to", 50), min=0, max=100, decimalScale=2
                ),
                button("suggest-slice", [icon("bulb", 16), _("Suggest a free slice of this width")]),
            ],
            id="layer-box",
            hidden=layer is None,
            className="pw-form-row",
        ),
        _held(state, gateway),
        meetings(state, gateway),
        belongs(state, gateway),
    ]


def _percent(layer: dict[str, Any] | None, end: str, without: float) -> float:
    return round(layer[end] * 100, 2) if layer else without


def _held(state: State, gateway: Gateway) -> Any:
    lines = [
        html.Li(
            _(
                "Layer {layer}: {start}% to {end}% belongs to {experiment}.",
                layer=layer.name,
                start=number(item.start * 100),
                end=number(item.end * 100),
                experiment=item.experiment.key,
            )
        )
        for layer in gateway.layer_pictures()
        for item in layer.held
        if item.experiment.key != state["key"]
    ]
    return html.Ul(lines, className="pw-quiet pw-small pw-plain-list") if lines else html.Div()


def suggest(state: State, gateway: Gateway) -> Problems:
    """Moves the slice to where the layer is free, as wide as it is if that fits."""
    layer = state["document"]["layer"]
    if layer is None:
        return {}
    width = layer["to"] - layer["from"]
    part = gateway.free_slice(layer["name"], width if width > 0 else 0.1, without=state["key"])
    if part is None:
        return {"layer.name": _("This layer is full.")}
    state["document"]["layer"] = {"name": layer["name"], "from": part.start, "to": part.end}
    return {}


def keep_apart(state: State, gateway: Gateway, place: int) -> Problems:
    """Takes a free slice of the layer of an experiment that is met, by its place in the list."""
    found = gateway.meetings(state["document"])
    layer = found[place].layer if place < len(found) else None
    if layer is None:
        return {}
    part = gateway.free_slice(layer, 1.0, without=state["key"])
    if part is None:
        return {"layer.name": _("This layer is full.")}
    state["document"]["layer"] = {"name": layer, "from": part.start, "to": part.end}
    return {}


def read(values: Values, state: State, strict: bool) -> Problems:
    """Writes them; the layer only when it is switched on."""
    document = state["document"]
    if is_holdout(state):
        return {}
    read_belongs(values, state)
    document["hash_attribute"] = values.get("hash_attribute") or "id"
    fallback = values.get("fallback_attribute") or _ALONE
    document["fallback_attribute"] = None if fallback == _ALONE else fallback
    document["traffic"] = share_of(values.get("traffic", 100))
    document["layer"] = None
    if not values.get("layered"):
        return {}
    name = (values.get("layer.name") or "").strip()
    start, end = share_of(values.get("layer.from")), share_of(values.get("layer.to"))
    if strict and (wrong := problem_of_key(name)):
        return {"layer.name": wrong}
    if strict and not 0 <= start < end <= 1:
        return {"layer.to": _("The end must be above the start, and at most 100%.")}
    document["layer"] = {"name": name, "from": start, "to": end}
    return {}


STEP = Step(
    "traffic",
    lambda: _("How many"),
    lambda: _("More traffic gives an answer sooner; less traffic risks less."),
    draw,
    read,
)
