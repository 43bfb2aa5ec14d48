"""Remote evaluation: the payload reduced to what one user gets, so that no rule leaves the server."""

from __future__ import annotations

from typing import Any

from assignment.growthbook.evaluation import Payload, User
from assignment.growthbook.features import evaluate

_PRIVATE = frozenset(("condition", "filters", "namespace", "parentConditions"))


def reduce_for(payload: Payload, user: User) -> dict[str, Any]:
    """Every feature as the value that the user gets, with the exposure to report if they take part."""
    return {key: _reduced(payload, user, key) for key in payload.features}


def _reduced(payload: Payload, user: User, key: str) -> dict[str, Any]:
    found = evaluate(payload, user, key)
    if found["source"] != "experiment":
        return {"defaultValue": found["value"]}
    result = found["experimentResult"]
    rule: dict[str, Any] = {"force": found["value"]}
    if result["hashUsed"]:
        rule["tracks"] = [{"experiment": _public(found["experiment"], result), "result": result}]
    return {"defaultValue": payload.features[key].get("defaultValue"), "rules": [rule]}


def _public(experiment: dict[str, Any], result: dict[str, Any]) -> dict[str, Any]:
    """The experiment without its rules, and with the variations blanked that the user does not get."""
    chosen = result["variationId"]
    variations = [value if index == chosen else {} for index, value in enumerate(experiment["variations"])]
    shown = {name: value for name, value in experiment.items() if name not in _PRIVATE}
    return {**shown, "variations": variations}
