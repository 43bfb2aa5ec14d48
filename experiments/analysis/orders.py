"""A shop's own orders as typed columns, with amounts as exact decimals."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import duckdb
import pyarrow as pa

from assignment.errors import FieldError, ProefwerkError, invalid_field
from experiments.analysis.engine import connection, literal
from experiments.analysis.order_files import OrderTexts, read_orders

AMOUNT = "DECIMAL(38, 9)"
"""SQL type of money: exact to a billionth, far below any cent."""
SHOWN = 20
FALSE = ("false", "0", "no", "n", "f", "nee", "refused", "denied", "geweigerd", "afgewezen")
TRUE = ("true", "1", "yes", "y", "t", "ja", "j", "granted", "given", "akkoord", "toegestaan", "gegeven")
_POINT = r"^[+-]?(\d+|\d{1,3}(,\d{3})+)?(\.\d*)?([eE][+-]?\d+)?$"
_COMMA = r"^[+-]?(\d+|\d{1,3}(\.\d{3})+)?(,\d*)?$"
_ONLY_COMMA = r"^[+-]?(\d+|\d{1,3}(\.\d{3})+),\d{1,2}$"
_OFFSET = r"(?i):\d{2}(\.\d+)? ?(Z|[+-]\d{2}(:?\d{2})?)$"
_DUTCH = [
    "%d-%m-%Y %H:%M:%S",
    "%d-%m-%Y %H:%M",
    "%d-%m-%Y",
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y",
]
_SIGNS = "[€$£\\s\u00a0\u202f]"


@dataclass(frozen=True, slots=True)
class Orders:
    """A file of orders.

    Attributes:
        table: One row for each: `place` (its line), `order_id`, `unit`, `time` (microseconds since 1970 UTC),
            `amount` (a decimal; 0 where the cell is empty), `currency`, `consent`; null where not told.
        unit_tells_consent: Whether an order without a unit is of somebody who refused to be measured.
    """

    table: pa.Table
    unit_tells_consent: bool


def load_orders(path: Path, named: Mapping[str, str], timezone: str = "UTC") -> Orders:
    """Read a file of orders.

    Amounts may be written as `1234.5`, `1,234.50` or, all of them, as `1.234,50`; times as ISO 8601 or day
    first, as in `25-11-2026 13:45`.

    Args:
        path: See `order_files.read_orders`, also for `named`.
        timezone: Of times without an offset.

    Raises:
        ProefwerkError: 422 naming the lines that cannot be understood.
    """
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise invalid_field(
            "timezone", f"'{timezone}' is not known; write one such as 'Europe/Amsterdam'"
        ) from error
    texts = read_orders(path, named)
    if not texts.table.num_rows:
        raise ProefwerkError(422, "file_empty", f"'{path.name}' has no rows.")
    with connection() as engine:
        engine.register("texts", texts.table)
        _type(engine, timezone)
        _refuse_unknown(engine, path, texts)
        found = engine.sql(
            "SELECT place, order_id, unit, time, coalesce(amount, 0) AS amount, currency, consent "
            "FROM typed ORDER BY place"
        )
        table: pa.Table = found.to_arrow_table()
    return Orders(table, "unit" in texts.names)


def _type(engine: duckdb.DuckDBPyConnection, timezone: str) -> None:
    """Make the table `typed`; what cannot be understood is null there, though its text is not."""
    clean = f"regexp_replace(value, {literal(_SIGNS)}, '', 'g')"
    comma = engine.execute(
        f"SELECT coalesce(bool_or(regexp_matches({clean}, {literal(_ONLY_COMMA)})), false) FROM texts"
    ).fetchall()[0][0]
    digits = f"replace(replace({clean}, '.', ''), ',', '.')" if comma else f"replace({clean}, ',', '')"
    pattern = literal(_COMMA if comma else _POINT)
    zone = literal(timezone)
    formats = ", ".join(literal(each) for each in _DUTCH)
    naive = f"coalesce(TRY_CAST(time AS TIMESTAMP), try_strptime(time, [{formats}]))"
    engine.execute(
        f"""CREATE TEMP TABLE typed AS SELECT place, "order" AS order_id, unit, time AS time_text,
          CASE WHEN regexp_matches(time, {literal(_OFFSET)}) THEN epoch_us(TRY_CAST(time AS TIMESTAMPTZ))
            ELSE epoch_us(timezone({zone}, {naive})) END AS time,
          CASE WHEN regexp_matches({clean}, {pattern}) THEN TRY_CAST({digits} AS {AMOUNT}) END AS amount,
          value AS value_text,
          CASE WHEN regexp_matches(currency, '^[A-Za-z]{{3}}$') THEN upper(currency) END AS currency,
          currency AS currency_text,
          CASE WHEN lower(consent) IN ({_list(FALSE)}) THEN false
            WHEN lower(consent) IN ({_list(TRUE)}) THEN true END AS consent, consent AS consent_text
        FROM texts"""
    )


def _refuse_unknown(engine: duckdb.DuckDBPyConnection, path: Path, texts: OrderTexts) -> None:
    rules = {
        "order": ("order_id", "order_id IS NULL", "is empty; every order has an id"),
        "time": ("time_text", "time IS NULL AND time_text IS NOT NULL", "is no time"),
        "value": ("value_text", "amount IS NULL AND value_text IS NOT NULL", "is no amount"),
        "currency": (
            "currency_text",
            "currency IS NULL AND currency_text IS NOT NULL",
            "is no ISO 4217 code",
        ),
        "consent": (
            "consent_text",
            "consent IS NULL AND consent_text IS NOT NULL",
            "says neither yes nor no",
        ),
    }
    wrong = " UNION ALL ".join(
        f"SELECT place, {literal(field)} AS field, {column} AS said FROM typed WHERE {condition}"
        for field, (column, condition, _) in rules.items()
    )
    found = engine.execute(
        f"SELECT place, field, said FROM ({wrong}) ORDER BY place, field LIMIT {SHOWN}"
    ).fetchall()
    if not found:
        return
    count = engine.execute(f"SELECT count(DISTINCT place) FROM ({wrong})").fetchall()[0][0]
    fields = tuple(
        FieldError(f"line {place}", f"{texts.names[field]}: {_said(said)}{rules[field][2]}")
        for place, field, said in found
    )
    detail = f"{count:,} rows of '{path.name}' cannot be understood, so nothing was reconciled."
    raise ProefwerkError(422, "rows_invalid", detail, fields)


def _said(text: str | None) -> str:
    return "" if text is None else f"'{re.sub(chr(10), ' ', text):.60}' "


def _list(words: tuple[str, ...]) -> str:
    return ", ".join(literal(word) for word in words)
