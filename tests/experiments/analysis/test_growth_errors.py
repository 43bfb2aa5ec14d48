"""False alarms hold when the split grows midway, whoever comes back; by time they would not."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.stats import binom

from assignment.allocation import FREE, grow, owners_of, set_apart, slots_of
from assignment.hashing import BUCKETS
from stats.balance import split_p_values
from tests.assignment.examples import experiment
from tests.assignment.test_allocation import weighed

REPLICATES, UNITS, DAYS, GROWTH = 400, 4_000, 20, 10
ALPHA = 0.05
RULE = experiment(coverage=0.2)
GROWN = grow(RULE, 0.8, weighed(RULE, 0.25, 0.75))
BEFORE, AFTER = (np.array(owners_of(slots_of(rule))) for rule in (RULE, GROWN))
APART = np.isin(np.arange(BUCKETS), list(set_apart([slots_of(RULE), slots_of(GROWN)], [0.5, 0.5])))


def entered(draw: np.random.Generator) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """Bucket, day of first exposure (`DAYS` for never) and whether each shopper is a regular."""
    places, regular = draw.integers(BUCKETS, size=UNITS), draw.random(UNITS) < 0.5
    once = draw.integers(DAYS, size=UNITS)
    first = np.where(regular, 0, once)
    waited = np.where(regular, GROWTH, np.where(once >= GROWTH, once, DAYS))
    day = np.where(BEFORE[places] != FREE, first, np.where(AFTER[places] != FREE, waited, DAYS))
    return places, day, regular


def daily(variant: NDArray[np.int64], day: NDArray[np.int64]) -> NDArray[np.int64]:
    """Units per variant by the end of each day."""
    counts = np.zeros((DAYS, 2), dtype=np.int64)
    inside = day < DAYS
    np.add.at(counts, (day[inside], variant[inside]), 1)
    return np.asarray(counts.cumsum(axis=0))


def test_a_split_that_grew_raises_no_false_alarm_and_no_false_effect() -> None:
    draw = np.random.default_rng(20261125)
    alarms = blind_alarms = 0
    gaps: list[float] = []
    blind_gaps: list[float] = []
    for _ in range(REPLICATES):
        places, day, regular = entered(draw)
        variant = AFTER[places]
        for compared in (True, False):
            kept = (day < DAYS) & ~(APART[places] & compared)
            counts = daily(variant[kept], day[kept])
            if compared:
                alarms += bool((split_p_values(counts, [0.5, 0.5]) <= ALPHA).any())
            else:
                # Expected shares by period of exposure: those of the split that held then.
                later = counts[GROWTH:] - counts[GROWTH - 1]
                blind_alarms += bool((split_p_values(later, [0.25, 0.75]) <= ALPHA).any())
            arms = [regular[kept & (variant == arm)].mean() for arm in (0, 1)]
            (gaps if compared else blind_gaps).append(arms[1] - arms[0])
    assert alarms <= binom.ppf(0.999, REPLICATES, ALPHA)
    assert blind_alarms > 0.9 * REPLICATES
    error = np.std(gaps) / np.sqrt(REPLICATES)
    assert abs(np.mean(gaps)) < 3.3 * error
    assert np.mean(blind_gaps) > 0.05
