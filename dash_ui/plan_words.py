"""A plan's looks in words."""

from __future__ import annotations

from typing import Any

from dash_ui.format import number
from dash_ui.i18n import _

WITH_GAMMA = ("kim_demets", "hwang_shih_decani")


def spending_name(code: str) -> str:
    """How strict each look is."""
    names = {
        "obrien_fleming": _("O'Brien-Fleming: strict early"),
        "pocock": _("Pocock: about equally strict"),
        "kim_demets": _("Kim-DeMets: by a power"),
        "hwang_shih_decani": _("Hwang-Shih-DeCani: by an exponential"),
    }
    return names.get(code, code)


def futility_name(code: str | None) -> str:
    """Whether a look may stop because too little shows."""
    names = {
        "non_binding": _("Advise to stop when too little shows"),
        "binding": _("Stop for good when too little shows"),
    }
    return names.get(code or "", _("Go on to the last look"))


def looks_sentence(plan: dict[str, Any]) -> str | None:
    """How many looks, and how strict; nothing for a plan without."""
    if not plan.get("looks"):
        return None
    spending = str(plan.get("spending") or "obrien_fleming")
    if plan.get("spending_gamma") is not None:
        return _(
            "Planned looks: {looks}. {spending}, gamma {gamma}.",
            looks=number(plan["looks"]),
            spending=spending_name(spending),
            gamma=number(plan["spending_gamma"], 2),
        )
    return _(
        "Planned looks: {looks}. {spending}.", looks=number(plan["looks"]), spending=spending_name(spending)
    )


def futility_sentence(plan: dict[str, Any]) -> str | None:
    """What happens when too little shows; nothing where a plan does not say."""
    return {
        "non_binding": _("A look advises to stop when too little of the benefit shows; whoever goes on may."),
        "binding": _("A look ends it for good when too little of the benefit shows."),
    }.get(plan.get("futility") or "")
