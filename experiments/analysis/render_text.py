"""Sentences, numbers and dates of a report file, in Dutch or English."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime

from babel.dates import format_date, format_datetime
from babel.numbers import format_currency, format_decimal

from experiments.analysis.render_words import DUTCH

LANGUAGES = {"en": "en_GB", "nl": "nl_NL"}
MINUS = "−"
MISSING = "–"
_CURRENCY = re.compile(r"^[A-Z]{3}$")


class Text:
    """Writes for one language.

    Raises:
        ValueError: The language is neither `en` nor `nl`.
    """

    def __init__(self, language: str) -> None:
        if language not in LANGUAGES:
            raise ValueError(f"language is '{language}'; it must be one of: {', '.join(sorted(LANGUAGES))}")
        self.language = language
        self.locale = LANGUAGES[language]

    def say(self, sentence: str, **values: object) -> str:
        """A whole sentence in the reader's language; placeholders in braces."""
        text = DUTCH.get(sentence, sentence) if self.language == "nl" else sentence
        return text.format(**values) if values else text

    def number(self, value: float | None, digits: int = 0, *, signed: bool = False) -> str:
        """A number with fixed decimals, a true minus, and a plus where the sign matters."""
        if value is None or not math.isfinite(value):
            return MISSING
        rounded = round(value, digits) + 0.0
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        text = str(format_decimal(abs(rounded), format=pattern, locale=self.locale))
        if rounded < 0:
            return MINUS + text
        return "+" + text if signed and rounded > 0 else text

    def percent(self, fraction: float | None, digits: int = 1, *, signed: bool = False) -> str:
        """A fraction as a percentage."""
        if fraction is None or not math.isfinite(fraction):
            return MISSING
        return self.number(fraction * 100, digits, signed=signed) + "%"

    def value(self, value: float | None, kind: str, unit: str | None, *, signed: bool = False) -> str:
        """A metric's value, or with `signed` a difference of two, in the metric's own unit."""
        if value is None or not math.isfinite(value):
            return MISSING
        if kind in ("proportion", "retention"):
            if signed:
                return self.number(value * 100, 2, signed=True) + " " + self.say("pp")
            return self.percent(value, 2)
        if unit and _CURRENCY.match(unit):
            return self._money(value, unit, signed=signed)
        text = self.number(value, _digits(value), signed=signed)
        return f"{text} {unit}" if unit else text

    def p_value(self, value: float | None) -> str:
        """A p-value, never a rounded zero."""
        if value is None:
            return MISSING
        return "< " + self.number(0.001, 3) if value < 0.001 else self.number(value, 3)

    def moment(self, stamp: str | datetime | None) -> str:
        """A moment in UTC, named as such."""
        if not stamp:
            return MISSING
        return str(format_datetime(_moment(stamp), "d MMM y HH:mm", locale=self.locale)) + " UTC"

    def day(self, stamp: str | datetime) -> str:
        """A day without its year, for axes."""
        return str(format_date(_moment(stamp).date(), "d MMM", locale=self.locale))

    def _money(self, value: float, unit: str, *, signed: bool) -> str:
        text = str(format_currency(abs(round(value, 2)), unit, locale=self.locale))
        if round(value, 2) < 0:
            return MINUS + text
        return "+" + text if signed and round(value, 2) > 0 else text


def _moment(stamp: str | datetime) -> datetime:
    moment = datetime.fromisoformat(stamp) if isinstance(stamp, str) else stamp
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _digits(value: float) -> int:
    size = abs(value)
    if size >= 1000 or size == 0:
        return 0
    return max(0, min(6, 2 - math.floor(math.log10(size))))
