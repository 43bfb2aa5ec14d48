"""The days of a planned run: when it ends at the traffic that the calendar expects, and what falls in it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from dash_ui.calendar_records import CalendarMark
from dash_ui.calendar_words import day_of
from dash_ui.format import ZONE, local
from dash_ui.gateway import Gateway

WEEK: Final = 7
FARTHEST: Final = timedelta(days=3 * 365)
"""Beyond this no calendar tells anything."""
UNUSUAL: Final = ("sale", "promotion")
"""What makes shoppers behave otherwise than on other days."""


@dataclass(frozen=True, slots=True)
class Run:
    """A planned run, in whole weeks.

    Attributes:
        first: First day.
        days: Until the planned number of shoppers is there.
        last: Last day of the last whole week.
        ordinary: Days that it would take if every day were ordinary.
        marks: What falls in it, by first day.
    """

    first: date
    days: int
    last: date
    ordinary: int
    marks: tuple[CalendarMark, ...]

    @property
    def weeks(self) -> int:
        """Whole weeks."""
        return -(-self.days // WEEK)


def factor_on(day: date, marks: Sequence[CalendarMark]) -> float:
    """Expected traffic of a day against an ordinary one; where entries meet, the shortest counts.

    Of two that are as short, the one that was written down later.
    """
    told = [mark for mark in marks if mark.factor is not None and mark.first <= day <= mark.last]
    nearest = min(told, key=lambda mark: (mark.days, -mark.id), default=None)
    return 1.0 if nearest is None or nearest.factor is None else nearest.factor


def days_needed(units: float, daily: float, first: date, marks: Sequence[CalendarMark]) -> int | None:
    """Days from `first` on until so many units have come; `None` beyond `FARTHEST`."""
    left = units
    for count in range(FARTHEST.days):
        left -= daily * factor_on(first + timedelta(days=count), marks)
        if left <= 0:
            return count + 1
    return None


def planned_run(
    gateway: Gateway, key: str | None, first: date, units: int | None, daily: float
) -> Run | None:
    """The run of a draft; `None` where it cannot be told how long it takes.

    Args:
        units: Planned, over all variants.
        daily: New units on an ordinary day, after every share that is taken.
    """
    if units is None or daily <= 0:
        return None
    marks = gateway.calendar(first, first + FARTHEST, key)
    days = days_needed(units, daily, first, marks)
    if days is None:
        return None
    last = first + timedelta(days=-(-days // WEEK) * WEEK - 1)
    within = tuple(mark for mark in marks if mark.first <= last)
    return Run(first, days, last, math.ceil(units / daily), within)


def start_of(document: dict[str, Any]) -> date:
    """The day on which a draft starts: the one that it names, else today on the shop's clock."""
    today = datetime.now(ZONE).date()
    named = document.get("start_at")
    return max(local(datetime.fromisoformat(named)).date(), today) if named else today


def start_at(chosen: object, before: str | None) -> str | None:
    """The moment that a chosen day stands for: its midnight on the shop's clock; `None` for now.

    A moment that somebody set by other means stays when its day does.
    """
    day = day_of(chosen)
    if day is None or day <= datetime.now(ZONE).date():
        return None
    if before is not None and local(datetime.fromisoformat(before)).date() == day:
        return before
    return datetime(day.year, day.month, day.day, tzinfo=ZONE).isoformat()
