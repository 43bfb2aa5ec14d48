"""What web workers learn, and when."""

from __future__ import annotations

import pytest
from sqlmodel import Session, func, select

from assignment import snapshot
from experiments.auth import digest
from experiments.db import Database
from experiments.models import PublishedSnapshot
from experiments.publish import compile_snapshot, fetch_published, publish
from experiments.requests import Decision, StopForm
from experiments.service import transitions
from experiments.service.definitions import update_experiment
from experiments.service.keys import create_key, revoke_key
from tests.experiments.conftest import ALICE, BOB
from tests.experiments.examples import BAR, draft, running


def published(database: Database, known: str | None = None) -> snapshot.Snapshot | None:
    document = fetch_published(database)(known)
    return None if document is None else snapshot.decode(document)


def only(session: Session) -> snapshot.Experiment:
    (rule,) = compile_snapshot(session).experiments
    return rule


def test_the_rule_is_the_experiment(session: Session) -> None:
    running(session, layer={"name": "checkout", "from": 0.25, "to": 0.75})
    rule = only(session)
    assert (rule.key, rule.version, rule.seed) == ("bar", 1, "bar:1")
    assert rule.status is snapshot.Status.RUNNING
    assert [(each.key, each.weight, each.payload) for each in rule.variants] == [
        (each["key"], each["weight"], each["payload"]) for each in BAR["variants"]
    ]
    assert (rule.coverage, rule.condition, rule.hash_attribute) == (0.5, BAR["audience"], "id")
    assert rule.layer == snapshot.LayerSlice("checkout", 0.25, 0.75)
    assert (rule.name, rule.surface, rule.placement) == ("Free-shipping bar", "offer", "cart.banner")


def test_what_has_not_started_is_a_draft_to_the_doors(session: Session) -> None:
    draft(session, start_at="2100-01-01T00:00:00Z")
    assert only(session).status is snapshot.Status.DRAFT
    transitions.start(session, "bar", BOB)
    assert only(session).status is snapshot.Status.DRAFT


def test_only_a_shipped_variant_is_served_after_the_stop(session: Session) -> None:
    running(session)
    transitions.stop(session, "bar", StopForm(decision=Decision.SHIP), BOB)
    assert (only(session).status, only(session).shipped) == (snapshot.Status.STOPPED, "bar")


def test_a_rollback_ships_nothing(session: Session) -> None:
    running(session)
    transitions.stop(session, "bar", StopForm(decision=Decision.ROLLBACK), BOB)
    assert (only(session).status, only(session).shipped) == (snapshot.Status.STOPPED, None)


def test_archived_experiments_are_left_out(session: Session) -> None:
    draft(session)
    transitions.archive(session, "bar", BOB)
    assert compile_snapshot(session).experiments == ()


def test_keys_travel_as_digests_until_they_are_revoked(session: Session) -> None:
    key, text = create_key(session, "client", "shop", ALICE)
    assert compile_snapshot(session).keys == (snapshot.Key(digest(text), "client"),)
    assert text not in snapshot.encode(compile_snapshot(session)).decode()
    revoke_key(session, key.id or 0, ALICE)
    assert compile_snapshot(session).keys == ()


def test_nothing_published_is_nothing_to_fetch(database: Database) -> None:
    assert published(database) is None


def test_who_knows_the_newest_revision_gets_nothing(database: Database) -> None:
    with database.session() as session:
        running(session)
    newest = published(database)
    assert newest is not None
    assert published(database, newest.revision) is None
    assert published(database, "older") == newest


def test_a_change_is_published_in_its_own_transaction(database: Database) -> None:
    with database.session() as session:
        running(session)
    before = published(database)
    assert before is not None
    with database.session() as session:
        update_experiment(session, "bar", {"traffic": 0.75}, BOB)
        assert published(database, before.revision) is None
    after = published(database, before.revision)
    assert after is not None
    assert after.experiments[0].coverage == 0.75


def test_publishing_without_a_change_adds_nothing(session: Session) -> None:
    draft(session)
    assert publish(session) == publish(session)
    assert session.exec(select(func.count()).select_from(PublishedSnapshot)).one() == 1


def test_only_the_newest_snapshots_are_kept(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("experiments.publish.KEPT", 3)
    draft(session)
    for place in range(6):
        update_experiment(session, "bar", {"name": f"Name {place}"}, BOB)
    assert session.exec(select(func.count()).select_from(PublishedSnapshot)).one() == 3
