"""The form of a saved audience: its name, the rules of who takes part, and how many that are."""

from __future__ import annotations

from typing import Any

from dash import html

from dash_ui.audience_records import SavedAudience
from dash_ui.gateway import Gateway
from dash_ui.i18n import _
from dash_ui.wizard import reach, who
from dash_ui.wizard.audience import audience_of
from dash_ui.wizard.fields import elsewhere, long_field, text_field
from dash_ui.wizard.state import Problems, State, Values, groups_of, problem_of_key, slug


def state_of(audience: SavedAudience | None, *, copy: bool = False) -> State:
    """What the form holds of an audience, of a copy of one, or of a new one."""
    document: dict[str, Any] = {"key": "", "name": "", "description": "", "audience": {}}
    if audience is not None:
        document |= {"description": audience.description, "audience": audience.condition}
        document["key"] = "" if copy else audience.key
        document["name"] = _("Copy of {name}", name=audience.name) if copy else audience.name
    known = audience_of(document["audience"])
    return {
        "document": document,
        "saved": audience is not None and not copy,
        "archived": audience is not None and not copy and audience.archived,
        "audience_json": known is None,
        "groups": groups_of(known),
    }


def draw(state: State, gateway: Gateway) -> Any:
    """The inputs, with the reach below."""
    document, saved = state["document"], state["saved"]
    key_hint = (
        _("A key never changes once it is saved.") if saved else _("Left empty, it is made of the name.")
    )
    found = gateway.reach({"audience": document["audience"]})
    seen = found.seen if found is not None else {}
    parts = [
        html.Div(
            [
                text_field("name", _("Name"), document["name"], required=True),
                text_field("key", _("Key"), document["key"], key_hint, disabled=saved),
            ],
            className="pw-form-grid pw-two",
        ),
        long_field("description", _("In words"), document["description"], _("For whom, and why it matters.")),
        html.H2(_("Who")),
        *who.builder(state, seen),
        html.Div(reach.told(found), id="audience-reach", role="status", className="pw-estimate-part"),
    ]
    return elsewhere("audience", parts)


def read(values: Values, state: State, *, strict: bool) -> Problems:
    """Writes what was typed; what is wrong, by field."""
    document = state["document"]
    for name in ("name", "description", *(() if state["saved"] else ("key",))):
        document[name] = (values.get(name) or "").strip()
    problems = who.read_audience(values, state, strict)
    if strict and not document["name"]:
        problems["name"] = _("Give it a name.")
    elif strict:
        document["key"] = document["key"] or slug(document["name"])
        if wrong := problem_of_key(document["key"]):
            problems["key"] = wrong
    return problems


def document_of(state: State) -> dict[str, Any]:
    """What the API takes."""
    document = {name: state["document"][name] for name in ("key", "name", "description")}
    return {**document, "condition": state["document"]["audience"], "archived": state["archived"]}
