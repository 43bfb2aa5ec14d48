"""The official JavaScript clients of GrowthBook and OpenFeature, unmodified, agree with our engine."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from assignment.engine import decide_all
from tests.assignment.examples import CLIENT_KEY
from tests.contract.conftest import Live
from tests.contract.evaluator import Evaluator
from tests.contract.random_rules import GROUPS, RandomRules
from tests.contract.test_growthbook_cases import close
from tests.contract.test_growthbook_sdk import attributes_of

FOLDER = Path(__file__).parent / "javascript"
UNITS = 3_000


def test_every_javascript_client_gets_the_variant_that_the_engine_decides(live: Live, node: str) -> None:
    people = [attributes_of(number) for number in range(UNITS)]
    decided = [decide_all(live.compiled, attributes) for attributes in people]
    cases = []
    for number, (attributes, decisions) in enumerate(zip(people, decided, strict=True)):
        flags = [item.experiment for item in decisions]
        single = [flags[(2 * number + more) % len(flags)] for more in range(2)]
        cases.append(json.dumps({"attributes": attributes, "flags": flags, "single": single}))
    said = subprocess.run(
        [node, "clients.cjs", live.url, CLIENT_KEY],
        cwd=FOLDER,
        input="\n".join(cases),
        capture_output=True,
        encoding="utf-8",
        timeout=240,
    )
    assert said.returncode == 0, said.stderr
    answers = [json.loads(line) for line in said.stdout.splitlines()]
    assert len(answers) == UNITS
    asked, disagreements = 0, []
    for attributes, answer, decisions in zip(people, answers, decided, strict=True):
        for decision in decisions:
            entered = decision.variant if decision.in_experiment else None
            evaluated = {"value": decision.payload, "variant": entered}
            resolved = {"value": decision.payload, "variant": decision.variant, "error": None}
            expected = {"local": evaluated, "remote": evaluated, "web": resolved, "server": resolved}
            for client, flags in answer.items():
                if decision.experiment in flags:
                    asked += 1
                    if flags[decision.experiment] != expected[client]:
                        disagreements.append((attributes, decision.experiment, client))
    assert asked == UNITS * (3 * len(decided[0]) + 2)
    assert disagreements == []


def asked_of_javascript(node: str, cases: list[dict[str, Any]]) -> list[Any]:
    """What the official SDK answers to each case (see `evaluate.cjs`)."""
    said = subprocess.run(
        [node, "evaluate.cjs"],
        cwd=FOLDER,
        input="\n".join(json.dumps(case) for case in cases),
        capture_output=True,
        encoding="utf-8",
        timeout=120,
    )
    assert said.returncode == 0, said.stderr
    answers = [json.loads(line) for line in said.stdout.splitlines()]
    assert len(answers) == len(cases)
    return answers


@pytest.mark.parametrize("seed", [1, 2])
def test_random_conditions_hold_for_whom_the_javascript_sdk_says(node: str, seed: int) -> None:
    rules = RandomRules(seed)
    cases: list[dict[str, Any]] = []
    for _ in range(2_000):
        condition = rules.condition()
        feature = {"defaultValue": False, "rules": [{"force": True, "condition": condition}]}
        context: dict[str, Any] = {"attributes": rules.attributes(), "savedGroups": GROUPS}
        context["features"] = {"f": feature}
        cases.append({"ctx": context, "key": "f", "condition": condition})
    answers = asked_of_javascript(node, cases)
    assert 200 < sum(answer["value"] for answer in answers) < 1_800
    for case, answer in zip(cases, answers, strict=True):
        found = Evaluator().eval_condition(case["condition"], case["ctx"]["attributes"], GROUPS)
        assert found is answer["value"], json.dumps(case)


@pytest.mark.parametrize("seed", [1, 2])
def test_random_features_and_experiments_end_as_in_the_javascript_sdk(node: str, seed: int) -> None:
    rules = RandomRules(seed)
    features: list[dict[str, Any]] = [{"ctx": rules.context(), "key": "f"} for _ in range(1_000)]
    inline: list[dict[str, Any]] = [
        {"ctx": rules.context(), "experiment": rules.experiment()} for _ in range(1_000)
    ]
    answers = asked_of_javascript(node, features + inline)
    for case, answer in zip(features, answers, strict=False):
        found = Evaluator().eval_feature(case["ctx"], "f")
        assert close(found, answer), json.dumps(case)
    for case, answer in zip(inline, answers[len(features) :], strict=True):
        assert list(Evaluator().run_experiment(case["ctx"], case["experiment"])) == answer, json.dumps(case)


@pytest.mark.parametrize("seed", [1, 2])
def test_random_sticky_buckets_are_kept_as_by_the_javascript_sdk(node: str, seed: int) -> None:
    rules = RandomRules(seed)
    cases = [rules.sticky_case() for _ in range(2_000)]
    answers = asked_of_javascript(node, cases)
    assert sum(bool(result and result["stickyBucketUsed"]) for result, _ in answers) > 20
    for case, answer in zip(cases, answers, strict=True):
        found = Evaluator().eval_sticky(case["ctx"], case["documents"], "f")
        assert close(list(found), answer), json.dumps(case)
