"""Axes that one wide interval does not flatten."""

from __future__ import annotations

import pytest

from experiments.analysis.scale import band_limit, forest_limit, ticks


def test_one_wide_interval_does_not_flatten_the_others() -> None:
    usual = [(-0.02, 0.05)] * 5
    assert forest_limit([*usual, (-9.0, 9.0)]) == pytest.approx(1.08 * 2.5 * 0.05)


def test_all_intervals_fit_when_they_are_alike() -> None:
    assert forest_limit([(-0.02, 0.05), (-0.08, 0.03)]) > 0.08


def test_without_intervals_the_axis_still_has_a_width() -> None:
    assert forest_limit([]) == forest_limit([(None, None)]) == 0.1
    assert band_limit([(0.0, 0.0)]) == 0.1


def test_early_wide_bands_are_cut_off_and_the_last_one_never() -> None:
    bounds = [(-1 / day, 1 / day) for day in range(1, 21)]
    limit = band_limit(bounds)
    assert 1 / 20 < limit < 0.2


@pytest.mark.parametrize("limit", [0.0004, 0.004, 0.03, 0.07, 0.18, 0.5, 1.7, 26.0])
@pytest.mark.parametrize("per_side", [1, 3])
def test_ticks_are_symmetric_within_the_axis_and_few(limit: float, per_side: int) -> None:
    found = ticks(limit, per_side)
    assert found == [-value for value in reversed(found)]
    assert 1 <= len(found) // 2 <= per_side
    assert found[-1] <= limit
