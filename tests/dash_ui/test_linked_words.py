"""What joining the ids of people came to is said in whole sentences, in both languages."""

from __future__ import annotations

from typing import Any

from dash_ui.health_advice import cause, remedy
from dash_ui.health_words import check_name, finding
from dash_ui.i18n import Language, speaking
from dash_ui.report_records import Check
from tests.dash_ui import sample_reports as samples
from tests.dash_ui.stories import report_of

NUMBERS: dict[str, Any] = {
    "persons": 1200,
    "ids": 2600,
    "parted": 1,
    "share": 0.02,
    "crowds": 1,
    "crowd_ids": 300,
}


def said(code: str, numbers: dict[str, Any], language: Language = "en") -> str:
    check = Check("linked", "warning", code, "English detail", None, numbers=numbers)
    with speaking(language):
        return finding(check, report_of(samples.unhealthy()))


def test_people_with_several_ids_are_counted_and_those_left_out_named() -> None:
    assert said("crowds_left_out", NUMBERS) == (
        "1,200 shoppers were seen under several ids (2,600 in all) and count once each. "
        "1 of them (2.0%) saw several variants before these ids were linked, and is left out. "
        "300 ids are tied together by one that many people use, and are left out."
    )
    assert said("linked", {"persons": 1, "ids": 2}).startswith(
        "1 shopper was seen under several ids (2 in all)"
    )
    assert "every id counts as a shopper" in said("nobody_linked", {"persons": 0})


def test_it_is_said_in_dutch_too() -> None:
    assert said("crowds_left_out", NUMBERS, "nl") == (
        "1.200 bezoekers kwamen langs onder meer id's (2.600 in totaal) en tellen elk één keer. "
        "1 daarvan (2,0%) zag verschillende varianten voordat die id's gekoppeld waren, en telt niet mee. "
        "300 id's hangen aan elkaar door een id dat veel mensen gebruiken, en tellen niet mee."
    )
    check = Check("linked", "warning", "crowds_left_out", "", None, numbers=NUMBERS)
    with speaking("nl"):
        assert check_name("linked") == "Eén persoon, meer id's"
        assert "kassa" in cause(check)
        assert "beide id's" in remedy(check)
