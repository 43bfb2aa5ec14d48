"""Orders that stand in a declared source are reconciled with what was pulled of them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from assignment.errors import ProefwerkError
from experiments.analysis.reconcile import Question, reconciled
from experiments.analysis.report import analyse
from experiments.pulling import pull_source
from experiments.source_orders import orders_of_source
from tests.experiments.analysis.build import REVENUE, definition, metric
from tests.experiments.sources.shop import DAY, START, TABLES, VARIABLE, Shop, declare, expose, workplace
from tests.postgres import PostgresServer


@pytest.fixture
def shop(postgres_server: PostgresServer) -> Iterator[Shop]:
    name = postgres_server.create_database()
    opened = Shop(postgres_server.url(name))
    for statement in TABLES.split(";")[:2]:
        opened.run(statement)
    yield opened
    postgres_server.drop_database(name)


def test_orders_refunds_and_changes_of_a_source_reconcile_to_the_cent(shop: Shop, tmp_path: Path) -> None:
    place, environ = workplace(tmp_path), {VARIABLE: shop.url}
    declare(place)
    expose(place, ["a", "b"])
    shop.order(1, "a", "49.95")
    shop.order(2, "b", "100.00")
    shop.order(3, "stranger", "10.00")
    shop.refund(7, 2, "30.10", START + DAY)
    pull_source(place, "shop", environ)
    shop.run("UPDATE orders SET total = 90, updated_at = now() WHERE id = 2")
    pull_source(place, "shop", environ)
    shop.order(4, "a", "5.00", START + timedelta(hours=1))
    shop.run("INSERT INTO orders SELECT 5, ' ', created_at, updated_at, 1, currency FROM orders WHERE id = 1")
    planned, view = definition(metric(REVENUE, unit="EUR")), place.lake.view()
    now = START + 60 * DAY
    question = Question(planned, analyse(planned, view, now))
    with reconciled(question, view, orders_of_source(place, "shop", environ)) as (document, engine):
        found = engine.execute(
            "SELECT order_id, amount, fate FROM fates ORDER BY order_id, amount DESC"
        ).fetchall()
    assert [(order, str(amount.normalize()), fate) for order, amount, fate in found] == [
        ("1", "49.95", "counted"), ("2", "9E+1", "counted"), ("2", "-30.1", "counted"),
        ("3", "1E+1", "not_exposed"), ("4", "5", "missing"), ("5", "1", "unknown_unit"),
    ]  # fmt: skip
    assert document["explained"]
    assert document["only_here"] == []
    place.database.close()


def test_rows_that_are_no_orders_are_named(shop: Shop, tmp_path: Path) -> None:
    place, environ = workplace(tmp_path), {VARIABLE: shop.url}
    declare(place)
    with pytest.raises(ProefwerkError, match="has no orders"):
        orders_of_source(place, "shop", environ)
    shop.order(1, "a", "10.00", currency="E1!")
    with pytest.raises(ProefwerkError) as refused:
        orders_of_source(place, "shop", environ)
    assert [item.field for item in refused.value.fields] == ["1"]
    with pytest.raises(ProefwerkError, match="no source"):
        orders_of_source(place, "nothing", environ)
    place.database.close()
