"""Many units at once get what the doors give each of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assignment.bulk import Units, assign, buckets
from assignment.engine import decide
from assignment.hashing import BUCKETS, bucket_of
from assignment.snapshot import Experiment, Status
from tests.assignment.examples import compiled, several, shopper

TEXTS = st.text(st.characters(exclude_categories=[]), max_size=30)
AWKWARD = ["", "\0", "a\0", "é", "klant-€", "😀", "a😀b", "\ud800", "\udc00x", "\n", "s-1", "s-10", "7" * 200]


def _one_by_one(seed: str, texts: list[str]) -> list[int]:
    return [bucket_of(seed, text) if text else BUCKETS for text in texts]


@settings(max_examples=150, deadline=None)
@given(seed=TEXTS, texts=st.lists(TEXTS, max_size=40))
def test_buckets_of_any_texts_are_those_of_one_by_one(seed: str, texts: list[str]) -> None:
    assert buckets(Units.of(texts), seed).tolist() == _one_by_one(seed, texts)


@settings(max_examples=150, deadline=None)
@given(seed=TEXTS, texts=st.lists(st.text(max_size=30), max_size=40))
def test_texts_in_utf8_fall_in_the_same_buckets(seed: str, texts: list[str]) -> None:
    parts = [text.encode() for text in texts]
    offsets = [0, *np.cumsum([len(part) for part in parts])]
    assert buckets(Units.of_utf8(b"".join(parts), offsets), seed).tolist() == _one_by_one(seed, texts)


@pytest.mark.parametrize("pattern", ["shopper-{:07}", "s-{}", "klant-€-{}", "😀{}"])
def test_more_units_than_a_block_are_hashed_as_one_by_one(pattern: str) -> None:
    texts = [pattern.format(number) for number in range(40_000)]
    found = buckets(Units.of(texts), "seed-é")
    assert found[::97].tolist() == _one_by_one("seed-é", texts[::97])
    assert np.bincount(found, minlength=BUCKETS).max() < 25


@pytest.mark.parametrize("number", [0, 1, 9, 10, 42_949, 42_950, 99_999, 100_000, 100_001, 2**32 - 1])
def test_the_decimal_text_of_any_hash_is_hashed(number: int) -> None:
    from assignment.bulk import _hash_decimal
    from assignment.hashing import fnv32

    assert _hash_decimal(np.array([number], np.uint32)).tolist() == [fnv32(str(number))]


@pytest.mark.parametrize(
    "rule", [rule for rule in several() if rule.status is Status.RUNNING], ids=lambda rule: rule.key
)
def test_every_kind_of_rule_gives_what_the_engine_gives(rule: Experiment) -> None:
    ready = compiled(rule)
    ids = [
        *AWKWARD,
        *(f"klant-{number}-é" for number in range(500)),
        *(f"€{number}" for number in range(500)),
    ]
    companies = [f"c{number % 50}" if number % 3 else "" for number in range(len(ids))]
    found = assign(rule, {"id": Units.of(ids), "company": Units.of(companies)})
    for unit, company, variant in zip(ids, companies, found.tolist(), strict=True):
        decision = decide(ready, rule.key, shopper(unit, company=company, country="NL", visits=5))
        assert decision.in_experiment is (variant >= 0)
        assert decision.variant == rule.variants[max(variant, 0)].key


def test_units_alone_will_do_where_no_gate_asks_for_another_attribute() -> None:
    held = next(rule for rule in several() if rule.key == "held")
    units = Units.of(["s-1", "s-2"])
    assert assign(held, units).tolist() == assign(held, {"id": units}).tolist()
    with pytest.raises(KeyError, match="company"):
        assign(next(rule for rule in several() if rule.key == "held-in-a-layer"), units)


def test_no_units_are_no_variants() -> None:
    assert assign(several()[0], Units.of([])).tolist() == []
    assert assign(several()[0], Units.of_utf8(b"", [0])).tolist() == []
