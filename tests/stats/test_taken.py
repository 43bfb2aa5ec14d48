"""Comparisons at planned looks that are late, early or missing: their error, power and inference."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from stats.answer import Family
from stats.calibrate import monte_carlo
from stats.cell import Cell
from stats.group_sequential import critical_values, crossing
from stats.looks import design_of, planned_boundaries, repeated_p_value
from stats.plan import ReadingPlan
from stats.spending import HWANG_SHIH_DECANI, KIM_DEMETS, OBRIEN_FLEMING, POCOCK, Spending
from stats.stack import Stack
from stats.stagewise import Final
from stats.summary import Summary
from stats.synthetic import simulate
from stats.taken import Frozen, Taken, read_looks
from tests.stats.build import outcome, plan

ALONE = Family(0.05, 1)
PLAIN = Spending()


def looks_plan(looks: int = 5, spending: Spending = PLAIN, futility: str | None = None) -> ReadingPlan:
    return replace(
        plan("group_sequential", looks=looks, planned_units=4_000), spending=spending, futility=futility
    )


def frozen(
    lift: float = 0.0, rates: tuple[float, ...] = (0.2, 0.4, 0.6, 0.8, 1.0), seed: int = 1
) -> list[Frozen]:
    """Two thousand normal values per arm, as far as they were known at each look."""
    control, treatment = np.random.default_rng(seed).normal(size=(2, 2_000))
    treatment = treatment + lift
    sizes = [round(rate * 2_000) for rate in rates]
    return [
        Frozen(outcome(control[:size]), outcome(treatment[:size]), rate)
        for size, rate in zip(sizes, rates, strict=True)
    ]


def test_looks_taken_on_time_are_held_to_rpacts_values() -> None:
    # Source: rpact 3.3.4, asOF, two-sided 5 %, three even looks (its one-sided 2.5 %).
    taken = read_looks(frozen(rates=(1 / 3, 2 / 3, 1.0)), "mean", looks_plan(3), ALONE)
    expected = (3.7103028732625, 2.51142748445272, 1.9930474832654)
    assert [look.critical for look in taken.looks] == pytest.approx(expected, abs=1e-6)
    assert [look.spent for look in taken.looks] == pytest.approx((0.000207, 0.012097, 0.05), abs=1e-6)


def test_a_look_that_was_missed_leaves_its_error_to_the_next() -> None:
    rates = (0.4, 0.95)
    taken = read_looks(frozen(rates=rates), "mean", looks_plan(), ALONE)
    assert [look.critical for look in taken.looks] == pytest.approx(critical_values(rates, 0.05), abs=1e-12)
    assert taken.final is None


def test_more_than_planned_spends_no_more_than_alpha() -> None:
    rates = (0.5, 0.9, 1.3)
    taken = read_looks(frozen(rates=rates), "mean", looks_plan(2), ALONE)
    bounds = [look.critical for look in taken.looks]
    chances = crossing(rates, bounds, [-bound for bound in bounds], 0.0)
    assert sum(chances.upper) + sum(chances.lower) == pytest.approx(0.05, abs=1e-9)
    assert taken.final is not None


def test_an_end_before_the_plan_spends_what_is_left() -> None:
    early = read_looks(frozen(rates=(0.2, 0.55)), "mean", looks_plan(), ALONE, ended=True)
    going_on = read_looks(frozen(rates=(0.2, 0.55)), "mean", looks_plan(), ALONE)
    assert early.looks[-1].spent == pytest.approx(0.05)
    assert early.looks[-1].critical < going_on.looks[-1].critical
    bounds = [look.critical for look in early.looks]
    chances = crossing((0.2, 0.55), bounds, [-bound for bound in bounds], 0.0)
    assert sum(chances.upper) + sum(chances.lower) == pytest.approx(0.05, abs=1e-9)
    assert early.final is not None
    assert going_on.final is None


def test_the_first_call_stays_and_verdict_interval_and_p_value_are_one_statement() -> None:
    data = frozen(0.2)
    taken = read_looks(data, "mean", looks_plan(), ALONE)
    assert taken.decided is not None
    assert taken.decided < 4
    assert taken.looks[taken.decided].decision == "better"
    again = read_looks([*data[:-1], frozen(-0.5)[-1]], "mean", looks_plan(), ALONE)
    assert again.comparison == taken.comparison
    assert again.final == taken.final
    for each in (taken, read_looks(data[:1], "mean", looks_plan(), ALONE)):
        found = each.comparison
        assert found.p_value is not None
        assert found.absolute.lower is not None
        assert (found.p_value <= 0.05) == (found.absolute.lower > 0) == found.significant


def test_a_family_shares_alpha_by_bonferroni() -> None:
    taken = read_looks(frozen(0.1), "mean", looks_plan(), Family(0.05, 4))
    rates = tuple(look.rate for look in taken.looks)
    expected = critical_values(rates, 0.0125)
    assert [look.critical for look in taken.looks] == pytest.approx(expected, abs=1e-12)
    alone = taken.looks[0 if taken.decided is None else taken.decided].p_value
    assert alone is not None
    assert taken.comparison.p_value == pytest.approx(min(1.0, 4 * alone))


def test_futility_is_in_the_direction_of_the_benefit() -> None:
    data = frozen(-0.02)[:4]
    more = read_looks(data, "mean", looks_plan(futility="non_binding"), ALONE, futile=True)
    less = read_looks(data, "mean", looks_plan(futility="non_binding"), ALONE, futile=True, benefit=-1)
    for first, second in zip(more.looks, less.looks, strict=True):
        assert first.futility is not None
        assert second.futility == -first.futility
        assert first.z == second.z
    assert more.decided == 3
    assert more.looks[more.decided].decision == "futility"
    quiet = read_looks(data, "mean", looks_plan(futility="non_binding"), ALONE, futile=False)
    assert all(look.futility is None for look in quiet.looks)


def test_futility_that_does_not_bind_is_overruled_by_a_later_look_and_else_is_not() -> None:
    data = [*frozen(-0.05)[:3], *frozen(0.3)[3:]]
    loose = read_looks(data, "mean", looks_plan(futility="non_binding"), ALONE, futile=True)
    bound = read_looks(data, "mean", looks_plan(futility="binding"), ALONE, futile=True)
    assert loose.decided is not None
    assert bound.decided is not None
    assert loose.looks[loose.decided].decision == "better"
    assert bound.looks[bound.decided].decision == "futility"


def test_a_call_that_binding_futility_made_possible_still_excludes_zero() -> None:
    # A result between the boundary that profits from futility and the one that does not.
    tuned = looks_plan(2, Spending(POCOCK), "binding")
    data = frozen(rates=(0.5, 1.0), seed=3)
    plain = read_looks(data, "mean", tuned, ALONE, futile=True)
    error, low = plain.looks[1].error, plain.looks[1].critical
    high = critical_values((0.5, 1.0), 0.05, 2, Spending(POCOCK))[1]
    assert error is not None
    assert plain.looks[1].estimate is not None
    assert low < high - 0.02
    lift = (low + high) / 2 * error - plain.looks[1].estimate
    data = frozen(lift, rates=(0.5, 1.0), seed=3)
    taken = read_looks(data, "mean", tuned, ALONE, futile=True)
    assert taken.decided == 1
    found = taken.comparison
    assert found.significant
    assert found.p_value is not None
    assert found.p_value <= 0.05
    assert found.absolute.lower is not None
    assert 0 < found.absolute.lower < 1e-6


def test_a_look_that_bears_no_comparison_spends_its_error_and_decides_nothing() -> None:
    data = frozen(0.2, rates=(0.01, 0.5))
    taken = read_looks(data, "mean", looks_plan(), ALONE)
    assert taken.looks[0].estimate is None
    assert taken.looks[0].decision == "continue"
    assert taken.looks[1].critical == pytest.approx(critical_values((0.01, 0.5), 0.05)[1], abs=1e-12)
    nothing = read_looks(data[:1], "mean", looks_plan(), ALONE)
    assert nothing.comparison.undetermined is not None
    assert nothing.comparison.undetermined.code == "too_few_units"


def test_outcomes_that_grow_make_looks_less_alike() -> None:
    grown = [replace(each, final=False) for each in frozen(rates=(0.5, 1.0))]
    # The second look's outcomes have twice the spread, so four times the variance.
    second = grown[1]
    doubled = np.random.default_rng(3).normal(size=(2, 2_000)) * 2
    grown[1] = Frozen(outcome(doubled[0]), outcome(doubled[1]), second.rate, final=False)
    taken = read_looks(grown, "mean", looks_plan(2), ALONE)
    assert taken.looks[1].information == pytest.approx(0.5 * 8, rel=0.15)
    assert taken.looks[1].critical > critical_values((0.5, 1.0), 0.05)[1]
    matured = [replace(each, final=True) for each in grown]
    assert read_looks(matured, "mean", looks_plan(2), ALONE).looks[1].information == 1.0


@pytest.mark.parametrize("name", [OBRIEN_FLEMING, POCOCK, KIM_DEMETS, HWANG_SHIH_DECANI])
def test_the_repeated_p_value_is_alpha_at_the_boundary(name: str) -> None:
    spending, rates = Spending(name, 2.0), (0.25, 0.4, 0.9)
    for alpha in (0.3, 0.05, 0.004, 1e-9):
        for until in (1, 2, 3):
            boundary = critical_values(rates[:until], alpha, 2, spending)[-1]
            found = repeated_p_value(boundary, rates[:until], rates[:until], spending)
            assert found == pytest.approx(alpha, rel=1e-6)
    assert repeated_p_value(0.0, rates, rates, spending) == 1.0


@pytest.mark.parametrize("looks", [1, 2, 7, 50])
@pytest.mark.parametrize(
    ("name", "gamma"), [(OBRIEN_FLEMING, 1), (POCOCK, 1), (KIM_DEMETS, 0.3), (HWANG_SHIH_DECANI, -20)]
)
@pytest.mark.parametrize("futility", [None, "non_binding", "binding"])
def test_every_plan_that_may_be_made_has_boundaries(
    looks: int, name: str, gamma: float, futility: str | None
) -> None:
    for alpha, power in ((0.49, 0.51), (0.0001, 0.999)):
        chosen = replace(looks_plan(looks, Spending(name, gamma), futility), power=power)
        found = planned_boundaries(design_of(chosen, alpha, futile=True))
        assert all(math.isfinite(value) or value == math.inf for value in found.critical)
        assert len(found.futility) == (looks - 1 if futility else 0)


def summary_of(arm: Stack, replicate: int, look: int) -> Summary:
    return Summary(
        columns=arm.columns,
        units=int(arm.units[replicate, look]),
        means=tuple(arm.means[replicate, look]),
        comoments=tuple(tuple(row) for row in arm.comoments[replicate, look]),
        third=float(arm.third[replicate, look]),
        events=int(arm.events[replicate, look]),
        minimum=math.nan,
        maximum=math.nan,
    )


def completed(cell: Cell) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Units at every look of a cell, each as far as the time has passed in which its outcome comes."""
    if not cell.delayed:
        return np.cumsum(cell.fresh).astype(np.float64)
    age = cell.times[None, :] - cell.times[:, None]
    return np.asarray(cell.fresh @ np.clip(age / cell.delay, 0.0, 1.0), dtype=np.float64)


def run(cell: Cell, looks: int, replicates: int, seed: int) -> list[Taken]:
    """Experiments read at planned looks, all but the last late by a random part of the way to the next.

    The cell's own looks are moments at which a look may happen to be taken.
    """
    rng = np.random.default_rng(seed)
    control, treatment = (arm.stack for arm in simulate(cell, replicates, rng))
    chosen = replace(looks_plan(looks), planned_units=cell.units)
    rates = completed(cell) / completed(cell)[-1]
    due = np.searchsorted(rates, np.arange(1, looks + 1) / looks - 1e-9)
    gaps = np.append(np.diff(due), 1)
    found = []
    for replicate in range(replicates):
        places = [int(place) for place in due + rng.integers(0, np.maximum(gaps, 1))]
        data = [
            Frozen(
                summary_of(control, replicate, place),
                summary_of(treatment, replicate, place),
                float(rates[place]),
                final=not cell.delayed,
            )
            for place in places
        ]
        found.append(read_looks(data, cell.kind, chosen, ALONE))
    return found


CELLS = [
    Cell("normal", "mean", values="normal"),
    Cell("conversion 2 %", "proportion", rate=0.02),
    Cell("revenue log-sd 1.2", "mean", rate=0.05, values="lognormal", spread=1.2),
]


def power_at(cell: Cell, looks: int) -> float:
    """Exact, for looks on time and arms with their own variances; late looks differ by less than a point."""
    rates = tuple((look + 1) / looks for look in range(looks))
    bounds = critical_values(rates, 0.05)
    first, second = cell.value_moments
    arms = []
    for share, rate, scale in ((cell.shares[0], 1.0, 1.0), (cell.shares[1], *factors(cell))):
        mean, square = cell.rate * rate * first * scale, cell.rate * rate * second * scale**2
        spread = cell.spread**2 if cell.values == "normal" else square - mean**2
        arms.append((mean, spread / share / cell.units))
    drift = (arms[1][0] - arms[0][0]) / math.sqrt(arms[0][1] + arms[1][1])
    return sum(crossing(rates, bounds, [-bound for bound in bounds], drift).upper)


def factors(cell: Cell) -> tuple[float, float]:
    """What the treatment multiplies: the rate, and the values."""
    return (1 + cell.lift, 1.0) if cell.through == "rate" else (1.0, 1 + cell.lift)


def called(taken: list[Taken], decision: str) -> int:
    return sum(each.decided is not None and each.looks[each.decided].decision == decision for each in taken)


@pytest.fixture
def decisions_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without p-values and final inference, which take most of the time and decide nothing."""
    monkeypatch.setattr("stats.taken.repeated_p_value", lambda *_: 0.5)
    monkeypatch.setattr("stats.taken._stagewise", lambda *_: Final(0.5, 0.0, 0.0, 0.0))


@pytest.mark.usefixtures("decisions_alone")
@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_late_looks_keep_the_error(cell: Cell) -> None:
    taken = run(replace(cell, shares=(0.9, 0.1), units=10_000, looks=20), 5, 400, 11)
    hits = called(taken, "better") + called(taken, "worse")
    assert monte_carlo(hits, 400)[0] < 0.05


@pytest.mark.slow
@pytest.mark.usefixtures("decisions_alone")
@pytest.mark.parametrize("looks", [3, 5, 10])
@pytest.mark.parametrize("share", [0.5, 0.1])
@pytest.mark.parametrize("cell", CELLS, ids=lambda cell: cell.name)
def test_late_looks_keep_the_error_and_have_rpacts_power(cell: Cell, share: float, looks: int) -> None:
    # Seeded, 2,000 replicates: a power of 80 % is known to 3 points at 99.9 %.
    base = replace(cell, shares=(1 - share, share), looks=60)
    taken = run(base, looks, 2_000, 7)
    hits = called(taken, "better") + called(taken, "worse")
    assert monte_carlo(hits, 2_000)[0] < 0.05
    if share == 0.5:
        through = "value" if cell.values == "normal" else "rate"
        better = replace(base, lift=base.lift_for_power(), through=through)
        power = called(run(better, looks, 2_000, 8), "better") / 2_000
        # Three points, and three standard errors of the simulation.
        assert power > power_at(better, looks) - 0.03 - 0.027


GROWING = Cell("growing", "mean", rate=0.05, values="lognormal", spread=1.2, looks=60)


@pytest.mark.slow
@pytest.mark.usefixtures("decisions_alone")
@pytest.mark.parametrize("refunds", [0.0, 0.3])
@pytest.mark.parametrize("haste", [3.0, 1.0, 1 / 3])
@pytest.mark.parametrize(("timing", "delay"), [("steady", 0.5), ("steady", 1.0), ("campaign", 1.0)])
def test_outcomes_of_windows_keep_the_error_at_ten_looks(
    timing: str, delay: float, haste: float, refunds: float
) -> None:
    # Windows of 14 days in four weeks or in two, or an e-mail campaign; most outcomes early, evenly, or late.
    cell = replace(GROWING, timing=timing, delay=delay * 0.999, haste=haste, refunds=refunds)
    taken = run(cell, 10, 2_000, 9)
    hits = called(taken, "better") + called(taken, "worse")
    assert monte_carlo(hits, 2_000)[0] < 0.05
