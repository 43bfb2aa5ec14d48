"""Public holidays and selling seasons of a year, computed by rule: a start for the shop's calendar."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

COUNTRIES: Final = ("NL", "BE", "DE")
_THURSDAY, _SUNDAY = 3, 6


@dataclass(frozen=True, slots=True)
class Occasion:
    """A holiday (`kind` `holiday`) or a selling season (`sale`), from its first day to its last."""

    code: str
    kind: str
    first: date
    last: date


def easter(year: int) -> date:
    """Easter Sunday of the Gregorian calendar, by Meeus, Jones and Butcher (Astronomical Algorithms, ch. 8).

    >>> easter(2027)
    datetime.date(2027, 3, 28)
    """
    golden, century = year % 19, year // 100
    leap = (century - century // 4 - (8 * century + 13) // 25 + 19 * golden + 15) % 30
    moon = leap - leap // 28 * (1 - 29 // (leap + 1) * ((21 - golden) // 11))
    weekday = (year + year // 4 + moon + 2 - century + century // 4) % 7
    march = moon - weekday
    month = 3 + (march + 40) // 44
    return date(year, month, march + 28 - 31 * (month // 4))


def holidays(country: str, year: int) -> tuple[Occasion, ...]:
    """Public holidays of all of `NL`, `BE` or `DE`, in order; for NL with Good Friday and Liberation Day.

    Raises:
        KeyError: Another country.
    """
    found = {**_around_easter(easter(year)), **_fixed(year)}
    if country == "NL":
        king = date(year, 4, 27)
        found["kings_day"] = king - timedelta(days=1) if king.weekday() == _SUNDAY else king
    rows = [Occasion(code, "holiday", found[code], found[code]) for code in _HOLIDAYS[country]]
    return tuple(sorted(rows, key=lambda each: each.first))


def sales(country: str, year: int) -> tuple[Occasion, ...]:
    """Times in which shops of `NL`, `BE` or `DE` sell more than on other days, in order."""
    return tuple(
        sorted(
            (Occasion(code, "sale", first, last) for code, first, last in _seasons(country, year)),
            key=lambda each: each.first,
        )
    )


def _around_easter(sunday: date) -> dict[str, date]:
    days = {
        "good_friday": -2,
        "easter": 0,
        "easter_monday": 1,
        "ascension": 39,
        "whit_sunday": 49,
        "whit_monday": 50,
    }
    return {code: sunday + timedelta(days=count) for code, count in days.items()}


def _fixed(year: int) -> dict[str, date]:
    days = {
        "new_year": (1, 1),
        "labour_day": (5, 1),
        "liberation_day": (5, 5),
        "belgian_day": (7, 21),
        "assumption": (8, 15),
        "german_unity": (10, 3),
        "all_saints": (11, 1),
        "armistice": (11, 11),
        "christmas": (12, 25),
        "second_christmas": (12, 26),
    }
    return {code: date(year, *month_day) for code, month_day in days.items()}


_HOLIDAYS: Final = {
    "NL": (
        "new_year", "good_friday", "easter", "easter_monday", "kings_day", "liberation_day", "ascension",
        "whit_sunday", "whit_monday", "christmas", "second_christmas",
    ),
    "BE": (
        "new_year", "easter", "easter_monday", "labour_day", "ascension", "whit_sunday", "whit_monday",
        "belgian_day", "assumption", "all_saints", "armistice", "christmas",
    ),
    "DE": (
        "new_year", "good_friday", "easter_monday", "labour_day", "ascension", "whit_monday", "german_unity",
        "christmas", "second_christmas",
    ),
}  # fmt: skip


def _seasons(country: str, year: int) -> Iterator[tuple[str, date, date]]:
    yield "valentine", date(year, 2, 8), date(year, 2, 14)
    yield _week_to("mothers_day", _nth(year, 5, _SUNDAY, 2))
    fathers = {"NL": _nth(year, 6, _SUNDAY, 3), "BE": _nth(year, 6, _SUNDAY, 2)}
    yield _week_to("fathers_day", fathers.get(country, easter(year) + timedelta(days=39)))
    yield "singles_day", date(year, 11, 11), date(year, 11, 11)
    friday = _nth(year, 11, _THURSDAY, 4) + timedelta(days=1)
    yield "black_friday", friday, friday + timedelta(days=3)
    eve = {"NL": 5, "BE": 6}.get(country)
    if eve is not None:
        yield "sinterklaas", date(year, 11, 15), date(year, 12, eve)
    yield "before_christmas", date(year, 12, 1 if eve is None else eve + 1), date(year, 12, 24)
    if country == "BE":
        # Where the lawful first day is a Sunday, the sales begin the day before (Book VI of the Code of
        # Economic Law, art. VI.25).
        for code, first in (("winter_sales", date(year, 1, 3)), ("summer_sales", date(year, 7, 1))):
            begin = first - timedelta(days=1) if first.weekday() == _SUNDAY else first
            yield code, begin, date(year, first.month, 31)


def _week_to(code: str, last: date) -> tuple[str, date, date]:
    return code, last - timedelta(days=6), last


def _nth(year: int, month: int, weekday: int, count: int) -> date:
    """The `count`-th such weekday of a month."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (count - 1))
