"""A broken split is traced to the part of the units that explains it, and to none when none does."""

from __future__ import annotations

import numpy as np
import pytest

from stats.origin import Part, origin, part_p_values

EVEN = (0.5, 0.5)
Counts = tuple[int, ...]


def devices(**counts: Counts) -> list[Part]:
    return [Part("device", value, each, 1 / len(counts)) for value, each in counts.items()]


def total(parts: list[Part]) -> list[int]:
    return [sum(column) for column in zip(*(part.counts for part in parts), strict=True)]


def test_the_value_that_is_off_is_named_with_its_counts() -> None:
    parts = devices(mobile=(6_100, 3_900), desktop=(5_020, 4_980), tablet=(990, 1_010))
    found = origin(parts, total(parts), EVEN)
    assert found is not None
    assert (found.group, found.values, found.counts) == ("device", ("mobile",), (6_100, 3_900))


def test_several_values_are_named_together() -> None:
    parts = devices(mobile=(6_100, 3_900), tablet=(3_300, 2_700), desktop=(5_020, 4_980))
    found = origin(parts, total(parts), EVEN)
    assert found is not None
    assert found.values == ("mobile", "tablet")


def test_nothing_is_named_when_all_values_are_off() -> None:
    parts = devices(mobile=(6_100, 3_900), desktop=(6_080, 3_920))
    assert origin(parts, total(parts), EVEN) is None


def test_a_part_is_not_named_while_too_little_is_known_of_the_rest() -> None:
    # Ten desktops look as planned under anything.
    parts = devices(mobile=(61_000, 39_000), desktop=(5, 5))
    assert origin(parts, total(parts), EVEN) is None


def test_of_two_groups_the_one_with_the_stronger_evidence_is_named() -> None:
    parts = [
        Part("device", "mobile", (6_100, 3_900), 0.1),
        Part("device", "desktop", (10_000, 10_000), 0.1),
        Part("country", "NL", (8_000, 6_000), 0.1),
        Part("country", "BE", (8_100, 7_900), 0.1),
    ]
    found = origin(parts, (16_100, 13_900), EVEN)
    assert found is not None
    assert found.group == "device"


def test_units_in_an_empty_variant_are_traced() -> None:
    shares = (0.5, 0.5, 0.0)
    parts = devices(app=(400, 400, 30), web=(4_000, 4_000, 0))
    assert part_p_values(parts, shares)[0] == 0.0
    found = origin(parts, total(parts), shares)
    assert found is not None
    assert found.values == ("app",)


def test_all_parts_together_keep_the_false_alarm_rate_over_all_looks() -> None:
    # Ville and the union bound: at most 5 % ever, 15 in 300 runs; 28 at the 99.9 % point of chance.
    values = 8
    rng = np.random.default_rng(20261125)
    alarms = 0
    for _ in range(300):
        counts = rng.binomial(40, 0.5, (12, values)).cumsum(axis=0)
        looked = zip(counts, 40 * np.arange(1, 13), strict=True)
        alarms += any(
            min(
                part_p_values(
                    [Part("g", str(i), (int(a), int(size - a)), 1 / values) for i, a in enumerate(row)], EVEN
                )
            )
            <= 0.05
            for row, size in looked
        )
    assert alarms <= 28


def test_a_part_pays_for_the_others() -> None:
    alone = part_p_values([Part("g", "a", (650, 450), 1.0)], EVEN)[0]
    shared = part_p_values([Part("g", "a", (650, 450), 0.1)], EVEN)[0]
    assert shared == pytest.approx(10 * alone)
    assert shared < 1
    assert part_p_values([], EVEN) == []
