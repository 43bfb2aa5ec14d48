"""What was frozen at the start is what the analysis reads, and its seal shows when it was broken."""

from __future__ import annotations

import json

from sqlmodel import Session

from experiments.definition import hash_of_plan
from experiments.service.definitions import definition_of, update_experiment
from tests.experiments.conftest import BOB
from tests.experiments.examples import running


def test_the_seal_of_an_untouched_plan_is_the_registered_one(session: Session) -> None:
    experiment = running(session)
    assert definition_of(session, experiment.key).plan_hash == experiment.plan_hash


def test_a_plan_that_was_changed_behind_the_service_breaks_its_seal(session: Session) -> None:
    experiment = running(session)
    registered = experiment.plan_hash
    frozen = json.loads(experiment.frozen_plan or "")
    frozen["experiment"]["plan"]["alpha"] = 0.2
    experiment.frozen_plan = json.dumps(frozen)
    found = definition_of(session, experiment.key)
    assert found.plan_hash == hash_of_plan(experiment.frozen_plan) != registered
    assert found.form.plan.alpha == 0.2


def test_a_row_that_was_changed_behind_the_service_changes_no_reading(session: Session) -> None:
    experiment = running(session)
    experiment.plan = {**experiment.plan, "alpha": 0.2}
    assert definition_of(session, experiment.key).form.plan.alpha == 0.05


def test_what_may_change_after_the_start_is_read_as_it_is_now(session: Session) -> None:
    experiment = running(session)
    update_experiment(session, experiment.key, {"name": "Another name", "hypothesis": "Clearer words."}, BOB)
    form = definition_of(session, experiment.key).form
    assert (form.name, form.hypothesis) == ("Another name", "Clearer words.")
