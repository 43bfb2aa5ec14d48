"""Files of orders are read whatever their form, and what cannot be understood is named by its line."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assignment.errors import ProefwerkError
from experiments.analysis.orders import load_orders
from experiments.analysis.rows import microseconds

AT = datetime(2026, 11, 25, 13, 45, tzinfo=UTC)
NAMES = ("order_id", "unit", "time", "value", "currency", "consent")
ROWS: list[dict[str, Any]] = [
    dict(zip(NAMES, values, strict=True))
    for values in (
        ("A-1", "u1", AT, Decimal("1234.50"), "EUR", True),
        ("A-2", None, None, None, None, False),
        ("A-3", "u3", AT, Decimal("-0.07"), "USD", None),
    )
]


def _texts(row: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()}


def _csv(path: Path) -> None:
    lines = [",".join("" if value is None else str(value) for value in _texts(row).values()) for row in ROWS]
    path.write_text("\ufeff" + "\n".join([",".join(ROWS[0]), *lines]) + "\n", encoding="utf-8")


def _lines(path: Path) -> None:
    text = "\n".join(json.dumps(_texts(row), default=float) for row in ROWS)
    with gzip.open(path, "wt") if path.suffix == ".gz" else path.open("w") as file:
        file.write(text)


def _parquet(path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(ROWS), path)


def _parquet_of_doubles(path: Path) -> None:
    rows = [{**row, "value": None if row["value"] is None else float(row["value"])} for row in ROWS]
    pq.write_table(pa.Table.from_pylist(rows), path)


@pytest.mark.parametrize(
    ("name", "write"),
    [
        ("orders.csv", _csv),
        ("orders.ndjson", _lines),
        ("orders.ndjson.gz", _lines),
        ("orders.parquet", _parquet),
        ("Orders.PARQUET", _parquet_of_doubles),
    ],
)
def test_every_form_of_file_gives_the_same_orders(
    tmp_path: Path, name: str, write: Callable[[Path], None]
) -> None:
    write(tmp_path / name)
    found = load_orders(tmp_path / name, {}).table.drop_columns(["place"]).to_pylist()
    assert found == [
        {
            "order_id": row["order_id"],
            "unit": row["unit"],
            "time": None if row["time"] is None else microseconds(row["time"]),
            "amount": row["value"] or Decimal(0),
            "currency": row["currency"],
            "consent": row["consent"],
        }
        for row in ROWS
    ]


def test_what_a_data_frame_makes_of_numbers_and_moments_is_understood(tmp_path: Path) -> None:
    """With a gap a column of whole numbers becomes one of fractions, and moments have nanoseconds."""
    path = tmp_path / "orders.parquet"
    columns = {
        "order_id": pa.array([1001.0, 1002.0]),
        "unit": pa.array([7.0, None]),
        "time": pa.array([AT.replace(tzinfo=None)] * 2, pa.timestamp("ns")),
        "value": pa.array([12.1, 0.1]),
    }
    pq.write_table(pa.table(columns), path)
    table = load_orders(path, {}).table
    assert table.column("order_id").to_pylist() == ["1001", "1002"]
    assert table.column("unit").to_pylist() == ["7", None]
    assert table.column("time").to_pylist() == [microseconds(AT)] * 2
    assert table.column("amount").to_pylist() == [Decimal("12.1"), Decimal("0.1")]


def test_a_dutch_export_is_understood_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "bestellingen.csv"
    path.write_text(
        "Bestelnummer;Klantnummer;Besteldatum;Bedrag;Valuta;Toestemming\n"
        'B1;k1;25-11-2026 14:45;"€ 1.234,50";eur;ja\n'
        "B2;k2;2026-07-01 12:00;-12,5;EUR;nee\n"
    )
    orders = load_orders(path, {}, "Europe/Amsterdam")
    assert orders.table.column("time").to_pylist() == [
        microseconds(AT), microseconds(datetime(2026, 7, 1, 10, tzinfo=UTC)),
    ]  # fmt: skip
    assert orders.table.column("amount").to_pylist() == [Decimal("1234.5"), Decimal("-12.5")]
    assert orders.table.column("consent").to_pylist() == [True, False]


def test_columns_may_be_named(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("id,number,total,net\n1,A,20,10\n")
    orders = load_orders(path, {"order": "number", "value": "net"})
    assert orders.table.select(["order_id", "amount"]).to_pylist() == [
        {"order_id": "A", "amount": Decimal(10)}
    ]
    assert not orders.unit_tells_consent


@pytest.mark.parametrize(
    ("text", "field", "words"),
    [
        ("a,b\n1,2\n", "order", "no column is called like it; say which one it is of 'a', 'b'"),
        ("id,total\n1,2\n", "unit", "there is no column 'gone'; there are 'id', 'total'"),
        ("id,total\n1,2\n,3\n", "line 3", "id: is empty; every order has an id"),
        ("id,total\n1,2\n2,a lot\n", "line 3", "total: 'a lot' is no amount"),
        ("id,total\n1,1.234.50\n", "line 2", "total: '1.234.50' is no amount"),
        ("id,total,date\n1,2,soon\n", "line 2", "date: 'soon' is no time"),
        ("id,total,currency\n1,2,euro\n", "line 2", "currency: 'euro' is no ISO 4217 code"),
        ("id,total,consent\n1,2,perhaps\n", "line 2", "consent: 'perhaps' says neither yes nor no"),
    ],
)
def test_what_cannot_be_understood_is_named(tmp_path: Path, text: str, field: str, words: str) -> None:
    path = tmp_path / "orders.csv"
    path.write_text(text)
    named = {"unit": "gone"} if field == "unit" else {}
    with pytest.raises(ProefwerkError) as refused:
        load_orders(path, named)
    assert refused.value.status == 422
    assert (field, words) in [(item.field, item.message) for item in refused.value.fields]


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("orders.xlsx", b"", "is of no kind"),
        ("orders.csv", b"", "is empty"),
        ("orders.csv", b"id,total\n", "has no rows"),
        ("orders.csv", b"id,total\n1,2,3\n", "Line 2 of 'orders.csv' has 3 values"),
        ("orders.csv", b"id,total\n\xff,2\n", "cannot be read"),
        ("orders.ndjson", b'{"id": 1, "total": 2}\n{"id": \n', "Line 2 of 'orders.ndjson' is no JSON"),
        ("orders.ndjson", b"[1]\n", "Line 1 of 'orders.ndjson' is no JSON object"),
        ("orders.parquet", b"nothing", "cannot be read"),
        ("orders.csv.gz", b"nothing", "cannot be read"),
    ],
)
def test_a_file_that_is_no_export_is_refused_in_words(
    tmp_path: Path, name: str, content: bytes, words: str
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(ProefwerkError, match=words):
        load_orders(path, {})


def test_an_unknown_timezone_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "orders.csv"
    path.write_text("id,total\n1,2\n")
    with pytest.raises(ProefwerkError, match="'Mars' is not known"):
        load_orders(path, {}, "Mars")
