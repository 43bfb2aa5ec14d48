"""What experiments say of one another, flattened, lets in exactly whom the parents' own rules name."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from assignment.allocation import grow
from assignment.engine import CompiledSnapshot, Reason, decide
from assignment.snapshot import Experiment, LayerSlice, Status, Variant, build
from experiments.flatten import Relations, flatten

UNITS = 1_500
NOTHING = Relations()


def rule(key: str, *weights: float, **changes: Any) -> Experiment:
    shares = weights or (0.5, 0.5)
    variants = tuple(Variant("abcd"[place], "", weight, {}) for place, weight in enumerate(shares))
    given: dict[str, Any] = {
        "key": key,
        "version": 1,
        "status": Status.RUNNING,
        "seed": f"{key}:1",
        "hash_attribute": "id",
        "variants": variants,
        "coverage": 1.0,
        "condition": {},
    }
    return Experiment(**(given | changes))


def after(parent: str, *variants: str, holdout: str | None = None) -> Relations:
    return Relations(((parent, frozenset(variants)),), holdout)


class Shop:
    """Rules and what they say of others, published."""

    def __init__(self, *rules: Experiment, **relations: Relations) -> None:
        self.rules = flatten(
            {item.key: item for item in rules},
            {item.key: relations.get(item.key, NOTHING) for item in rules},
        )
        self.compiled = CompiledSnapshot(build(tuple(self.rules.values()), ()))

    def met(self, key: str, number: int) -> str | None:
        """The variant with which a shopper takes part; nothing when they do not."""
        attributes = {"id": f"s{number}", "country": ["NL", "BE"][number % 2], "company": f"c{number % 97}"}
        decision = decide(self.compiled, key, attributes)
        return decision.variant if decision.reason is Reason.SPLIT else None

    def takers(self, key: str, *variants: str) -> set[int]:
        """Who takes part, with one of the variants."""
        return {number for number in range(UNITS) if self.met(key, number) in (variants or ("a", "b", "c"))}


@pytest.mark.parametrize(
    "parent",
    [
        rule("parent", 0.2, 0.3, 0.5),
        rule("parent", 0.2, 0.3, 0.5, coverage=0.6, condition={"country": "NL"}),
        rule("parent", 0.2, 0.3, 0.5, layer=LayerSlice("checkout", 0.3, 0.9)),
        rule("parent", 0.2, 0.3, 0.5, hash_attribute="company"),
        grow(
            rule("parent", 0.2, 0.3, 0.5, coverage=0.3),
            0.9,
            [Variant("a", "", 0.5, {}), Variant("b", "", 0.25, {}), Variant("c", "", 0.25, {})],
        ),
    ],
    ids=["plain", "audience", "layer", "company", "grown"],
)
def test_only_who_meets_the_parent_in_the_variants_named_takes_part(parent: Experiment) -> None:
    shop = Shop(parent, rule("child"), child=after("parent", "a", "c"))
    takers = shop.takers("child")
    assert takers == shop.takers("parent", "a", "c")
    assert 100 < len(takers) < UNITS
    assert 0.4 < len(shop.takers("child", "a")) / len(takers) < 0.6


def test_a_chain_lets_in_who_passes_every_link() -> None:
    shop = Shop(
        rule("one", condition={"country": "NL"}),
        rule("two", layer=LayerSlice("checkout", 0.0, 0.8)),
        rule("three", condition={"company": {"$in": [f"c{number}" for number in range(49)]}}),
        two=after("one", "b"),
        three=after("two", "a"),
    )
    assert shop.takers("two") < shop.takers("one", "b")
    assert shop.takers("three") < shop.takers("two", "a")
    expected = {number for number in shop.takers("two", "a") if number % 97 < 49}
    assert shop.takers("three") == expected != set()


def test_two_parents_let_in_who_takes_part_in_both() -> None:
    both = Relations((("one", frozenset("a")), ("two", frozenset("b"))))
    shop = Shop(rule("one"), rule("two"), rule("child"), child=both)
    assert shop.takers("child") == shop.takers("one", "a") & shop.takers("two", "b")


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"status": Status.PAUSED}, 0),
        ({"status": Status.DRAFT}, 0),
        ({"status": Status.STOPPED}, 0),
        ({"status": Status.STOPPED, "shipped": "b"}, 0),
        ({"status": Status.STOPPED, "shipped": "a"}, UNITS),
    ],
)
def test_a_parent_that_does_not_run_lets_in_nobody_or_all_who_got_its_winner(
    changes: dict[str, Any], expected: int
) -> None:
    parent = rule("parent", condition={"country": "NL"}, coverage=0.5, **changes)
    shop = Shop(parent, rule("child"), child=after("parent", "a"))
    assert len(shop.takers("child")) == expected


def test_a_parent_that_is_gone_lets_nobody_in() -> None:
    assert Shop(rule("child"), child=after("gone", "a")).takers("child") == set()


def test_experiments_that_build_on_one_another_let_nobody_in() -> None:
    shop = Shop(rule("one"), rule("two"), one=after("two", "a"), two=after("one", "a"))
    assert shop.takers("one") == shop.takers("two") == set()


def test_a_change_of_the_parent_flows_through() -> None:
    small = rule("parent", coverage=0.2)
    before = Shop(small, rule("child"), child=after("parent", "b")).takers("child")
    larger = Shop(grow(small, 0.7, small.variants), rule("child"), child=after("parent", "b"))
    assert before < larger.takers("child")
    second = msgspec.structs.replace(small, version=2, seed="parent:2")
    shop = Shop(second, rule("child"), child=after("parent", "b"))
    assert shop.takers("child") == shop.takers("parent", "b") != before


def test_no_experiment_of_a_running_holdout_touches_who_is_held_out() -> None:
    member = Relations(holdout="programme")
    shop = Shop(
        rule("programme", 0.1, 0.9, role="holdout"),
        rule("one"),
        rule("two", hash_attribute="company"),
        rule("child"),
        rule("free"),
        one=member,
        two=member,
        child=after("one", "b"),
    )
    held_out = shop.takers("programme", "a")
    assert 0.07 < len(held_out) / UNITS < 0.13
    assert shop.takers("one") == shop.takers("two") == set(range(UNITS)) - held_out
    assert shop.takers("child") & held_out == set()
    assert shop.takers("free") == set(range(UNITS))
    assert {key: item.holdout for key, item in shop.rules.items()} == {
        "programme": None,
        "one": "programme",
        "two": "programme",
        "child": None,
        "free": None,
    }


def test_the_winner_reaches_who_is_held_out_only_when_the_holdout_ends() -> None:
    def shown(holdout: Experiment) -> set[str]:
        shipped = rule("one", status=Status.STOPPED, shipped="b")
        shop = Shop(holdout, shipped, one=Relations(holdout="programme"))
        held_out = Shop(rule("programme", 0.1, 0.9)).takers("programme", "a")
        return {decide(shop.compiled, "one", {"id": f"s{number}"}).variant for number in held_out}

    running = rule("programme", 0.1, 0.9, role="holdout")
    assert shown(running) == {"a"}
    assert shown(msgspec.structs.replace(running, status=Status.STOPPED)) == {"b"}


def test_who_builds_on_a_winner_that_the_held_out_do_not_get_leaves_them_out_too() -> None:
    shop = Shop(
        rule("programme", 0.1, 0.9, role="holdout"),
        rule("one", status=Status.STOPPED, shipped="b"),
        rule("child"),
        one=Relations(holdout="programme"),
        child=after("one", "b"),
    )
    assert shop.takers("child") == set(range(UNITS)) - shop.takers("programme", "a")


def test_a_holdout_that_ended_lets_everyone_in() -> None:
    ended = rule("programme", 0.1, 0.9, role="holdout", status=Status.STOPPED)
    shop = Shop(ended, rule("one"), one=Relations(holdout="programme"))
    assert shop.takers("one") == set(range(UNITS))
    assert shop.rules["one"].holdout is None


def test_many_roads_to_one_ancestor_stay_one_gate_each() -> None:
    rules = [rule("l0-a"), rule("l0-b")]
    relations: dict[str, Relations] = {}
    for level in range(1, 25):
        for side in "ab":
            key = f"l{level}-{side}"
            rules.append(rule(key))
            below = tuple((f"l{level - 1}-{other}", frozenset("ab")) for other in "ab")
            relations[key] = Relations(below)
    flattened = flatten(
        {item.key: item for item in rules}, {item.key: relations.get(item.key, NOTHING) for item in rules}
    )
    assert len(flattened["l24-a"].gates) == 48
