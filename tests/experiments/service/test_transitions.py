"""Starting, pausing, stopping and archiving, by hand and on dates."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest
from sqlmodel import Session, select

from assignment.errors import ProefwerkError
from experiments.analysis.baseline import Baseline
from experiments.db import utc_now
from experiments.models import Metric, Report
from experiments.requests import Decision, PhaseForm, StopForm
from experiments.service.baselines import save_baselines
from experiments.service.definitions import get_experiment, update_experiment
from experiments.service.journal import journal
from experiments.service.lookup import find_metric
from experiments.service.planning import DEFAULT_UNITS
from experiments.service.records import metric_form
from experiments.service.transitions import apply_dates, archive, pause, resume, start, stop
from stats.outlook import Outcome
from stats.power import Question, plan_size
from tests.experiments.conftest import BOB
from tests.experiments.examples import BAR, add_metrics, draft, fields, journal_kinds, last_audit, running

SHIP = StopForm(decision=Decision.SHIP)
INCONCLUSIVE = StopForm(decision=Decision.INCONCLUSIVE, note="Too few orders.")
FUTURE = utc_now() + timedelta(days=30)


def refused(session: Session, key: str = "bar", form: StopForm = SHIP) -> ProefwerkError:
    with pytest.raises(ProefwerkError) as caught:
        stop(session, key, form, BOB)
    return caught.value


def test_start_freezes_the_plan_with_whole_metrics(session: Session) -> None:
    started = running(session)
    assert started.status == "running"
    assert started.started_at is not None
    assert started.frozen_plan is not None
    assert hashlib.sha256(started.frozen_plan.encode()).hexdigest() == started.plan_hash
    plan = json.loads(started.frozen_plan)
    assert plan["experiment"]["audience"] == BAR["audience"]
    assert plan["experiment"]["plan"]["planned_units"] is None
    assert plan["metrics"]["revenue"]["cap"] == {"value": 500.0, "quantile": None}
    assert set(plan["metrics"]) == {"conversion", "revenue", "refunds"}
    assert journal_kinds(session, "bar") == ["plan", "start"]
    assert last_audit(session).action == "start"


@pytest.mark.parametrize(
    ("plan", "units"),
    [
        ({"method": "sequential"}, None),
        ({"method": "sequential", "planned_units": 700}, 700),
        ({"method": "fixed"}, DEFAULT_UNITS),
        ({"method": "group_sequential", "looks": 4}, DEFAULT_UNITS),
    ],
)
def test_only_a_plan_that_needs_a_size_gets_one_that_nobody_decided_upon(
    session: Session, plan: dict[str, object], units: int | None
) -> None:
    frozen = json.loads(running(session, plan=plan).frozen_plan or "")
    assert frozen["experiment"]["plan"]["planned_units"] == units


def test_equal_plans_have_equal_hashes_and_others_do_not(session: Session) -> None:
    first = running(session)
    frozen = json.loads(first.frozen_plan or "")
    second = running(session, key="bar-b", name="Another name")
    third = running(session, key="bar-c", traffic=0.6)
    same = json.loads((second.frozen_plan or "").replace("bar-b", "bar"))
    assert same == frozen
    assert len({first.plan_hash, second.plan_hash, third.plan_hash}) == 3


def test_start_refuses_an_experiment_without_a_primary_metric(session: Session) -> None:
    draft(session, metrics={"primary": [], "secondary": ["conversion"]})
    with pytest.raises(ProefwerkError) as caught:
        start(session, "bar", BOB)
    assert (caught.value.status, fields(caught.value)) == (422, ["metrics.primary"])
    assert get_experiment(session, "bar").status == "draft"


def test_start_refuses_an_experiment_whose_metric_is_gone(session: Session) -> None:
    draft(session)
    session.delete(session.exec(select(Metric).where(Metric.key == "revenue")).one())
    with pytest.raises(ProefwerkError) as caught:
        start(session, "bar", BOB)
    assert fields(caught.value) == ["metrics.secondary.0"]


def test_start_refuses_an_end_that_is_past(session: Session) -> None:
    draft(session, end_at="2020-01-01T00:00:00Z")
    with pytest.raises(ProefwerkError) as caught:
        start(session, "bar", BOB)
    assert fields(caught.value) == ["end_at"]


def test_starting_twice_is_refused(session: Session) -> None:
    running(session)
    with pytest.raises(ProefwerkError) as caught:
        start(session, "bar", BOB)
    assert caught.value.status == 409


def test_planned_units_come_from_what_a_report_shows(session: Session) -> None:
    first = running(session)
    body = {
        "metrics": [
            {
                "metric": "conversion",
                "kind": "proportion",
                "variants": [{"mean": 0.1, "std": 0.3, "units": 1_000, "events": 100}],
            },
        ]
    }
    session.add(
        Report(
            id="r1",
            experiment_key=first.key,
            as_of=utc_now(),
            body=json.dumps(body),
            plan_hash=first.plan_hash,
            data_hash="d",
        )
    )
    session.flush()
    second = running(session, key="bar-2", plan={"mde": 0.1, "method": "fixed"})
    needed = plan_size(Question(Outcome("proportion", 0.1), (0.5, 0.5), "fixed"), 0.1).units
    assert second.plan["planned_units"] == needed
    assert "the control of 'bar'" in journal(session, "bar-2")[-1].text


def test_planned_units_come_from_the_shops_own_events_before_any_report(session: Session) -> None:
    add_metrics(session)
    form = metric_form(find_metric(session, "conversion"))
    moment = utc_now()
    known = Baseline("exposures", 41_300, moment, moment, 1_475.0, 0.02, 0.14, 7.0, 0.02, 1.0)
    save_baselines(session, [form], {"conversion": known}, moment)
    started = running(session, plan={"mde": 0.1})
    asked = Question(Outcome("proportion", 0.02), (0.5, 0.5), "sequential")
    assert started.plan["planned_units"] == pytest.approx(plan_size(asked, 0.1).units, rel=1e-3)
    assert "41300 units of the shop" in journal(session, "bar")[-1].text


def test_a_family_of_comparisons_plans_for_more_units(session: Session) -> None:
    add_metrics(session)
    form = metric_form(find_metric(session, "conversion"))
    moment = utc_now()
    known = Baseline("exposures", 41_300, moment, moment, None, 0.02, 0.14, 7.0, 0.02, 1.0)
    save_baselines(session, [form], {"conversion": known}, moment)
    three = [{"key": key, "weight": weight} for key, weight in (("control", 0.4), ("a", 0.3), ("b", 0.3))]
    started = running(session, variants=three, plan={"mde": 0.1, "method": "fixed"})
    asked = Question(Outcome("proportion", 0.02), (0.4, 0.3, 0.3), "fixed", comparisons=2)
    assert started.plan["planned_units"] == plan_size(asked, 0.1).units


def test_a_new_phase_with_other_shares_counts_on_other_units(session: Session) -> None:
    add_metrics(session)
    form = metric_form(find_metric(session, "conversion"))
    moment = utc_now()
    known = Baseline("exposures", 41_300, moment, moment, None, 0.02, 0.14, 7.0, 0.02, 1.0)
    save_baselines(session, [form], {"conversion": known}, moment)
    before = running(session, plan={"mde": 0.1}).plan["planned_units"]
    anew = PhaseForm(new_phase=True)
    smaller = [{"key": "control", "weight": 0.9}, {"key": "bar", "weight": 0.1}]
    after = update_experiment(session, "bar", {"variants": smaller}, BOB, anew).plan["planned_units"]
    asked = Question(Outcome("proportion", 0.02), (0.9, 0.1), "sequential")
    assert after == pytest.approx(plan_size(asked, 0.1).units, rel=1e-3)
    assert after > 2 * before
    assert f"It counts on {after} units" in journal(session, "bar")[-1].text
    assert get_experiment(session, "bar").frozen_plan.count(str(after)) == 1  # type: ignore[union-attr]
    same = update_experiment(session, "bar", {"traffic": 0.3}, BOB, anew).plan["planned_units"]
    assert same == after
    assert "It counts on" not in journal(session, "bar")[-1].text


def test_units_that_were_planned_stay(session: Session) -> None:
    assert running(session, plan={"planned_units": 1234}).plan["planned_units"] == 1234


def test_pause_and_resume_go_back_and_forth(session: Session) -> None:
    running(session)
    assert pause(session, "bar", BOB).status == "paused"
    assert resume(session, "bar", BOB).status == "running"
    assert journal_kinds(session, "bar") == ["plan", "start", "pause", "resume"]


@pytest.mark.parametrize("act", [pause, resume, archive])
def test_an_action_in_the_wrong_state_is_refused(session: Session, act: Any) -> None:
    running(session)
    if act is pause:
        pause(session, "bar", BOB)
    with pytest.raises(ProefwerkError) as caught:
        act(session, "bar", BOB)
    assert caught.value.status == 409


def test_stopping_twice_is_refused(session: Session) -> None:
    running(session)
    stop(session, "bar", INCONCLUSIVE, BOB)
    error = refused(session)
    assert (error.status, error.code) == (409, "illegal_transition")
    assert get_experiment(session, "bar").decision == "inconclusive"


def test_shipping_takes_the_only_treatment_by_itself(session: Session) -> None:
    running(session)
    assert stop(session, "bar", SHIP, BOB).decision_variant == "bar"
    decision = journal(session, "bar")[-1]
    assert decision.kind == "decision"
    assert decision.data is not None
    assert decision.data.pop("plan_hash") == get_experiment(session, "bar").plan_hash
    assert decision.data == {"decision": "ship", "variant": "bar", "note": "", "report": None}


def test_shipping_one_of_many_must_say_which(session: Session) -> None:
    third = {"key": "popup", "name": "", "weight": 0.0, "payload": {}}
    running(session, variants=[*BAR["variants"], third])
    assert fields(refused(session)) == ["variant"]
    assert "bar, popup" in refused(session).detail
    stopped = stop(session, "bar", StopForm(decision=Decision.SHIP, variant="popup"), BOB)
    assert stopped.decision_variant == "popup"


@pytest.mark.parametrize(
    "form",
    [
        StopForm(decision=Decision.SHIP, variant="unheard-of"),
        StopForm(decision=Decision.ROLLBACK, variant="bar"),
    ],
)
def test_a_variant_that_does_not_fit_the_decision_is_refused(session: Session, form: StopForm) -> None:
    running(session)
    error = refused(session, form=form)
    assert (error.status, fields(error)) == (422, ["variant"])
    assert get_experiment(session, "bar").status == "running"


def test_a_start_in_the_future_is_scheduled_and_happens_on_its_date(session: Session) -> None:
    draft(session, start_at=FUTURE.isoformat())
    assert start(session, "bar", BOB).status == "scheduled"
    assert apply_dates(session, FUTURE - timedelta(seconds=1)) == []
    assert apply_dates(session, FUTURE) == ["bar"]
    started = get_experiment(session, "bar")
    assert (started.status, started.started_at) == ("running", FUTURE)
    assert started.plan_hash is not None
    assert last_audit(session).actor_kind == "system"


def test_a_scheduled_experiment_is_not_started_again_before_its_date(session: Session) -> None:
    draft(session, start_at=FUTURE.isoformat())
    start(session, "bar", BOB)
    with pytest.raises(ProefwerkError) as caught:
        start(session, "bar", BOB)
    assert caught.value.status == 409


def test_taking_the_date_away_makes_it_a_draft_again(session: Session) -> None:
    draft(session, start_at=FUTURE.isoformat())
    start(session, "bar", BOB)
    assert update_experiment(session, "bar", {"start_at": None}, BOB).status == "draft"


def test_a_scheduled_experiment_must_stay_fit_to_start(session: Session) -> None:
    draft(session, start_at=FUTURE.isoformat())
    start(session, "bar", BOB)
    with pytest.raises(ProefwerkError) as caught:
        update_experiment(session, "bar", {"metrics": {"primary": []}}, BOB)
    assert fields(caught.value) == ["metrics.primary"]


def test_one_that_cannot_start_on_its_date_is_a_draft_again_and_says_why(session: Session) -> None:
    draft(session, start_at=FUTURE.isoformat())
    start(session, "bar", BOB)
    session.delete(session.exec(select(Metric).where(Metric.key == "conversion")).one())
    draft_again = apply_dates(session, FUTURE)
    assert draft_again == ["bar"]
    assert get_experiment(session, "bar").status == "draft"
    assert "there is no metric 'conversion'" in journal(session, "bar")[-1].text


def test_an_experiment_stops_on_its_end_date_and_is_decided_afterwards(session: Session) -> None:
    running(session, end_at=FUTURE.isoformat())
    assert apply_dates(session, FUTURE) == ["bar"]
    stopped = get_experiment(session, "bar")
    assert (stopped.status, stopped.stopped_at, stopped.decision) == ("stopped", FUTURE, None)
    assert apply_dates(session, FUTURE) == []
    decided = stop(session, "bar", SHIP, BOB)
    assert (decided.decision, decided.stopped_at) == ("ship", FUTURE)
    assert refused(session).status == 409


def test_a_stopped_experiment_is_archived_for_good(session: Session) -> None:
    running(session)
    stop(session, "bar", INCONCLUSIVE, BOB)
    assert archive(session, "bar", BOB).status == "archived"
    with pytest.raises(ProefwerkError) as caught:
        update_experiment(session, "bar", {"name": "Other"}, BOB)
    assert caught.value.status == 409
