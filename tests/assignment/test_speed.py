"""Speed that we promise stays: generous ratios by processor time, which a busy machine does not spoil."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest

from assignment.engine import CompiledSnapshot, decide_all
from tests.benchmarks.evaluator import bulk, one_by_one, ours, seconds, shopper, snapshot, theirs


@pytest.fixture(autouse=True)
def no_garbage_collection() -> Iterator[None]:
    """Other tests' objects make a collection long."""
    gc.disable()
    yield
    gc.enable()


def test_a_hundred_experiments_are_decided_twenty_times_as_fast_as_by_the_official_sdk() -> None:
    assert ours(100, shoppers=100) > 20 * theirs(100, shoppers=5)


def test_a_hundred_experiments_take_less_than_ten_times_as_long_as_ten() -> None:
    assert ours(100, shoppers=100) > ours(10, shoppers=1_000)


def test_an_array_of_ids_is_assigned_at_least_three_times_as_fast_as_one_by_one() -> None:
    ids = [f"shopper-{number:07}" for number in range(100_000)]
    assert bulk(ids)[0] > 3 * one_by_one(ids[:20_000])


def test_new_rules_of_a_hundred_experiments_are_ready_before_a_thousand_shoppers_are_decided() -> None:
    rules = snapshot(100)
    ready = CompiledSnapshot(rules)
    people = [shopper(number) for number in range(1_000)]
    assert seconds(lambda: CompiledSnapshot(rules)) < seconds(
        lambda: [decide_all(ready, each) for each in people]
    )
