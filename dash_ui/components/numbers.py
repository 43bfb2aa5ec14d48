"""A metric's numbers in its own unit, as people of the request's language write them."""

from __future__ import annotations

import math
import re
from typing import Final

from dash_ui.format import NONE, money, number, percent, signed, signed_money, signed_percent
from dash_ui.i18n import _
from dash_ui.report_records import Effect, Range

RATES: Final = ("proportion", "retention")
NO_TOTAL: Final = ("quantile", "ratio")
"""Kinds whose difference times the number of shoppers is not an amount."""
_CURRENCY: Final = re.compile(r"^[A-Z]{3}$")


def value_text(value: float | None, kind: str, unit: str | None) -> str:
    """A metric's value: a rate with two decimals, money with cents, others with three figures."""
    if value is None or not math.isfinite(value):
        return NONE
    if kind in RATES:
        return percent(value)
    if unit and _CURRENCY.match(unit):
        return money(value, unit, 2)
    return _with_unit(number(value, _digits(value)), unit)


def difference_text(value: float | None, kind: str, unit: str | None) -> str:
    """A difference of two values, with its sign; between rates in percentage points."""
    if value is None or not math.isfinite(value):
        return NONE
    if kind in RATES:
        return _("{difference} pp", difference=signed(value * 100, 2))
    if unit and _CURRENCY.match(unit):
        return signed_money(value, unit)
    return _with_unit(signed(value, _digits(value)), unit)


def lift_text(effect: Effect) -> str:
    """The relative difference, with its sign."""
    return signed_percent(effect.relative.estimate)


def lift_range(interval: Range) -> str:
    """Both ends of a relative interval; one that has no end says so."""
    return _ends(interval, signed_percent(interval.lower), signed_percent(interval.upper))


def difference_range(effect: Effect) -> str:
    """Both ends of an absolute interval, in the metric's unit."""
    return difference_span(effect.absolute, effect.kind, effect.unit)


def difference_span(interval: Range, kind: str, unit: str | None) -> str:
    """The same of any interval."""
    ends = (difference_text(end, kind, unit) for end in (interval.lower, interval.upper))
    return _ends(interval, *ends)


def size_text(effect: Effect) -> str:
    """The difference as a percentage, or in the metric's unit where only that has an interval."""
    if _in_unit(effect):
        return difference_text(effect.absolute.estimate, effect.kind, effect.unit)
    return lift_text(effect)


def size_range(effect: Effect) -> str:
    """Both ends of the interval that goes with `size_text`."""
    return difference_range(effect) if _in_unit(effect) else lift_range(effect.relative)


def counts_text(effect: Effect, *, control: bool) -> str:
    """What a value was computed from: shoppers with an event of all, or how many shoppers."""
    value = effect.control_value if control else effect.variant_value
    if value.units is None:
        return NONE
    if effect.kind in RATES and value.total is not None:
        return f"{number(round(value.total))} / {number(value.units)}"
    return _("{units} shoppers", units=number(value.units))


def p_text(value: float | None) -> str:
    """A p-value, never a rounded zero."""
    if value is None:
        return NONE
    return f"< {number(0.001, 3)}" if value < 0.001 else number(value, 3)


def per_ten_thousand(effect: Effect) -> str | None:
    """What the difference comes to for 10,000 shoppers, where that can be counted or paid."""
    interval = effect.absolute
    if (
        effect.kind in NO_TOTAL
        or interval.estimate is None
        or interval.lower is None
        or interval.upper is None
    ):
        return None
    amounts = [value * 10_000 for value in (interval.estimate, interval.lower, interval.upper)]
    if effect.unit and _CURRENCY.match(effect.unit):
        texts = [signed_money(amount, effect.unit, 0) for amount in amounts]
    elif effect.kind in RATES:
        texts = [signed(amount, 0) for amount in amounts]
    else:
        return None
    return _(
        "About {amount} per 10,000 shoppers (from {lower} to {upper}).",
        amount=texts[0],
        lower=texts[1],
        upper=texts[2],
    )


def _in_unit(effect: Effect) -> bool:
    """Where the control may be zero, as a median often is, there is no percentage of it."""
    relative, absolute = effect.relative, effect.absolute
    known = absolute.lower is not None or absolute.upper is not None
    return known and relative.lower is None and relative.upper is None


def _ends(interval: Range, lower: str, upper: str) -> str:
    if interval.lower is None and interval.upper is None:
        return NONE
    if interval.upper is None:
        return _("above {lower}", lower=lower)
    if interval.lower is None:
        return _("below {upper}", upper=upper)
    return f"{lower}\u00a0…\u00a0{upper}"


def _with_unit(text: str, unit: str | None) -> str:
    return f"{text} {unit}" if unit else text


def _digits(value: float) -> int:
    size = abs(value)
    if size >= 1000 or size == 0:
        return 0
    return max(0, min(6, 2 - math.floor(math.log10(size))))
