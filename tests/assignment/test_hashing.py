"""The hash is the one of every GrowthBook SDK, to the last digit."""

from __future__ import annotations

import pytest

from assignment import hashing


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", 2166136261),
        ("a", 3826002220),
        ("user-1my-exp", 236589620),
        ("foobar", 3214735720),
        ("éx", 1375429236),
        ("😀", 3409036472),
    ],
)
def test_fnv_hashes_utf16_code_units(text: str, expected: int) -> None:
    assert hashing.fnv32(text) == expected


@pytest.mark.parametrize(
    ("seed", "value", "first", "second"),
    [
        ("my-exp", "user-1", 0.62, 0.3535),
        ("checkout-color", "u1", 0.961, 0.7841),
        ("checkout-color", "u2", 0.36, 0.0665),
        ("checkout-color", "u9", 0.313, 0.0),
        ("my-exp", "é", 0.244, 0.8371),
        ("my-exp", "😀", 0.768, 0.216),
    ],
)
def test_both_hash_versions_give_the_published_positions(
    seed: str, value: str, first: float, second: float
) -> None:
    assert hashing.hash_unit(seed, value, 1) == first
    assert hashing.hash_unit(seed, value, 2) == second
    assert hashing.hash_unit(seed, value, 3) is None


def test_text_beyond_latin1_hashes_the_same_by_either_route() -> None:
    assert hashing._fnv32_wide("checkout-colorü") == hashing.fnv32("checkout-colorü")
    assert hashing.bucket_of("seed", "winkel-€") == hashing.hash_unit("seed", "winkel-€", 2) * 10_000  # type: ignore[operator]


def test_ids_with_nul_and_lone_surrogates_still_fall_in_a_bucket() -> None:
    for value in ("\0", "a\0b", "\ud800"):
        assert 0 <= hashing.bucket_of("seed", value) < hashing.BUCKETS


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("s-1", "s-1"),
        (1, "1"),
        (1.0, "1"),
        (1.5, "1.5"),
        (1e21, "1e+21"),
        (-7, "-7"),
        (12345678901234567890, "12345678901234567000"),
        (0, ""),
        (0.0, ""),
        (float("nan"), ""),
        (float("inf"), ""),
        ("", ""),
        (None, ""),
        (True, ""),
        ([1], ""),
        ({"a": 1}, ""),
    ],
)
def test_only_text_and_finite_numbers_are_hashed_as_javascript_writes_them(value: object, text: str) -> None:
    assert hashing.hash_value(value) == text


@pytest.mark.parametrize(
    ("count", "coverage", "weights", "expected"),
    [
        (2, 0.8, [0.5, 0.5], [(0, 0.4), (0.5, 0.9)]),
        (3, 0.5, [0.2, 0.3, 0.5], [(0, 0.1), (0.2, 0.35), (0.5, 0.75)]),
        (4, 0.02, None, [(0, 0.005), (0.25, 0.255), (0.5, 0.505), (0.75, 0.755)]),
        (2, 1.0, [0.5, 0.485], [(0, 0.5), (0.5, 1)]),
        (2, 1.0, [0.5, 0.49], [(0, 0.5), (0.5, 0.99)]),
        (2, 7.0, None, [(0, 0.5), (0.5, 1)]),
        (2, -1.0, None, [(0, 0), (0.5, 0.5)]),
        (0, 1.0, None, []),
    ],
)
def test_ranges_shrink_from_their_own_start(
    count: int, coverage: float, weights: list[float] | None, expected: list[tuple[float, float]]
) -> None:
    found = hashing.bucket_ranges(count, coverage, weights)
    assert [pytest.approx(pair) for pair in found] == expected


def test_namespace_hashes_with_the_first_version() -> None:
    assert hashing.in_namespace("user-1", ("pricing", 0, 0.5))
    assert not hashing.in_namespace("user-3", ("pricing", 0, 0.4))
    assert hashing.in_namespace("user-3", ("pricing", 0.414, 0.415))
