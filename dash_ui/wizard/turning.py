"""What the wizard does when somebody presses something, or goes on typing."""

from __future__ import annotations

from typing import Any, Final

from dash_ui.gateway import Gateway
from dash_ui.records import Person, Refused
from dash_ui.wizard import duration, idea, review, rules, traffic, variants, who
from dash_ui.wizard.checklist import checklist
from dash_ui.wizard.meetings import APART
from dash_ui.wizard.state import EDITED, Problems, State, Values, changed, fresh, loaded, of_draft
from dash_ui.wizard.steps import CODES, step_of

CONFLICTS: Final = ("stale", "started", "deleted")
"""Refusals after which somebody chooses what happens to their answers."""
TAKE_OVER, RELOAD, AS_NEW = "take-over", "reload", "as-new"
_UNITS = (2, 10**9)
_KEPT = frozenset({"step", "key", "seen", "document", "base", "groups", "payload_json", "audience_json"})


def turn(gateway: Gateway, person: Person, state: State, values: Values, pressed: Any) -> Problems:
    """Does what was asked to the draft; what is wrong, by field.

    Raises:
        Refused: The product does not allow it.
    """
    step = step_of(state["step"])
    place = CODES.index(step.code)
    target = pressed["step"] if isinstance(pressed, dict) and pressed["type"] == "wizard-step" else None
    if pressed == "wizard-back" or (target is not None and CODES.index(target) < place):
        step.read(values, state, False)
        state["step"] = target or CODES[place - 1]
        state["unsaved"] = bool(changed(state))
        return {}
    if pressed == "wizard-next" or target is not None:
        return _forward(gateway, person, state, values, target)
    act, index = (pressed["act"], pressed["index"]) if pressed["type"] == "act" else ("", 0)
    if act in (TAKE_OVER, RELOAD, AS_NEW):
        return settle(gateway, person, state, values, act)
    problems = step.read(values, state, False)
    if not problems and act == who.SAVED:
        return who.use_saved(values, state, gateway)
    return problems or _rearrange(gateway, state, act, index)


def moves(pressed: Any) -> bool:
    """Whether another step comes into sight."""
    if pressed in ("wizard-next", "wizard-back"):
        return True
    return bool(pressed.get("type") == "wizard-step" or pressed.get("act") in (review.GO, AS_NEW, RELOAD))


def save(gateway: Gateway, person: Person, state: State) -> None:
    """Saves what differs from the draft as it was read.

    Raises:
        Refused: Somebody changed, started or deleted it; or it is invalid.
    """
    document = state["document"]
    sent = changed(state) if state["key"] is not None else {name: document[name] for name in EDITED}
    if state["key"] is None:
        sent["key"] = document["key"]
    state.update(loaded(gateway.save_draft(person, sent, state["key"], state["seen"])))


def autosave(gateway: Gateway, person: Person, state: State, values: Values) -> Problems:
    """Saves what stands in the form of a draft; what is wrong where it cannot be saved yet, by field.

    Raises:
        Refused: Somebody changed, started or deleted it.
    """
    problems = step_of(state["step"]).read(values, state, False)
    if problems:
        return problems
    try:
        save(gateway, person, state)
    except Refused as refusal:
        if refusal.code in CONFLICTS or not refusal.fields:
            raise
        return {problem.field: problem.message for problem in refusal.fields}
    return {}


def settle(gateway: Gateway, person: Person, state: State, values: Values, way: str) -> Problems:
    """Ends a conflict: with the other's draft, with one's own answers over it, or in a draft of its own."""
    if way == RELOAD:
        key, now = state["key"], {name: state[name] for name in ("turn", "step")}
        other = of_draft(gateway.experiment(key), now["step"]) if key else fresh()
        state.update({**other, **now} if key else {**other, "turn": now["turn"]})
        return {}
    problems = step_of(state["step"]).read(values, state, False)
    if problems:
        return problems
    if way == TAKE_OVER:
        state["seen"] = gateway.experiment(state["key"])["updated_at"]
    else:
        state["document"]["key"] = gateway.free_key(state["key"])
        state["key"], state["seen"] = None, None
    save(gateway, person, state)
    return {}


def restored(state: State, kept: Any, person: Person) -> State | None:
    """The state with the answers that a browser kept of it; `None` where they are not of this draft."""
    if not isinstance(kept, dict) or not isinstance(kept.get("state"), dict):
        return None
    mine = {**state, **kept["state"]}
    if mine.get("who") != person.id or mine["slot"] != state["slot"] or mine["step"] not in CODES:
        return None
    if not set(kept["state"]) >= _KEPT or not isinstance(kept.get("values"), dict):
        return None
    values = {**kept["values"], "shares": kept.get("shares") or []}
    if kept["values"]:
        step_of(mine["step"]).read(values, mine, False)
    return {**mine, "opened": state["opened"], "restored": True, "conflict": None, "unsaved": True, "edit": 0}


def _forward(gateway: Gateway, person: Person, state: State, values: Values, target: str | None) -> Problems:
    step = step_of(state["step"])
    if step.code == CODES[-1]:
        items = checklist(state, gateway)
        left = review.unaccepted(values, items)
        if left is not None:
            return {"": left}
        gateway.start(person, state["key"], review.accepted_words(items))
        state["step"] = "started"
        return {}
    problems = step.read(values, state, True)
    if problems:
        return problems
    if step.code == "plan":
        size = duration.size(state, gateway, values)
        units = size.units if size else None
        plan = state["document"]["plan"]
        plan["planned_units"] = min(max(units, _UNITS[0]), _UNITS[1]) if units else None
    save(gateway, person, state)
    state["step"] = target or CODES[CODES.index(step.code) + 1]
    return {}


def _rearrange(gateway: Gateway, state: State, act: str, index: Any) -> Problems:
    state["unsaved"] = True
    if act == "suggest-slice":
        return traffic.suggest(state, gateway)
    if act == APART:
        return traffic.keep_apart(state, gateway, index)
    if act == review.GO:
        state["step"] = index.partition(":")[0]
    elif act == "add-variant":
        variants.add(state)
    elif act == "remove-variant":
        variants.remove(state, index)
    elif act == "template":
        idea.begin(state, gateway, index)
    else:
        rules.rearrange(state, act, index)
    return {}
