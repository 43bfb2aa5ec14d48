"""A holdout from its start to its report: what the experiments bring, measured on those they left alone."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from werkzeug.test import Client

from assignment.api import Doors, HotDoor, register
from assignment.engine import CompiledSnapshot
from assignment.log import EventLog
from assignment.sink import LogSink
from experiments import jobs
from experiments.analysis.lake import Lake
from experiments.auth import KeyKind
from experiments.db import Database
from experiments.jobs import Workplace
from experiments.publish import compile_snapshot
from experiments.requests import Decision, PhaseForm, StopForm
from experiments.service.definitions import update_experiment
from experiments.service.keys import create_key
from experiments.service.transitions import start, stop
from tests.experiments.conftest import ALICE, BOB
from tests.experiments.examples import draft, running
from tests.experiments.service.test_relations import PROGRAMME

SHOPPERS = 800
BASE, LIFT = 0.2, 0.25
OPEN: dict[str, Any] = {"traffic": 1.0, "audience": None, "metrics": {"secondary": [], "guardrails": []}}


class Doorway:
    """The doors as a shop asks them, by the rules of a database at each moment."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._database = database
        self._sink = LogSink(EventLog(folder))
        app = Flask("doors")
        doors = Doors(self, self._sink)  # type: ignore[arg-type]
        register(app, doors)
        self._client = Client(HotDoor(app.wsgi_app, doors))
        with database.session() as session:
            self._key = create_key(session, KeyKind.SERVER.value, "", ALICE)[1]
        self.publish()

    def publish(self) -> None:
        """Takes over what was changed."""
        with self._database.reading() as session:
            self._compiled = CompiledSnapshot(compile_snapshot(session))

    def current(self) -> CompiledSnapshot:
        return self._compiled

    def assign(self, unit: str, *keys: str, expose: bool = True) -> dict[str, Any]:
        """The variants of a shopper who meets the placement of these experiments."""
        document = {"context": {"targetingKey": unit}, "experiments": list(keys), "expose": expose}
        found: dict[str, Any] = self._post("/api/v1/assign", document)["assignments"]
        return found

    def order(self, units: list[str]) -> None:
        """Each of these shoppers orders once."""
        events = [
            {"type": "conversion", "id": f"order-{unit}", "unit": unit, "name": "order"} for unit in units
        ]
        for first in range(0, len(events), 1_000):
            self._post("/api/v1/events", {"events": events[first : first + 1_000]})

    def expose(self, met: dict[str, str]) -> None:
        """The shop says by itself that these shoppers met the treatment of an experiment."""
        events = [
            {
                "type": "exposure",
                "id": f"shown-{unit}",
                "unit": unit,
                "experiment": key,
                "variant": "bar",
            }
            for unit, key in met.items()
        ]
        self._post("/api/v1/events", {"events": events})

    def close(self) -> None:
        self._sink.close()

    def _post(self, path: str, document: object) -> Any:
        answer = self._client.post(path, json=document, headers={"X-API-Key": self._key})
        assert answer.status_code == 200, answer.get_data()
        return answer.get_json()


@pytest.fixture
def started(database: Database) -> Database:
    """A holdout of a fifth, and an experiment that began in it."""
    variants = [
        {**PROGRAMME["variants"][0], "weight": 0.2},
        {**PROGRAMME["variants"][1], "weight": 0.8},
    ]
    with database.session() as session:
        draft(session, **{**PROGRAMME, **OPEN, "variants": variants})
        start(session, "programme", BOB)
        running(session, **OPEN)
    return database


def test_a_holdout_reads_what_its_experiments_bring(started: Database, tmp_path: Path) -> None:
    shop = Doorway(started, tmp_path / "log")
    chance = random.Random(11)
    sides: Counter[str] = Counter()
    orders: Counter[str] = Counter()
    buyers = []
    for number in range(SHOPPERS):
        unit = f"s{number}"
        found = shop.assign(unit, "bar")
        side = found["programme"]["variant"]
        assert found["bar"]["in_experiment"] is (side == "everyone")
        bought = chance.random() < BASE * (1 + LIFT * (found["bar"]["variant"] == "bar"))
        sides[side] += 1
        orders[side] += bought
        if bought:
            buyers.append(unit)
    shop.order(buyers)
    shop.close()

    place = Workplace(started, Lake(tmp_path / "lake"), tmp_path / "log")
    report = jobs.analyse_now(place, "programme")
    assert {arm["key"]: arm["units"] for arm in report["variants"]} == dict(sides)
    assert sum(sides.values()) == SHOPPERS
    assert report["health"]["srm"]["status"] == "ok"
    assert report["health"]["multiple_exposure"]["units"] == 0
    (metric,) = report["metrics"]
    means = {arm["variant"]: arm["mean"] for arm in metric["variants"]}
    assert means == pytest.approx({side: orders[side] / count for side, count in sides.items()})
    (comparison,) = metric["comparisons"]
    assert (comparison["control"], comparison["variant"]) == ("held-out", "everyone")
    # Half of those let in met the treatment, so the programme brings half of its lift.
    absolute = comparison["absolute"]
    assert absolute["lower"] < BASE * LIFT / 2 < absolute["upper"]
    assert absolute["estimate"] == pytest.approx(means["everyone"] - means["held-out"], abs=1e-9)

    assert report["health"]["held_out"]["code"] == "left_alone"

    own = jobs.analyse_now(place, "bar")
    assert "held_out" not in own["health"]
    assert sum(arm["units"] for arm in own["variants"]) == sides["everyone"]
    assert own["health"]["srm"]["status"] == "ok"
    assert jobs.verify_report(place, report) == []


def test_a_shop_that_shows_experiments_to_the_held_out_is_found_out(
    started: Database, tmp_path: Path
) -> None:
    with started.session() as session:
        running(session, key="outside", holdout=False, **OPEN)
    shop = Doorway(started, tmp_path / "log")
    held_out = [
        unit
        for unit in (f"s{number}" for number in range(300))
        if shop.assign(unit, "bar", "outside")["programme"]["variant"] == "held-out"
    ]
    shop.expose(dict.fromkeys(held_out[:5], "bar"))
    shop.close()
    place = Workplace(started, Lake(tmp_path / "lake"), tmp_path / "log")
    report = jobs.analyse_now(place, "programme")
    found = report["health"]["held_out"]
    assert (found["status"], found["units"]) == ("warning", 5)
    assert found["share"] == pytest.approx(5 / len(held_out))
    assert found["experiments"] == [{"experiment": "bar", "units": 5}]
    with started.session() as session:
        update_experiment(session, "bar", {"holdout": False}, BOB, PhaseForm(new_phase=True))
    assert jobs.verify_report(place, report) == []


def test_the_winner_waits_for_the_end_of_the_holdout(started: Database, tmp_path: Path) -> None:
    shop = Doorway(started, tmp_path / "log")
    units = [f"s{number}" for number in range(200)]
    held_out = {
        unit for unit in units if shop.assign(unit, "bar", expose=False)["programme"]["variant"] == "held-out"
    }
    assert 20 < len(held_out) < 60

    def winners() -> set[str]:
        return {unit for unit in units if shop.assign(unit, "bar", expose=False)["bar"]["variant"] == "bar"}

    with started.session() as session:
        stop(session, "bar", StopForm(decision=Decision.SHIP), BOB)
    shop.publish()
    assert winners() == set(units) - held_out
    with started.session() as session:
        stop(session, "programme", StopForm(decision=Decision.INCONCLUSIVE), BOB)
    shop.publish()
    assert winners() == set(units)
    shop.close()
