"""Step 1: why."""

from __future__ import annotations

from typing import Any

from dash import html

from dash_ui.gateway import Gateway
from dash_ui.i18n import _
from dash_ui.wizard.fields import long_field, text_field
from dash_ui.wizard.state import Problems, State, Step, Values, problem_of_key, slug


def draw(state: State, gateway: Gateway) -> list[Any]:
    """Name, key and hypothesis."""
    document, saved = state["document"], state["key"] is not None
    fixed = _("A key never changes once it is saved.")
    made = _("Developers use it. Left empty, it is made of the name.")
    parts: list[Any] = [
        text_field("name", _("Name"), document["name"], _("What colleagues will call it."), required=True),
        text_field(
            "key",
            _("Key"),
            document["key"],
            fixed if saved else made,
            disabled=saved,
            placeholder="free-shipping-bar",
        ),
        long_field(
            "hypothesis",
            _("Hypothesis"),
            document["hypothesis"],
            _("What do you change, for whom, what do you expect, and why?"),
            placeholder=_("If we … for …, then … because …"),
        ),
    ]
    if document.get("parent"):
        follows = _("This experiment follows {parent}.", parent=document["parent"])
        parts.append(html.P(follows, className="pw-quiet"))
    return parts


def read(values: Values, state: State, strict: bool) -> Problems:
    """Writes them."""
    document, problems = state["document"], {}
    document["name"] = (values.get("name") or "").strip()
    document["hypothesis"] = (values.get("hypothesis") or "").strip()
    if state["key"] is None:
        document["key"] = (values.get("key") or "").strip() or slug(document["name"])
    if not strict:
        return {}
    if not document["name"]:
        problems["name"] = _("Give it a name.")
    elif len(document["name"]) > 200:
        problems["name"] = _("Use at most 200 characters.")
    if document["name"] and (wrong := problem_of_key(document["key"])):
        problems["key"] = wrong
    if not document["hypothesis"]:
        problems["hypothesis"] = _("Say in one sentence what you expect and why.")
    elif len(document["hypothesis"]) > 4000:
        problems["hypothesis"] = _("Use at most 4,000 characters.")
    return problems


STEP = Step(
    "idea",
    lambda: _("Why"),
    lambda: _("An experiment begins with an expectation that can turn out wrong."),
    draw,
    read,
)
