"""A change of the split moves nobody, or it is a new phase that somebody asked for."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from sqlmodel import Session, select

from assignment.allocation import FREE, owners_of, slots_of
from assignment.errors import ProefwerkError
from assignment.snapshot import Experiment, decode
from experiments.models import PublishedSnapshot
from experiments.plan import CarryOver
from experiments.requests import Decision, PhaseForm, StopForm
from experiments.service.definitions import (
    definition_of,
    experiment_document,
    get_experiment,
    update_experiment,
)
from experiments.service.journal import journal
from experiments.service.transitions import pause, resume, stop
from tests.experiments.conftest import BOB, CHARLIE
from tests.experiments.examples import BAR, draft, fields, journal_kinds, last_audit, running

ANEW = PhaseForm(new_phase=True, phase_reason="The bar was broken on iPhones.")


def weighed(*weights: float) -> list[dict[str, Any]]:
    third = {"key": "popup", "name": "Pop-up", "payload": {"show": True}}
    arms = [*BAR["variants"], third][: len(weights)]
    return [{**arm, "weight": weight} for arm, weight in zip(arms, weights, strict=True)]


def published(session: Session) -> Experiment:
    row = session.exec(select(PublishedSnapshot).order_by(PublishedSnapshot.id.desc())).first()  # type: ignore[union-attr]
    assert row is not None
    return next(rule for rule in decode(row.document).experiments if rule.key == "bar")


def owners(session: Session) -> list[int]:
    return owners_of(slots_of(published(session)))


GROWTHS = [
    {"traffic": 1.0},
    {"traffic": 0.8, "variants": weighed(0.3125, 0.6875)},
    {"traffic": 0.8, "variants": weighed(0.3125, 0.3125, 0.375)},
]


@pytest.mark.parametrize("paused", [False, True])
@pytest.mark.parametrize("changes", GROWTHS)
def test_growth_reaches_the_doors_and_moves_nobody(
    session: Session, changes: dict[str, Any], paused: bool
) -> None:
    running(session)
    if paused:
        pause(session, "bar", BOB)
    before, plan_hash = owners(session), get_experiment(session, "bar").plan_hash
    changed = update_experiment(session, "bar", changes, BOB)
    now = owners(session)
    assert [(old, new) for old, new in zip(before, now, strict=True) if old not in (FREE, new)] == []
    shares = [now.count(place) / 10_000 for place in range(len(changed.variants))]
    assert shares == pytest.approx([changed.traffic * arm.weight for arm in changed.variants], abs=1e-4)
    assert (changed.version, changed.plan_hash) == (1, plan_hash)
    (phase,) = experiment_document(changed)["phases"]
    assert [split["traffic"] for split in phase["splits"]] == [0.5, changed.traffic]
    assert journal_kinds(session, "bar")[-1] == "deviation"


def test_one_growth_follows_another(session: Session) -> None:
    running(session, traffic=0.2)
    maps = [owners(session)]
    for traffic, weights in ((0.4, (0.25, 0.75)), (0.6, (0.3, 0.7)), (1.0, (0.3, 0.5, 0.2))):
        update_experiment(session, "bar", {"traffic": traffic, "variants": weighed(*weights)}, BOB)
        maps.append(owners(session))
    for old, new in pairwise(maps):
        assert all(before in (FREE, after) for before, after in zip(old, new, strict=True))
    pause(session, "bar", BOB)
    resume(session, "bar", BOB)
    assert owners(session) == maps[-1]


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"traffic": 0.25}, "traffic", "25.00% of all units and would be left with 12.50%"),
        ({"variants": weighed(0.4, 0.6)}, "variants", "would be left with 20.00%"),
        ({"traffic": 1.0, "variants": weighed(0.2, 0.8)}, "variants", "would be left with 20.00%"),
        ({"variants": weighed(0.5, 0.25, 0.25)}, "variants", "would be left with 12.50%"),
        ({"variants": weighed(0.5, 0.5)[::-1]}, "variants", "must all stay, in the same order"),
        ({"audience": {"country": "BE"}}, "audience", "changes who takes part"),
        ({"hash_attribute": "account"}, "hash_attribute", "'account' instead of 'id'"),
        ({"layer": {"name": "cart", "from": 0, "to": 0.5}}, "layer", "changes who takes part"),
        (
            {"variants": [BAR["variants"][0], {**BAR["variants"][1], "payload": {"show": False}}]},
            "variants.1.payload",
            "have seen 'bar' with another payload",
        ),
    ],
)
def test_what_would_move_shoppers_needs_a_new_phase(
    session: Session, changes: dict[str, Any], field: str, words: str
) -> None:
    running(session)
    before, shown = owners(session), experiment_document(get_experiment(session, "bar"))
    with pytest.raises(ProefwerkError) as caught:
        update_experiment(session, "bar", changes, BOB)
    assert (caught.value.status, caught.value.code) == (409, "needs_new_phase")
    assert fields(caught.value) == [field]
    assert words in caught.value.fields[0].message
    assert '"new_phase": true to begin phase 2' in caught.value.detail
    assert (owners(session), experiment_document(get_experiment(session, "bar"))) == (before, shown)
    assert update_experiment(session, "bar", changes, BOB, ANEW).version == 2


def test_a_new_phase_has_a_new_seed_a_new_seal_and_a_record(session: Session) -> None:
    first = experiment_document(running(session))
    update_experiment(session, "bar", {"traffic": 0.8, "variants": weighed(0.3125, 0.6875)}, BOB)
    shown = experiment_document(update_experiment(session, "bar", {"traffic": 0.1}, BOB, ANEW))
    rule = published(session)
    assert (rule.version, rule.seed, rule.slots, rule.coverage) == (2, "bar:2", None, 0.1)
    assert (shown["version"], shown["started_at"]) == (2, first["started_at"])
    old, new = shown["phases"]
    assert (old["version"], old["plan_hash"]) == (1, first["plan_hash"])
    assert old["ended_at"] == new["started_at"]
    assert (new["ended_at"], new["opened_by"], new["reason"]) == (None, BOB.name, ANEW.phase_reason)
    assert new["plan_hash"] == shown["plan_hash"] != first["plan_hash"]
    assert [split["traffic"] for split in new["splits"]] == [0.1]
    entry = journal(session, "bar")[-1]
    assert entry.kind == "phase"
    assert entry.data is not None
    assert entry.data["changes"] == {"traffic": {"before": 0.8, "after": 0.1}}
    assert "Phase 2 began" in entry.text
    assert ANEW.phase_reason in entry.text
    audit = last_audit(session)
    assert (audit.action, audit.before and audit.before["version"]) == ("new_phase", 1)


def test_the_newest_phase_is_what_is_analysed(session: Session) -> None:
    running(session)
    variants = weighed(0.4, 0.3, 0.3)
    update_experiment(session, "bar", {"traffic": 1.0, "variants": variants}, BOB, ANEW)
    definition = definition_of(session, "bar")
    assert definition.version == 2
    assert [(arm.key, arm.weight) for arm in definition.form.variants] == [
        ("control", 0.4), ("bar", 0.3), ("popup", 0.3),
    ]  # fmt: skip
    assert definition.plan_hash == get_experiment(session, "bar").plan_hash


def test_a_new_phase_needs_no_other_change(session: Session) -> None:
    running(session)
    assert update_experiment(session, "bar", {}, BOB, ANEW).version == 2


def test_stopping_ends_the_phase(session: Session) -> None:
    running(session)
    stopped = stop(session, "bar", StopForm(decision=Decision.ROLLBACK), BOB)
    assert stopped.phases[-1].ended_at == stopped.stopped_at is not None
    with pytest.raises(ProefwerkError) as caught:
        update_experiment(session, "bar", {}, BOB, ANEW)
    assert caught.value.status == 409


def test_a_draft_has_no_phase_yet(session: Session) -> None:
    assert experiment_document(draft(session))["phases"] == []
    with pytest.raises(ProefwerkError) as caught:
        update_experiment(session, "bar", {"traffic": 0.1}, BOB, ANEW)
    assert (caught.value.status, fields(caught.value)) == (409, ["new_phase"])


@pytest.mark.parametrize("changes", [{"plan": {"alpha": 0.1}}, {"segments": []}])
def test_a_new_phase_does_not_change_how_the_evidence_is_read(
    session: Session, changes: dict[str, Any]
) -> None:
    running(session)
    with pytest.raises(ProefwerkError) as caught:
        update_experiment(session, "bar", changes, BOB, ANEW)
    assert (caught.value.status, caught.value.code) == (409, "plan_frozen")


def test_a_holdout_keeps_whom_it_holds_out(session: Session) -> None:
    running(session, role="holdout", traffic=1.0, audience={"country": None, "visits": None})
    with pytest.raises(ProefwerkError) as caught:
        update_experiment(session, "bar", {"variants": weighed(0.1, 0.9)}, BOB, ANEW)
    assert (caught.value.status, fields(caught.value)) == (409, ["new_phase"])


def test_what_builds_on_it_hears_of_a_new_phase(session: Session) -> None:
    running(session)
    draft(session, key="child", prerequisites=[{"experiment": "bar", "variants": ["bar"]}])
    update_experiment(session, "bar", {"traffic": 0.1}, BOB, ANEW)
    assert "divides its shoppers anew" in journal(session, "child")[-1].text


def test_an_analyst_begins_no_phase(session: Session) -> None:
    running(session)
    with pytest.raises(ProefwerkError) as caught:
        update_experiment(session, "bar", {}, CHARLIE, ANEW)
    assert caught.value.status == 403


def test_the_seal_of_each_phase_fits_its_text(session: Session) -> None:
    running(session)
    changed = update_experiment(session, "bar", {"traffic": 0.1}, BOB, ANEW)
    plans = [json.loads(phase.frozen_plan) for phase in changed.phases]
    assert [plan["version"] for plan in plans] == [1, 2]
    assert [plan["experiment"]["traffic"] for plan in plans] == [0.5, 0.1]


def test_a_new_phase_leaves_out_people_whom_it_followed_whatever_is_asked(
    session: Session,
) -> None:
    running(session, fallback_attribute="anonymousId", layer=None)
    keep = PhaseForm(new_phase=True, carry_over=CarryOver.KEEP)
    shown = experiment_document(update_experiment(session, "bar", {"traffic": 0.1}, BOB, keep))
    assert shown["plan"]["carry_over"] == "exclude"
    assert "no longer takes part" in journal(session, "bar")[-1].text
    assert (published(session).version, published(session).fallback_attribute) == (2, "anonymousId")
