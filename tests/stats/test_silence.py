"""The test of a variant that fell silent."""

from __future__ import annotations

import numpy as np
import pytest

from stats.silence import silence_p_value


def test_the_chance_is_that_of_the_run_shared_out_over_its_possible_starts() -> None:
    # By hand: 10 of the others in a row have chance 2^-10; the 4th start has 1/20 of the error; two variants.
    assert silence_p_value(3, 20, 0.5, 2) == pytest.approx(2.0**-20 * 20 * 2)
    assert silence_p_value(3, 2, 0.5, 2) == 1.0


def test_a_variant_that_stops_is_found_within_dozens_of_units() -> None:
    assert silence_p_value(100_000, 50, 0.5, 4) < 0.001
    assert silence_p_value(100_000, 30, 0.5, 4) > 0.001


def test_a_variant_that_never_had_a_unit_is_found() -> None:
    assert silence_p_value(0, 20, 0.5, 4) < 0.001


def test_reading_after_every_event_keeps_the_false_alarm_rate() -> None:
    # At most 5 % ever over both variants; 2,000 runs of 1,500 events; 99.9 % point of chance 1.5 points more.
    rng = np.random.default_rng(20261125)
    alarms = 0
    for _ in range(2_000):
        variant = rng.random(1_500) < 0.3
        for arm, share in ((True, 0.3), (False, 0.7)):
            places = np.concatenate([[0], np.flatnonzero(variant == arm) + 1, [1_501]])
            runs = np.diff(places) - 1
            alarms += any(
                silence_p_value(int(before), int(run), share, 2) <= 0.05
                for before, run in zip(places[:-1], runs, strict=True)
                if run > 3
            )
    assert alarms / 2_000 <= 0.065


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        ((-1, 0, 0.5, 1), "before"),
        ((0, -1, 0.5, 1), "run"),
        ((0, 0, 0.0, 1), "share"),
        ((0, 0, 0.5, 0), "arms"),
    ],
)
def test_bad_input_is_named(arguments: tuple[int, int, float, int], field: str) -> None:
    with pytest.raises(ValueError, match=field):
        silence_p_value(*arguments)


def test_a_variant_that_gets_everything_cannot_be_passed_over() -> None:
    assert silence_p_value(5, 0, 1.0, 1) == 1.0
    assert silence_p_value(5, 1, 1.0, 1) == 0.0
