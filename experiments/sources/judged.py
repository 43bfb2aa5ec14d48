"""Rows of a source as what they say: an order or a refund, or why they cannot be taken."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal, InvalidOperation
from typing import Any
from zoneinfo import ZoneInfo

from assignment.events import MAX_AHEAD
from experiments.documents import shown
from experiments.rates import CURRENCY
from experiments.sources.forms import ID_ROOM, OnlyForm, OrdersForm, PlaceForm, RefundsForm, SourceForm
from experiments.sources.readers import Row, ident_of

ORDER_ID = "order_id"
"""Property of every event of a source: the order that it is, or that it adjusts."""
RESERVED = ("refund:", "change:")
MOST = Decimal(10) ** 15
LONGEST = 1_000
Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Fact:
    """What a row says.

    Attributes:
        id: Of the order or refund.
        order: The order that it is or takes back a part of.
        unit: Who ordered; `None` of a refund, which has that of its order.
        time: In UTC.
        value: Below 0 for what is taken back.
        currency: `None` where the source names none.
        properties: Further columns.
    """

    id: str
    order: str
    unit: str | None
    time: datetime
    value: Decimal
    currency: str | None
    properties: dict[str, Scalar] = field(default_factory=dict)

    @property
    def is_refund(self) -> bool:
        """Whether it takes back a part of an order."""
        return self.unit is None


class RowRefusedError(ValueError):
    """Why a row cannot be taken: column, value and rule."""


def belongs(form: SourceForm, part: PlaceForm, row: Row) -> bool:
    """Whether a row is of this part, where orders and refunds lie in one table."""
    refunds = form.refunds
    if refunds is not None and not any(refunds.relation):
        is_refund = _is_negative(row[refunds.value]) if refunds.only is None else _fits(refunds.only, row)
        if is_refund != isinstance(part, RefundsForm):
            return False
    own = part.only if isinstance(part, OrdersForm) or any(part.relation) else None
    return own is None or _fits(own, row)


def judged(form: SourceForm, part: PlaceForm, row: Row, now: datetime) -> Fact | None:
    """What a row says; `None` for one from before the source's first day.

    Args:
        form: The source.
        part: Its orders or its refunds.
        row: By column.
        now: Later times are refused.

    Raises:
        RowRefusedError: It cannot be taken.
    """
    ident = _id(part.id, row[part.id])
    moment = _moment(part.time, row[part.time], ZoneInfo(form.time_zone))
    if moment > now + MAX_AHEAD:
        raise RowRefusedError(f"{part.time}: {moment.isoformat()} lies in the future")
    value = _amount(part.value, row[part.value])
    properties = {name: _scalar(name, row[name]) for name in part.properties}
    currency = _currency(part.currency, row) if part.currency else form.currency
    if isinstance(part, RefundsForm):
        order = _id(part.order, row[part.order])
        return Fact(ident, order, None, moment, -abs(value), currency, _taken_back(properties))
    assert isinstance(part, OrdersForm)
    if form.since is not None and moment < form.since:
        return None
    return Fact(ident, ident, _unit(part.unit, row[part.unit]), moment, value, currency, properties)


def _fits(only: OnlyForm, row: Row) -> bool:
    return str(row[only.column]) in only.values


def _is_negative(value: Any) -> bool:
    try:
        return value is not None and Decimal(str(value)) < 0
    except InvalidOperation:
        return False


def _id(column: str, value: Any) -> str:
    text = _text(column, value, ID_ROOM)
    if text.startswith(RESERVED):
        raise RowRefusedError(f"{column}: {shown(text)} begins with a word that marks refunds and changes")
    return text


def _unit(column: str, value: Any) -> str:
    return _text(column, value, 200)


def _text(column: str, value: Any, most: int) -> str:
    text = ident_of(value)
    if not text:
        raise RowRefusedError(f"{column}: there is none")
    if len(text) > most:
        raise RowRefusedError(f"{column}: {shown(text)} has {len(text)} characters; {most} are allowed")
    if "\0" in text or (not text.isascii() and any("\ud800" <= each <= "\udfff" for each in text)):
        raise RowRefusedError(f"{column}: {shown(text)} holds a character that cannot be kept")
    return text


def _moment(column: str, value: Any, zone: ZoneInfo) -> datetime:
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value.strip())
        except ValueError:
            raise RowRefusedError(
                f"{column}: {shown(value)} is not a time such as 2030-01-31 09:00:00"
            ) from None
    if isinstance(value, date) and not isinstance(value, datetime):
        value = datetime.combine(value, time())
    if not isinstance(value, datetime):
        raise RowRefusedError(f"{column}: {shown(value)} is not a time")
    try:
        # A pandas timestamp is one too, with parts of a microsecond.
        plain = datetime.fromisoformat(value.isoformat(timespec="microseconds"))
        moment = (plain if plain.tzinfo else plain.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise RowRefusedError(f"{column}: {shown(value)} is not a time") from None
    if not 1990 <= moment.year < 2200:
        raise RowRefusedError(f"{column}: the year {moment.year} is out of reach; it must be 1990 to 2199")
    return moment


def _amount(column: str, value: Any) -> Decimal:
    try:
        amount = None if value is None or isinstance(value, bool) else Decimal(str(value).strip())
    except InvalidOperation:
        amount = None
    if amount is None or not amount.is_finite():
        raise RowRefusedError(f"{column}: {shown(value)} is not a number")
    if abs(amount) > MOST:
        raise RowRefusedError(f"{column}: {shown(str(amount))} is too large; 1e15 is the most")
    return amount


def _currency(column: str, row: Row) -> str:
    text = "" if row[column] is None else str(row[column]).strip().upper()
    if not CURRENCY.match(text):
        raise RowRefusedError(f"{column}: {shown(row[column])} is not a currency such as EUR")
    return text


def _scalar(name: str, value: Any) -> Scalar:
    if value is None or isinstance(value, bool | str):
        return value[:LONGEST] if isinstance(value, str) else value
    if isinstance(value, int):
        return value if abs(value) < 2**63 else float(value)
    if isinstance(value, Decimal | float):
        number = float(value)
        if not math.isfinite(number):
            raise RowRefusedError(f"{name}: {shown(value)} is not a number that can be kept")
        return number
    if isinstance(value, datetime | date):
        return value.isoformat()
    return str(value)[:LONGEST]


def _taken_back(properties: Mapping[str, Scalar]) -> dict[str, Scalar]:
    """Numbers of a refund lower what its order had."""
    return {
        name: -abs(value) if isinstance(value, int | float) and not isinstance(value, bool) else value
        for name, value in properties.items()
    }
