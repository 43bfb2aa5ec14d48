"""Making, finding, changing and deleting experiments."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlmodel import Session

from assignment.errors import ProefwerkError
from experiments.db import Database
from experiments.requests import Decision, StopForm
from experiments.service.definitions import (
    create_experiment,
    definition_of,
    delete_experiment,
    experiment_document,
    get_experiment,
    list_experiments,
    update_experiment,
)
from experiments.service.journal import journal
from experiments.service.metrics import get_metric, update_metric
from experiments.service.records import metric_form
from experiments.service.transitions import archive, start, stop
from tests.experiments.conftest import BOB, CHARLIE
from tests.experiments.examples import (
    BAR,
    add_metrics,
    document,
    draft,
    fields,
    form,
    journal_kinds,
    last_audit,
    running,
)

CHECKOUT = {"name": "checkout", "from": 0.0, "to": 0.5}


def test_what_was_defined_comes_back(session: Session) -> None:
    draft(session, layer=CHECKOUT)
    shown = experiment_document(get_experiment(session, "bar"))
    assert {name: shown[name] for name in BAR} == BAR
    assert shown["layer"] == CHECKOUT
    assert (shown["status"], shown["owner"], shown["plan_hash"]) == ("draft", BOB.name, None)


def test_a_new_draft_is_in_journal_and_audit(session: Session) -> None:
    draft(session)
    assert journal_kinds(session, "bar") == ["plan"]
    entry = last_audit(session)
    assert (entry.action, entry.object_key, entry.actor, entry.before) == ("create", "bar", BOB.name, None)
    assert entry.after is not None
    assert entry.after["name"] == "Free-shipping bar"


def test_a_key_is_used_once(session: Session) -> None:
    draft(session)
    with pytest.raises(ProefwerkError) as caught:
        create_experiment(session, form(), BOB)
    assert (caught.value.status, fields(caught.value)) == (409, ["key"])


def test_two_at_once_cannot_take_one_key(database: Database) -> None:
    with database.session() as session:
        add_metrics(session)
    outcomes: list[str] = []

    def run() -> None:
        try:
            with database.session() as session:
                create_experiment(session, form(), BOB)
            outcomes.append("made")
        except ProefwerkError as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["experiment_exists"] * 3 + ["made"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"metrics": {"secondary": ["clicks"]}}, "metrics.secondary.0"),
        ({"parent": "unheard-of"}, "parent"),
    ],
)
def test_it_refers_only_to_what_exists(session: Session, changes: dict[str, Any], field: str) -> None:
    with pytest.raises(ProefwerkError) as caught:
        draft(session, **changes)
    assert (caught.value.status, fields(caught.value)) == (422, [field])


def test_slices_of_a_layer_must_not_overlap(session: Session) -> None:
    draft(session, layer=CHECKOUT)
    with pytest.raises(ProefwerkError) as caught:
        draft(session, key="other", layer={"name": "checkout", "from": 0.4, "to": 0.6})
    assert (caught.value.status, fields(caught.value)) == (422, ["layer"])
    assert "'other'" in caught.value.detail
    assert "'bar'" in caught.value.detail
    assert "[0, 0.5)" in caught.value.detail


@pytest.mark.parametrize(
    "layer",
    [{"name": "checkout", "from": 0.5, "to": 1.0}, {"name": "search", "from": 0.0, "to": 0.5}],
)
def test_slices_beside_one_another_are_fine(session: Session, layer: dict[str, Any]) -> None:
    draft(session, layer=CHECKOUT)
    draft(session, key="other", layer=layer)


def test_a_stopped_experiment_gives_its_slice_back(session: Session) -> None:
    running(session, layer=CHECKOUT)
    stop(session, "bar", StopForm(decision=Decision.ROLLBACK), BOB)
    draft(session, key="other", layer=CHECKOUT)


def test_experiments_of_a_layer_hash_one_attribute(session: Session) -> None:
    draft(session, layer=CHECKOUT)
    with pytest.raises(ProefwerkError) as caught:
        draft(
            session,
            key="other",
            hash_attribute="account",
            layer={"name": "checkout", "from": 0.5, "to": 1.0},
        )
    assert fields(caught.value) == ["hash_attribute"]


def test_a_draft_may_change_in_everything_but_its_key(session: Session) -> None:
    draft(session)
    variants = [*BAR["variants"], {"key": "popup", "name": "", "weight": 0.0, "payload": {}}]
    changed = update_experiment(
        session, "bar", {"variants": variants, "audience": None, "plan": {"mde": 0.03}}, BOB
    )
    shown = experiment_document(changed)
    assert shown["variants"] == variants
    assert shown["audience"] == {}
    assert (shown["plan"]["mde"], shown["plan"]["alpha"]) == (0.03, 0.05)
    assert journal_kinds(session, "bar") == ["plan", "edit"]
    with pytest.raises(ProefwerkError) as caught:
        update_experiment(session, "bar", {"key": "other"}, BOB)
    assert (caught.value.status, fields(caught.value)) == (422, ["key"])


def test_a_refused_change_leaves_everything_as_it_was(database: Database) -> None:
    with database.session() as session:
        before = experiment_document(draft(session))

    def break_it() -> None:
        with database.session() as session:
            update_experiment(session, "bar", {"name": "Other", "parent": "unheard-of"}, BOB)

    with pytest.raises(ProefwerkError):
        break_it()
    with database.reading() as session:
        assert experiment_document(get_experiment(session, "bar")) == before
        assert journal_kinds(session, "bar") == ["plan"]


def test_the_audit_log_has_both_sides_of_a_change(session: Session) -> None:
    draft(session)
    update_experiment(session, "bar", {"name": "Other"}, BOB)
    entry = last_audit(session)
    assert entry.before is not None
    assert entry.after is not None
    assert (entry.before["name"], entry.after["name"]) == ("Free-shipping bar", "Other")


def test_a_document_may_be_sent_back_as_it_came(session: Session) -> None:
    shown = experiment_document(running(session))
    update_experiment(session, "bar", shown, BOB)
    assert journal_kinds(session, "bar") == ["plan", "start"]


def test_state_is_not_changed_by_a_patch(session: Session) -> None:
    draft(session)
    with pytest.raises(ProefwerkError) as caught:
        update_experiment(session, "bar", {"status": "running"}, BOB)
    assert (caught.value.status, fields(caught.value)) == (422, ["status"])


def test_after_the_start_words_may_change_and_the_journal_tells(session: Session) -> None:
    started = running(session)
    plan_hash = started.plan_hash
    changed = update_experiment(session, "bar", {"hypothesis": "Otherwise."}, BOB)
    assert changed.hypothesis == "Otherwise."
    assert changed.plan_hash == plan_hash
    assert journal_kinds(session, "bar") == ["plan", "start", "edit"]


def test_more_traffic_after_the_start_is_a_recorded_deviation(session: Session) -> None:
    running(session)
    update_experiment(session, "bar", {"traffic": 1.0, "name": "Bar, all in"}, BOB)
    assert journal_kinds(session, "bar") == ["plan", "start", "deviation", "edit"]
    deviation = journal(session, "bar")[2]
    assert deviation.data == {"traffic": {"before": 0.5, "after": 1.0}}


@pytest.mark.parametrize(
    "changes",
    [
        {"traffic": 0.25},
        {"audience": {"country": "BE"}},
        {"segments": ["device", "country"]},
        {"metrics": {"primary": ["revenue"], "secondary": []}},
        {"plan": {"alpha": 0.1}},
        {"hash_attribute": "account"},
        {"layer": CHECKOUT},
        {"start_at": "2100-01-01T00:00:00Z"},
        {"variants": [{**BAR["variants"][0], "weight": 0.4}, {**BAR["variants"][1], "weight": 0.6}]},
    ],
)
def test_after_the_start_nothing_that_changes_the_meaning_may_change(
    session: Session, changes: dict[str, Any]
) -> None:
    before = experiment_document(running(session))
    with pytest.raises(ProefwerkError) as caught:
        update_experiment(session, "bar", changes, BOB)
    assert caught.value.status == 409
    assert set(fields(caught.value)) == set(changes)
    assert experiment_document(get_experiment(session, "bar")) == before


def test_a_running_experiment_cannot_end_in_the_past(session: Session) -> None:
    running(session)
    with pytest.raises(ProefwerkError) as caught:
        update_experiment(session, "bar", {"end_at": "2020-01-01T00:00:00Z"}, BOB)
    assert (caught.value.status, fields(caught.value)) == (422, ["end_at"])


def test_only_drafts_are_deleted(session: Session) -> None:
    draft(session)
    delete_experiment(session, "bar", BOB)
    with pytest.raises(ProefwerkError) as caught:
        get_experiment(session, "bar")
    assert caught.value.status == 404
    assert last_audit(session).action == "delete"
    running(session)
    with pytest.raises(ProefwerkError) as refused:
        delete_experiment(session, "bar", BOB)
    assert refused.value.status == 409
    assert "archived" in refused.value.detail


def test_a_parent_is_not_deleted(session: Session) -> None:
    draft(session)
    draft(session, key="child", parent="bar")
    with pytest.raises(ProefwerkError) as caught:
        delete_experiment(session, "bar", BOB)
    assert (caught.value.status, caught.value.code) == (409, "has_follow_up")


@pytest.mark.parametrize("key", ["unheard-of", "", "a\0b", "Ünïcode", "x" * 5000, "bar\n"])
def test_an_unknown_key_is_not_found_whatever_it_holds(session: Session, key: str) -> None:
    draft(session)
    with pytest.raises(ProefwerkError) as caught:
        get_experiment(session, key)
    assert caught.value.status == 404


def test_an_analyst_changes_nothing(session: Session) -> None:
    draft(session)
    attempts = (
        lambda: create_experiment(session, form(key="other"), CHARLIE),
        lambda: update_experiment(session, "bar", {"name": "Other"}, CHARLIE),
        lambda: delete_experiment(session, "bar", CHARLIE),
        lambda: start(session, "bar", CHARLIE),
        lambda: archive(session, "bar", CHARLIE),
    )
    for attempt in attempts:
        with pytest.raises(ProefwerkError) as caught:
            attempt()
        assert caught.value.status == 403


def test_a_list_is_filtered_searched_and_paged(session: Session) -> None:
    for place in range(5):
        draft(session, key=f"exp-{place}", name=f"Test 100% {place}")
    start(session, "exp-3", BOB)
    rows, total = list_experiments(session, page=2, per_page=2)
    assert ([row.key for row in rows], total) == (["exp-2", "exp-1"], 5)
    assert [row.key for row in list_experiments(session, status="running")[0]] == ["exp-3"]
    assert [row.key for row in list_experiments(session, search="100% 4")[0]] == ["exp-4"]
    assert [row.key for row in list_experiments(session, search="EXP-0")[0]] == ["exp-0"]
    assert list_experiments(session, search="100_ 4") == ([], 0)
    assert list_experiments(session, search="\0")[1] == 5


def test_a_definition_is_frozen_with_its_metrics(session: Session) -> None:
    running(session)
    stop(session, "bar", StopForm(decision=Decision.INCONCLUSIVE), BOB)
    frozen = definition_of(session, "bar")
    loose = metric_form(get_metric(session, "revenue")).model_copy(update={"window_hours": 24.0})
    update_metric(session, "revenue", loose, BOB)
    assert definition_of(session, "bar").metrics == frozen.metrics
    assert frozen.metrics["revenue"].window_hours is None
    draft(session, key="later")
    assert definition_of(session, "later").metrics["revenue"].window_hours == 24


def test_the_document_of_the_contract_survives_the_database(session: Session) -> None:
    payload = {"text": "é🛒\"'<script>", "number": 0.1, "deep": {"z": [1, None, True], "a": {}}}
    variants = [BAR["variants"][0], {**BAR["variants"][1], "payload": payload}]
    draft(session, variants=variants)
    assert experiment_document(get_experiment(session, "bar"))["variants"] == variants
    assert document(variants=variants)["variants"] == variants
