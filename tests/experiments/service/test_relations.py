"""Experiments that build on one another and on a holdout: checked, resolved at the start, and told."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlmodel import Session

from assignment.errors import ProefwerkError
from experiments.models import Experiment
from experiments.publish import compile_snapshot
from experiments.requests import Decision, PhaseForm, StopForm
from experiments.service.definitions import delete_experiment, get_experiment, update_experiment
from experiments.service.journal import journal
from experiments.service.refine import refine_experiment
from experiments.service.transitions import archive, pause, resume, start, stop
from tests.experiments.conftest import BOB
from tests.experiments.examples import draft, fields, form, running

SHIP = StopForm(decision=Decision.SHIP)
ROLLBACK = StopForm(decision=Decision.ROLLBACK)
PROGRAMME: dict[str, Any] = {
    "key": "programme",
    "role": "holdout",
    "traffic": 1.0,
    "audience": None,
    "variants": [
        {"key": "held-out", "name": "Held out", "weight": 0.1},
        {"key": "everyone", "name": "Everyone else", "weight": 0.9},
    ],
}


def after(key: str, *variants: str) -> list[dict[str, Any]]:
    return [{"experiment": key, "variants": list(variants)}]


def programme(session: Session, **changes: Any) -> Experiment:
    return running(session, **{**PROGRAMME, **changes})


def refused(act: Any, *arguments: Any, **changes: Any) -> ProefwerkError:
    with pytest.raises(ProefwerkError) as caught:
        act(*arguments, **changes)
    return caught.value


def said(session: Session, key: str) -> str:
    return journal(session, key)[-1].text


def gates_of(session: Session, key: str) -> int:
    (rule,) = [item for item in compile_snapshot(session).experiments if item.key == key]
    return len(rule.gates)


@pytest.mark.parametrize(
    ("prerequisites", "field", "words"),
    [
        (after("nowhere", "bar"), "prerequisites.0.experiment", "no experiment 'nowhere'"),
        (after("bar", "bar", "blue"), "prerequisites.0.variants.1", "no variant 'blue'"),
        (after("bar", "bar", "bar"), "prerequisites.0.variants.1", "named twice"),
        (after("bar"), "prerequisites.0.variants", "at least 1"),
        (after("bar", "bar") * 2, "prerequisites.1.experiment", "named twice"),
        (after("child", "bar"), "prerequisites.0.experiment", "itself"),
        (after("programme", "everyone"), "prerequisites.0.experiment", "is a holdout"),
    ],
)
def test_a_prerequisite_names_an_experiment_and_variants_that_are_there(
    session: Session, prerequisites: Any, field: str, words: str
) -> None:
    running(session)
    programme(session)
    error = refused(draft, session, key="child", prerequisites=prerequisites)
    assert (error.status, fields(error)) == (422, [field])
    assert words in error.detail


def test_experiments_that_would_build_on_one_another_are_refused_naming_the_cycle(session: Session) -> None:
    draft(session, key="one")
    draft(session, key="two", prerequisites=after("one", "bar"))
    draft(session, key="three", prerequisites=after("two", "bar"))
    error = refused(update_experiment, session, "one", {"prerequisites": after("three", "bar")}, BOB)
    assert (error.status, fields(error)) == (422, ["prerequisites.0.experiment"])
    assert "'one' -> 'three' -> 'two' -> 'one'" in error.detail


def test_the_start_refuses_a_prerequisite_that_is_still_a_draft(session: Session) -> None:
    draft(session)
    draft(session, key="child", prerequisites=after("bar", "bar"))
    assert "'bar' is a draft" in refused(start, session, "child", BOB).detail
    start(session, "bar", BOB)
    started = start(session, "child", BOB)
    assert json.loads(started.frozen_plan or "")["experiment"]["prerequisites"] == after("bar", "bar")


def test_an_experiment_that_builds_on_nothing_has_the_seal_that_it_had_before_one_could(
    session: Session,
) -> None:
    sealed = json.loads(running(session).frozen_plan or "")["experiment"]
    later = {"prerequisites", "role", "holdout", "fallback_attribute", "preview_url"}
    assert not later & sealed.keys()


def test_a_variant_that_others_build_on_stays(session: Session) -> None:
    draft(session)
    draft(session, key="child", prerequisites=after("bar", "bar"))
    variants = [{"key": "control", "weight": 0.5}, {"key": "other", "weight": 0.5}]
    error = refused(update_experiment, session, "bar", {"variants": variants}, BOB)
    assert (error.status, fields(error)) == (422, ["variants"])
    assert "'child'" in error.detail


def test_a_draft_that_others_build_on_is_not_deleted(session: Session) -> None:
    draft(session)
    draft(session, key="child", prerequisites=after("bar", "bar"))
    assert refused(delete_experiment, session, "bar", BOB).code == "has_dependants"
    delete_experiment(session, "child", BOB)
    delete_experiment(session, "bar", BOB)


def test_what_happens_to_an_experiment_is_told_to_those_that_build_on_it(session: Session) -> None:
    running(session)
    draft(session, key="child", prerequisites=after("bar", "bar"))
    pause(session, "bar", BOB)
    assert said(session, "child") == "'bar', which this builds on, is paused, so nobody takes part now."
    resume(session, "bar", BOB)
    assert "runs: who takes part in it with 'bar' may take part" in said(session, "child")
    stop(session, "bar", SHIP, BOB)
    assert "is stopped and gave everyone 'bar', so all of them may take part" in said(session, "child")
    archive(session, "bar", BOB)
    assert "is archived and gave everyone 'bar'" in said(session, "child")
    start(session, "child", BOB)
    assert gates_of(session, "child") == 0


def test_nobody_may_build_on_what_was_rolled_back(session: Session) -> None:
    running(session)
    child = draft(session, key="child", prerequisites=after("bar", "bar"))
    stop(session, "bar", ROLLBACK, BOB)
    assert "so nobody takes part now" in said(session, child.key)
    assert "shipped none of these variants" in refused(start, session, "child", BOB).detail


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"traffic": 0.5}, "traffic"),
        ({"audience": {"country": "NL"}}, "audience"),
        ({"layer": {"name": "checkout", "from": 0, "to": 0.5}}, "layer"),
        ({"prerequisites": after("bar", "bar")}, "prerequisites"),
        ({"holdout": "programme-2"}, "holdout"),
        ({"fallback_attribute": "anonymousId"}, "fallback_attribute"),
        ({"variants": [{"key": key, "weight": 0.25} for key in "abcd"]}, "variants"),
    ],
)
def test_a_holdout_is_a_plain_split_of_the_whole_shop(
    session: Session, changes: dict[str, Any], field: str
) -> None:
    error = refused(form, **{**PROGRAMME, **changes})
    assert (error.status, fields(error)) == (422, [field])


def test_an_experiment_belongs_to_the_holdout_that_runs_when_it_starts(session: Session) -> None:
    before = running(session, key="before")
    programme(session)
    assert "'before'" in said(session, "programme")
    inside = running(session, key="inside")
    outside = running(session, key="outside", holdout=False)
    elsewhere = running(session, key="elsewhere", hash_attribute="company")
    named = running(session, key="named", hash_attribute="company", holdout="programme")
    found = {item.key: item.holdout for item in (before, inside, outside, elsewhere, named)}
    assert found == {
        "before": None,
        "inside": "programme",
        "outside": False,
        "elsewhere": None,
        "named": "programme",
    }
    assert json.loads(inside.frozen_plan or "")["experiment"]["holdout"] == "programme"
    assert json.loads(outside.frozen_plan or "")["experiment"]["holdout"] is False
    assert {key: gates_of(session, key) for key in found} == {
        "before": 0,
        "inside": 1,
        "outside": 0,
        "elsewhere": 0,
        "named": 1,
    }


def test_one_holdout_runs_at_a_time_for_an_attribute(session: Session) -> None:
    programme(session)
    draft(session, **{**PROGRAMME, "key": "programme-2"})
    error = refused(start, session, "programme-2", BOB)
    assert (error.status, fields(error)) == (422, ["role"])
    assert "'programme' holds out by 'id' already" in error.detail
    programme(session, key="programme-3", hash_attribute="company")
    stop(session, "programme", ROLLBACK, BOB)
    start(session, "programme-2", BOB)


def test_a_holdout_does_not_pause(session: Session) -> None:
    programme(session)
    assert (refused(pause, session, "programme", BOB).status) == 409
    assert get_experiment(session, "programme").status == "running"


def test_the_end_of_a_holdout_lets_everyone_in_and_is_told(session: Session) -> None:
    programme(session)
    running(session)
    assert gates_of(session, "bar") == 1
    stop(session, "programme", ROLLBACK, BOB)
    assert gates_of(session, "bar") == 0
    assert "whom it held out may take part" in said(session, "bar")


def test_a_winner_is_kept_from_the_held_out_until_it_is_archived_and_that_is_told(session: Session) -> None:
    programme(session)
    running(session)
    stop(session, "bar", SHIP, BOB)
    assert gates_of(session, "bar") == 1
    archive(session, "bar", BOB)
    assert "no longer keep its winner 'bar' from those held out" in said(session, "programme")


@pytest.mark.parametrize("holdout", ["nowhere", "bar", "", 5, True])
def test_a_holdout_that_is_none_is_refused(session: Session, holdout: Any) -> None:
    draft(session)
    error = refused(draft, session, key="child", holdout=holdout)
    assert (error.status, fields(error)) == (422, ["holdout"])


def test_a_holdout_that_has_ended_is_refused_at_the_start(session: Session) -> None:
    programme(session)
    draft(session, holdout="programme")
    stop(session, "programme", ROLLBACK, BOB)
    assert "is stopped, so it holds nobody out" in refused(start, session, "bar", BOB).detail


def test_a_follow_up_belongs_to_the_holdout_of_its_own_time(session: Session) -> None:
    programme(session)
    running(session)
    running(session, key="free", holdout=False)
    assert refine_experiment(session, "bar", BOB).holdout is None
    assert refine_experiment(session, "free", BOB).holdout is False


@pytest.mark.parametrize(
    "address", ["shop.example", "javascript:alert(1)", "https://", "ftp://shop.example/"]
)
def test_a_page_to_look_at_is_a_web_address(session: Session, address: str) -> None:
    assert fields(refused(form, preview_url=address)) == ["preview_url"]


def test_the_page_to_look_at_may_change_while_it_runs(session: Session) -> None:
    running(session)
    update_experiment(session, "bar", {"preview_url": "https://shop.example/cart"}, BOB)
    assert get_experiment(session, "bar").preview_url == "https://shop.example/cart"
    assert journal(session, "bar")[-1].kind == "edit"


def test_a_fallback_attribute_goes_with_no_gate_that_those_who_need_it_cannot_pass(session: Session) -> None:
    sliced = {"fallback_attribute": "anonymousId", "layer": {"name": "checkout", "from": 0, "to": 0.5}}
    assert fields(refused(form, **sliced)) == ["fallback_attribute"]
    running(session, fallback_attribute="anonymousId")
    error = refused(draft, session, key="child", prerequisites=after("bar", "bar"))
    assert "what it remembers of people no rule can follow" in error.detail
    programme(session)
    draft(session, key="late", fallback_attribute="anonymousId")
    assert fields(refused(start, session, "late", BOB)) == ["holdout"]
    update_experiment(session, "late", {"holdout": False}, BOB)
    assert start(session, "late", BOB).holdout is False


def test_a_new_phase_belongs_to_the_holdout_that_runs_when_it_begins(session: Session) -> None:
    running(session)
    programme(session)
    assert get_experiment(session, "bar").holdout is None
    update_experiment(session, "bar", {}, BOB, PhaseForm(new_phase=True))
    assert get_experiment(session, "bar").holdout == "programme"
    assert "It leaves alone whom 'programme' holds out." in said(session, "bar")
    stop(session, "programme", ROLLBACK, BOB)
    programme(session, key="programme-2")
    update_experiment(session, "bar", {}, BOB, PhaseForm(new_phase=True))
    assert get_experiment(session, "bar").holdout == "programme-2"
    update_experiment(session, "bar", {"holdout": False}, BOB, PhaseForm(new_phase=True))
    assert get_experiment(session, "bar").holdout is False
    assert gates_of(session, "bar") == 0


def test_other_prerequisites_after_the_start_are_a_new_phase(session: Session) -> None:
    running(session)
    draft(session, key="later")
    child = running(session, key="child", prerequisites=after("bar", "bar"))
    error = refused(update_experiment, session, "child", {"prerequisites": []}, BOB)
    assert (error.code, fields(error)) == ("needs_new_phase", ["prerequisites"])
    changes = {"prerequisites": after("later", "bar")}
    error = refused(update_experiment, session, "child", changes, BOB, PhaseForm(new_phase=True))
    assert "'later' is a draft" in error.detail
    update_experiment(session, "child", {"prerequisites": []}, BOB, PhaseForm(new_phase=True))
    assert (child.version, gates_of(session, "child")) == (2, 0)


def test_what_became_of_a_parent_or_a_holdout_keeps_nobody_from_growing(session: Session) -> None:
    programme(session)
    running(session)
    running(session, key="child", prerequisites=after("bar", "bar"))
    stop(session, "bar", ROLLBACK, BOB)
    stop(session, "programme", ROLLBACK, BOB)
    update_experiment(session, "child", {"traffic": 0.75}, BOB)
    assert get_experiment(session, "child").traffic == 0.75


def test_the_growth_of_a_parent_lets_more_people_into_what_builds_on_it(session: Session) -> None:
    def let_in() -> float:
        rules = {rule.key: rule for rule in compile_snapshot(session).experiments}
        (gate,) = rules["child"].gates
        assert gate.seed == "bar:1"
        return sum(end - start for start, end in gate.ranges)

    running(session, traffic=0.5)
    running(session, key="child", prerequisites=after("bar", "bar"))
    assert let_in() == pytest.approx(0.25)
    update_experiment(session, "bar", {"traffic": 0.9}, BOB)
    assert let_in() == pytest.approx(0.45, abs=1e-4)
