"""What the calendar holds, in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from dash_ui.calendar_records import CalendarMark
from dash_ui.format import number
from dash_ui.i18n import _
from dash_ui.season import Occasion


def kind_name(kind: str) -> str:
    """What an entry is about."""
    names = {
        "holiday": _("Holiday"),
        "sale": _("Sale"),
        "promotion": _("Promotion"),
        "release": _("Release"),
        "stock": _("Stock"),
        "note": _("Note"),
    }
    return names.get(kind, kind)


def traffic_words(factor: float | None) -> str:
    """The traffic that is expected on the days of an entry."""
    if factor is None:
        return _("traffic as usual")
    return _("{factor} times the traffic", factor=number(factor, 0 if factor == round(factor) else 1))


def country_name(code: str) -> str:
    """A country whose holidays are known."""
    return {"NL": _("Netherlands"), "BE": _("Belgium"), "DE": _("Germany")}[code]


def occasion_name(code: str) -> str:
    """A holiday or a selling season."""
    names = {
        "new_year": _("New Year's Day"),
        "good_friday": _("Good Friday"),
        "easter": _("Easter Sunday"),
        "easter_monday": _("Easter Monday"),
        "kings_day": _("King's Day"),
        "labour_day": _("Labour Day"),
        "liberation_day": _("Liberation Day"),
        "ascension": _("Ascension Day"),
        "whit_sunday": _("Whit Sunday"),
        "whit_monday": _("Whit Monday"),
        "belgian_day": _("Belgian National Day"),
        "assumption": _("Assumption Day"),
        "german_unity": _("Day of German Unity"),
        "all_saints": _("All Saints' Day"),
        "armistice": _("Armistice Day"),
        "christmas": _("Christmas Day"),
        "second_christmas": _("Second Day of Christmas"),
        "valentine": _("Week before Valentine's Day"),
        "mothers_day": _("Week before Mother's Day"),
        "fathers_day": _("Week before Father's Day"),
        "singles_day": _("Singles' Day"),
        "black_friday": _("Black Friday to Cyber Monday"),
        "sinterklaas": _("Sinterklaas season"),
        "before_christmas": _("Weeks before Christmas"),
        "winter_sales": _("Winter sales"),
        "summer_sales": _("Summer sales"),
    }
    return names[code]


def marks_of(occasions: Sequence[Occasion]) -> tuple[CalendarMark, ...]:
    """Holidays and seasons as entries that can be written down, named in the language of who asks."""
    return tuple(
        CalendarMark(0, each.kind, occasion_name(each.code), each.first, each.last) for each in occasions
    )


def day_of(text: object) -> date | None:
    """The day that somebody chose; `None` for none."""
    try:
        return date.fromisoformat(str(text))
    except ValueError:
        return None
