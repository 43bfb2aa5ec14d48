"""Effects of a programme, drawn towards their mean."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import integrate, stats

from stats.result import Interval, Undetermined
from stats.shrinkage import FEWEST, Shrunk, shrink

# Rubin (1981): coaching effects in eight schools; posterior in Gelman et al., Bayesian Data Analysis, 5.5.
SCHOOLS = (28.0, 8.0, -3.0, 7.0, -1.0, 1.0, 18.0, 12.0)
ERRORS = (15.0, 10.0, 16.0, 11.0, 9.0, 11.0, 10.0, 18.0)


def shrunk(estimates: object, errors: object) -> Shrunk:
    found = shrink(estimates, errors)  # type: ignore[arg-type]
    assert isinstance(found, Shrunk)
    return found


def test_means_equal_direct_integration_over_the_spread() -> None:
    # Referee: scipy's adaptive quadrature of the same posterior; tolerance 0.1 % of a standard error.
    y, s = np.array(SCHOOLS), np.array(ERRORS)

    def terms(tau: float) -> tuple[float, np.ndarray]:
        v = s**2 + tau**2
        mu = np.average(y, weights=1 / v)
        weight = float(np.prod(stats.norm.pdf(y, mu, np.sqrt(v))) * math.sqrt(1 / (1 / v).sum()))
        return weight * 1e14, y - s**2 / v * (y - mu)

    norm = integrate.quad(lambda tau: terms(tau)[0], 0, 160, limit=200)[0]
    found = shrunk(SCHOOLS, ERRORS)
    for place, effect in enumerate(found.effects):
        part = integrate.quad(lambda tau, at=place: terms(tau)[0] * terms(tau)[1][at], 0, 160, limit=200)[0]
        assert effect.estimate == pytest.approx(part / norm, abs=0.01)


def test_the_eight_schools_are_those_of_the_book() -> None:
    # Published: school A about 11 (-2 to 31), the common mean about 8; rounded there, so within 1.5.
    found = shrunk(SCHOOLS, ERRORS)
    first = found.effects[0]
    assert (first.estimate, first.lower, first.upper) == pytest.approx((11.4, -2, 31), abs=1.5)
    assert found.mean.estimate == pytest.approx(8, abs=0.5)


def test_exact_estimates_stay_and_noise_alone_is_drawn_to_the_mean() -> None:
    sharp = shrunk(SCHOOLS, [0.01] * 8)
    assert [effect.estimate for effect in sharp.effects] == pytest.approx(SCHOOLS, abs=0.01)
    assert min(sharp.weights) > 0.99
    # Closer together than noise alone would put them: less than a third of each is its own.
    assert max(shrunk(SCHOOLS, [1000.0] * 8).weights) < 1 / 3


def test_one_factor_gives_the_same_as_the_effect_itself_and_the_sum_of_means_is_the_mean_of_the_sum() -> None:
    found = shrunk(SCHOOLS, ERRORS)
    single = found.total([0, 0, 3, 0, 0, 0, 0, 0])
    third = found.effects[2]
    assert third.estimate is not None
    assert third.lower is not None
    assert single.estimate == pytest.approx(3 * third.estimate)
    assert single.lower == pytest.approx(3 * third.lower, rel=1e-5)
    everything = found.total([1] * 8)
    assert everything.estimate == pytest.approx(sum(e.estimate or 0 for e in found.effects))


def test_winners_and_all_are_as_good_as_shrunk_and_intervals_cover_even_after_stopping_on_success() -> None:
    # 100 programmes of 60; each experiment may stop at 5 looks as soon as |z| > 2. Winners' raw sum is far
    # above their truth; shrunk it equals it within 3.3 Monte-Carlo errors (99.9 %). Coverage at 95 %: 6,000
    # intervals, at least 94 % (they share a programme); totals of the winners, 100, at least 88 % (99.9 %).
    rng = np.random.default_rng(20261126)
    raw, gaps, covered, totals = [], [], [], []
    for _ in range(100):
        truth = rng.normal(0.1, 1.0, 60)
        base = rng.uniform(0.4, 1.2, 60)
        steps = truth[:, None] + rng.normal(0, 1, (60, 5)) * base[:, None] * math.sqrt(5)
        looks = np.cumsum(steps, axis=1) / np.arange(1, 6)
        errors = base[:, None] * np.sqrt(5 / np.arange(1, 6))
        crossed = np.abs(looks / errors) > 2
        last = np.where(crossed.any(axis=1), crossed.argmax(axis=1), 4)
        rows = np.arange(60)
        y, s = looks[rows, last], errors[rows, last]
        found = shrunk(y, s)
        low, high = (np.array([getattr(e, end) for e in found.effects]) for end in ("lower", "upper"))
        covered.append(float(((low <= truth) & (truth <= high)).mean()))
        winners = y / s > 2
        raw.append(float((y - truth)[winners].sum()))
        total = found.total(list(winners.astype(float)))
        gaps.append((total.estimate or 0) - float(truth[winners].sum()))
        totals.append((total.lower or 0) <= truth[winners].sum() <= (total.upper or 0))
    assert np.mean(raw) > 3
    assert abs(np.mean(gaps)) < 3.3 * np.std(gaps) / 10
    assert np.mean(covered) > 0.94
    assert np.mean(totals) > 0.88


def test_a_handful_is_needed() -> None:
    found = shrink([1.0] * (FEWEST - 1), [1.0] * (FEWEST - 1))
    assert isinstance(found, Undetermined)
    assert found.code == "too_few_experiments"


def test_equal_estimates_can_be_shrunk() -> None:
    assert shrunk([2.0] * 6, [1.0] * 6).mean.estimate == pytest.approx(2.0)


@pytest.mark.parametrize(
    ("arguments", "field"),
    [
        (([1.0], [1.0, 2.0], 0.05), "one standard error"),
        (([math.nan] * 5, [1.0] * 5, 0.05), "estimates"),
        (([1.0] * 5, [0.0] * 5, 0.05), "standard_errors"),
        (([1.0] * 5, [1.0] * 5, 1.0), "level"),
    ],
)
def test_bad_input_is_named(arguments: tuple[list[float], list[float], float], field: str) -> None:
    with pytest.raises(ValueError, match=field):
        shrink(*arguments)


def test_the_sum_of_nothing_is_nothing() -> None:
    assert shrunk(SCHOOLS, ERRORS).total([0.0] * 8) == Interval(0.0, 0.0, 0.0)


def test_bad_factors_are_named() -> None:
    with pytest.raises(ValueError, match="factors"):
        shrunk(SCHOOLS, ERRORS).total([1.0])
