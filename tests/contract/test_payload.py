"""Random experiments, as people may define them, are split by both official SDKs as by our engine."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import growthbook
import pytest

from assignment.allocation import grow
from assignment.engine import CompiledSnapshot, Decision, decide_all
from assignment.growthbook.payload import payload_of
from assignment.snapshot import Experiment, LayerSlice, Snapshot, build
from assignment.targeting import check_condition
from tests.assignment.examples import KEYS, experiment, variants
from tests.contract.test_javascript_clients import asked_of_javascript
from tests.contract.typed_conditions import TypedConditions

EXPERIMENTS, PEOPLE = 60, 50


def random_weights(random: Random) -> list[float]:
    count = random.randint(2, 6)
    parts = [random.choice([0.0, 1.0, 1.0, random.random(), 1 / 3]) for _ in range(count)]
    total = sum(parts) or 1.0
    return [part / total for part in parts] if sum(parts) else [1 / count] * count


def random_experiment(random: Random, rules: TypedConditions, number: int) -> Experiment:
    changes: dict[str, Any] = {
        "variants": variants(*random_weights(random)),
        "coverage": random.choice([1.0, 0.0, round(random.random(), 2), random.random(), 0.0001]),
        "seed": random.choice(["s", "zaad-é", "😀", "check out"]) + str(number),
    }
    if random.random() < 0.5:
        changes["condition"] = rules.condition()
        check_condition(changes["condition"])
    if random.random() < 0.3:
        start, end = sorted((round(random.random(), 4), round(random.random(), 4)))
        changes["layer"] = LayerSlice(random.choice(["checkout", "kassa-€"]), start, end)
    if random.random() < 0.3:
        changes["hash_attribute"] = random.choice(["company", "cart.code"])
    rule = experiment(f"e{number:02}", **changes)
    return grown(rule) if random.random() < 0.4 and rule.coverage < 0.95 else rule


def grown(rule: Experiment) -> Experiment:
    """With most of the traffic that was free, evenly over the variants, in whatever buckets are free."""
    free = 0.9 * (1 - rule.coverage)
    shares = [rule.coverage * variant.weight + free / len(rule.variants) for variant in rule.variants]
    return grow(rule, sum(shares), variants(*(share / sum(shares) for share in shares)))


def random_shop(seed: int) -> tuple[Snapshot, list[dict[str, Any]]]:
    random, rules = Random(seed), TypedConditions(seed)
    shop = build(tuple(random_experiment(random, rules, number) for number in range(EXPERIMENTS)), KEYS)
    ids = ["s-{}", "é{}", "😀{}", "{}", "{:032x}"]
    people = []
    for number in range(PEOPLE):
        unit = ids[number % len(ids)].format(random.randrange(10**9))
        company = random.choice(["acme", "", 0, 5, 1.5, -3, 1e21, None, 12345678901])
        people.append({**rules.attributes(), "id": unit, "company": company})
    return shop, people


def expected_of(shop: Snapshot, people: list[dict[str, Any]]) -> list[list[Decision]]:
    compiled = CompiledSnapshot(shop)
    return [decide_all(compiled, person) for person in people]


@pytest.mark.parametrize("seed", [1, 2])
def test_random_experiments_are_split_by_every_sdk_as_by_the_engine(node: str, seed: int) -> None:
    shop, people = random_shop(seed)
    features = json.loads(payload_of(CompiledSnapshot(shop)).body)["features"]
    sdk = growthbook.GrowthBook(features=features)
    cases, expected, python = [], [], []
    for person, decisions in zip(people, expected_of(shop, people), strict=True):
        sdk.set_attributes(person)
        for decision in decisions:
            entered = decision.variant if decision.in_experiment else None
            expected.append((decision.payload, entered))
            found = sdk.eval_feature(decision.experiment)
            python.append((found.value, found.experimentResult.key if found.experimentResult else None))
            feature = {decision.experiment: features[decision.experiment]}
            cases.append({"ctx": {"attributes": person, "features": feature}, "key": decision.experiment})
    javascript = [
        (answer["value"], answer.get("experimentResult", {}).get("key"))
        for answer in asked_of_javascript(node, cases)
    ]
    assert sum(entered is not None for _, entered in expected) > len(expected) / 10
    for reader, answers in (("python", python), ("javascript", javascript)):
        wrong = [case for case, one, other in zip(cases, expected, answers, strict=True) if one != other]
        assert wrong == [], f"{reader}: {len(wrong)}, such as {json.dumps(wrong[0])}"
