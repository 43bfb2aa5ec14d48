"""Saved audiences: experiments take a copy, so that a change of one never reaches them."""

from __future__ import annotations

import pytest
from sqlmodel import Session, col, select

from assignment.errors import ProefwerkError
from experiments.auth import Actor
from experiments.db import Database
from experiments.models import AuditEntry
from experiments.requests import AudienceForm
from experiments.service import audiences
from experiments.service.definitions import create_experiment, get_experiment
from experiments.validation import parse
from tests.experiments.conftest import BOB, CHARLIE
from tests.experiments.examples import add_metrics, form

DUTCH = {"key": "dutch", "name": "Dutch shoppers", "condition": {"country": "NL"}}


def saved(**fields: object) -> AudienceForm:
    return parse(AudienceForm, {**DUTCH, **fields})


def _save(session: Session, given: AudienceForm, maker: Actor, key: str | None) -> None:
    if key is None:
        audiences.create_audience(session, given, maker)
    else:
        audiences.update_audience(session, key, given, maker)


def test_a_change_of_an_audience_leaves_experiments_that_started_from_it_as_they_are(
    database: Database,
) -> None:
    with database.session() as session:
        add_metrics(session)
        audiences.create_audience(session, saved(), BOB)
        create_experiment(session, form(audience={"country": "NL", "visits": None}), BOB)
        assert audiences.users_of_audiences(session) == {"dutch": {"bar": True}}
        changed = saved(condition={"country": {"$in": ["NL", "BE"]}})
        audiences.update_audience(session, "dutch", changed, BOB)
        assert get_experiment(session, "bar").audience == {"country": "NL"}
        assert audiences.users_of_audiences(session) == {"dutch": {"bar": False}}


def test_an_audience_of_everyone_is_used_by_nobody(database: Database) -> None:
    """Every experiment without a condition would be its user otherwise."""
    with database.session() as session:
        add_metrics(session)
        create_experiment(session, form(audience={"country": None, "visits": None}), BOB)
        audiences.create_audience(session, saved(condition={}), BOB)
        assert audiences.users_of_audiences(session) == {"dutch": {}}


def test_every_change_is_on_record_and_none_is_recorded_without_one(database: Database) -> None:
    with database.session() as session:
        audiences.create_audience(session, saved(), BOB)
        audiences.update_audience(session, "dutch", saved(), BOB)
        audiences.update_audience(session, "dutch", saved(description="Those who live here"), BOB)
        audiences.update_audience(
            session, "dutch", saved(description="Those who live here", archived=True), BOB
        )
        audiences.update_audience(session, "dutch", saved(description="Those who live here"), BOB)
        found = session.exec(
            select(AuditEntry.action).where(AuditEntry.object_kind == "audience").order_by(col(AuditEntry.id))
        ).all()
    assert list(found) == ["create", "update", "archive", "restore"]


def test_who_only_reads_saves_no_audience_and_bad_conditions_are_named(database: Database) -> None:
    with database.session() as session:
        audiences.create_audience(session, saved(), BOB)
        for given, maker, key, status in (
            (saved(key="other"), CHARLIE, None, 403),
            (saved(), CHARLIE, "dutch", 403),
            (saved(), BOB, None, 409),
            (saved(), BOB, "nobody", 404),
            (saved(key="belgian"), BOB, "dutch", 422),
        ):
            with pytest.raises(ProefwerkError) as error:
                _save(session, given, maker, key)
            assert error.value.status == status
    with pytest.raises(ProefwerkError) as wrong:
        saved(condition={"country": {"$about": "NL"}})
    assert wrong.value.fields[0].field.startswith("condition")
