"""A decision is a pure function of the rules and the unit; shares, stability and independence hold."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from scipy import stats

from assignment.engine import CompiledSnapshot, Reason, decide, decide_all
from assignment.hashing import BUCKETS, bucket_of
from assignment.snapshot import Experiment, LayerSlice, Slot, Status
from tests.assignment.examples import compiled, experiment, live_keys, several, shopper, variants


def _shares(rule: Experiment, prefix: str, units: int) -> Counter[tuple[str, Reason]]:
    ready = compiled(rule)
    decided = (decide(ready, rule.key, {"id": f"{prefix}{number}"}) for number in range(units))
    return Counter((decision.variant, decision.reason) for decision in decided)


def _assert_shares(counts: Counter[tuple[str, Reason]], planned: dict[tuple[str, Reason], float]) -> None:
    units = sum(counts.values())
    assert set(counts) <= set(planned)
    for outcome, share in planned.items():
        deviation = (units * share * (1 - share)) ** 0.5
        assert abs(counts[outcome] - units * share) <= 4 * deviation, outcome


def test_shares_over_a_million_units_are_as_planned() -> None:
    counts = _shares(
        experiment("shares", variants=variants(0.2, 0.3, 0.5), coverage=0.5), "shopper-", 1_000_000
    )
    _assert_shares(
        counts,
        {
            ("control", Reason.SPLIT): 0.1,
            ("treatment-1", Reason.SPLIT): 0.15,
            ("treatment-2", Reason.SPLIT): 0.25,
            ("control", Reason.STATIC): 0.5,
        },
    )


def test_a_rollout_of_one_in_ten_thousand_is_met() -> None:
    counts = _shares(experiment("tiny", variants=variants(0.5, 0.5), coverage=0.0002), "id=", 200_000)
    _assert_shares(
        counts,
        {
            ("control", Reason.SPLIT): 0.0001,
            ("treatment-1", Reason.SPLIT): 0.0001,
            ("control", Reason.STATIC): 0.9998,
        },
    )


def test_two_experiments_split_independently_of_each_other() -> None:
    units = 200_000
    one, two = (
        np.array([bucket_of(seed, f"u{number}") * 10 // BUCKETS for number in range(units)])
        for seed in ("first:1", "second:1")
    )
    table = np.bincount(one * 10 + two, minlength=100).reshape(10, 10)
    assert stats.chi2_contingency(table).pvalue > 1e-4
    assert stats.chisquare(table.sum(axis=1)).pvalue > 1e-4


def test_another_process_decides_the_same() -> None:
    script = (
        "from tests.assignment.examples import compiled, several, shopper\n"
        "from assignment.engine import decide_all\n"
        "ready = compiled()\n"
        "for n in range(200):\n"
        "    for d in decide_all(ready, shopper(f's-é€{n}', country='NL', visits=n, company=f'c{n % 7}')):\n"
        "        print(n, d.experiment, d.variant, d.reason)\n"
    )
    said = subprocess.run(
        [sys.executable, "-X", "utf8", "-c", script], capture_output=True, encoding="utf-8", check=True
    )
    ready = compiled()
    expected = [
        f"{n} {d.experiment} {d.variant} {d.reason}"
        for n in range(200)
        for d in decide_all(ready, shopper(f"s-é€{n}", country="NL", visits=n, company=f"c{n % 7}"))
    ]
    assert said.stdout.splitlines() == expected


def test_raising_the_coverage_moves_nobody_who_takes_part() -> None:
    small = compiled(experiment("ramp", coverage=0.1, variants=variants(0.2, 0.3, 0.5)))
    large = compiled(experiment("ramp", coverage=0.6, variants=variants(0.2, 0.3, 0.5)))
    taking_part = 0
    for number in range(20_000):
        before = decide(small, "ramp", shopper(f"s{number}"))
        if before.in_experiment:
            taking_part += 1
            after = decide(large, "ramp", shopper(f"s{number}"))
            assert (after.variant, after.in_experiment) == (before.variant, True)
    assert taking_part > 1500


def test_disjoint_slices_of_a_layer_exclude_one_another() -> None:
    ready = compiled(
        experiment("left", layer=LayerSlice("checkout", 0.0, 0.3)),
        experiment("right", layer=LayerSlice("checkout", 0.3, 1.0)),
    )
    both = [decide_all(ready, shopper(f"s{number}")) for number in range(5_000)]
    assert all(left.in_experiment != right.in_experiment for left, right in both)
    assert 0.26 < sum(left.in_experiment for left, _ in both) / 5_000 < 0.34
    assert {left.reason for left, _ in both if not left.in_experiment} == {Reason.STATIC}


def test_an_audience_is_tested_before_the_split() -> None:
    ready = compiled(experiment("dutch", condition={"country": "NL"}, coverage=0.0))
    abroad = decide(ready, "dutch", shopper("s", country="BE"))
    assert (abroad.variant, abroad.in_experiment, abroad.reason) == ("control", False, Reason.TARGETING_MATCH)
    assert decide(ready, "dutch", shopper("s", country="NL")).reason is Reason.STATIC


def test_the_reason_is_split_exactly_when_the_unit_takes_part() -> None:
    ready = compiled()
    for number in range(500):
        for decision in decide_all(
            ready, shopper(f"s{number}", country="NL", visits=number % 4, company="c")
        ):
            assert decision.in_experiment is (decision.reason is Reason.SPLIT)


@pytest.mark.parametrize("status", [Status.PAUSED, Status.DRAFT, Status.STOPPED])
def test_what_does_not_run_gives_everyone_the_control(status: Status) -> None:
    ready = compiled(experiment("off", status=status))
    found = {decide(ready, "off", shopper(f"s{number}")) for number in range(100)}
    assert [(item.variant, item.reason) for item in found] == [("control", Reason.DISABLED)]


def test_what_was_shipped_gives_everyone_the_winner() -> None:
    ready = compiled(experiment("won", status=Status.STOPPED, shipped="treatment-1"))
    decision = decide(ready, "won", shopper("s"))
    assert (decision.variant, decision.in_experiment, decision.reason) == (
        "treatment-1",
        False,
        Reason.STATIC,
    )


def test_live_experiments_are_running_paused_or_shipped() -> None:
    keys = [decision.experiment for decision in decide_all(compiled(), shopper("s"))]
    assert keys == live_keys()


def test_another_hash_attribute_is_hashed_and_its_absence_means_outside() -> None:
    ready = compiled(experiment("by-company", hash_attribute="company"))
    together = {decide(ready, "by-company", shopper(f"s{n}", company="acme")).variant for n in range(50)}
    assert len(together) == 1
    for missing in ({}, {"company": ""}, {"company": 0}, {"company": True}, {"company": ["acme"]}):
        assert decide(ready, "by-company", shopper("s", **missing)).reason is Reason.STATIC
    number = decide(ready, "by-company", shopper("s", company=12))
    assert number == decide(ready, "by-company", shopper("t", company="12"))


def test_slots_take_the_place_of_coverage_and_weights() -> None:
    slots = (Slot(0, 0.0, 0.1), Slot(1, 0.5, 0.8), Slot(1, 0.2, 0.4))
    ready = compiled(experiment("grown", slots=slots))
    for number in range(2_000):
        decision = decide(ready, "grown", shopper(f"s{number}"))
        position = bucket_of("grown:1", f"s{number}") / BUCKETS
        if position < 0.1:
            assert (decision.variant, decision.in_experiment) == ("control", True)
        elif 0.2 <= position < 0.4 or 0.5 <= position < 0.8:
            assert (decision.variant, decision.in_experiment) == ("treatment-1", True)
        else:
            assert decision.reason is Reason.STATIC


@pytest.mark.parametrize("seed", ["plain", "ontwerp-é", "€-seed"])
@pytest.mark.parametrize("unit", ["s-1", "é", "klant-€-{}", "😀{}"])
def test_deciding_all_at_once_is_deciding_one_by_one(seed: str, unit: str) -> None:
    rules = (*several(), experiment("seeded", seed=seed, layer=LayerSlice(f"laag-{seed}", 0.1, 0.6)))
    ready = compiled(*rules)
    for number in range(50):
        attributes = shopper(
            unit.format(number), country="NL", visits=number % 4, company=f"c-€-{number % 3}"
        )
        together = decide_all(ready, attributes)
        assert together == [decide(ready, item.experiment, attributes) for item in together]
        assert len(together) == len(rules) - 2


def test_an_unknown_experiment_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        decide(compiled(), "unknown", shopper("s"))


def test_rules_that_cannot_be_decided_are_refused_when_compiled() -> None:
    with pytest.raises(ValueError, match="no variants"):
        compiled(experiment("none", variants=()))
    with pytest.raises(ValueError, match="to ship"):
        compiled(experiment("lost", status=Status.STOPPED, shipped="nobody"))


def test_what_is_derived_from_a_snapshot_is_made_once() -> None:
    ready = compiled()
    made: list[CompiledSnapshot] = []

    def derive(source: CompiledSnapshot) -> int:
        made.append(source)
        return len(source.decisions)

    assert ready.derived(derive) == ready.derived(derive) == len(ready.decisions)
    assert made == [ready]
