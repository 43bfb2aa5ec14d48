"""The looks that a group-sequential plan takes: how many, how strict, and when too little shows."""

from __future__ import annotations

from typing import Any

from dash import html

from dash_ui.i18n import _
from dash_ui.plan_words import WITH_GAMMA, futility_name, spending_name
from dash_ui.wizard.fields import choice_field, number_field
from dash_ui.wizard.state import Problems, Values

SPENDINGS = ("obrien_fleming", "pocock", "kim_demets", "hwang_shih_decani")


def looks_fields(plan: dict[str, Any]) -> list[Any]:
    """The inputs."""
    spendings = [(code, spending_name(code)) for code in SPENDINGS]
    futilities = [(code, futility_name(code)) for code in ("none", "non_binding", "binding")]
    gamma = number_field(
        "plan.spending_gamma",
        _("Gamma"),
        plan.get("spending_gamma") or 1,
        _("For Kim-DeMets above 0; the larger, the stricter the first looks."),
        min=-20,
        max=20,
        decimalScale=2,
    )
    spending = plan.get("spending") or SPENDINGS[0]
    return [
        number_field("plan.looks", _("Planned looks"), plan["looks"] or 5, min=2, max=50, allowDecimal=False),
        choice_field(
            "plan.spending",
            _("How strict each look is"),
            spending,
            spendings,
            _("What is strict early costs the least at the end."),
        ),
        html.Div(gamma, id="gamma-box", hidden=spending not in WITH_GAMMA),
        choice_field("plan.futility", _("When too little shows"), plan.get("futility") or "none", futilities),
    ]


def looks_asked(values: Values, method: object) -> dict[str, Any]:
    """The looks that are asked for; a gamma that is missing is left for the form to ask."""
    plan: dict[str, Any] = (
        {"looks": int(values.get("plan.looks") or 5)} if method == "group_sequential" else {}
    )
    if plan:
        read_looks(values, plan, {})
        if plan["spending"] in WITH_GAMMA and not plan["spending_gamma"]:
            plan |= {"spending": SPENDINGS[0], "spending_gamma": None}
    return plan


def read_looks(values: Values, plan: dict[str, Any], problems: Problems) -> None:
    """Writes how looks spend and when they stop; what another method does not have is left out."""
    for name in ("spending", "spending_gamma", "futility"):
        plan.pop(name, None)
    if plan.get("looks") is None:
        return
    plan["spending"] = values.get("plan.spending") or SPENDINGS[0]
    if values.get("plan.futility") in ("non_binding", "binding"):
        plan["futility"] = values["plan.futility"]
    if plan["spending"] in WITH_GAMMA:
        gamma = values.get("plan.spending_gamma")
        plan["spending_gamma"] = float(gamma) if isinstance(gamma, int | float) else None
        positive = plan["spending"] == "kim_demets"
        if plan["spending_gamma"] is None or (positive and plan["spending_gamma"] <= 0):
            problems["plan.spending_gamma"] = _("Fill in a number; for Kim-DeMets above 0.")
