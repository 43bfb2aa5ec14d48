"""Design-based betting: fair odds, an error rate without assumptions, intervals that agree with the test."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from stats.answer import Family
from stats.betting import (
    SMALLEST_FACTOR,
    STAKES,
    WEIGHTS,
    Outcomes,
    Scale,
    known_before,
    log_wealth,
    predictions,
    score,
)
from stats.betting_reading import read_bets
from stats.calibrate import monte_carlo
from stats.result import Comparison, Undetermined

CAP = 20.0
FAMILY = Family(0.05, 1)


def outcomes(
    seed: int,
    size: int,
    share: float,
    lift: float = 0.0,
    rate: float = 0.1,
    batches: int = 40,
    known: float = 0.0,
) -> Outcomes:
    """Purchases of log-sd 1 with a cap, one row per unit; `known` of them can be told from before."""
    rng = np.random.default_rng(seed)
    treated = rng.random(size) < share
    keen = rng.random(size) < known
    chance = np.where(keen, 4 * rate, rate) * np.where(treated, 1 + lift, 1.0)
    values = np.where(rng.random(size) < chance, np.minimum(rng.lognormal(0, 1.0, size), CAP), 0.0)
    return Outcomes(
        batch=np.arange(size) * batches // size,
        treated=treated,
        value=values,
        covariate=keen.astype(np.float64),
        count=np.ones(size, dtype=np.int64),
        share=share,
        planned_units=size,
        lower=0.0,
        upper=CAP,
    )


def read(found: Comparison | Undetermined) -> Comparison:
    assert isinstance(found, Comparison)
    return found


@pytest.mark.parametrize("lift", [0.0, 0.5, -0.4])
def test_the_score_has_the_contrast_as_its_mean_whatever_the_prediction(lift: float) -> None:
    data = outcomes(1, 400_000, 0.1, lift=0.5)
    share = float(data.treated.mean())
    first, second = data.value[~data.treated].mean(), data.value[data.treated].mean()
    for guess in (0.0, 0.3, 5.0):
        prediction = np.full(len(data.value), guess)
        gap = data.value - prediction
        relative = score(gap, data.treated, prediction, share, lift, Scale.RELATIVE)
        absolute = score(gap, data.treated, prediction, share, lift, Scale.ABSOLUTE)
        assert relative.mean() == pytest.approx(second - (1 + lift) * first, abs=1e-9)
        assert absolute.mean() == pytest.approx(second - first - lift, abs=1e-9)


def test_the_wealth_equals_a_product_over_units_one_by_one() -> None:
    # Referee: the definition, unit by unit, for one hypothesis.
    data = outcomes(2, 1_500, 0.3, batches=6, known=0.2)
    terms = known_before(data)
    prediction = predictions(data, terms)
    total = 0.0
    for sign in (1.0, -1.0):
        for stake, weight in zip(STAKES, WEIGHTS, strict=True):
            product = 1.0
            for at in range(len(data.value)):
                corners = [
                    (end - guess) * (1 / 0.3 if treated else -1.2 / 0.7) - 0.2 * guess
                    for end in (0.0, CAP)
                    for guess in ((0.0, CAP) if terms.slope[data.batch[at]] else (prediction[at],))
                    for treated in (True, False)
                ]
                ceiling = (1 - SMALLEST_FACTOR) / (-min(corners) if sign > 0 else max(corners))
                size = min(stake / (terms.deviation[data.batch[at]] * math.sqrt(1_500)), ceiling)
                weights = 1 / 0.3 if data.treated[at] else -1.2 / 0.7
                found = (data.value[at] - prediction[at]) * weights - 0.2 * prediction[at]
                product *= 1 + sign * size * found
            total += weight / 2 * product
    assert float(log_wealth(data, terms, 0.2)[-1]) == pytest.approx(math.log(total), abs=1e-9)


def test_predictions_use_nothing_of_their_own_batch_or_later() -> None:
    data = outcomes(3, 2_000, 0.5, batches=10, known=0.3)
    changed = replace(data, value=np.where(data.batch >= 5, CAP, data.value))
    first, second = known_before(data), known_before(changed)
    for name in ("centre", "slope", "middle", "deviation"):
        assert getattr(first, name)[:6] == pytest.approx(getattr(second, name)[:6], rel=1e-12)
    assert second.centre[6] > first.centre[6]


def test_equal_units_may_be_counted_together() -> None:
    data = outcomes(4, 4_000, 0.3, batches=8)
    table: dict[tuple[int, bool, float], int] = {}
    for key in zip(data.batch.tolist(), data.treated.tolist(), data.value.tolist(), strict=True):
        table[key] = table.get(key, 0) + 1
    rows = sorted(table)
    merged = replace(
        data,
        batch=np.array([row[0] for row in rows]),
        treated=np.array([row[1] for row in rows]),
        value=np.array([row[2] for row in rows]),
        covariate=np.zeros(len(rows)),
        count=np.array([table[row] for row in rows]),
    )
    plain = replace(data, covariate=np.zeros(len(data.value)))
    assert len(rows) < len(data.value) / 5
    assert log_wealth(merged, known_before(merged)) == pytest.approx(
        log_wealth(plain, known_before(plain)), abs=1e-8
    )


def test_the_mean_wealth_without_a_difference_is_one() -> None:
    wealth = []
    for seed in range(1_500):
        data = outcomes(seed, 200, 0.2, rate=0.3, batches=4)
        wealth.append(math.exp(float(log_wealth(data, known_before(data))[-1])))
    assert np.mean(wealth) == pytest.approx(1.0, abs=4 * float(np.std(wealth)) / math.sqrt(len(wealth)))


@pytest.mark.parametrize("share", [0.5, 0.1])
def test_skewed_uneven_arms_keep_their_error_rate_after_every_batch(share: float) -> None:
    replicates = 300
    called = 0
    for seed in range(replicates):
        data = outcomes(seed, 4_000, share, batches=50)
        called += bool(log_wealth(data, known_before(data)).max() >= -math.log(0.05))
    assert monte_carlo(called, replicates)[0] <= 0.05


@pytest.mark.parametrize(("lift", "seed"), [(0.7, 7), (-0.5, 8), (0.0, 9), (0.2, 10)])
@pytest.mark.parametrize("level", [0.05, 0.003])
def test_interval_lift_and_p_value_are_one_statement_that_holds_the_truth(
    lift: float, seed: int, level: float
) -> None:
    found = read(read_bets(outcomes(seed, 40_000, 0.3, lift), Family(0.05, 1, level)))
    assert found.p_value is not None
    for interval in (found.absolute, found.relative):
        assert interval.lower is not None
        assert interval.upper is not None
        assert interval.estimate is not None
        assert interval.lower <= interval.estimate <= interval.upper
        assert (interval.lower > 0 or interval.upper < 0) == (found.p_value <= level)
    assert found.relative.lower is not None
    assert found.relative.upper is not None
    assert found.relative.lower <= lift <= found.relative.upper


def test_a_covariate_adds_evidence() -> None:
    data = outcomes(11, 60_000, 0.5, lift=0.15, known=0.15)
    blind = replace(data, covariate=np.zeros(len(data.value)))
    with_it, without = (float(log_wealth(each, known_before(each))[-1]) for each in (data, blind))
    assert with_it > without + 0.5


def test_nothing_is_said_before_a_hundred_units_are_complete() -> None:
    found = read_bets(outcomes(12, 90, 0.5), FAMILY)
    assert isinstance(found, Undetermined)
    assert found.code == "too_few_complete"
    assert "90" in found.reason


def test_an_arm_that_never_buys_has_a_lift_of_at_least_minus_one() -> None:
    data = outcomes(13, 20_000, 0.5)
    silent = replace(data, value=np.where(data.treated, 0.0, data.value))
    found = read(read_bets(silent, FAMILY))
    assert found.relative.lower == -1.0
    assert found.relative.upper is not None
    assert found.relative.upper < 0


def broken(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.where(np.arange(len(values)) == 3, 25.0, values)


def test_outcomes_that_no_bet_can_be_made_on_are_refused_by_name() -> None:
    data = outcomes(14, 500, 0.5)
    with pytest.raises(ValueError, match="between"):
        replace(data, value=broken(data.value))
    with pytest.raises(ValueError, match="share"):
        replace(data, share=1.0)
    with pytest.raises(ValueError, match="bounds"):
        replace(data, upper=math.inf)
    with pytest.raises(ValueError, match="planned_units"):
        replace(data, planned_units=0.0)
    with pytest.raises(ValueError, match="batches"):
        replace(data, batch=data.batch[::-1])
