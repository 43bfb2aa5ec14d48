"""Evaluates features as every GrowthBook SDK does: the first rule that applies wins."""

from __future__ import annotations

from typing import Any

from assignment.growthbook.evaluation import Payload, Rule, User
from assignment.growthbook.experiment import run
from assignment.hashing import equal_weights, hash_unit
from assignment.javascript import is_truthy

_COPIED = (
    "coverage",
    "weights",
    "hashAttribute",
    "fallbackAttribute",
    "disableStickyBucketing",
    "bucketVersion",
    "minBucketVersion",
    "namespace",
    "meta",
    "ranges",
    "name",
    "phase",
    "seed",
    "hashVersion",
    "filters",
    "condition",
)
_ZERO_COUNTS = frozenset(("coverage", "bucketVersion", "minBucketVersion"))

Result = dict[str, Any]


def evaluate(payload: Payload, user: User, key: str, stack: tuple[str, ...] = ()) -> Result:
    """The feature's result: `value`, `on`, `off`, `source`, `ruleId`, and the experiment if one was entered.

    Args:
        stack: Features whose prerequisites are being evaluated, so that a cycle is seen.
    """
    if key in stack:
        return _result(None, "cyclicPrerequisite")
    if key in user.forced_features:
        return _result(user.forced_features[key], "override")
    feature = payload.features.get(key)
    if not isinstance(feature, dict):
        return _result(None, "unknownFeature")
    within = (*stack, key)
    for rule in feature.get("rules") or ():
        found = _apply(payload, user, key, rule, within)
        if found is not None:
            return found
    return _result(feature.get("defaultValue"), "defaultValue")


def _result(value: object, source: str, rule_id: str = "", **more: object) -> Result:
    on = is_truthy(value)
    return {"value": value, "on": on, "off": not on, "source": source, "ruleId": rule_id, **more}


def _apply(payload: Payload, user: User, key: str, rule: Rule, stack: tuple[str, ...]) -> Result | None:
    """The result of a rule that applies; `None` when the next one is to be tried."""
    if rule.get("parentConditions"):
        unmet = unmet_prerequisite(payload, user, rule["parentConditions"], stack)
        if unmet == "cyclicPrerequisite" or unmet == "prerequisite":
            return _result(None, unmet)
        if unmet:
            return None
    if rule.get("filters") and not user.passes_filters(rule["filters"]):
        return None
    if "force" in rule:
        return _force(payload, user, key, rule)
    return _enter(payload, user, key, rule, stack)


def unmet_prerequisite(
    payload: Payload, user: User, parents: list[Rule], stack: tuple[str, ...]
) -> str | None:
    """How the first unmet prerequisite ends: the whole feature (its source), or only this rule (`rule`)."""
    for parent in parents:
        found = evaluate(payload, user, str(parent.get("id")), stack)
        if found["source"] == "cyclicPrerequisite":
            return "cyclicPrerequisite"
        if not payload.test(parent.get("condition") or {})({"value": found["value"]}):
            return "prerequisite" if parent.get("gate") else "rule"
    return None


def _force(payload: Payload, user: User, key: str, rule: Rule) -> Result | None:
    if rule.get("condition") and not payload.test(rule["condition"])(user.attributes):
        return None
    if not _in_rollout(user, key, rule):
        return None
    user.tracks.extend(rule.get("tracks") or ())
    return _result(rule["force"], "force", rule.get("id") or "")


def _in_rollout(user: User, key: str, rule: Rule) -> bool:
    limits, coverage = rule.get("range"), rule.get("coverage")
    if limits is None and coverage is None:
        return True
    if limits is None and coverage == 0:
        return False
    _, value = user.hashed_by(rule)
    position = hash_unit(rule.get("seed") or key, value, rule.get("hashVersion") or 1) if value else None
    if position is None:
        return False
    if limits is not None:
        return bool(limits[0] <= position < limits[1])
    return coverage is None or position <= coverage


def _enter(payload: Payload, user: User, key: str, rule: Rule, stack: tuple[str, ...]) -> Result | None:
    experiment = _experiment_of(rule, key)
    if not experiment["variations"]:
        return None

    def prerequisites_met(parents: list[Rule]) -> bool:
        return unmet_prerequisite(payload, user, parents, stack) is None

    leaf = _enter_leaf(payload, user, rule, experiment)
    entered, outcome = run(payload, user, experiment, prerequisites_met, key, leaf)
    if not outcome["inExperiment"] or outcome.get("passthrough"):
        return None
    return _result(
        outcome["value"],
        "experiment",
        rule.get("id") or "",
        experiment=entered,
        experimentResult=outcome,
    )


def _enter_leaf(
    payload: Payload, user: User, rule: Rule, experiment: dict[str, Any]
) -> dict[str, Any] | None:
    """Give the experiment the weights of the bandit's leaf that the user is in; what results say of it."""
    bandit = payload.bandits.get(rule.get("contextualBanditRef") or "")
    if not isinstance(bandit, dict):
        return None
    for context in bandit.get("contexts") or ():
        if payload.test(context.get("condition") or {})(user.attributes):
            number, weights = context.get("leafId"), context.get("weights")
            experiment["weights"] = weights
            break
    else:
        number, weights = -1, experiment.get("weights", equal_weights(len(experiment["variations"])))
    leaf: dict[str, Any] = {"leafId": number}
    if weights is not None:
        leaf["variationWeights"] = weights
    else:
        del experiment["weights"]
    if bandit.get("banditVersion") is not None:
        leaf["banditVersion"] = bandit["banditVersion"]
    return leaf


def _experiment_of(rule: Rule, key: str) -> dict[str, Any]:
    variations = rule.get("contextualVariations")
    if variations is None:
        variations = rule.get("variations")
    experiment = {"variations": variations, "key": rule.get("key") or key}
    experiment.update({name: rule[name] for name in _COPIED if _is_set(rule, name)})
    return experiment


def _is_set(rule: Rule, name: str) -> bool:
    value = rule.get(name)
    return is_truthy(value) or (name in _ZERO_COUNTS and value is not None)


def run_experiment(payload: Payload, user: User, experiment: dict[str, Any]) -> Result:
    """The result of an inline experiment."""

    def prerequisites_met(parents: list[Rule]) -> bool:
        return unmet_prerequisite(payload, user, parents, ()) is None

    return run(payload, user, experiment, prerequisites_met)[1]
