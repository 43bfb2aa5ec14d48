"""What a draft says of other experiments: what it builds on, and whether it belongs to the holdout."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import html

from dash_ui.components.icon import icon
from dash_ui.format import percent
from dash_ui.gateway import Gateway
from dash_ui.i18n import _
from dash_ui.wizard.fields import several_field, toggle
from dash_ui.wizard.state import State, Values

_SEPARATOR = ":"


def builds_on(state: State, gateway: Gateway) -> Any:
    """A choice of variants of other experiments; empty for all shoppers."""
    parents = gateway.parents(state["key"])
    asked = state["document"]["prerequisites"]
    if not parents and not asked:
        return html.Div()
    choices = {
        _code(parent.key, variant.key): f"{parent.name} · {variant.name}"
        for parent in parents
        for variant in parent.variants
    }
    chosen = [_code(item["experiment"], variant) for item in asked for variant in item["variants"]]
    return several_field(
        "prerequisites",
        _("Only who takes part in another experiment with"),
        chosen,
        [*choices.items(), *((code, code) for code in chosen if code not in choices)],
        _(
            "Leave empty for all. Of one experiment, any of the variants will do; of two, both must hold."
            " While that experiment pauses, nobody takes part."
        ),
        searchable=True,
        clearable=True,
    )


def read_builds_on(values: Values, state: State) -> None:
    """Writes the choice, the variants of one experiment together."""
    if "prerequisites" not in values:
        return
    together: dict[str, list[str]] = {}
    for code in values["prerequisites"] or ():
        experiment, _colon, variant = code.partition(_SEPARATOR)
        together.setdefault(experiment, []).append(variant)
    state["document"]["prerequisites"] = [
        {"experiment": experiment, "variants": variants} for experiment, variants in together.items()
    ]


def belongs(state: State, gateway: Gateway) -> Any:
    """What the running holdout means for this experiment, with a switch to stay out of it."""
    document = state["document"]
    holdout = gateway.running_holdout(document["hash_attribute"])
    if holdout is None:
        words = _("No holdout runs now, so this experiment may reach every shopper.")
        return html.P([icon("users", 18), words], className="pw-health pw-wrap pw-quiet")
    return dmc.Switch(
        id=toggle("holdout"),
        label=_("Leave alone whom the holdout holds out"),
        description=_(
            "“{name}” keeps {share} of shoppers away from experiments, to measure what testing brings.",
            name=holdout.name,
            share=percent(holdout.share, 0),
        ),
        checked=document["holdout"] is not False,
    )


def read_belongs(values: Values, state: State) -> None:
    """Writes the switch; on means the holdout that runs when the experiment starts."""
    if values.get("holdout") is False:
        state["document"]["holdout"] = False
    elif values.get("holdout") and state["document"]["holdout"] is False:
        state["document"]["holdout"] = None


def whole_shop() -> html.P:
    """Why a holdout has no audience, layer or share of the traffic to choose."""
    words = _("A holdout is drawn from all shoppers, so there is nothing to choose here.")
    return html.P([icon("users", 18), words], className="pw-health pw-quiet")


def is_holdout(state: State) -> bool:
    """Whether the draft is a holdout."""
    return bool(state["document"].get("role") == "holdout")


def _code(experiment: str, variant: str) -> str:
    return f"{experiment}{_SEPARATOR}{variant}"
