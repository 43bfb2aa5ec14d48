"""Exchange rates by UTC day: which of them stood at a moment, and by what an amount of a day is divided."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

CURRENCY = re.compile(r"^[A-Z]{3}$")
KEPT_DAYS = 7
"""A day without a rate, such as a Sunday, has that of the last day before it, at most so many days back."""
_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Rate:
    """What somebody entered, from a moment until it was corrected.

    Attributes:
        base: ISO 4217 code of the currency of which one is priced.
        currency: The currency in which it is priced.
        day: UTC day on which it holds.
        value: How many of `currency` make one of `base`, as the decimal text that was entered.
        since: When it was entered.
        until: When another took its place; `None` while it stands.
    """

    base: str
    currency: str
    day: date
    value: str
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """What converts amounts in one currency, on one day, to another: divide them by `rate`.

    Attributes:
        rate: The nearest double of a rate as it was entered. Where the rate was entered the other way round
            it is one over that double, and by way of a third currency one double over the other: each is one
            division of IEEE 754, so it is the same on every machine.
        exact: The same without any rounding, for amounts in decimals.
        parts: The rates that it rests on.
    """

    rate: float
    exact: Fraction
    parts: tuple[Rate, ...]


class Quotes:
    """The rates that stood at one moment.

    Args:
        rates: Everything that was ever entered.
        moment: Those entered by then, and not corrected by then, count.
        since: The first day that is asked for; what no such day can need is left out.
    """

    def __init__(
        self, rates: Iterable[Rate] = (), moment: datetime | None = None, since: date = date.min
    ) -> None:
        self._days: dict[tuple[str, str], dict[int, Rate]] = {}
        first = since - timedelta(days=KEPT_DAYS) if since > date.min else since
        for each in rates:
            if each.day < first:
                continue
            if moment is None or (each.since <= moment and (each.until is None or moment < each.until)):
                self._days.setdefault((each.base, each.currency), {})[day_number(each.day)] = each
        self._bases = sorted({base for base, _ in self._days})

    def __bool__(self) -> bool:
        return bool(self._days)

    @property
    def digest(self) -> str:
        """SHA-256 of them all; see `fingerprint`."""
        return fingerprint([rate for days in self._days.values() for rate in days.values()])

    @property
    def currencies(self) -> list[str]:
        """Every currency that can be converted to some other."""
        return sorted({name for pair in self._days for name in pair})

    def find(self, unit: str, currency: str, day: int) -> Quote | None:
        """How an amount in `currency` becomes one in `unit`; `None` where no rate is near enough.

        Args:
            day: UTC day of the amount, in days since 1970.
        """
        for before in range(KEPT_DAYS + 1):
            found = self._on(unit, currency, day - before)
            if found is not None:
                return found
        return None

    def _on(self, unit: str, currency: str, day: int) -> Quote | None:
        direct = self._days.get((unit, currency), {}).get(day)
        if direct is not None:
            return Quote(float(direct.value), Fraction(direct.value), (direct,))
        inverse = self._days.get((currency, unit), {}).get(day)
        if inverse is not None:
            return Quote(1.0 / float(inverse.value), 1 / Fraction(inverse.value), (inverse,))
        for base in self._bases:
            above = self._days.get((base, currency), {}).get(day)
            below = self._days.get((base, unit), {}).get(day)
            if above is not None and below is not None:
                exact = Fraction(above.value) / Fraction(below.value)
                return Quote(float(above.value) / float(below.value), exact, (above, below))
        return None


def day_number(day: date) -> int:
    """Days since 1970."""
    return (day - _EPOCH).days


def day_of(number: int) -> date:
    """The day that is so many days after 1970 began."""
    return _EPOCH + timedelta(days=number)


def converted(amount: Decimal, quote: Quote) -> Decimal:
    """An amount in decimals in the other currency, to the cent, halves away from zero."""
    cents = Fraction(amount) / quote.exact * 100
    whole = abs(cents) + Fraction(1, 2)
    return Decimal(whole.numerator // whole.denominator).scaleb(-2).copy_sign(amount)


def fingerprint(rates: Sequence[Rate]) -> str:
    """SHA-256 of rates, in any order: lines of base, currency, day and value, sorted."""
    lines = sorted({f"{each.base} {each.currency} {each.day.isoformat()} {each.value}" for each in rates})
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
