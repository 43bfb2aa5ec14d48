"""Folders of Parquet, object stores and whatever Ibis speaks to give the same events as a database does."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from assignment.errors import ProefwerkError
from experiments.pulling import Pulled, pull_source
from experiments.sources.check import check_source
from experiments.sources.readers import earlier, kept_mark, read_mark, unavailable
from experiments.workplace import Workplace
from tests.experiments.sources.shop import DAY, START, VARIABLE, declare, document, events, workplace
from tests.object_store import CREDENTIALS, new_bucket, running_s3
from tests.postgres import running_postgres

COLUMNS = {"id": "id", "unit": "customer", "time": "at", "value": "total"}
REFUNDED = {"id": "id", "order": "order_id", "time": "at", "value": "total"}
ORDERS = [(1, "a", START, "10.50"), (2, "b", START + DAY, "20.00"), (3, "a", START + 2 * DAY, "30.25")]
REFUNDS = [(1, 3, START + 9 * DAY, "5.25")]
LAKE = [
    ("shop:1", "a", "order", 10.5, "EUR"),
    ("shop:2", "b", "order", 20.0, "EUR"),
    ("shop:3", "a", "order", 30.25, "EUR"),
    ("shop:refund:1", "a", "order (refund)", -5.25, "EUR"),
]


@pytest.fixture
def place(tmp_path: Path, sqlite_template: Path) -> Iterator[Workplace]:
    made = workplace(tmp_path, sqlite_template)
    yield made
    made.database.close()


def pull(place: Workplace, url: str = "") -> Pulled:
    return pull_source(place, "shop", {VARIABLE: url})


def written(path: Path, rows: list[Any], who: str = "customer") -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    idents, whose, times, totals = zip(*rows, strict=True)
    money = pa.array(map(float, totals)).cast(pa.decimal128(12, 2))
    columns = {"id": idents, who: whose, "at": pa.array(times, pa.timestamp("us", "UTC")), "total": money}
    pq.write_table(pa.table(columns), path)


def in_folder(folder: Path) -> dict[str, Any]:
    return {
        "kind": "parquet",
        "url_variable": None,
        "currency": "EUR",
        "orders": {**COLUMNS, "path": f"{folder}/orders"},
        "refunds": {**REFUNDED, "path": f"{folder}/refunds/*.parquet"},
    }


def test_a_folder_of_parquet_is_pulled_and_only_changed_files_are_read_again(
    tmp_path: Path, place: Workplace
) -> None:
    folder = tmp_path / "exports"
    written(folder / "orders" / "2026" / "one.parquet", ORDERS[:2])
    written(folder / "refunds" / "all.parquet", REFUNDS, "order_id")
    old = (datetime.now(UTC) - timedelta(days=3)).timestamp()
    os.utime(folder / "orders" / "2026" / "one.parquet", (old, old))
    declare(place, **in_folder(folder))
    first = pull(place)
    assert (first.orders, first.refunds, first.refused) == (2, 0, 1)
    # The order comes after its refund, in a file of its own.
    written(folder / "orders" / "2026" / "two.parquet", ORDERS[2:])
    second = pull(place)
    assert (second.orders, second.refunds, second.refused) == (1, 1, 0)
    assert events(place) == LAKE
    assert pull(place).rows == 2


def test_a_parquet_file_without_a_column_is_refused_by_name(tmp_path: Path, place: Workplace) -> None:
    written(tmp_path / "exports" / "orders" / "one.parquet", ORDERS, "client")
    declare(place, **{**in_folder(tmp_path / "exports"), "refunds": None})
    with pytest.raises(ProefwerkError, match=r"one\.parquet cannot be read: it has no column 'customer'"):
        pull(place)


def test_a_folder_without_files_is_told(tmp_path: Path, place: Workplace) -> None:
    declare(place, **in_folder(tmp_path / "nowhere"))
    with pytest.raises(ProefwerkError, match="there is no Parquet file"):
        pull(place)


def test_parquet_is_read_from_an_object_store(
    tmp_path: Path, place: Workplace, monkeypatch: pytest.MonkeyPatch
) -> None:
    from experiments.analysis.object_store import open_s3

    with running_s3() as endpoint:
        for name, value in {**CREDENTIALS, "AWS_ENDPOINT_URL": endpoint}.items():
            monkeypatch.setenv(name, value)
        bucket = new_bucket(endpoint)
        store = open_s3(f"s3://{bucket}")
        for name, rows, who in (("orders/a/1", ORDERS, "customer"), ("refunds/1", REFUNDS, "order_id")):
            written(tmp_path / "one.parquet", rows, who)
            store.put(f"shop/{name}.parquet", (tmp_path / "one.parquet").read_bytes())
        form = declare(place, **in_folder(Path("s3://bucket")) | {
            "orders": {**COLUMNS, "path": f"s3://{bucket}/shop/orders"},
            "refunds": {**REFUNDED, "path": f"s3://{bucket}/shop/ref*/*.parquet"},
        })  # fmt: skip
        assert pull(place).refused == 0
        assert check_source(form)["orders"]["rows"][0]["reads"]["unit"] == "a"
    assert events(place) == LAKE


def through_ibis(url_variable: str = VARIABLE, **more: Any) -> dict[str, Any]:
    return {
        "kind": "ibis",
        "url_variable": url_variable,
        "currency": "EUR",
        "orders": {**COLUMNS, "table": "orders"},
        "refunds": {**REFUNDED, "query": "SELECT * FROM refunds"},
        **more,
    }


def test_a_warehouse_is_read_through_ibis(tmp_path: Path, place: Workplace) -> None:
    pytest.importorskip("ibis", reason="needs Ibis: install proefwerk[warehouse]")
    path = tmp_path / "shop.db"
    opened = sqlite3.connect(path)
    opened.execute("CREATE TABLE orders (id integer, customer text, at timestamp, total decimal(12, 2))")
    opened.execute("CREATE TABLE refunds (id integer, order_id integer, at timestamp, total decimal(12, 2))")
    for table, rows in (("orders", ORDERS), ("refunds", REFUNDS)):
        plain = [(ident, who, f"{at:%Y-%m-%d %H:%M:%S}", float(total)) for ident, who, at, total in rows]
        opened.executemany(f"INSERT INTO {table} VALUES (?, ?, ?, ?)", plain)
    opened.commit()
    form = declare(place, **through_ibis(overlap_minutes=0))
    first = pull(place, f"sqlite://{path}")
    assert (first.orders, first.refunds) == (3, 1)
    assert events(place) == LAKE
    opened.execute("UPDATE orders SET total = 31.25 WHERE id = 3")
    opened.commit()
    opened.close()
    again = pull(place, f"sqlite://{path}")
    assert (again.rows, again.changes) == (2, 1)
    looked = check_source(form, {VARIABLE: f"sqlite://{path}"})
    assert looked["refunds"]["rows"][0]["reads"]["value"] == "-5.25"


def test_ibis_reads_postgresql_too(place: Workplace) -> None:
    ibis = pytest.importorskip("ibis", reason="needs Ibis: install proefwerk[warehouse]")
    assert ibis.__version__.startswith("12.")
    import psycopg

    with running_postgres() as server:
        plain = server.url().replace("+psycopg", "")
        with psycopg.connect(plain, autocommit=True) as opened:
            opened.execute(
                "CREATE TABLE orders (id int, customer text, at timestamptz, total numeric(12, 2))"
            )
            opened.execute(
                "CREATE TABLE refunds (id int, order_id int, at timestamptz, total numeric(12, 2))"
            )
            with opened.cursor() as cursor:
                cursor.executemany("INSERT INTO orders VALUES (%s, %s, %s, %s)", ORDERS)
                cursor.executemany("INSERT INTO refunds VALUES (%s, %s, %s, %s)", REFUNDS)
        # A query needs a view of Ibis, which sqlglot 30 has PostgreSQL drop with a statement that is none.
        declare(place, **through_ibis(refunds={**REFUNDED, "table": "public.refunds"}))
        pull(place, f"postgres://postgres@/postgres?host={server.folder}")
        assert events(place) == LAKE


def test_what_ibis_cannot_open_is_told_without_the_password(place: Workplace) -> None:
    pytest.importorskip("ibis", reason="needs Ibis: install proefwerk[warehouse]")
    declare(place, **through_ibis())
    with pytest.raises(ProefwerkError, match="cannot be read") as caught:
        pull(place, "nothing://someone:s3cret@host/db")
    assert "s3cret" not in caught.value.detail
    assert "s3cret" not in str(document(place))


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("db://me:s3cret@host/shop", "no access for me with s3cret"),
        ("db://me:s3cret%21@host/shop", "no access with s3cret!"),
        ("db://me@host/shop?password=s3cret", "no access with s3cret"),
        ("db://me:s3cret@host/shop", "cannot open db://me:s3cret@host/shop"),
        ("db://[s3cret", "cannot open db://[s3cret"),
    ],
)
def test_no_sentence_holds_a_password(url: str, said: str) -> None:
    assert "s3cret" not in unavailable("The database", said, url).detail


@pytest.mark.parametrize(
    ("mark", "before"),
    [
        (START, START - DAY),
        (START.replace(tzinfo=None), START.replace(tzinfo=None) - DAY),
        (START.date(), START.date() - DAY),
        (12, 12),
        ("0012", "0012"),
    ],
)
def test_marks_are_kept_as_they_are(mark: Any, before: Any) -> None:
    assert read_mark(kept_mark(mark)) == mark
    assert earlier(mark, DAY) == before
