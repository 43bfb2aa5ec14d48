"""A shop's own database with orders and refunds, and what the lake should say of it."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg

from assignment.events import Event, Exposure
from experiments.analysis.engine import connection
from experiments.analysis.lake import Lake
from experiments.analysis.rows import Rows, microseconds
from experiments.auth import Actor, Role
from experiments.db import Database, migrate
from experiments.service.sources import create_source, find_source, source_document
from experiments.sources.forms import SourceForm
from experiments.validation import parse
from experiments.workplace import Workplace

ADMIN = Actor("user", "alice@shop.example", Role.ADMIN)
START = datetime(2026, 11, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
VARIABLE = "PROEFWERK_SOURCE_SHOP"

TABLES = """
CREATE TABLE orders (
  id bigint PRIMARY KEY, customer text, created_at timestamptz, updated_at timestamptz, total numeric(12, 2),
  currency char(3), margin double precision, status text);
CREATE TABLE refunds (
  id bigint PRIMARY KEY, order_id bigint, refunded_at timestamptz, amount numeric(12, 2),
  updated_at timestamptz);
"""
ORDERS = {
    "table": "public.orders", "id": "id", "unit": "customer", "time": "created_at", "value": "total",
    "currency": "currency", "updated": "updated_at", "properties": ["margin", "status"],
}  # fmt: skip
REFUNDS = {
    "table": "refunds", "id": "id", "order": "order_id", "time": "refunded_at", "value": "amount",
    "updated": "updated_at",
}  # fmt: skip
SOURCE: dict[str, Any] = {
    "key": "shop", "name": "Orders of the shop", "kind": "postgresql", "url_variable": VARIABLE,
    "event": "order", "orders": ORDERS, "refunds": REFUNDS,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shop:
    """The shop's own database."""

    url: str

    def run(self, statement: str, rows: Sequence[Sequence[object]] = ((),)) -> None:
        """Change it."""
        with psycopg.connect(self.url.replace("+psycopg", "")) as opened, opened.cursor() as cursor:
            cursor.executemany(statement, rows)

    def ask(self, query: str) -> list[tuple[Any, ...]]:
        """Ask it."""
        with psycopg.connect(self.url.replace("+psycopg", "")) as opened:
            return opened.execute(query).fetchall()

    def order(self, ident: int, customer: str, total: object, at: datetime = START, **more: Any) -> None:
        """One more order."""
        row = [ident, customer, at, more.get("updated", at), total]
        row += [more.get("currency", "EUR"), more.get("margin"), more.get("status", "paid")]
        self.run("INSERT INTO orders VALUES (%s, %s, %s, %s, %s, %s, %s, %s)", [row])

    def refund(self, ident: int, order: int, amount: object, at: datetime) -> None:
        """One more refund."""
        self.run("INSERT INTO refunds VALUES (%s, %s, %s, %s, %s)", [[ident, order, at, amount, at]])


def workplace(folder: Path, template: Path | None = None) -> Workplace:
    """An empty control database, perhaps a copy of one that is ready, and lake."""
    path = folder / "proefwerk.db"
    if template is not None:
        shutil.copy(template, path)
    database = Database(f"sqlite:///{path}")
    if template is None:
        migrate(database)
    return Workplace(database, Lake(folder / "lake"), folder / "log")


def declare(place: Workplace, **changes: Any) -> SourceForm:
    """Make a source like `SOURCE`."""
    form = parse(SourceForm, {**SOURCE, **changes})
    with place.database.session() as session:
        create_source(session, form, ADMIN)
    return form


def document(place: Workplace, key: str = "shop") -> dict[str, Any]:
    """The source as the API shows it."""
    with place.database.reading() as session:
        return source_document(session, find_source(session, key))


def events(place: Workplace) -> list[tuple[Any, ...]]:
    """Id, unit, name, value and currency of everything in the lake."""
    with connection() as engine:
        source = place.lake.view().source("conversions")
        return engine.execute(f"SELECT id, unit, name, value, currency FROM {source} ORDER BY id").fetchall()


def expose(place: Workplace, units: Sequence[str], at: datetime = START - DAY) -> None:
    """Let units meet the variants of experiment `k` by turns."""
    met: list[Event] = [
        Exposure(f"x-{unit}", unit, "k", ("control", "treatment")[number % 2], at)
        for number, unit in enumerate(units)
    ]
    rows = Rows()
    rows.extend(met, microseconds(at))
    place.lake.add(rows)
