"""The error of whole families, from units to verdicts, at every look of imaginary experiments."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from stats import anytime, conversion
from stats.anytime import Boundary
from stats.calibrate import monte_carlo
from stats.cell import Cell
from stats.guard import verdicts
from stats.mean import read_always
from stats.multiple import benjamini_hochberg, holm
from stats.readers import Pair
from stats.synthetic import simulate

Floats = NDArray[np.float64]
ALPHA = 0.05
LOOKS = 50
UNEVEN = (0.34, 0.33, 0.33)
RARE = Cell("conversion 2 %", "proportion", rate=0.02, looks=LOOKS)
REVENUE = Cell("revenue", "mean", rate=0.1, values="lognormal", spread=1.0, units=20_000, looks=LOOKS)
COUNT = Cell("count", "count", values="poisson", units=6_000, looks=LOOKS)


def p_values(cell: Cell, replicates: int, seed: int, boundary: Boundary) -> Floats:
    """Own p-values of every treatment, as a report reads them, shape `(replicates, looks, treatments)`."""
    control, *treatments = simulate(cell, replicates, np.random.default_rng(seed))
    return np.stack(
        [_p_value(Pair(cell, control, arm, place + 1), boundary) for place, arm in enumerate(treatments)],
        axis=-1,
    )


def _p_value(pair: Pair, boundary: Boundary) -> Floats:
    if pair.binary:
        first, second = pair.control.stack, pair.treatment.stack
        units = first.units + second.units
        return conversion.p_value(first.events, second.events, units, pair.shares, pair.planned, boundary)
    with np.errstate(divide="ignore", invalid="ignore"):
        both = pair.contrast
        reading = read_always(both, pair.planned, boundary)
        return np.where(verdicts(both) == 0, reading.p_value, 1.0)


def detectable(cell: Cell, size: float) -> Cell:
    """The cell with so many times the effect that a single look finds in 80 %."""
    return replace(cell, lift=size * cell.lift_for_power(), through="rate" if cell.rate < 1 else "value")


@pytest.mark.parametrize("effect", [False, True], ids=["no effect", "an effect on the other primary"])
@pytest.mark.parametrize("replicates", [250, pytest.param(2_500, marks=pytest.mark.slow)])
def test_holm_keeps_the_error_of_three_arms_and_two_primaries_at_every_look(
    replicates: int, effect: bool
) -> None:
    cells = [replace(cell, shares=UNEVEN) for cell in (RARE, REVENUE)]
    if effect:
        # Two certain findings leave alpha over two for the others, the most that Holm gives them.
        cells[1] = detectable(cells[1], 3.0)
    boundary = anytime.sequential(ALPHA / 4)
    found = np.concatenate(
        [p_values(cell, replicates, place, boundary) for place, cell in enumerate(cells)], axis=-1
    )
    without = slice(0, 2) if effect else slice(0, 4)
    false = 0
    for path in found:
        near = path[path[:, without].min(axis=1) <= ALPHA]
        false += any(any(each.significant for each in holm(list(look), ALPHA)[without]) for look in near)
    assert monte_carlo(false, replicates)[0] <= ALPHA
    if effect:
        assert np.mean(found[:, -1, 2:] <= ALPHA / 4) > 0.9


@pytest.mark.parametrize("effects", [0, 5])
@pytest.mark.parametrize("replicates", [80, pytest.param(800, marks=pytest.mark.slow)])
def test_e_values_keep_the_share_of_false_calls_over_twenty_secondaries_at_every_look(
    replicates: int, effects: int
) -> None:
    boundary = anytime.mixture(ALPHA / 20)
    plain = [(RARE, COUNT)[place % 2] for place in range(20)]
    cells = [detectable(cell, 2.0) if place < effects else cell for place, cell in enumerate(plain)]
    found = np.concatenate(
        [p_values(cell, replicates, 100 + place, boundary) for place, cell in enumerate(cells)], axis=-1
    )
    worst, right = np.zeros(replicates), np.zeros(replicates)
    for number, path in enumerate(found):
        for look in path[path[:, effects:].min(axis=1) <= ALPHA]:
            called = [each.significant for each in benjamini_hochberg(list(look), ALPHA)]
            # The reader stops at the least friendly moment.
            worst[number] = max(worst[number], sum(called[effects:]) / max(sum(called), 1))
        right[number] = sum(each.significant for each in benjamini_hochberg(list(path[-1]), ALPHA)[:effects])
    assert worst.mean() - 3.3 * worst.std() / math.sqrt(replicates) <= ALPHA
    assert right.mean() >= 0.7 * effects
