"""Random experiments that build on one another and on a holdout are decided alike at every door."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import growthbook
import pytest
from flask import Flask
from werkzeug.test import Client

from assignment.api import Doors, HotDoor, register
from assignment.engine import CompiledSnapshot, Decision, decide_all
from assignment.growthbook.payload import features_of
from assignment.snapshot import Experiment, LayerSlice, Slot, Snapshot, Status, build
from experiments.flatten import Relations, flatten
from tests.assignment.examples import CLIENT_KEY, KEYS, experiment, variants
from tests.contract.test_growthbook_sdk import attributes_of
from tests.contract.test_javascript_clients import asked_of_javascript

PEOPLE = 60


class FixedSource:
    """A snapshot that never changes."""

    def __init__(self, compiled: CompiledSnapshot) -> None:
        self._compiled = compiled

    def current(self) -> CompiledSnapshot:
        return self._compiled

    catch_up = current


def random_rule(random: Random, number: int) -> Experiment:
    """A rule with some of audience, layer, slots and another attribute, in some state."""
    changes: dict[str, Any] = {"coverage": random.choice([0.4, 0.8, 1.0])}
    state = random.random()
    if state < 0.15:
        changes["status"] = Status.PAUSED
    elif state < 0.4:
        changes |= {"status": Status.STOPPED, "shipped": random.choice([None, "control", "treatment-1"])}
    if random.random() < 0.3:
        changes["condition"] = random.choice([{"country": "NL"}, {"visits": {"$gte": 2}}])
    if random.random() < 0.3:
        start = random.random() / 2
        changes["layer"] = LayerSlice(random.choice(["checkout", "laag-€"]), start, start + 0.5)
    if random.random() < 0.25:
        changes["hash_attribute"] = "company"
    if random.random() < 0.3:
        changes["slots"] = (Slot(0, 0.0, 0.2), Slot(1, 0.3, 0.6), Slot(0, 0.65, 0.9))
    return experiment(f"e{number:02}", variants=variants(0.3, 0.7), **changes)


def random_shop(seed: int) -> Snapshot:
    """Thirty experiments, each building on some that came before it, most in a holdout."""
    random = Random(seed)
    rules = [experiment("programme", role="holdout", variants=variants(0.15, 0.85))]
    relations = {"programme": Relations()}
    for number in range(30):
        rule = random_rule(random, number)
        parents = random.sample([item.key for item in rules[1:]], min(number, random.choice([0, 0, 1, 1, 2])))
        wanted = [("control",), ("treatment-1",), ("treatment-1",), ("control", "treatment-1")]
        prerequisites = tuple((parent, frozenset(random.choice(wanted))) for parent in parents)
        relations[rule.key] = Relations(prerequisites, random.choice([None, "programme", "programme"]))
        rules.append(rule)
    flattened = flatten({rule.key: rule for rule in rules}, relations)
    return build(tuple(flattened.values()), KEYS)


def decided(snapshot: Snapshot) -> list[tuple[dict[str, Any], list[Decision]]]:
    compiled = CompiledSnapshot(snapshot)
    people = [attributes_of(number) for number in range(PEOPLE)]
    return [(attributes, decide_all(compiled, attributes)) for attributes in people]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_our_doors_and_the_python_sdk_agree_on_random_gated_experiments(seed: int) -> None:
    snapshot = random_shop(seed)
    app = Flask("doors")
    doors = Doors(FixedSource(CompiledSnapshot(snapshot)), None)  # type: ignore[arg-type]
    register(app, doors)
    client = Client(HotDoor(app.wsgi_app, doors))
    sdk = growthbook.GrowthBook(features=features_of(snapshot))

    def post(path: str, document: object) -> Any:
        return client.post(path, json=document, headers={"X-API-Key": CLIENT_KEY}).get_json()

    took_part = 0
    for attributes, decisions in decided(snapshot):
        context = {"context": {"targetingKey": attributes["id"], **attributes}}
        native = post("/api/v1/assign", context)["assignments"]
        flags = {flag["key"]: flag for flag in post("/ofrep/v1/evaluate/flags", context)["flags"]}
        remote = post(f"/api/eval/{CLIENT_KEY}", {"attributes": attributes})["features"]
        sdk.set_attributes(attributes)
        for decision in decisions:
            key = decision.experiment
            local = sdk.eval_feature(key)
            forced = remote[key]["rules"][0]["force"] if remote[key].get("rules") else None
            took_part += decision.in_experiment
            expected = (decision.payload, decision.in_experiment)
            assert (native[key]["payload"], native[key]["in_experiment"]) == expected
            assert (flags[key]["value"], flags[key]["metadata"]["inExperiment"]) == expected
            assert (local.value, local.source == "experiment") == expected
            assert (forced or remote[key]["defaultValue"], forced is not None) == expected
    assert took_part > PEOPLE


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_javascript_sdk_agrees_on_random_gated_experiments(node: str, seed: int) -> None:
    snapshot = random_shop(seed)
    features = features_of(snapshot)
    cases = [
        {"ctx": {"attributes": attributes, "features": features}, "key": decision.experiment}
        for attributes, decisions in decided(snapshot)
        for decision in decisions
    ]
    expected = [
        (decision.payload, decision.in_experiment) for _, every in decided(snapshot) for decision in every
    ]
    answers = asked_of_javascript(node, cases)
    found = [(answer["value"], answer["source"] == "experiment") for answer in answers]
    assert found == expected, json.dumps(snapshot.revision)
