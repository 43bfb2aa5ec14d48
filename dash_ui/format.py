"""Numbers, money and dates as people of the request's language write them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from babel.dates import (
    format_date,
    format_datetime,
    format_interval,
    format_time,
    format_timedelta,
)
from babel.lists import format_list
from babel.numbers import format_currency, format_decimal

from dash_ui.i18n import language

ZONE: Final = ZoneInfo("Europe/Amsterdam")
MINUS: Final = "−"
NONE: Final = "–"
_LOCALES: Final = {"en": "en_GB", "nl": "nl_NL"}


def locale() -> str:
    """Babel's name of the locale that goes with the language of the request."""
    return _LOCALES[language()]


def _decimals(digits: int) -> str:
    return "#,##0" + ("." + "0" * digits if digits else "")


def number(value: float | None, digits: int = 0) -> str:
    """A number with grouping and `digits` decimals, with a true minus; a dash for nothing."""
    if value is None:
        return NONE
    text = format_decimal(abs(round(value, digits)), format=_decimals(digits), locale=locale())
    return f"{MINUS}{text}" if round(value, digits) < 0 else text


def signed(value: float | None, digits: int = 1) -> str:
    """The same with its sign always shown; zero has none."""
    text = number(value, digits)
    return f"+{text}" if value is not None and round(value, digits) > 0 else text


def percent(share: float | None, digits: int = 2) -> str:
    """A share (0.5 = 50 %) as a percentage, as rates are shown."""
    return NONE if share is None else f"{number(share * 100, digits)}%"


def signed_percent(share: float | None, digits: int = 1) -> str:
    """A relative difference (0.05 = +5.0 %), as lifts are shown."""
    return NONE if share is None else f"{signed(share * 100, digits)}%"


def interval_percent(lower: float | None, upper: float | None, digits: int = 1) -> str:
    """Both ends of a relative interval; an open end is a dash."""
    return f"{signed_percent(lower, digits)} … {signed_percent(upper, digits)}"


def money(amount: float | None, currency: str = "EUR", digits: int = 0) -> str:
    """An amount of money, by default without cents."""
    if amount is None:
        return NONE
    pattern = "¤#,##0" if language() == "en" else "¤ #,##0"
    text = format_currency(
        abs(round(amount, digits)),
        currency,
        format=pattern + ("." + "0" * digits if digits else ""),
        locale=locale(),
        currency_digits=False,
    )
    return f"{MINUS}{text}" if round(amount, digits) < 0 else text


def signed_money(amount: float | None, currency: str = "EUR", digits: int = 2) -> str:
    """A difference in money, its sign always shown."""
    text = money(amount, currency, digits)
    return f"+{text}" if amount is not None and round(amount, digits) > 0 else text


def local(moment: datetime) -> datetime:
    """A moment on the shop's clock; one without a zone is taken as UTC."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).astimezone(ZONE)


def day(moment: datetime | date | None) -> str:
    """A date such as `22 Nov 2026`."""
    if moment is None:
        return NONE
    when = local(moment).date() if isinstance(moment, datetime) else moment
    return format_date(when, format="d MMM y", locale=locale()).replace(".", "")


def short_day(moment: datetime | date) -> str:
    """A date without its year, such as `22 Nov`."""
    when = local(moment).date() if isinstance(moment, datetime) else moment
    return format_date(when, format="d MMM", locale=locale()).replace(".", "")


def days(first: date, last: date) -> str:
    """A range of days, both ends included, such as `27 – 30 Nov 2026`; one day by itself."""
    if first == last:
        return day(first)
    return format_interval(first, last, skeleton="yMMMd", locale=locale()).replace(".", "")


def month(first: date) -> str:
    """A month with its year, such as `November 2026`."""
    name = format_date(first, format="LLLL y", locale=locale())
    return name[:1].upper() + name[1:]


def short_month(first: date) -> str:
    """A month for an axis, such as `Nov`; January with its year."""
    name = format_date(first, format="MMM yy" if first.month == 1 else "MMM", locale=locale())
    return name.replace(".", "")


def moment(when: datetime | None) -> str:
    """A date with its time on the shop's clock, such as `22 Nov 2026 16:40`."""
    if when is None:
        return NONE
    return format_datetime(local(when), format="d MMM y HH:mm", locale=locale()).replace(".", "")


def ago(when: datetime, now: datetime | None = None) -> str:
    """How long since a moment, such as `2 hours ago`."""
    span = when - (now or datetime.now(UTC))
    return format_timedelta(span, add_direction=True, locale=locale())


def listed(items: Sequence[str], *, either: bool = False) -> str:
    """Some things in a row, such as `a, b and c`; with `either`, `a, b or c`."""
    return format_list(list(items), style="or" if either else "standard", locale=locale())


def clock(when: datetime) -> str:
    """The time of the day on the shop's clock, such as `14:02`."""
    return str(format_time(local(when), "HH:mm", locale=locale()))


def lasting(span: timedelta) -> str:
    """How long something takes, such as `3 hours`."""
    return format_timedelta(span, threshold=1, locale=locale())
