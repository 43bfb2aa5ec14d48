"""Our evaluator passes GrowthBook's own cross-language cases."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.contract.evaluator import Evaluator

CASES = Path(__file__).resolve().parents[3] / "shared" / "specs" / "growthbook-cases.json"
EVALUATOR = Evaluator()


def cases(section: str) -> list[Any]:
    """The section's cases; one that skips when the file is not there."""
    if not CASES.exists():
        reason = "the cases of GrowthBook's SDKs are not beside the repository (shared/specs)"
        return [pytest.param(None, marks=pytest.mark.skip(reason=reason))]
    found = json.loads(CASES.read_text())[section]
    return [pytest.param(case, id=f"{number}-{case[0]}") for number, case in enumerate(found)]


def close(found: object, expected: object) -> bool:
    """Equal, with numbers to 1e-9."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return set(found) == set(expected) and all(close(found[key], expected[key]) for key in expected)
    if isinstance(expected, list) and isinstance(found, list | tuple):
        return len(found) == len(expected) and all(map(close, found, expected))
    if isinstance(expected, float) and isinstance(found, int | float):
        return abs(found - expected) < 1e-9
    return found == expected and isinstance(found, bool) == isinstance(expected, bool)


@pytest.mark.parametrize("case", cases("hash"))
def test_hash(case: list[Any]) -> None:
    seed, value, version, expected = case
    assert EVALUATOR.hash(seed, value, version) == expected


@pytest.mark.parametrize("case", cases("getBucketRange"))
def test_bucket_ranges(case: list[Any]) -> None:
    _, (count, coverage, weights), expected = case
    assert EVALUATOR.get_bucket_range(count, coverage, weights) == [pytest.approx(pair) for pair in expected]


@pytest.mark.parametrize("case", cases("chooseVariation"))
def test_choice(case: list[Any]) -> None:
    _, position, ranges, expected = case
    assert EVALUATOR.choose_variation(position, ranges) == expected


@pytest.mark.parametrize("case", cases("inNamespace"))
def test_namespace(case: list[Any]) -> None:
    _, value, namespace, expected = case
    assert EVALUATOR.in_namespace(value, namespace) is expected


@pytest.mark.parametrize("case", cases("getEqualWeights"))
def test_equal_weights(case: list[Any]) -> None:
    count, expected = case
    assert EVALUATOR.get_equal_weights(count) == pytest.approx(expected)


@pytest.mark.parametrize("case", cases("getQueryStringOverride"))
def test_query_override(case: list[Any]) -> None:
    _, key, url, count, expected = case
    assert EVALUATOR.get_query_string_override(key, url, count) == expected


@pytest.mark.parametrize("case", cases("evalCondition"))
def test_condition(case: list[Any]) -> None:
    _, condition, attributes, expected, *groups = case
    assert EVALUATOR.eval_condition(condition, attributes, *groups) is expected


@pytest.mark.parametrize("case", cases("feature") + cases("contextualBandit"))
def test_feature(case: list[Any]) -> None:
    _, ctx, key, expected = case
    found = EVALUATOR.eval_feature(ctx, key)
    assert close(found, expected), found


@pytest.mark.parametrize("case", cases("run"))
def test_run(case: list[Any]) -> None:
    _, ctx, experiment, *expected = case
    assert list(EVALUATOR.run_experiment(ctx, experiment)) == expected


@pytest.mark.parametrize("case", cases("stickyBucket"))
def test_sticky(case: list[Any]) -> None:
    _, ctx, documents, key, expected, expected_documents = case
    result, stored = EVALUATOR.eval_sticky(ctx, documents, key)
    assert close(result, expected), result
    assert stored == expected_documents
