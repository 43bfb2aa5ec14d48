"""Families of comparisons: one statement each, and the error of all together at every look."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from stats import anytime
from stats.answer import Family
from stats.calibrate import monte_carlo
from stats.choose import read_alone
from stats.family import (
    BENJAMINI_HOCHBERG,
    BONFERRONI,
    E_BENJAMINI_HOCHBERG,
    HOLM,
    NONE,
    Member,
    read_family,
)
from stats.multiple import benjamini_hochberg, holm
from tests.stats.build import EVEN, binary, outcome, plan
from tests.stats.test_choose import assert_agrees

Floats = NDArray[np.float64]
PROCEDURES = (BONFERRONI, HOLM, BENJAMINI_HOCHBERG, E_BENJAMINI_HOCHBERG)


def rates(treatments: list[int], method: str = "sequential") -> list[Member]:
    """Rates of 20,000 units against 400 conversions of the control."""

    def member(count: int) -> Member:
        def read(family: Family) -> object:
            return read_alone(
                binary(400, 20_000),
                binary(count, 20_000),
                kind="proportion",
                plan=plan(method, planned_units=40_000),
                shares=EVEN,
                family=family,
                needs_e_value=True,
            )

        return read  # type: ignore[return-value]

    return [member(count) for count in treatments]


@pytest.mark.parametrize("method", ["sequential", "group_sequential", "fixed"])
@pytest.mark.parametrize("procedure", PROCEDURES)
@pytest.mark.parametrize("seed", range(6))
def test_every_member_makes_one_statement(seed: int, procedure: str, method: str) -> None:
    counts = np.random.default_rng(seed).integers(300, 560, 6).tolist()
    for found in read_family(rates(counts, method), 0.05, procedure):
        assert found.adjustment == procedure
        assert found.p_value is not None
        assert found.significant == (found.p_value <= 0.05)
        assert_agrees(found, 0.05)


def test_holm_finds_what_equal_shares_miss() -> None:
    # Alone at a fifth of alpha the second is not found; after the first it is held against a fourth.
    members = rates([590, 494, 480, 400, 400], "fixed")
    found = read_family(members, 0.05, HOLM)
    alone = [member(Family(0.05, 5)) for member in members]
    assert sum(each.significant for each in found) >= sum(each.significant for each in alone)
    p_values = [each.p_value for each in alone]
    assert [each.p_value for each in found] == [each.p_value for each in holm(p_values, 0.05)]


def test_a_member_that_cannot_be_read_counts_in_the_family() -> None:
    same = outcome(np.full(2_000, 3.0))

    def silent(family: Family) -> object:
        return read_alone(same, same, kind="mean", plan=plan(), shares=EVEN, family=family)

    members = rates([480])
    [found, unread] = read_family([*members, silent], 0.05, HOLM)  # type: ignore[list-item]
    assert unread.undetermined is not None
    assert unread.p_value is None
    assert not unread.significant
    assert found.p_value == pytest.approx(2 * (members[0](Family(0.05, 2)).p_value or 0.0))


def test_one_member_and_no_procedure_are_read_at_alpha() -> None:
    [alone] = read_family(rates([470]), 0.05, HOLM)
    assert (alone.adjustment, alone.level) == ("none", 0.05)
    assert [each.level for each in read_family(rates([470, 480]), 0.05, NONE)] == [0.05, 0.05]
    with pytest.raises(ValueError, match="sidak"):
        read_family(rates([470, 480]), 0.05, "sidak")


def walks(replicates: int, looks: int, correlation: Floats, drift: Floats, seed: int) -> Floats:
    """Z statistics of correlated comparisons at even looks, shape `(replicates, looks, comparisons)`."""
    rng = np.random.default_rng(seed)
    root = np.linalg.cholesky(correlation)
    steps = rng.standard_normal((replicates, looks, len(correlation))) @ root.T / np.sqrt(looks)
    times = np.arange(1, looks + 1)[:, None] / looks
    return np.asarray((np.cumsum(steps, axis=1) + drift * times) / np.sqrt(times), dtype=np.float64)


@pytest.mark.parametrize("replicates", [1_000, pytest.param(10_000, marks=pytest.mark.slow)])
def test_holm_keeps_the_family_error_of_three_arms_and_two_primaries_at_every_look(replicates: int) -> None:
    # Two treatments against one control: correlation 1/2; two metrics: 0.6.
    correlation = np.kron(np.array([[1.0, 0.6], [0.6, 1.0]]), np.array([[1.0, 0.5], [0.5, 1.0]]))
    # The last comparison has an effect, so that Holm steps up for those without.
    drift = np.array([0.0, 0.0, 0.0, 4.0])
    looks, boundary = 50, anytime.sequential(0.05 / 4)
    rate = np.arange(1, looks + 1)[:, None] / looks
    p_values = boundary.p_value(walks(replicates, looks, correlation, drift, 5), rate, rate)
    false = 0
    for path in p_values:
        if path[:, :3].min() > 0.05 / 3:
            continue
        false += any(any(each.significant for each in holm(list(look), 0.05)[:3]) for look in path)
    assert monte_carlo(false, replicates)[0] <= 0.05


@pytest.mark.parametrize("replicates", [400, pytest.param(4_000, marks=pytest.mark.slow)])
def test_e_values_keep_the_share_of_false_calls_at_a_moment_chosen_by_looking(replicates: int) -> None:
    comparisons, looks = 20, 40
    correlation = np.full((comparisons, comparisons), 0.3) + 0.7 * np.eye(comparisons)
    drift = np.where(np.arange(comparisons) < 4, 4.0, 0.0)
    boundary = anytime.mixture(0.05 / comparisons)
    rate = np.arange(1, looks + 1)[:, None] / looks
    p_values = boundary.p_value(walks(replicates, looks, correlation, drift, 6), rate, rate)
    shares = []
    for path in p_values:
        calls = [[each.significant for each in benjamini_hochberg(list(look), 0.05)] for look in path]
        # The reader stops where most without an effect are called: the least friendly moment.
        worst = max(calls, key=lambda called: sum(called[4:]))
        shares.append(sum(worst[4:]) / max(sum(worst), 1))
    error = float(np.std(shares)) / np.sqrt(replicates)
    assert np.mean(shares) - 3.3 * error <= 0.05
