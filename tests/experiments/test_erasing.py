"""An erased person is in no byte of the home any more; the audit log says that it happened, not of whom."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from sqlmodel import select

from assignment.errors import ProefwerkError
from assignment.events import Conversion, Event, Exposure, Link
from assignment.log import EventLog
from assignment.stays import Stay
from experiments import jobs
from experiments.analysis.lake import Lake
from experiments.analysis.report import analyse
from experiments.analysis.visitors import visitors
from experiments.auth import Actor, Role
from experiments.db import Database, migrate, utc_now
from experiments.erasing import erase_now, erase_requested
from experiments.jobs import Workplace
from experiments.models import AuditEntry, BotVerdict, Report, StickyAssignment
from experiments.requests import BotForm, ErasureForm
from experiments.service.erasures import erasure_document, find_erasure, pseudonym, request_erasure
from experiments.service.observations import BOTS, observed
from experiments.service.verdicts import judge
from experiments.stickiness import StickyAssignments
from experiments.validation import parse
from experiments.watching import watch_bots, watch_visitors
from tests.experiments.analysis.build import add, write_log
from tests.experiments.analysis.test_erasure import holding
from tests.experiments.conftest import ALICE, BOB
from tests.experiments.examples import running

ANNA = ("anna@shop.example", "cookie-of-anna")


@pytest.fixture
def place(tmp_path: Path) -> Workplace:
    """A shop with its database in the home, in which `ANNA` left traces everywhere."""
    database = Database(f"sqlite:///{tmp_path / 'proefwerk.db'}")
    migrate(database)
    with database.session() as session:
        running(session)
    place = Workplace(database, Lake(tmp_path / "lake"), tmp_path / "log", "a secret")
    log, now = EventLog(place.log_folder), utc_now()
    events: list[Event] = []
    for number in range(40):
        unit, variant = f"u{number}", ("control", "bar")[number % 2]
        events += [
            Exposure(f"e{number}", unit, "bar", variant, now),
            Conversion(f"c{number}", unit, "order", now),
        ]
    events += [
        Exposure("e-anna", ANNA[1], "bar", "bar", now, {"bot": True}),
        Link(unit=ANNA[1], person=ANNA[0], time=now),
        Conversion("c-anna", ANNA[0], "order", now, 25.0),
    ]
    write_log(log, events, now)
    jobs.compact(place)
    quarantine = place.lake.store.quarantine
    quarantine.mkdir(exist_ok=True)
    (quarantine / "torn").write_text(f'[{{"unit":"{ANNA[0]}"')
    StickyAssignments(database).keep([Stay("bar", 1, "bar", (ANNA[1], "u1"))])
    with database.session() as session:
        judge(session, parse(BotForm, {"unit": ANNA[0], "note": f"{ANNA[0]} scrapes"}), ALICE)
        judge(session, parse(BotForm, {"unit": "u2", "note": "scrapes"}), ALICE)
    assert watch_bots(place)
    jobs.analyse_now(place, "bar")
    return place


def audit(place: Workplace, action: str) -> list[AuditEntry]:
    with place.database.reading() as session:
        return list(session.exec(select(AuditEntry).where(AuditEntry.action == action)))


def test_no_byte_of_the_person_is_left_in_the_home(place: Workplace, tmp_path: Path) -> None:
    # The database's newest pages may lie in its write-ahead log.
    places = {path.split("/")[0].removesuffix("-wal") for path in holding(tmp_path, *ANNA)}
    assert places == {"lake", "log", "proefwerk.db"}
    result = erase_now(place, [ANNA[0]], ALICE)
    assert holding(tmp_path, *ANNA) == []
    assert result["rows"] == {
        "exposures": 1, "conversions": 1, "links": 1, "bots": 1,
        "sticky_assignments": 1, "bot_verdicts": 1, "observations": 1, "audit": 1,
    }  # fmt: skip
    assert (result["log_records"], result["quarantined"]) == (1, 1)
    assert holding(tmp_path, "u2")


def test_what_refreshes_know_of_units_is_gone_when_the_erasure_is_done(
    place: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.state = tmp_path / "state"
    known: list[str] = []
    erasing = Thread(target=erase_now, args=(place, [ANNA[0]], ALICE))

    def amid(*given: Any) -> Any:
        report = analyse(*given)
        known.extend(holding(tmp_path / "state", *ANNA))
        erasing.start()
        erasing.join(1.0)
        return report

    monkeypatch.setattr("experiments.refresh.analyse", amid)
    monkeypatch.setattr("experiments.refresh.LEAST_SPACING", timedelta())
    jobs.refresh_reports(place)
    erasing.join()
    assert known
    assert holding(tmp_path, *ANNA) == []


def test_the_sample_of_visitors_forgets_the_person_too(place: Workplace, tmp_path: Path) -> None:
    berta = "berta@shop.example"
    add(place.lake, [Exposure("e-berta", berta, "bar", "control", utc_now(), {"device": "phone"})], utc_now())
    assert watch_visitors(place)
    assert "proefwerk.db" in " ".join(str(path) for path in holding(tmp_path, berta))
    erase_now(place, [berta], ALICE)
    assert holding(tmp_path, berta) == []


def test_who_was_erased_while_visitors_were_looked_at_is_not_written_down(
    place: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def amid(*given: Any) -> Any:
        found = visitors(*given)
        erase_now(place, ["u4"], ALICE)
        return found

    monkeypatch.setattr("experiments.watching.visitors", amid)
    assert watch_visitors(place) == []
    monkeypatch.undo()
    with place.database.reading() as session:
        assert observed(session, "visitors:id") is None
    assert watch_visitors(place) == ["id"]


def test_what_others_left_stays(place: Workplace) -> None:
    erase_now(place, [ANNA[0]], ALICE)
    with place.database.reading() as session:
        assert [row.unit for row in session.exec(select(StickyAssignment))] == ["u1"]
        assert [row.key for row in session.exec(select(BotVerdict))] == ["u2"]
        assert (observed(session, BOTS) or ({},))[0]["units"] == []
    report = jobs.analyse_now(place, "bar")
    assert sum(arm["units"] for arm in report["variants"]) + report["health"]["bots"]["units"] == 40


def test_reports_of_before_keep_their_numbers_and_new_ones_are_without_the_person(place: Workplace) -> None:
    with place.database.session() as session:
        for row in session.exec(select(BotVerdict)):
            session.delete(row)
    add(place.lake, [Exposure("e-v", "visitor", "bar", "bar", utc_now())], utc_now())
    before = jobs.analyse_now(place, "bar")
    erase_now(place, ["visitor"], ALICE)
    after = jobs.analyse_now(place, "bar")
    with place.database.reading() as session:
        kept = json.loads(session.get_one(Report, before["id"]).body)
    assert kept == before
    counts = [{arm["key"]: arm["units"] for arm in report["variants"]} for report in (before, after)]
    assert counts == [{"control": 20, "bar": 21}, {"control": 20, "bar": 20}]
    assert jobs.verify_report(place, after) == []


def test_the_audit_log_tells_of_the_erasure_by_keyed_hashes_alone(place: Workplace) -> None:
    erase_now(place, [ANNA[0]], ALICE)
    (entry,) = audit(place, "erase")
    assert (entry.actor, entry.object_kind) == (ALICE.name, "person")
    assert entry.object_key == pseudonym("a secret", ANNA[0])
    assert entry.after is not None
    assert entry.after["subjects"] == sorted(pseudonym("a secret", each) for each in ANNA)
    assert pseudonym("another secret", ANNA[0]) != entry.object_key
    verdicts = {each.object_key: each.after for each in audit(place, "create") if each.object_kind == "bot"}
    assert verdicts.keys() == {"u2", entry.object_key}
    assert (verdicts[entry.object_key] or {})["note"] == ""


def test_an_erasure_may_be_done_again(place: Workplace, tmp_path: Path) -> None:
    erase_now(place, [ANNA[0]], ALICE)
    again = erase_now(place, list(ANNA), ALICE)
    assert (again["rows"], again["files"]) == ({}, 0)
    assert holding(tmp_path, *ANNA) == []


def test_an_erasure_that_failed_before_the_lake_still_finds_all_ids(
    place: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_arguments: object, **_more: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr("experiments.erasing.erase", fail)
    with pytest.raises(OSError, match="no space left"):
        erase_now(place, [ANNA[0]], ALICE)
    monkeypatch.undo()
    erase_now(place, [ANNA[0]], ALICE)
    assert holding(tmp_path, *ANNA) == []


def test_the_scheduler_does_what_was_asked_for_and_then_forgets_the_ids(
    place: Workplace, tmp_path: Path
) -> None:
    with place.database.session() as session:
        ident = request_erasure(session, parse(ErasureForm, {"ids": [ANNA[0]]}), ALICE).id or 0
        other = request_erasure(session, parse(ErasureForm, {"ids": ["nobody"]}), ALICE).id or 0
        assert erasure_document(find_erasure(session, ident))["status"] == "waiting"
    assert erase_requested(place) == 2
    assert erase_requested(place) == 0
    assert holding(tmp_path, *ANNA, "nobody") == []
    with place.database.reading() as session:
        done = erasure_document(find_erasure(session, ident))
        assert (done["status"], done["result"]["rows"]["exposures"]) == ("done", 1)
        assert erasure_document(find_erasure(session, other))["result"]["rows"] == {}
    assert [entry.actor for entry in audit(place, "erase")] == [ALICE.name] * 2


def test_a_refused_erasure_says_why_and_keeps_no_id(
    place: Workplace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("experiments.analysis.erasure.MOST_IDS", 0)
    with place.database.session() as session:
        ident = request_erasure(session, parse(ErasureForm, {"ids": [ANNA[0]]}), ALICE).id or 0
    assert erase_requested(place) == 1
    with place.database.reading() as session:
        row = find_erasure(session, ident)
        assert (erasure_document(row)["status"], row.ids) == ("failed", None)
        assert "Erase each id alone" in (row.error or "")
    assert len(place.lake.view().paths("links")) == 1


def test_only_an_admin_may_erase(place: Workplace) -> None:
    analyst = Actor("user", "charlie@shop.example", Role.ANALYST)
    for actor in (analyst, BOB):
        with place.database.session() as session, pytest.raises(ProefwerkError) as refused:
            request_erasure(session, parse(ErasureForm, {"ids": ["u1"]}), actor)
        assert refused.value.status == 403


def test_events_of_the_person_from_later_count_again(place: Workplace) -> None:
    erase_now(place, [ANNA[0]], ALICE)
    log, later = EventLog(place.log_folder), utc_now() + timedelta(seconds=5)
    write_log(log, [Exposure("new", ANNA[0], "bar", "bar", later)], later)
    log.close()
    assert jobs.compact(place).exposures == 1
