"""Who meets an experiment of a holdout is exposed to the holdout, whichever side they are on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from werkzeug.test import Client

from assignment.events import Exposure
from tests.assignment.api.conftest import logged
from tests.assignment.examples import CLIENT_KEY

ASSIGN = "/api/v1/assign"
FLAG = "/ofrep/v1/evaluate/flags/held"


def post(client: Client, path: str, unit: str, headers: dict[str, str] | None = None, **more: Any) -> Any:
    document = {"context": {"targetingKey": unit}, **more}
    return client.post(path, json=document, headers={"X-API-Key": CLIENT_KEY, **(headers or {})}).get_json()


def exposed(folder: Path) -> dict[tuple[str, str], str]:
    """By unit and experiment: the variant logged."""
    events = logged(folder)
    found = {(event.unit, event.experiment): event.variant for event in events if isinstance(event, Exposure)}
    assert len(found) == len(events)
    return found


def sides(hot: Client) -> dict[str, str]:
    """Sixty units with the side of the holdout that they are on."""
    return {
        unit: post(hot, ASSIGN, unit)["assignments"]["programme"]["variant"]
        for unit in (f"s-{number}" for number in range(60))
    }


@pytest.mark.parametrize("door", ["assign", "flag"])
def test_both_sides_of_a_holdout_are_exposed_where_one_of_its_experiments_is_met(
    hot: Client, tmp_path: Path, door: str
) -> None:
    known = sides(hot)
    assert set(known.values()) == {"control", "treatment-1"}
    for unit in known:
        if door == "assign":
            post(hot, ASSIGN, unit, experiments=["held"], expose=True)
        else:
            post(hot, FLAG, unit, {"X-Proefwerk-Expose": "true"})
    found = exposed(tmp_path)
    assert {unit: found[unit, "programme"] for unit in known} == known
    assert {unit for unit, experiment in found if experiment == "held"} == {
        unit for unit, side in known.items() if side == "treatment-1"
    }


def test_an_experiment_outside_the_holdout_exposes_nobody_to_it(hot: Client, tmp_path: Path) -> None:
    post(hot, ASSIGN, "s-1", experiments=["bar"], expose=True)
    assert set(exposed(tmp_path)) == {("s-1", "bar")}


def test_asking_for_everything_exposes_to_the_holdout_once(hot: Client, tmp_path: Path) -> None:
    post(hot, ASSIGN, "s-1", expose=True)
    assert ("s-1", "programme") in exposed(tmp_path)


def test_the_answer_marks_the_holdout_and_its_experiments(hot: Client) -> None:
    found = post(hot, ASSIGN, "s-1")["assignments"]
    assert found["programme"]["role"] == "holdout"
    assert found["held"]["holdout"] == "programme"
    assert not {"role", "holdout"} & found["bar"].keys()
    flags = post(hot, "/ofrep/v1/evaluate/flags", "s-1")["flags"]
    metadata = {flag["key"]: flag["metadata"] for flag in flags}
    assert metadata["programme"]["role"] == "holdout"
    assert metadata["held"]["holdout"] == "programme"
    side = {"holdoutVariant": found["programme"]["variant"], "holdoutVersion": "1", "holdoutUnit": "s-1"}
    assert side.items() <= metadata["held"].items()
    assert "holdoutVariant" not in metadata["bar"]
    assert post(hot, FLAG, "s-1")["metadata"] == metadata["held"]
    assert "holdoutVariant" not in post(hot, FLAG, "s-1", {"X-Proefwerk-Force": "held=control"})["metadata"]


def test_an_experiment_that_is_named_brings_its_holdout_along(hot: Client) -> None:
    everything = post(hot, ASSIGN, "s-1")["assignments"]
    named = post(hot, ASSIGN, "s-1", experiments=["held"])["assignments"]
    assert named == {key: everything[key] for key in ("held", "programme")}


def test_who_looks_at_a_preview_is_counted_nowhere(hot: Client, tmp_path: Path) -> None:
    post(hot, ASSIGN, "s-1", forced={"bar": "treatment-1"}, expose=True)
    post(hot, FLAG, "s-1", {"X-Proefwerk-Expose": "true", "X-Proefwerk-Force": "held=control"})
    post(hot, FLAG, "s-1", {"X-Proefwerk-Expose": "true", "X-Proefwerk-Force": "bar=control"})
    assert logged(tmp_path) == []
