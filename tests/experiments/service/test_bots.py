"""Who is left out as a bot can be inspected and corrected, and every correction is on record."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlmodel import Session, col, select

from assignment.errors import ProefwerkError
from assignment.events import Exposure
from assignment.log import EventLog
from experiments import jobs, refresh
from experiments.analysis.lake import Lake
from experiments.bots import Says, rules_at
from experiments.db import Database, utc_now
from experiments.models import AuditEntry
from experiments.requests import BotForm, BotLimitForm
from experiments.service.bots import bots_document
from experiments.service.reports import newest_report
from experiments.service.verdicts import judge, set_limit, take_back, verdicts
from experiments.workplace import Workplace
from tests.experiments.analysis.build import write_log
from tests.experiments.conftest import CHARLIE
from tests.experiments.examples import running

CRAWLER = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)"


BOTS: dict[int, dict[str, Any]] = {
    10: {"bot": True},
    11: {"bot": True},
    12: {"userAgent": CRAWLER},
    13: {"userAgent": "GPTBot/1.2"},
}


@pytest.fixture
def place(database: Database, tmp_path: Path) -> Workplace:
    """A workplace with one running experiment, `bar`, that ten shoppers and four bots met."""
    with database.session() as session:
        running(session)
    place = Workplace(database, Lake(tmp_path / "lake"), tmp_path / "log")
    now = utc_now()
    log = EventLog(place.log_folder)
    met = [
        Exposure(f"e{number}", f"u{number}", "bar", ("control", "bar")[number % 2], now, BOTS.get(number, {}))
        for number in range(14)
    ]
    write_log(log, met, now)
    log.close()
    return place


def known(place: Workplace, **filters: Any) -> dict[str, Any]:
    jobs.compact(place)
    jobs.watch_bots(place)
    with place.database.reading() as session:
        return bots_document(session, **filters)


def counted(place: Workplace) -> int:
    report = jobs.analyse_now(place, "bar")
    return sum(variant["units"] for variant in report["variants"])


def test_every_rule_is_listed_with_its_units_and_every_unit_with_its_reason(place: Workplace) -> None:
    found = known(place)
    assert {each["rule"]: each["units"] for each in found["rules"]} == {
        "(flagged by the shop)": 2,
        "GPTBot": 1,
        "Googlebot": 1,
    }
    units = {each["unit"]: (each["rule"], each["source"], each["agent"]) for each in found["units"]}
    assert units == {
        "u10": ("(flagged by the shop)", "flag", None),
        "u11": ("(flagged by the shop)", "flag", None),
        "u12": ("Googlebot", "attribute", CRAWLER),
        "u13": ("GPTBot", "attribute", "GPTBot/1.2"),
    }
    assert found["total"] == 4
    assert all(each["excluded"] for each in found["units"])
    assert found["list"]["name"] == "crawler-user-agents"


def test_units_are_found_by_rule_and_by_text_a_page_at_a_time(place: Workplace) -> None:
    assert [each["unit"] for each in known(place, rule="GPTBot")["units"]] == ["u13"]
    assert [each["unit"] for each in known(place, search="google.com")["units"]] == ["u12"]
    pages = [known(place, page=number, per_page=3) for number in (1, 2)]
    assert [len(page["units"]) for page in pages] == [3, 1]


def test_who_is_acquitted_or_named_is_so_from_the_next_report_until_it_is_taken_back(
    place: Workplace,
) -> None:
    assert counted(place) == 10
    with place.database.session() as session:
        acquittal = judge(session, BotForm(unit="u10", says=Says.SHOPPER, note="Our tester"), CHARLIE).id or 0
        judge(session, BotForm(unit="u0"), CHARLIE)
        judge(session, BotForm(unit="u1"), CHARLIE)
        judge(session, BotForm(rule="GPTBot", says=Says.SHOPPER), CHARLIE)
    assert counted(place) == 10 + 1 - 2 + 1
    found = {(each["unit"], each["rule"]): each["excluded"] for each in known(place)["units"]}
    assert found["u10", "(flagged by the shop)"] is False
    assert found["u13", "GPTBot"] is False
    assert found["u0", "(by hand)"] is True
    with place.database.session() as session:
        take_back(session, acquittal, CHARLIE)
    assert counted(place) == 10 + 0 - 2 + 1


def test_a_correction_makes_a_new_report_though_no_event_came(
    place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(refresh, "LEAST_SPACING", timedelta())
    assert jobs.refresh_reports(place) == ["bar"]
    place.rests.clear()
    assert jobs.refresh_reports(place) == []
    with place.database.session() as session:
        judge(session, BotForm(unit="u12", says=Says.SHOPPER), CHARLIE)
    assert jobs.refresh_reports(place) == ["bar"]
    with place.database.reading() as session:
        assert newest_report(session, "bar")["health"]["bots"]["units"] == 3


def test_a_report_made_before_a_correction_is_verified_after_it(place: Workplace) -> None:
    report = jobs.analyse_now(place, "bar")
    with place.database.session() as session:
        judge(session, BotForm(unit="u12", says=Says.SHOPPER), CHARLIE)
    assert jobs.verify_report(place, report) == []


def test_a_new_word_on_the_same_unit_replaces_the_earlier_one(session: Session) -> None:
    judge(session, BotForm(unit="u"), CHARLIE)
    then = utc_now()
    judge(session, BotForm(unit="u", says=Says.SHOPPER), CHARLIE)
    said = verdicts(session)
    assert rules_at(said, then).bots == ("u",)
    now = rules_at(said, utc_now() + timedelta(seconds=1))
    assert (now.bots, now.shoppers) == ((), ("u",))


def test_the_limit_can_be_set_and_lifted(session: Session) -> None:
    assert bots_document(session)["events_per_hour"] == 1_000
    set_limit(session, BotLimitForm(events_per_hour=500), CHARLIE)
    assert bots_document(session)["events_per_hour"] == 500
    set_limit(session, BotLimitForm(events_per_hour=None), CHARLIE)
    assert bots_document(session)["events_per_hour"] is None


def test_every_word_is_in_the_audit_log_with_what_was_before(session: Session) -> None:
    first = judge(session, BotForm(unit="u", note="Scraper"), CHARLIE)
    judge(session, BotForm(unit="u", says=Says.SHOPPER), CHARLIE)
    session.flush()
    entries = session.exec(select(AuditEntry).order_by(col(AuditEntry.id))).all()
    told = [(each.action, each.object_kind, each.object_key, each.actor) for each in entries]
    assert told == [("create", "bot", "u", CHARLIE.name), ("update", "bot", "u", CHARLIE.name)]
    assert entries[1].before is not None
    assert entries[1].before["note"] == first.note == "Scraper"


def test_what_was_taken_back_cannot_be_taken_back_again(session: Session) -> None:
    ident = judge(session, BotForm(unit="u"), CHARLIE).id or 0
    take_back(session, ident, CHARLIE)
    for wrong in (ident, ident + 1):
        with pytest.raises(ProefwerkError, match="There is no verdict"):
            take_back(session, wrong, CHARLIE)


def test_a_quiet_lake_is_not_scanned_again(place: Workplace) -> None:
    jobs.compact(place)
    assert jobs.watch_bots(place)
    assert not jobs.watch_bots(place)
    with place.database.session() as session:
        set_limit(session, BotLimitForm(events_per_hour=10), CHARLIE)
    assert jobs.watch_bots(place)
