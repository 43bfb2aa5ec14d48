"""The follow-up starts from what was found."""

from __future__ import annotations

import json

import pytest
from sqlmodel import Session

from assignment.errors import ProefwerkError
from experiments.db import utc_now
from experiments.models import Experiment, Report
from experiments.requests import Decision, StopForm
from experiments.service.definitions import experiment_document
from experiments.service.journal import journal
from experiments.service.refine import refine_experiment
from experiments.service.transitions import stop
from tests.experiments.conftest import BOB, CHARLIE
from tests.experiments.examples import BAR, draft, journal_kinds, running

LAYER = {"name": "checkout", "from": 0.0, "to": 0.5}


def add_report(session: Session, experiment: Experiment) -> None:
    decision = {
        "verdict": "no_difference",
        "variant": None,
        "reasons": ["Orders rose by 0.1 %, at most 1 %."],
    }
    body = {"as_of": "2030-05-06T07:08:09Z", "decision": decision}
    session.add(
        Report(id="r1", experiment_key=experiment.key, as_of=utc_now(), body=json.dumps(body), data_hash="d")
    )
    session.flush()


def test_it_has_its_parent_and_the_same_set_up(session: Session) -> None:
    running(session, end_at="2100-01-01T00:00:00Z")
    shown = experiment_document(refine_experiment(session, "bar", BOB))
    assert (shown["key"], shown["name"], shown["parent"]) == ("bar-2", "Free-shipping bar (2)", "bar")
    assert shown["status"] == "draft"
    for same in ("variants", "audience", "metrics", "segments", "surface", "placement"):
        assert shown[same] == BAR[same]
    assert (shown["end_at"], shown["plan"]["planned_units"]) == (None, None)


def test_its_hypothesis_carries_the_finding_and_the_decision(session: Session) -> None:
    experiment = running(session)
    add_report(session, experiment)
    stop(session, "bar", StopForm(decision=Decision.ROLLBACK, note="Try a lower threshold."), BOB)
    hypothesis = refine_experiment(session, "bar", BOB).hypothesis
    assert "report of 2030-05-06 says: no difference" in hypothesis
    assert "Orders rose by 0.1 %, at most 1 %." in hypothesis
    assert "It was decided to keep the control. Try a lower threshold." in hypothesis
    assert hypothesis.endswith(BAR["hypothesis"])


def test_without_a_report_it_says_so(session: Session) -> None:
    draft(session)
    assert "It has no finding yet." in refine_experiment(session, "bar", BOB).hypothesis


def test_both_journals_tell(session: Session) -> None:
    draft(session)
    refine_experiment(session, "bar", BOB)
    assert journal_kinds(session, "bar") == ["plan", "refine"]
    assert journal_kinds(session, "bar-2") == ["plan", "refine"]
    assert journal(session, "bar")[-1].data == {"child": "bar-2", "report": None}


def test_every_follow_up_gets_a_key_of_its_own(session: Session) -> None:
    draft(session, key="x" * 63)
    children = [refine_experiment(session, "x" * 63, BOB).key for _ in range(2)]
    assert children == ["x" * 61 + "-2", "x" * 61 + "-3"]
    assert refine_experiment(session, children[0], BOB).key == "x" * 61 + "-4"


def test_a_long_hypothesis_still_fits(session: Session) -> None:
    draft(session, hypothesis="y" * 4000)
    assert len(refine_experiment(session, "bar", BOB).hypothesis) == 4000


def test_the_slice_is_taken_over_only_when_it_is_free(session: Session) -> None:
    running(session, layer=LAYER)
    assert refine_experiment(session, "bar", BOB).layer_name is None
    stop(session, "bar", StopForm(decision=Decision.ROLLBACK), BOB)
    assert refine_experiment(session, "bar", BOB).layer_name == "checkout"
    assert refine_experiment(session, "bar", BOB).layer_name is None


def test_an_analyst_refines_nothing(session: Session) -> None:
    draft(session)
    with pytest.raises(ProefwerkError) as caught:
        refine_experiment(session, "bar", CHARLIE)
    assert caught.value.status == 403
