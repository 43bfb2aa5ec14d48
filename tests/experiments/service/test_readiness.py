"""What a draft rests on before its start, from what the scheduler and earlier experiments found."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

from sqlmodel import Session

from assignment.events import Conversion, Event
from experiments import jobs
from experiments.analysis.lake import Lake
from experiments.db import Database, utc_now
from experiments.models import Rehearsal
from experiments.service.definitions import get_experiment, update_experiment
from experiments.service.lookup import find_metric
from experiments.service.readiness import arrivals, experiment_to_rehearse, rehearsed, seal
from experiments.service.records import metric_form
from experiments.service.transitions import start
from experiments.workplace import Workplace
from tests.experiments.analysis.build import add
from tests.experiments.conftest import BOB
from tests.experiments.examples import add_metrics, draft, running


def test_events_are_told_by_when_they_came_in(database: Database, tmp_path: Path) -> None:
    place = Workplace(database, Lake(tmp_path / "lake"), tmp_path / "log")
    now = utc_now()
    with database.session() as session:
        add_metrics(session)
        metrics = [metric_form(find_metric(session, key)) for key in ("conversion", "refunds")]
        assert arrivals(session, metrics) is None
    recent: list[Event] = [Conversion(f"o{number}", f"u{number}", "order", time=now) for number in range(7)]
    add(place.lake, recent, now - timedelta(minutes=20))
    add(place.lake, [Conversion("r", "u1", "refund", time=now - timedelta(days=2))], now - timedelta(hours=5))
    assert jobs.watch_events(place)
    assert not jobs.watch_events(place), "it rests for a minute"
    with database.reading() as session:
        found = arrivals(session, metrics)
    assert found is not None
    orders, refunds = found
    assert (orders.event, orders.hour) == ("order", 7)
    assert refunds.hour == 0
    assert refunds.last == now - timedelta(hours=5)


def test_the_newest_rehearsal_with_the_metric_speaks(session: Session) -> None:
    running(session)
    assert rehearsed(session, "conversion") is None
    assert experiment_to_rehearse(session, "conversion") == "bar"
    assert experiment_to_rehearse(session, "revenue") is None
    for kept, metric in ((False, "conversion"), (True, "conversion"), (False, "revenue")):
        body = {"as_of": utc_now().isoformat(), "metrics": [{"metric": metric, "kept": kept}]}
        session.add(Rehearsal(experiment_key="bar", body=json.dumps(body), finished_at=utc_now()))
        session.flush()
    found = rehearsed(session, "conversion")
    assert found is not None
    assert (found.experiment, found.kept) == ("bar", True)


def test_the_seal_that_is_shown_is_the_one_that_a_start_sets_on_a_whole_plan(
    session: Session,
) -> None:
    made = draft(session, plan={"planned_units": 1_000})
    shown = seal(session, made)
    update_experiment(session, "bar", {"name": "Another name is no other plan"}, BOB)
    assert seal(session, get_experiment(session, "bar")) == shown
    assert start(session, "bar", BOB).plan_hash == shown
