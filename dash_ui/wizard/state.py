"""What the wizard remembers between steps: the draft's document and how it is being edited."""

from __future__ import annotations

import copy
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from dash_ui.gateway import Gateway
from dash_ui.i18n import _
from dash_ui.wizard import payloads
from dash_ui.wizard.audience import Audience, audience_of
from dash_ui.wizard.hypothesis import apart, sentence_of

State = dict[str, Any]
Values = dict[str, Any]
Problems = dict[str, str]

EDITED: Final = (
    "name",
    "hypothesis",
    "surface",
    "placement",
    "hash_attribute",
    "fallback_attribute",
    "variants",
    "traffic",
    "audience",
    "layer",
    "prerequisites",
    "holdout",
    "preview_url",
    "metrics",
    "plan",
    "segments",
    "start_at",
    "parent",
)
"""Fields of the contract that the wizard writes."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: what it asks, and how its answers change the draft.

    Attributes:
        draw: The step's inputs, from the state.
        read: Writes the answers into the state; what is wrong, by field. `strict` is false while somebody
            only rearranges the form.
    """

    code: str
    title: Callable[[], str]
    intro: Callable[[], str]
    draw: Callable[[State, Gateway], list[Any]]
    read: Callable[[Values, State, bool], Problems]


def fresh() -> State:
    """The state of a draft that nobody has saved."""
    document: dict[str, Any] = {
        "key": "",
        "name": "",
        "hypothesis": "",
        "surface": "offer",
        "placement": "",
        "hash_attribute": "id",
        "fallback_attribute": None,
        "variants": [
            {"key": "control", "name": _("Control"), "weight": 0.5, "payload": {}},
            {"key": "b", "name": _("Variant {letter}", letter="B"), "weight": 0.5, "payload": {}},
        ],
        "traffic": 1.0,
        "audience": {},
        "layer": None,
        "prerequisites": [],
        "holdout": None,
        "preview_url": None,
        "metrics": {"primary": [], "secondary": [], "guardrails": []},
        "plan": {
            "method": "sequential",
            "alpha": 0.05,
            "power": 0.8,
            "mde": 0.05,
            "cuped": True,
            "looks": None,
            "planned_units": None,
        },
        "segments": [],
        "start_at": None,
        "parent": None,
    }
    return {
        "step": "idea",
        "key": None,
        "seen": None,
        "document": document,
        "base": {},
        **_editing(document),
        "turn": 0,
        "unsaved": False,
        "conflict": None,
        "restored": False,
    }


def of_draft(document: dict[str, Any], step: str) -> State:
    """The state of a saved draft."""
    state = fresh()
    return {**state, "step": step, **loaded(document), **_editing(document)}


def of_copy(document: dict[str, Any]) -> State:
    """The state of an unsaved draft that asks what another experiment asks."""
    state = fresh()
    taken = [
        name for name in EDITED if name not in ("name", "layer", "parent", "plan", "holdout", "start_at")
    ]
    own = {name: copy.deepcopy(document[name]) for name in taken}
    own["name"] = _("{name} (copy)", name=document["name"][:180])
    own["plan"] = {**state["document"]["plan"], **document["plan"], "planned_units": None}
    own["holdout"] = False if document["holdout"] is False else None
    state["document"] |= own
    return {**state, **_editing(state["document"])}


def loaded(document: dict[str, Any]) -> State:
    """What the state has of a document that has just been saved or read."""
    return {
        "key": document["key"],
        "seen": document["updated_at"],
        "document": document,
        "base": {name: document[name] for name in EDITED},
        "unsaved": False,
        "conflict": None,
        "restored": False,
    }


def changed(state: State) -> dict[str, Any]:
    """The fields that differ from the draft as it was last saved or read."""
    document, base = state["document"], state["base"]
    return {name: document[name] for name in EDITED if name not in base or document[name] != base[name]}


def _editing(document: dict[str, Any]) -> dict[str, Any]:
    surface = document["surface"]
    audience = audience_of(document["audience"])
    return {
        "payload_json": not all(payloads.fits(surface, item["payload"]) for item in document["variants"]),
        "audience_json": audience is None,
        "as_text": sentence_of(apart(document["hypothesis"])[1]) is None,
        "groups": groups_of(audience),
        "assume": {},
    }


def groups_of(audience: Audience | None) -> dict[str, Any]:
    """An audience as the wizard keeps it: `join`, and `groups` of a `join` and rules of three texts each."""
    if audience is None:
        return {"join": "all", "groups": []}
    return {
        "join": audience.join,
        "groups": [
            {
                "join": group.join,
                "rules": [[rule.attribute, rule.operator, rule.value] for rule in group.rules],
            }
            for group in audience.groups
        ],
    }


def slug(text: str) -> str:
    """A key made of a name: lower-case letters, digits and dashes."""
    bare = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", bare).strip("-")[:60].strip("-")


def problem_of_key(key: str) -> str | None:
    """What is wrong with a key, in words."""
    if re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,62}", key):
        return None
    return _("Use lower-case letters, digits, - and _; start with a letter or digit; at most 63 characters.")


def share_of(percent: object) -> float:
    """A percentage that somebody typed, as a share."""
    return round(float(percent), 4) / 100 if isinstance(percent, int | float) else 0.0
