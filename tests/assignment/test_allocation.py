"""Within a phase the bucket map only grows: nobody who has a variant ever gets another."""

from __future__ import annotations

from collections import Counter

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assignment.allocation import FREE, WouldMoveUnits, grow, owners_of, set_apart, slots_of
from assignment.engine import decide_all
from assignment.growthbook.evaluation import Payload, User
from assignment.growthbook.features import evaluate
from assignment.growthbook.payload import features_of
from assignment.hashing import BUCKETS
from assignment.snapshot import Experiment, Variant, build
from tests.assignment.examples import compiled, experiment, shopper, variants


def weighed(rule: Experiment, *weights: float) -> tuple[Variant, ...]:
    return tuple(
        msgspec.structs.replace(variant, weight=weight)
        for variant, weight in zip(rule.variants, weights, strict=True)
    )


def owners(rule: Experiment) -> list[int]:
    return owners_of(slots_of(rule))


def moved(before: Experiment, after: Experiment) -> int:
    return sum(old not in (FREE, new) for old, new in zip(owners(before), owners(after), strict=True))


def test_more_traffic_at_the_same_weights_needs_no_slots() -> None:
    rule = experiment(coverage=0.1, variants=variants(0.2, 0.3, 0.5))
    larger = grow(rule, 0.4, rule.variants)
    assert (larger.coverage, larger.slots) == (0.4, None)
    assert moved(rule, larger) == 0


def test_a_variant_grows_into_free_buckets_and_nobody_moves() -> None:
    rule = experiment(coverage=0.5)
    grown = grow(rule, 0.8, weighed(rule, 0.3125, 0.6875))
    assert moved(rule, grown) == 0
    assert Counter(owners(grown)) == {0: 2500, 1: 5500, FREE: 2000}


def test_a_variant_may_come_while_units_are_free() -> None:
    rule = experiment(coverage=0.5)
    third = Variant("treatment-2", "", 0.375, {})
    grown = grow(rule, 0.8, (*weighed(rule, 0.3125, 0.3125), third))
    assert moved(rule, grown) == 0
    assert Counter(owners(grown)) == {0: 2500, 1: 2500, 2: 3000, FREE: 2000}


@pytest.mark.parametrize(
    ("coverage", "weights", "words"),
    [
        (0.4, (0.5, 0.5), "'control' has 25.00% of all units and would be left with 20.00%"),
        (0.5, (0.7, 0.3), "'treatment-1' has 25.00% of all units and would be left with 15.00%"),
        (1.0, (0.9, 0.5), "only 50.00% are free"),
    ],
)
def test_a_change_that_would_move_units_is_refused_in_words(
    coverage: float, weights: tuple[float, float], words: str
) -> None:
    rule = experiment(coverage=0.5)
    with pytest.raises(WouldMoveUnits, match=words):
        grow(rule, coverage, weighed(rule, *weights))


def test_a_variant_may_not_go_or_change_places() -> None:
    rule = experiment(coverage=0.5)
    for others in (rule.variants[:1], rule.variants[::-1]):
        with pytest.raises(WouldMoveUnits, match="must all stay"):
            grow(rule, 1.0, others)


@settings(max_examples=60, deadline=None)
@given(
    weights=st.lists(st.integers(1, 100), min_size=2, max_size=5),
    steps=st.lists(
        st.tuples(st.floats(0.05, 1.0), st.lists(st.integers(1, 100), min_size=5, max_size=5)), max_size=4
    ),
)
def test_no_sequence_of_changes_moves_anybody(
    weights: list[int], steps: list[tuple[float, list[int]]]
) -> None:
    rule = experiment(coverage=0.2, variants=variants(*(weight / sum(weights) for weight in weights)))
    for coverage, others in steps:
        chosen = [weight / sum(others[: len(weights)]) for weight in others[: len(weights)]]
        try:
            after = grow(rule, coverage, weighed(rule, *chosen))
        except WouldMoveUnits:
            continue
        assert moved(rule, after) == 0
        counts = Counter(owners(after))
        for index, weight in enumerate(chosen):
            assert abs(counts[index] - coverage * weight * BUCKETS) <= len(chosen) + 0.5
        rule = after


@given(
    begin=st.lists(st.integers(1, 100), min_size=2, max_size=8),
    share=st.floats(0.01, 0.9),
    end=st.lists(st.integers(1, 100), min_size=8, max_size=8),
)
def test_all_that_is_free_can_be_given_out_though_every_part_is_rounded(
    begin: list[int], share: float, end: list[int]
) -> None:
    rule = experiment(coverage=share, variants=variants(*(weight / sum(begin) for weight in begin)))
    rest = end[: len(begin)]
    grown = [
        share * old / sum(begin) + (1 - share) * new / sum(rest) for old, new in zip(begin, rest, strict=True)
    ]
    after = grow(rule, 1.0, weighed(rule, *grown))
    assert moved(rule, after) == 0
    assert owners(after).count(FREE) <= len(begin)


def test_growthbook_clients_follow_a_variant_that_grew() -> None:
    rule = experiment(coverage=0.3, variants=variants(0.2, 0.3, 0.5))
    grown = grow(rule, 0.9, weighed(rule, 0.1, 0.7, 0.2))
    assert len(grown.slots or ()) > 3
    ready, payload = compiled(grown), Payload(features_of(build((grown,), ())))
    for number in range(3_000):
        (decision,) = decide_all(ready, shopper(f"s-{number}"))
        found = evaluate(payload, User(shopper(f"s-{number}")), "bar")
        assert found["value"] == decision.payload
        assert (found["source"] == "experiment") is decision.in_experiment
        if decision.in_experiment:
            assert found["experimentResult"]["key"] == decision.variant


def test_a_variant_without_units_is_still_a_variation_so_that_clients_run_the_experiment() -> None:
    rule = experiment(coverage=0.5, variants=variants(1.0, 0.0))
    grown = msgspec.structs.replace(rule, slots=slots_of(rule)[:1])
    (described,) = features_of(build((grown,), ()))["bar"]["rules"]
    assert [item["key"] for item in described["meta"]] == ["control", "treatment-1"]
    assert described["ranges"] == [[0.0, 0.5], [0.0, 0.0]]


def test_growth_in_the_same_shares_sets_nothing_apart() -> None:
    rule = experiment(coverage=0.2)
    moved_on = msgspec.structs.replace(rule, slots=slots_of(rule))
    grown = grow(moved_on, 0.6, rule.variants)
    assert set_apart([slots_of(rule), slots_of(grown)], [0.5, 0.5]) == frozenset()


@pytest.mark.parametrize(
    ("coverage", "weights", "apart"),
    [
        (0.5, (0.2, 0.8), {0: 0, 1: 3000}),
        (0.8, (0.375, 0.625), {0: 0, 1: 2000}),
        (0.8, (0.75, 0.25), {0: 4000, 1: 0}),
    ],
)
def test_what_one_variant_gets_more_than_its_share_is_set_apart(
    coverage: float, weights: tuple[float, float], apart: dict[int, int]
) -> None:
    rule = experiment(coverage=0.2 if coverage < 0.8 else 0.4)
    grown = grow(rule, coverage, weighed(rule, *weights))
    found = set_apart([slots_of(rule), slots_of(grown)], [0.5, 0.5])
    where = owners(grown)
    assert {index: sum(where[place] == index for place in found) for index in (0, 1)} == apart
    assert not {place for place in found if owners(rule)[place] != FREE}


def test_a_variant_that_came_later_is_set_apart_wholly() -> None:
    rule = experiment(coverage=0.4)
    grown = grow(rule, 0.8, (*weighed(rule, 0.375, 0.375), Variant("late", "", 0.25, {})))
    found = set_apart([slots_of(rule), slots_of(grown)], [0.5, 0.5])
    assert {owners(grown)[place] for place in found} == {2}
    assert len(found) == 2000


@settings(max_examples=40, deadline=None)
@given(
    weights=st.lists(st.integers(1, 20), min_size=2, max_size=4),
    steps=st.lists(
        st.tuples(st.floats(0.1, 1.0), st.lists(st.integers(1, 20), min_size=4, max_size=4)), max_size=3
    ),
)
def test_what_is_compared_keeps_the_shares_of_the_beginning_at_every_growth(
    weights: list[int], steps: list[tuple[float, list[int]]]
) -> None:
    shares = [weight / sum(weights) for weight in weights]
    rule = experiment(coverage=0.2, variants=variants(*shares))
    maps = [slots_of(rule)]
    for coverage, others in steps:
        chosen = [weight / sum(others[: len(weights)]) for weight in others[: len(weights)]]
        try:
            rule = grow(rule, coverage, weighed(rule, *chosen))
        except WouldMoveUnits:
            continue
        maps.append(slots_of(rule))
    apart = set_apart(maps, shares)
    held = owners_of(maps[0])
    for slots in maps[1:]:
        now = owners_of(slots)
        came = [place for place in range(BUCKETS) if held[place] == FREE != now[place] and place not in apart]
        counts = Counter(now[place] for place in came)
        for index, share in enumerate(shares):
            assert abs(counts[index] - share * len(came)) <= 1.5
        held = now
