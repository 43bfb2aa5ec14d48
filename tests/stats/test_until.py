"""Waiting for an interval to be narrow: referee is the boundary itself."""

from __future__ import annotations

import math

import pytest

from stats import anytime
from stats.until import half_width_at, units_until


def _width(boundary: anytime.Boundary, units: float, planned: float) -> float:
    return float(boundary.critical_value(units / planned, units / planned)) / math.sqrt(units)


@pytest.mark.parametrize("planned", [True, False])
@pytest.mark.parametrize("share", [0.9, 0.5, 0.2])
def test_the_interval_is_as_narrow_as_wanted_at_the_units_found_and_stays_so(
    share: float, *, planned: bool
) -> None:
    boundary = (anytime.planned if planned else anytime.sequential)(0.05)
    found = units_until(0.067, 0.067 * share, 20_000, 80_000, 0.05, planned=planned)
    assert found is not None
    start = _width(boundary, 20_000, 80_000)
    assert _width(boundary, found, 80_000) / start == pytest.approx(share, rel=0.002)
    assert all(_width(boundary, found * more, 80_000) / start <= share * 1.002 for more in (1.01, 1.5, 4, 20))


def test_the_half_width_later_agrees_with_the_units_that_reach_it() -> None:
    found = units_until(0.05, 0.03, 10_000, 50_000, 0.02)
    assert found is not None
    assert half_width_at(0.05, 10_000, found, 50_000, 0.02) == pytest.approx(0.03, rel=0.002)


def test_what_is_met_takes_no_more_units_and_what_is_out_of_reach_has_no_answer() -> None:
    assert units_until(0.05, 0.06, 10_000, 50_000, 0.05) == 10_000
    assert units_until(0.05, 1e-5, 10_000, 50_000, 0.05) is None
    assert units_until(0.05, 0.0, 10_000, 50_000, 0.05) is None
    with pytest.raises(ValueError, match="half_width, units and planned_units must be above 0"):
        units_until(0.0, 0.01, 10_000, 50_000, 0.05)
