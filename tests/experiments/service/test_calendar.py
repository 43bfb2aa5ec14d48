"""What the shop writes in its calendar is found by the days it touches, and every change is on record."""

from __future__ import annotations

from datetime import date

import pytest
from sqlmodel import Session, col, select

from assignment.errors import ProefwerkError
from experiments.calendar_models import CalendarEntry
from experiments.db import Database
from experiments.models import AuditEntry
from experiments.requests import CalendarForm
from experiments.service import calendar
from experiments.service.definitions import create_experiment, delete_experiment
from experiments.validation import parse
from tests.experiments.conftest import ALICE, BOB, CHARLIE
from tests.experiments.examples import add_metrics, form

FRIDAY = {"kind": "sale", "name": "Black Friday", "starts_on": "2026-11-27", "ends_on": "2026-11-30"}


def entry(**fields: object) -> CalendarForm:
    return parse(CalendarForm, {**FRIDAY, **fields})


def names(session: Session, first: str, last: str, experiment: str | None = None) -> list[str]:
    found = calendar.between(session, date.fromisoformat(first), date.fromisoformat(last), experiment)
    return [row.name for row in found]


def test_an_entry_is_found_from_its_first_day_to_its_last(database: Database) -> None:
    with database.session() as session:
        calendar.add(session, entry(factor=2.5), BOB)
        calendar.add(session, entry(kind="release", name="9.1", starts_on="2026-11-20", ends_on=None), BOB)
    with database.reading() as session:
        assert names(session, "2026-11-30", "2026-12-09") == ["Black Friday"]
        assert names(session, "2026-12-01", "2026-12-09") == []
        assert names(session, "2026-11-01", "2026-11-27") == ["9.1", "Black Friday"]
        assert names(session, "2026-11-21", "2026-11-26") == []


def test_what_concerns_one_experiment_is_shown_there_and_goes_with_its_draft(database: Database) -> None:
    with database.session() as session:
        add_metrics(session)
        create_experiment(session, form(), BOB)
        calendar.add(session, entry(name="Bar sold out", kind="stock", experiment="bar"), CHARLIE)
        with pytest.raises(ProefwerkError) as refused:
            calendar.add(session, entry(experiment="nobody"), BOB)
    assert refused.value.fields[0].field == "experiment"
    with database.session() as session:
        assert names(session, "2026-11-01", "2026-11-30") == []
        assert names(session, "2026-11-01", "2026-11-30", "bar") == ["Bar sold out"]
        assert len(calendar.between(session, date.min, date.max, every_experiment=True)) == 1
        delete_experiment(session, "bar", BOB)
    with database.reading() as session:
        assert session.exec(select(CalendarEntry)).all() == []


def test_the_shops_calendar_is_its_marketers(database: Database) -> None:
    with database.session() as session:
        kept = calendar.add(session, entry(), BOB)[0].id or 0
    for action in (
        lambda session: calendar.add(session, entry(name="x"), CHARLIE),
        lambda session: calendar.change(session, kept, entry(name="x"), CHARLIE),
        lambda session: calendar.remove(session, kept, CHARLIE),
    ):
        with pytest.raises(ProefwerkError) as refused, database.session() as session:
            action(session)
        assert refused.value.status == 403


def test_every_change_is_on_record_and_what_changes_nothing_is_not(database: Database) -> None:
    with database.session() as session:
        kept, new = calendar.add(session, entry(), BOB)
        again, twice = calendar.add(session, entry(), ALICE)
        ident = kept.id or 0
        assert (new, twice, again.id) == (True, False, ident)
        calendar.change(session, ident, entry(), BOB)
        assert calendar.change(session, ident, entry(factor=3), BOB).factor == 3
        calendar.remove(session, ident, ALICE)
    with database.reading() as session:
        log = session.exec(select(AuditEntry).order_by(col(AuditEntry.id))).all()
        mine = [each for each in log if each.object_kind == "calendar"]
        assert [(each.action, each.actor) for each in mine] == [
            ("create", BOB.name),
            ("update", BOB.name),
            ("delete", ALICE.name),
        ]
        assert mine[1].before is not None
        assert mine[1].before["factor"] is None
        with pytest.raises(ProefwerkError) as missing:
            calendar.find(session, ident)
    assert missing.value.status == 404


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"ends_on": "2026-11-26"}, "ends_on", "2026-11-26 is before the first day, 2026-11-27"),
        ({"kind": "party"}, "kind", "'party' is not one of"),
        ({"starts_on": "1999-12-31"}, "starts_on", "its year must be 2000 to 2199"),
        ({"factor": 0}, "factor", "0 must be above 0"),
        ({"factor": 101}, "factor", "101 must be at most 100"),
        ({"name": " "}, "name", "too short"),
        ({"starts_on": "tomorrow"}, "starts_on", "'tomorrow'"),
    ],
)
def test_a_refusal_names_field_value_and_rule(fields: dict[str, object], field: str, words: str) -> None:
    with pytest.raises(ProefwerkError) as refused:
        entry(**fields)
    assert refused.value.fields[0].field == field
    assert words in refused.value.fields[0].message
