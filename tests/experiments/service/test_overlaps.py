"""Who meets whom, against what the doors decide for the same shoppers."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import Session

from assignment.engine import CompiledSnapshot, decide
from experiments.db import utc_now
from experiments.publish import compile_snapshot
from experiments.service.definitions import experiment_document, get_experiment
from experiments.service.observations import observe
from experiments.service.overlaps import Overlap, overlaps
from experiments.service.reach import observation_of
from tests.dash_ui.sights import visitors
from tests.experiments.examples import draft, running

NL = {"country": "NL", "visits": None}
WEEKLY = 17_500
"""Shoppers of `sights` who come in a week: a quarter each week, every fourth of them in all four."""


@pytest.fixture(autouse=True)
def seen(session: Session) -> None:
    now = utc_now()
    observe(session, observation_of("id"), visitors(now), now)


def met(session: Session, **fields: Any) -> tuple[Overlap, ...]:
    new = draft(session, key="new", **{"audience": None, "traffic": 1.0, **fields})
    return overlaps(session, experiment_document(new))


def test_who_fits_both_and_is_let_into_both_is_counted(session: Session) -> None:
    running(session, audience=NL, traffic=0.5)
    (found,) = met(session, traffic=0.4)
    assert found.same_placement
    assert found.share == pytest.approx(0.5 * 0.5)
    assert found.units == pytest.approx(WEEKLY * 0.5 * 0.5 * 0.4, abs=1)
    assert found.layer is None


def test_the_number_is_that_of_the_doors(session: Session) -> None:
    layer = {"name": "checkout", "from": 0.0, "to": 0.6}
    running(session, audience=None, traffic=0.5, layer=layer)
    mine = {"audience": None, "traffic": 0.8, "layer": {"name": "home", "from": 0.3, "to": 1.0}}
    running(session, key="new", **mine)
    document = experiment_document(get_experiment(session, "new"))
    (found,) = overlaps(session, document)
    compiled = CompiledSnapshot(compile_snapshot(session))
    both = sum(
        all(decide(compiled, key, {"id": f"u{number}"}).in_experiment for key in ("bar", "new"))
        for number in range(2_000)
    )
    assert found.units is not None
    assert found.units / WEEKLY == pytest.approx(both / 2_000, abs=0.03)
    assert found.layer == "checkout"


@pytest.mark.parametrize(
    ("other", "mine"),
    [
        ({"layer": {"name": "checkout", "from": 0.0, "to": 0.5}},
         {"layer": {"name": "checkout", "from": 0.5, "to": 1.0}}),
        ({"audience": NL}, {"audience": {"country": "BE", "visits": None}}),
    ],
)  # fmt: skip
def test_whom_nobody_meets_is_not_named(session: Session, other: Any, mine: Any) -> None:
    running(session, **{"audience": None, **other})
    assert met(session, **mine) == ()


def test_whom_it_builds_on_is_meant_to_be_met(session: Session) -> None:
    running(session, audience=None)
    assert met(session, prerequisites=[{"experiment": "bar", "variants": ["bar"]}]) == ()


def test_the_same_place_comes_first_and_what_cannot_be_told_is_not_made_up(session: Session) -> None:
    running(session, key="a-everywhere", audience=None, traffic=1.0, placement="home")
    running(session, key="b-here", audience={"loyal": True, "country": None, "visits": None})
    found = met(session)
    assert [each.key for each in found] == ["b-here", "a-everywhere"]
    assert (found[0].units, found[0].share) == (None, None)
    assert found[1].share == pytest.approx(1.0)
