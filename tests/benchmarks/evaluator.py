"""Decisions inside one process, of one shopper and of millions, against the official GrowthBook SDK."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.metadata import version
from random import Random
from typing import Any

import numpy as np
from growthbook import GrowthBook

from assignment.allocation import owners_of, slots_of
from assignment.bulk import Units, assign
from assignment.engine import CompiledSnapshot, decide_all
from assignment.growthbook.payload import features_of
from assignment.hashing import bucket_of
from assignment.snapshot import Experiment, Snapshot, Status, Variant, build

EXPERIMENTS = 100
IDS = 1_000_000
ROUNDS = 5
AUDIENCE = {"country": {"$in": ["NL", "BE"]}, "visits": {"$gte": 2}}


def snapshot(count: int) -> Snapshot:
    """So many running experiments, each with an audience, half of them splitting unevenly."""
    return build(tuple(_experiment(number) for number in range(count)), ())


def _experiment(number: int) -> Experiment:
    share = 0.5 if number % 2 else 0.9
    return Experiment(
        key=f"experiment-{number:03}",
        version=1,
        status=Status.RUNNING,
        seed=f"experiment-{number}:1",
        hash_attribute="id",
        variants=(
            Variant("control", "Control", share, {"columns": 1}),
            Variant("treatment", "Treatment", 1 - share, {"columns": 2}),
        ),
        coverage=1.0,
        condition=AUDIENCE,
    )


def shopper(number: int) -> dict[str, Any]:
    return {"id": f"shopper-{number}", "country": "NL", "visits": 5, "device": "mobile"}


def seconds(work: Callable[[], object], rounds: int = ROUNDS) -> float:
    """Processor seconds of this thread that the work takes at best."""
    taken = []
    for _ in range(rounds):
        began = time.thread_time()
        work()
        taken.append(time.thread_time() - began)
    return min(taken)


def ours(experiments: int, shoppers: int = 500) -> float:
    """Evaluations a second of our engine, each shopper in all experiments."""
    compiled = CompiledSnapshot(snapshot(experiments))
    people = [shopper(number) for number in range(shoppers)]
    return experiments * shoppers / seconds(lambda: [decide_all(compiled, person) for person in people])


def theirs(experiments: int, shoppers: int = 30) -> float:
    """The same of the official Python SDK, which must decide the same."""
    rules = snapshot(experiments)
    compiled, features = CompiledSnapshot(rules), features_of(rules)
    client = GrowthBook(attributes={}, features=features, enabled=True)
    people = [shopper(number) for number in range(shoppers)]

    def decide(person: dict[str, Any]) -> list[Any]:
        client.set_attributes(person)
        return [client.eval_feature(key) for key in features]

    for person in people:
        said = [each.experimentResult.key for each in decide(person)]
        assert said == [each.variant for each in decide_all(compiled, person)]
    taken = seconds(lambda: [decide(person) for person in people], rounds=3)
    client.destroy()
    return experiments * shoppers / taken


def id_lists(count: int = IDS) -> dict[str, list[str]]:
    """Ids as shops have them: of one length, of several lengths in any order, random, beyond Latin."""
    random = Random(11)
    return {
        "of one length": [f"shopper-{number:09}" for number in range(count)],
        "of mixed length": [f"shopper-{number}" for number in random.sample(range(count), count)],
        "of 36 characters": [f"{random.getrandbits(128):032x}-abc" for _ in range(count)],
        "beyond Latin-1": [f"klant-€-{number:07}" for number in range(count)],
    }


def bulk(ids: list[str]) -> tuple[float, float]:
    """Ids a second from an array of text in UTF-8, laid out as Arrow does, and from a list of texts."""
    rule, parts = _experiment(1), [text.encode() for text in ids]
    data = b"".join(parts)
    offsets = np.concatenate(([0], np.cumsum([len(part) for part in parts])))
    array = seconds(lambda: assign(rule, Units.of_utf8(data, offsets)))
    return len(ids) / array, len(ids) / seconds(lambda: assign(rule, Units.of(ids)))


def one_by_one(ids: list[str]) -> float:
    """Ids a second through the scalar hash."""
    rule = _experiment(1)
    owners = owners_of(slots_of(rule))
    return len(ids) / seconds(lambda: [owners[bucket_of(rule.seed, unit)] for unit in ids], rounds=2)


def main() -> list[tuple[str, str, str]]:
    """Print the rates; the same as rows: what, measured, against."""
    sdk = f"GrowthBook's Python SDK {version('growthbook')}"
    mine, peer, few, single = ours(EXPERIMENTS), theirs(EXPERIMENTS), ours(10), theirs(1)
    print("\nEvaluations in one process, each with an audience; per core, by processor time")
    print(f"{sdk:44}{peer:14,.0f} evaluations/s, {EXPERIMENTS} experiments")
    print(f"{'Proefwerk, 10 experiments a shopper':44}{few:14,.0f} evaluations/s{few / peer:8.0f} x")
    label = f"Proefwerk, {EXPERIMENTS} experiments a shopper"
    print(f"{label:44}{mine:14,.0f} evaluations/s{mine / peer:8.0f} x")
    print(f"\nOne experiment, {IDS:,} ids at once; per core, by processor time, preparing the ids included")
    lists = id_lists()
    scalar = one_by_one(next(iter(lists.values()))[:100_000])
    print(f"{sdk:44}{single:14,.0f} ids/s")
    print(f"{'Proefwerk, one by one':44}{scalar:14,.0f} ids/s{scalar / single:8.0f} x")
    rates = {}
    for name, ids in lists.items():
        rates[name] = bulk(ids)
        for kind, rate in zip(("array", "list"), rates[name], strict=True):
            label = f"Proefwerk, {kind} {name}"
            print(f"{label:44}{rate:14,.0f} ids/s{rate / single:8.0f} x{rate / scalar:8.1f} x one by one")
    array, mixed = rates["of one length"][0], rates["of mixed length"][0]
    return [
        (
            f"deciding in one process, {EXPERIMENTS} experiments with audiences",
            f"{mine / 1e6:.1f} million evaluations/s on one core",
            f"{mine / peer:.0f} times {sdk}: {peer:,.0f}/s",
        ),
        (
            "assigning arrays of ids again (`assignment.bulk`)",
            f"{array / 1e6:.0f} million ids/s on one core; {mixed / 1e6:.0f} million of mixed length",
            f"{array / scalar:.0f} times one by one, {array / single:,.0f} times the same SDK",
        ),
    ]


if __name__ == "__main__":
    main()
