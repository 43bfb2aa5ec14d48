"""Design-based betting: fair odds, sums that add, error rate and power."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from stats.betting import LogFactors, Terms, bet, score, stakes

LIFTS = (-0.6, -0.3, -0.15, 0.0, 0.15, 0.3, 0.6, 1.0)
TERMS = Terms(share=0.1, centre=0.3, deviation=8.0, planned_units=20_000, lower=0.0, upper=20.0)


def units(
    seed: int, size: int, share: float, lift: float = 0.0, rate: float = 0.1
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    rng = np.random.default_rng(seed)
    treated = rng.random(size) < share
    bought = rng.random(size) < rate * np.where(treated, 1 + lift, 1.0)
    return np.where(bought, np.minimum(rng.lognormal(0, 1.0, size), 20.0), 0.0), treated


def read_in_batches(
    outcome: NDArray[np.float64],
    treated: NDArray[np.bool_],
    share: float,
    batches: int,
    lifts: tuple[float, ...] = LIFTS,
) -> tuple[LogFactors, float]:
    """Bet with what earlier batches taught; returns the factors and the highest log wealth at no lift."""
    total: LogFactors | None = None
    highest = -math.inf
    edges = np.linspace(0, len(outcome), batches + 1).astype(int)
    for start, stop in pairwise(edges[1:]):
        past = outcome[:start]
        deviation = past.std() / math.sqrt(share * (1 - share))
        terms = Terms(share, float(past.mean()), float(deviation), len(outcome), 0.0, 20.0)
        factors = bet(outcome[start:stop], treated[start:stop], terms, lifts)
        total = factors if total is None else total + factors
        highest = max(highest, float(total.log_wealth()[lifts.index(0.0)]))
    assert total is not None
    return total, highest


@pytest.mark.parametrize("lift", [0.0, 0.5, -0.4])
def test_the_score_has_the_contrast_as_its_mean_whatever_the_centre(lift: float) -> None:
    outcome, treated = units(1, 400_000, 0.1, lift=0.5)
    means = outcome[treated].mean(), outcome[~treated].mean()
    share = float(treated.mean())
    for centre in (0.0, 0.3, 5.0):
        terms = replace(TERMS, share=share, centre=centre)
        expected = means[0] - (1 + lift) * means[1]
        assert score(outcome, treated, terms, lift).mean() == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("lift", LIFTS)
def test_no_outcome_within_the_bounds_loses_more_than_three_quarters(lift: float) -> None:
    sizes = stakes(TERMS, lift)
    for value in (TERMS.lower, 0.3, TERMS.upper):
        for treated in (True, False):
            found = float(score(value, treated, TERMS, lift))
            assert (1 + sizes[0] * found).min() >= 0.25 - 1e-12
            assert (1 - sizes[1] * found).min() >= 0.25 - 1e-12


def test_factors_of_two_halves_are_the_factors_of_the_whole() -> None:
    outcome, treated = units(2, 3_000, 0.1)
    whole = bet(outcome, treated, TERMS, LIFTS)
    halves = bet(outcome[:1_100], treated[:1_100], TERMS, LIFTS) + bet(
        outcome[1_100:], treated[1_100:], TERMS, LIFTS
    )
    assert halves.units == whole.units
    assert halves.sums == pytest.approx(whole.sums, rel=1e-12)


def test_the_mean_wealth_without_a_difference_is_one() -> None:
    # Fair odds: exponentials of the log wealth after a hundred units average to one.
    rng = np.random.default_rng(3)
    wealth = []
    for _ in range(1_000):
        outcome, treated = units(int(rng.integers(2**31)), 100, 0.1, rate=0.3)
        wealth.append(math.exp(float(bet(outcome, treated, TERMS, (0.0,)).log_wealth()[0])))
    error = float(np.std(wealth)) / math.sqrt(len(wealth))
    assert np.mean(wealth) == pytest.approx(1.0, abs=4 * error)


def test_skewed_uneven_arms_keep_their_error_rate_at_every_look() -> None:
    highest = [read_in_batches(*units(seed, 4_000, 0.1), 0.1, 25, (0.0,))[1] for seed in range(80)]
    # Five percent of 80 is 4; 11 is the 99.9 % point of chance.
    assert sum(value >= math.log(20) for value in highest) <= 11


def test_a_large_effect_is_found_and_lies_inside_the_interval() -> None:
    outcome, treated = units(7, 40_000, 0.1, lift=0.7)
    factors, _ = read_in_batches(outcome, treated, 0.1, 40)
    lower, upper = factors.interval(0.05)
    assert factors.p_value() <= 0.05
    assert 0 <= lower <= 0.7 <= upper


def test_an_outcome_beyond_the_registered_cap_is_refused() -> None:
    with pytest.raises(ValueError, match="between"):
        bet([25.0], [True], TERMS, (0.0,))
    with pytest.raises(ValueError, match="contain 0"):
        bet([1.0], [True], TERMS, (0.5,))


@pytest.mark.parametrize(
    "changes",
    [{"share": 0.0}, {"centre": 21.0}, {"upper": math.inf}, {"deviation": 0.0}, {"planned_units": 0}],
)
def test_terms_that_allow_no_bet_are_refused(changes: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="must"):
        replace(TERMS, **changes)
