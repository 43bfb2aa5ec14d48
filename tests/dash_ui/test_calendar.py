"""The calendar on the screens: a start by rule, what may be written, and the year as people read it."""

from __future__ import annotations

from datetime import date

import pytest
from flask.testing import FlaskClient

from dash_ui.calendar_words import marks_of
from dash_ui.components.calendar_list import calendar_list
from dash_ui.gateway import Gateway
from dash_ui.i18n import speaking
from dash_ui.page import View
from dash_ui.pages.calendar import entry_document, fill_in, render
from dash_ui.records import Person, Refused
from dash_ui.season import COUNTRIES, holidays, sales
from tests.dash_ui.conftest import sign_in
from tests.dash_ui.trees import words

SANNE = Person(1, "sanne@shop.example", "Sanne Adema", "admin")
AYLIN = Person(3, "aylin@shop.example", "Aylin Kaya", "analyst")

# From the package `holidays` 0.109 (public, and for NL optional too), with which all years from 2014 to 2099
# were compared; Germany's Reformation Day of 2017, a holiday of all states in that year alone, is left out.
PUBLISHED = {
    ("NL", 2026): "0101 0403 0405 0406 0427 0505 0514 0524 0525 1225 1226",
    ("NL", 2025): "0101 0418 0420 0421 0426 0505 0529 0608 0609 1225 1226",
    ("BE", 2027): "0101 0328 0329 0501 0506 0516 0517 0721 0815 1101 1111 1225",
    ("DE", 2024): "0101 0329 0401 0501 0509 0520 1003 1225 1226",
}


@pytest.mark.parametrize(("country", "year"), PUBLISHED)
def test_public_holidays_are_those_that_are_published(country: str, year: int) -> None:
    assert " ".join(f"{each.first:%m%d}" for each in holidays(country, year)) == PUBLISHED[country, year]


def test_sales_periods_move_with_the_year() -> None:
    dutch = {each.code: (each.first, each.last) for each in sales("NL", 2026)}
    assert dutch["black_friday"] == (date(2026, 11, 27), date(2026, 11, 30))
    assert dutch["sinterklaas"][1] == date(2026, 12, 5)
    assert dutch["mothers_day"][1] == date(2026, 5, 10)
    belgian = {each.code: each.first for each in sales("BE", 2027)}
    assert belgian["winter_sales"] == date(2027, 1, 2), "3 January 2027 is a Sunday"
    assert "sinterklaas" not in {each.code for each in sales("DE", 2026)}


def test_every_occasion_has_a_name_in_both_languages() -> None:
    for country in COUNTRIES:
        occasions = [*holidays(country, 2026), *sales(country, 2026)]
        english = [mark.name for mark in marks_of(occasions)]
        with speaking("nl"):
            assert len({*english, *(mark.name for mark in marks_of(occasions))}) > len(english)


def test_a_start_fills_two_years_once(gateway: Gateway) -> None:
    assert fill_in(gateway, SANNE, "NL", 2026, selling=False) == "22 entries were added."
    assert fill_in(gateway, SANNE, "NL", 2026, selling=False) == "They stood in the calendar already."
    with pytest.raises(Refused) as refused:
        fill_in(gateway, AYLIN, "BE", 2026, selling=True)
    assert refused.value.status == 403
    assert len(gateway.calendar(date(2026, 1, 1), date(2027, 12, 31))) == 22


def test_what_is_missing_is_asked_for_in_words() -> None:
    for values, said in (
        (("sale", " ", "", "2026-11-27", "", ""), "Say what it is."),
        (("sale", "x", "", "", "", ""), "Choose the first day, and the last if it is another."),
        (("sale", "x", "", "2026-11-27", "2026-11-26", ""), "The last day is before the first."),
    ):
        with pytest.raises(Refused) as refused:
            entry_document(*values)
        assert refused.value.fields[0].message == said
    assert entry_document("sale", "x", "", "2026-11-27", "", 2.5) == {
        "kind": "sale",
        "name": "x",
        "starts_on": "2026-11-27",
        "ends_on": "2026-11-27",
        "experiment": None,
        "factor": 2.5,
    }


def test_the_year_is_read_by_month_and_what_began_before_it_comes_first(gateway: Gateway) -> None:
    gateway.mark(SANNE, "sale", "Winter", date(2025, 12, 27), date(2026, 1, 10), factor=1.5)
    gateway.mark(SANNE, "release", "Shop 9.1", date(2026, 3, 2))
    gateway.mark(AYLIN, "note", "Empty shelf", date(2026, 3, 4), experiment="two-column-checkout")
    marks = gateway.calendar(date(2026, 1, 1), date(2026, 12, 31), every_experiment=True)
    said = words(calendar_list(marks, 2026, may_change=False))
    places = [said.index(each) for each in ("January 2026", "Winter", "March 2026", "Shop 9.1")]
    assert places == sorted(places)
    assert "27 Dec 2025 – 10 Jan 2026" in said.replace("\u2009", " ")
    assert "1.5 times the traffic" in said
    assert "two-column-checkout" in said


def test_who_may_not_change_the_calendar_reads_it(gateway: Gateway) -> None:
    gateway.mark(SANNE, "release", "Shop 9.1", date(2026, 3, 2))
    page = render(View(gateway, AYLIN, {}, {"year": "2026"}))
    assert "Shop 9.1" in words(page)
    assert "Add to the calendar" not in words(page)
    mine = words(render(View(gateway, SANNE, {}, {"year": "2026", "change": "1"})))
    assert "Save" in mine
    assert "Leave as it was" in mine


def test_the_page_has_an_address(client: FlaskClient) -> None:
    sign_in(client)
    assert client.get("/ui/calendar").status_code == 200
