"""Referee: confseq 0.0.11 at 1e-6, its grid of 1,000 steps met exactly; coverage by seeded simulation."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import stats as distributions

from stats import bounded_betting, bounded_mean
from tests.stats import reference

Floats = NDArray[np.float64]
Sequence = Callable[..., tuple[Floats, Floats]]
CONFSEQ: dict[str, Sequence] = {
    "predmix.predmix_hoeffding_cs": bounded_mean.predictable_hoeffding,
    "predmix.predmix_empbern_twosided_cs": bounded_mean.predictable_empirical_bernstein,
    "conjmix_bounded.conjmix_hoeffding_twosided_cs": bounded_mean.mixture_hoeffding,
    "conjmix_bounded.conjmix_empbern_twosided_cs": bounded_mean.mixture_empirical_bernstein,
    "betting.betting_cs": bounded_betting.betting_sequence,
    "betting.hedged_cs": bounded_betting.hedged_sequence,
}
SEQUENCES: dict[str, Sequence] = {
    "predictable Hoeffding": bounded_mean.predictable_hoeffding,
    "predictable Bernstein": bounded_mean.predictable_empirical_bernstein,
    "mixture Hoeffding": lambda x, alpha, **more: bounded_mean.mixture_hoeffding(x, 300, alpha, **more),
    "mixture Bernstein": lambda x, alpha, **more: bounded_mean.mixture_empirical_bernstein(
        x, 20, alpha, spent=1.0, **more
    ),
}
# Places of the ones among 1,000 coins, and what confseq 0.0.11 prints of them after 200 and 1,000.
ONES = [105, 167, 184, 211, 232, 251, 262, 293, 294, 307, 313, 346, 396, 429, 438, 561, 585, 588, 589, 606]
ONES += [676, 690, 786, 792, 827, 883, 890, 933]
KNOWN: list[tuple[str, dict[str, float | bool], list[float], list[float]]] = [
    (
        "predmix.predmix_empbern_twosided_cs",
        {"running_intersection": False},
        [0.0, 0.010155829066605511],
        [0.05956767231908733, 0.04810574881835872],
    ),
    (
        "conjmix_bounded.conjmix_empbern_twosided_cs",
        {"v_opt": 10},
        [0.0, 0.006089746168453359],
        [0.0638100494299666, 0.04991025383154668],
    ),
    (
        "predmix.predmix_hoeffding_cs",
        {"running_intersection": True},
        [0.0, 0.0],
        [0.12357582936437816, 0.0832508688354121],
    ),
    (
        "conjmix_bounded.conjmix_hoeffding_twosided_cs",
        {"t_opt": 500, "running_intersection": True},
        [0.0, 0.0],
        [0.12544226893259774, 0.07640620508169427],
    ),
    ("betting.betting_cs", {}, [0.0, 0.009], [0.057, 0.048]),
    ("betting.hedged_cs", {}, [0.0, 0.01], [0.051, 0.048]),
]


def draws(name: str, runs: int, size: int) -> tuple[Floats, float]:
    random = np.random.default_rng(7)
    if name == "coins":
        return (random.random((runs, size)) < 0.1).astype(np.float64), 0.1
    return random.beta(2, 5, (runs, size)), 2 / 7


@pytest.mark.parametrize(("name", "arguments", "lower", "upper"), KNOWN)
def test_sequences_equal_confseq_on_rare_coins(
    name: str, arguments: dict[str, float | bool], lower: list[float], upper: list[float]
) -> None:
    coins = np.zeros(1000)
    coins[ONES] = 1
    low, high = CONFSEQ[name](coins, alpha=0.05, **arguments)
    assert low[[199, 999]] == pytest.approx(lower, abs=1e-9)
    assert high[[199, 999]] == pytest.approx(upper, abs=1e-9)


@pytest.mark.parametrize("name", sorted(CONFSEQ))
def test_sequences_equal_confseq_wherever_its_numbers_are_there(name: str) -> None:
    values = reference.document("bounded_sequences.json")
    for case in reference.cases("cs_bounded_means.json"):
        if case["fn"] != name:
            continue
        arguments = {key: value for key, value in case["args"].items() if key != "other"}
        lower, upper = CONFSEQ[name](values[case["sequence"]], **arguments)
        places = np.array(case["t"]) - 1
        assert lower[places] == pytest.approx(case["lower"], abs=1e-9)
        assert upper[places] == pytest.approx(case["upper"], abs=1e-9)


@pytest.mark.parametrize("data", ["coins", "beta"])
@pytest.mark.parametrize("name", sorted(SEQUENCES))
def test_a_sequence_ever_misses_the_mean_with_chance_at_most_alpha(name: str, data: str) -> None:
    alpha, runs = 0.1, 300
    values, mean = draws(data, runs, 1000)
    lower, upper = SEQUENCES[name](values, alpha, running_intersection=True)
    missed = int(((lower[:, -1] > mean) | (upper[:, -1] < mean)).sum())
    assert missed <= distributions.binom(runs, alpha).ppf(0.999)
    # An interval that says nothing misses nothing.
    assert np.median(upper[:, -1] - lower[:, -1]) < 0.25


@pytest.mark.parametrize("data", ["coins", "beta"])
def test_capital_ever_refutes_the_true_mean_with_chance_at_most_alpha(data: str) -> None:
    alpha, runs = 0.1, 2000
    values, mean = draws(data, runs, 1000)
    higher, lower = bounded_betting.log_capital(values, mean, alpha)
    refuted = int((np.maximum(higher, lower) > np.log(2 / alpha)).any(axis=1).sum())
    assert runs * alpha / 20 < refuted <= distributions.binom(runs, alpha).ppf(0.999)


def test_the_betting_sequence_holds_the_means_that_capital_has_not_refuted() -> None:
    values, _ = draws("beta", 2, 300)
    lower, upper = bounded_betting.betting_sequence(values, 0.05, breaks=200)
    for row, size in ((0, 40), (1, 300)):
        low, high = lower[row, size - 1], upper[row, size - 1]
        for mean in np.arange(201) / 200:
            capital = bounded_betting.log_capital(values[row, :size], float(mean))
            kept = max(side[-1] for side in capital) <= np.log(40)
            assert kept == (low + 1e-9 < mean < high - 1e-9)


@pytest.mark.parametrize("name", sorted(SEQUENCES))
def test_rows_are_read_one_by_one_and_in_order(name: str) -> None:
    values, _ = draws("beta", 3, 50)
    together = SEQUENCES[name](values, 0.05)
    for row in range(3):
        alone = SEQUENCES[name](values[row], 0.05)
        shorter = SEQUENCES[name](values[row, :20], 0.05)
        for whole, single, start in zip(together, alone, shorter, strict=True):
            assert whole[row] == pytest.approx(single, abs=1e-12)
            assert single[:20] == pytest.approx(start, abs=1e-12)


def test_empirical_bounds_are_closer_where_values_vary_little() -> None:
    steady = 0.3 + 0.02 * np.sin(np.arange(1000.0))
    hoeffding = bounded_mean.mixture_hoeffding(steady, 500)
    bernstein = bounded_mean.mixture_empirical_bernstein(steady, 1.0, spent=1.0)
    assert bernstein[1][-1] - bernstein[0][-1] < 0.5 * (hoeffding[1][-1] - hoeffding[0][-1])


@pytest.mark.parametrize("name", sorted(SEQUENCES))
@pytest.mark.parametrize(
    ("message", "values", "alpha"),
    [
        ("values must lie between 0 and 1", [0.5, 1.5], 0.05),
        ("values must be finite", [0.5, np.nan], 0.05),
        ("values must be a sequence of at least one", [], 0.05),
        ("values must be a sequence of at least one", 0.5, 0.05),
        ("alpha must lie between 0 and 1, got 0", [0.5], 0.0),
    ],
)
def test_sequences_refuse_bad_input_by_name(name: str, message: str, values: object, alpha: float) -> None:
    with pytest.raises(ValueError, match=message):
        SEQUENCES[name](values, alpha)


def test_tuning_is_refused_by_name() -> None:
    with pytest.raises(ValueError, match="t_opt must be a finite number above 0"):
        bounded_mean.mixture_hoeffding([0.5], 0)
    with pytest.raises(ValueError, match="v_opt must be a finite number above 0"):
        bounded_mean.mixture_empirical_bernstein([0.5], 0)
    with pytest.raises(ValueError, match="spent must lie above 0 and at most 1"):
        bounded_mean.mixture_empirical_bernstein([0.5], 10, spent=1.5)
    with pytest.raises(ValueError, match="truncation must lie between 0 and 1"):
        bounded_mean.predictable_empirical_bernstein([0.5], truncation=1.0)
    with pytest.raises(ValueError, match="breaks must be at least 1"):
        bounded_betting.betting_sequence([0.5], breaks=0)
    with pytest.raises(ValueError, match="mean must lie between 0 and 1"):
        bounded_betting.log_capital([0.5], 1.5)
