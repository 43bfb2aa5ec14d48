"""What stands before an experiment leaves the share of shoppers that the doors let in."""

from __future__ import annotations

import math
from typing import Any

import pytest
from sqlmodel import Session

from assignment.engine import CompiledSnapshot, decide
from assignment.errors import ProefwerkError
from experiments.publish import compile_snapshot
from experiments.requests import Decision, ReachRequest, StopForm
from experiments.service.definitions import update_experiment
from experiments.service.entry import entry_of
from experiments.service.transitions import start, stop
from experiments.validation import parse
from tests.experiments.conftest import BOB
from tests.experiments.examples import draft, running

UNITS = 2_000
NOBODY: dict[str, Any] = {"audience": None, "segments": []}
SLICE = {"name": "checkout", "from": 0.1, "to": 0.7}


def entered(session: Session, key: str) -> float:
    """Share of the units that the engine itself lets into an experiment."""
    compiled = CompiledSnapshot(compile_snapshot(session))
    decisions = (decide(compiled, key, {"id": f"u{number}"}) for number in range(UNITS))
    return sum(each.in_experiment for each in decisions) / UNITS


def share(session: Session, **fields: Any) -> float:
    return entry_of(session, parse(ReachRequest, fields)).all


@pytest.mark.parametrize(
    ("above", "own"),
    [
        ({"traffic": 0.6}, {}),
        ({"traffic": 0.6}, {"layer": SLICE, "traffic": 0.8}),
        ({"traffic": 1.0, "layer": SLICE}, {"layer": {"name": "other", "from": 0.0, "to": 0.5}}),
        ({"traffic": 1.0, "layer": SLICE}, {"layer": {"name": "checkout", "from": 0.7, "to": 1.0}}),
    ],
)
def test_the_share_is_that_of_the_doors(session: Session, above: dict[str, Any], own: dict[str, Any]) -> None:
    running(session, key="parent", **{**NOBODY, **above})
    asked = [{"experiment": "parent", "variants": ["bar"]}]
    child = {"traffic": 1.0, **own, "prerequisites": asked}
    running(session, key="child", **NOBODY, **child)
    expected = share(session, **child)
    bound = 4 * math.sqrt(max(expected * (1 - expected), 1e-9) / UNITS)
    assert entered(session, "child") == pytest.approx(expected, abs=bound)


def test_what_a_parent_builds_on_counts_too_and_its_audience_is_named(session: Session) -> None:
    running(session, key="first", traffic=0.5, segments=[])
    running(
        session, key="second", **NOBODY, traffic=1.0,
        prerequisites=[{"experiment": "first", "variants": ["bar", "control"]}],
    )  # fmt: skip
    found = entry_of(
        session, parse(ReachRequest, {"prerequisites": [{"experiment": "second", "variants": ["bar"]}]})
    )
    assert found.prerequisites == pytest.approx(0.25)
    assert found.audiences == ({"country": "NL", "visits": {"$gte": 2}},)


def test_a_parent_that_shipped_lets_everybody_in_and_one_that_did_not_nobody(session: Session) -> None:
    running(session, key="parent", **NOBODY)
    stop(session, "parent", StopForm(decision=Decision.SHIP, variant="bar"), BOB)
    for variant, expected in (("bar", 1.0), ("control", 0.0)):
        asked = [{"experiment": "parent", "variants": [variant]}]
        assert share(session, prerequisites=asked) == expected


def test_what_is_not_there_is_named(session: Session) -> None:
    with pytest.raises(ProefwerkError) as refused:
        share(session, prerequisites=[{"experiment": "nobody", "variants": ["bar"]}])
    assert refused.value.fields[0].field == "prerequisites.0.experiment"


def test_a_draft_to_build_on_is_taken_as_if_it_ran(session: Session) -> None:
    draft(session, key="parent", **{**NOBODY, "traffic": 0.4})
    asked = [{"experiment": "parent", "variants": ["bar"]}]
    assert share(session, prerequisites=asked) == pytest.approx(0.2)
    update_experiment(session, "parent", {"traffic": 1.0}, BOB)
    start(session, "parent", BOB)
    assert share(session, prerequisites=asked) == pytest.approx(0.5)
