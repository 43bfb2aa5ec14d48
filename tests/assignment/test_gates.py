"""A gate keeps a unit out of an experiment without moving anybody who is in."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest

from assignment.engine import Reason, decide, decide_all
from assignment.growthbook.payload import features_of
from assignment.hashing import BUCKETS, bucket_of, fnv_bytes, hash_value
from assignment.snapshot import Gate, LayerSlice, Slot, Status, build, decode, encode
from tests.assignment.examples import KEYS, compiled, experiment, shopper

HALF = Gate("holdout:1", "id", ((0.5, 1.0),))


def _lets_in(gates: Sequence[Gate], attributes: dict[str, Any]) -> bool:
    def position(gate: Gate) -> float:
        value = hash_value(attributes.get(gate.attribute))
        return bucket_of(gate.seed, value) / BUCKETS if value else -1.0

    return all(any(low <= position(gate) < high for low, high in gate.ranges) for gate in gates)


@pytest.mark.parametrize("unit", ["s-{}", "klant-€-{}"])
def test_random_gates_let_in_exactly_the_units_in_one_of_their_ranges(unit: str) -> None:
    random = Random(7)
    rules = []
    for number in range(30):
        gates = tuple(
            Gate(
                random.choice(["a", "b", "laag-€"]),
                random.choice(["id", "company"]),
                tuple((low, low + random.random() / 2) for low in (random.random(), random.random())),
            )
            for _ in range(random.randint(0, 3))
        )
        rules.append(experiment(f"e{number:02}", gates=gates))
    ready = compiled(*rules)
    ungated = compiled(*(experiment(rule.key) for rule in rules))
    entered = 0
    for number in range(200):
        attributes = shopper(unit.format(number), **({"company": f"c{number}"} if number % 3 else {}))
        decisions = zip(rules, decide_all(ready, attributes), decide_all(ungated, attributes), strict=True)
        for rule, decision, free in decisions:
            let_in = _lets_in(rule.gates, attributes)
            entered += let_in
            assert decision.in_experiment is let_in
            assert decision.variant == (free.variant if let_in else "control")
    assert 1_500 < entered < 4_500


def test_a_bucket_is_hashed_once_for_all_gates_of_the_same_seed_and_attribute(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hashed: list[bytes] = []

    def counted(text: bytes) -> int:
        hashed.append(text)
        return fnv_bytes(text)

    rules = [experiment(f"e{n}", gates=(Gate("holdout:1", "id", ((n / 20, 1.0),)),)) for n in range(10)]
    ready = compiled(*rules)
    monkeypatch.setattr("assignment.decider.fnv_bytes", counted)
    decide_all(ready, shopper("s"))
    assert hashed.count(b"holdout:1s") == 1


def test_a_layer_and_a_gate_of_the_same_seed_and_range_let_in_the_same_units() -> None:
    ready = compiled(
        experiment("gated", seed="x", gates=(Gate("checkout", "id", ((0.2, 0.7),)),)),
        experiment("layered", seed="x", layer=LayerSlice("checkout", 0.2, 0.7)),
    )
    for number in range(2_000):
        gated, layered = decide_all(ready, shopper(f"s{number}"))
        assert (gated.variant, gated.reason) == (layered.variant, layered.reason)


def test_who_is_kept_out_gets_the_control_and_is_not_counted() -> None:
    ready = compiled(experiment("closed", gates=(Gate("any", "id", ()),)))
    found = {decide(ready, "closed", shopper(f"s{number}")) for number in range(100)}
    assert [(item.variant, item.in_experiment, item.reason) for item in found] == [
        ("control", False, Reason.STATIC)
    ]


def test_a_shipped_variant_reaches_those_whom_the_gates_let_in() -> None:
    ready = compiled(experiment("won", status=Status.STOPPED, shipped="treatment-1", gates=(HALF,)))
    shown = []
    for number in range(1_000):
        attributes = shopper(f"s{number}")
        decision = decide(ready, "won", attributes)
        assert decision.variant == ("treatment-1" if _lets_in((HALF,), attributes) else "control")
        assert not decision.in_experiment
        shown.append(decision.variant)
    assert 400 < shown.count("control") < 600


def test_gates_reach_the_payload_as_filters_after_the_layer() -> None:
    companies = Gate("groups", "company", ((0.0, 0.1), (0.4, 0.5)))
    rule = experiment("held", layer=LayerSlice("checkout", 0.0, 0.5), gates=(HALF, companies))
    shipped = experiment("won", status=Status.STOPPED, shipped="treatment-1", gates=(HALF,))
    features = features_of(build((rule, shipped), KEYS))
    half = {"attribute": "id", "seed": "holdout:1", "hashVersion": 2, "ranges": [[0.5, 1.0]]}
    assert features["held"]["rules"][0]["filters"] == [
        {"attribute": "id", "seed": "checkout", "hashVersion": 2, "ranges": [[0.0, 0.5]]},
        half,
        {"attribute": "company", "seed": "groups", "hashVersion": 2, "ranges": [[0.0, 0.1], [0.4, 0.5]]},
    ]
    assert features["won"]["rules"][0]["filters"] == [half]
    assert "filters" not in features_of(build((experiment("free"),), KEYS))["free"]["rules"][0]


def test_a_snapshot_kept_on_disk_from_before_gates_still_decides() -> None:
    rule = experiment("bar", slots=(Slot(0, 0.0, 1.0),))
    document = encode(build((rule,), KEYS))
    assert b',"gates":[]' in document or b'"gates":[],' in document
    older = document.replace(b',"gates":[]', b"").replace(b'"gates":[],', b"")
    assert decode(older).experiments == (rule,)
