"""Whatever a running experiment grows into, no shopper who was assigned moves, at any door."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import growthbook
import msgspec
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st
from werkzeug.test import Client

from assignment.allocation import WouldMoveUnits, grow
from assignment.api import Doors, HotDoor, register
from assignment.bulk import Units, assign
from assignment.engine import CompiledSnapshot
from assignment.growthbook.payload import features_of
from assignment.snapshot import Experiment, Snapshot, Variant, build
from tests.assignment.examples import CLIENT_KEY, KEYS, experiment, variants
from tests.contract.test_javascript_clients import asked_of_javascript

PEOPLE = tuple(f"shopper-{number}-é🛒"[: 10 + number % 5] for number in range(150))
GROWTHS = st.lists(
    st.tuples(
        st.floats(0.1, 1.0),
        st.lists(st.integers(1, 20), min_size=4, max_size=4),
        st.booleans(),
    ),
    min_size=1,
    max_size=5,
)


def grown(rule: Experiment, growths: list[tuple[float, list[int], bool]]) -> Iterator[Experiment]:
    """The rule, then the rule after each growth that is legal; some bring a variant."""
    yield rule
    for coverage, weights, brings_one in growths:
        arms = list(rule.variants)
        if brings_one and len(arms) < 4:
            arms.append(Variant(f"late-{len(arms)}", "", 0.0, {"late": len(arms)}))
        total = sum(weights[: len(arms)])
        wanted = [
            msgspec.structs.replace(arm, weight=weight / total)
            for arm, weight in zip(arms, weights, strict=False)
        ]
        try:
            rule = grow(rule, coverage, wanted)
        except WouldMoveUnits:
            continue
        yield rule


class _Source:
    """A snapshot that is replaced by the next."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.compiled = CompiledSnapshot(snapshot)

    def current(self) -> CompiledSnapshot:
        return self.compiled

    catch_up = current


def met(client: Client, rule: Experiment, snapshot: Snapshot) -> dict[str, list[str | None]]:
    """By door, the variant of everybody; `None` for who takes no part."""

    def post(path: str, document: object) -> Any:
        return client.post(path, json=document, headers={"X-API-Key": CLIENT_KEY}).get_json()

    features = features_of(snapshot)
    sdk = growthbook.GrowthBook(features=features)
    keys = [arm.key for arm in rule.variants]
    found: dict[str, list[str | None]] = {name: [] for name in ("native", "ofrep", "local", "remote")}
    for unit in PEOPLE:
        context = {"context": {"targetingKey": unit}}
        native = post("/api/v1/assign", context)["assignments"]["bar"]
        flag = post("/ofrep/v1/evaluate/flags/bar", context)
        remote = post(f"/api/eval/{CLIENT_KEY}", {"attributes": {"id": unit}})["features"]["bar"]
        sdk.set_attributes({"id": unit})
        result = sdk.eval_feature("bar").experimentResult
        rules = remote.get("rules")
        found["native"].append(native["variant"] if native["in_experiment"] else None)
        found["ofrep"].append(flag["variant"] if flag["metadata"]["inExperiment"] else None)
        found["local"].append(result.key if result is not None else None)
        found["remote"].append(rules[0]["tracks"][0]["result"]["key"] if rules else None)
    places = assign(rule, Units.of(PEOPLE)).tolist()
    found["bulk"] = [keys[place] if place >= 0 else None for place in places]
    return found


@settings(max_examples=6, deadline=None)
@given(growths=GROWTHS)
def test_no_growth_moves_anybody_at_any_door(growths: list[tuple[float, list[int], bool]]) -> None:
    first = experiment(coverage=0.3, variants=variants(0.5, 0.5))
    source, app = _Source(build((first,), KEYS)), Flask("doors")
    doors = Doors(source, None)  # type: ignore[arg-type]
    register(app, doors)
    client = Client(HotDoor(app.wsgi_app, doors))
    before: list[str | None] = [None] * len(PEOPLE)
    for rule in grown(first, growths):
        snapshot = build((rule,), KEYS)
        source.compiled = CompiledSnapshot(snapshot)
        now = met(client, rule, snapshot)
        assert all(found == now["native"] for found in now.values()), now
        assert all(old in (None, new) for old, new in zip(before, now["native"], strict=True))
        before = now["native"]


def test_the_javascript_sdk_follows_growth(node: str) -> None:
    growths = [(0.6, [1, 3, 0, 0], False), (0.9, [1, 3, 2, 0], True), (1.0, [2, 5, 3, 0], False)]
    for rule in grown(experiment(coverage=0.3, variants=variants(0.5, 0.5)), growths):
        features = features_of(build((rule,), KEYS))
        cases = [{"ctx": {"attributes": {"id": unit}, "features": features}, "key": "bar"} for unit in PEOPLE]
        keys = [arm.key for arm in rule.variants]
        expected = [keys[place] if place >= 0 else None for place in assign(rule, Units.of(PEOPLE)).tolist()]
        answers = asked_of_javascript(node, cases)
        found = [
            answer["experimentResult"]["key"] if answer["source"] == "experiment" else None
            for answer in answers
        ]
        assert found == expected
