"""A shop's own tables become events once each; what changes there is corrected here, and nothing is lost."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from assignment.errors import ProefwerkError
from experiments.analysis.erasure import erase
from experiments.analysis.lake import Lake
from experiments.analysis.report import analyse
from experiments.analysis.rows import microseconds
from experiments.analysis.verify import verify
from experiments.db import utc_now
from experiments.pulling import Pulled, pull_due, pull_source
from experiments.rates import Rate
from experiments.service.sources import find_source, form_of_source, request_pull, update_source
from experiments.sources.check import check_source
from experiments.sources.forms import SourceForm
from experiments.validation import parse
from experiments.workplace import Workplace
from tests.experiments.analysis.build import ORDERS as COUNT
from tests.experiments.analysis.build import REVENUE, definition, metric
from tests.experiments.sources.shop import (
    ADMIN,
    DAY,
    ORDERS,
    SOURCE,
    START,
    TABLES,
    VARIABLE,
    Shop,
    declare,
    document,
    events,
    expose,
    workplace,
)
from tests.postgres import PostgresServer, running_postgres
from tests.serving import ROOT


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with running_postgres() as running:
        yield running


@pytest.fixture
def shop(server: PostgresServer) -> Iterator[Shop]:
    name = server.create_database()
    opened = Shop(server.url(name))
    for statement in TABLES.split(";")[:2]:
        opened.run(statement)
    yield opened
    server.drop_database(name)


@pytest.fixture
def place(tmp_path: Path, sqlite_template: Path) -> Iterator[Workplace]:
    made = workplace(tmp_path, sqlite_template)
    yield made
    made.database.close()


def pull(place: Workplace, shop: Shop, key: str = "shop") -> Pulled:
    return pull_source(place, key, {VARIABLE: shop.url})


def test_orders_become_events_once_however_often_they_are_pulled(place: Workplace, shop: Shop) -> None:
    declare(place)
    shop.order(1, "a", "49.95", margin=12.5)
    shop.order(2, "b", "10.00", currency="USD")
    first, second = pull(place, shop), pull(place, shop)
    assert (first.orders, second.orders, second.unchanged) == (2, 0, 2)
    assert events(place) == [
        ("shop:1", "a", "order", 49.95, "EUR"),
        ("shop:2", "b", "order", 10.0, "USD"),
    ]
    state = document(place)["state"]
    assert (state["status"], state["last"]["unchanged"], state["total"]["events"]) == ("ok", 2, 2)


def test_only_what_is_new_is_read_again(place: Workplace, shop: Shop) -> None:
    declare(place, overlap_minutes=60)
    for number in range(20):
        shop.order(number, "a", 1, START + number * DAY / 2)
    pull(place, shop)
    shop.order(99, "b", 5, START + 10 * DAY)
    assert (pull(place, shop).rows, len(events(place))) == (2, 21)


def test_a_refund_of_next_week_counts_at_its_order(place: Workplace, shop: Shop) -> None:
    declare(place)
    expose(place, ["a", "b"])
    shop.order(1, "a", "49.95", margin=12.5)
    pull(place, shop)
    shop.refund(7, 1, "20.00", START + 7 * DAY)
    assert pull(place, shop).refunds == 1
    assert events(place)[1] == ("shop:refund:7", "a", "order (refund)", -20.0, "EUR")
    defined = definition(metric(REVENUE, window_hours=48), metric(COUNT, window_hours=48))
    revenue, orders = (each["variants"][0]["sum"] for each in report(place, defined)["metrics"])
    assert (revenue, orders) == (pytest.approx(29.95, abs=1e-9), 1.0)


def test_a_refund_may_count_at_its_own_time_instead(place: Workplace, shop: Shop) -> None:
    declare(place, refund_time="refund")
    expose(place, ["a", "b"])
    shop.order(1, "a", "49.95")
    shop.refund(7, 1, "20.00", START + 7 * DAY)
    pull(place, shop)
    week, month = (definition(metric(REVENUE, window_hours=hours)) for hours in (48, 720))
    sums = [report(place, each)["metrics"][0]["variants"][0]["sum"] for each in (week, month)]
    assert sums == [49.95, pytest.approx(29.95, abs=1e-9)]
    moved = parse(SourceForm, {**SOURCE, "refund_time": "order"})
    with place.database.session() as session:
        update_source(session, "shop", moved, ADMIN)
    assert pull(place, shop).changes == 2
    assert report(place, week)["metrics"][0]["variants"][0]["sum"] == pytest.approx(29.95, abs=1e-9)


def report(place: Workplace, defined: Any) -> dict[str, Any]:
    return analyse(defined, place.lake.view(), utc_now() + timedelta(days=60))


def test_a_value_that_changes_is_corrected_by_the_difference(place: Workplace, shop: Shop) -> None:
    declare(place)
    shop.order(1, "a", "49.95", margin=12.5)
    pull(place, shop)
    for total, margin, status, changes in (
        ("39.95", 10.0, "paid", 1), ("39.95", 10.0, "shipped", 0),
        ("0.10", 10.0, "paid", 1), ("49.95", 12.5, "paid", 1),
    ):  # fmt: skip
        shop.run(
            "UPDATE orders SET total = %s, margin = %s, status = %s, updated_at = now()",
            [[total, margin, status]],
        )
        assert pull(place, shop).changes == changes
        assert sum(value for *_, value, _ in events(place)) == pytest.approx(float(total), abs=1e-9)
    assert [(each[0], each[2]) for each in events(place)] == [
        ("shop:1", "order"),
        *((f"shop:change:{number}:1", "order (change)") for number in (1, 2, 3)),
    ]


def test_an_order_that_gets_another_customer_or_currency_moves(place: Workplace, shop: Shop) -> None:
    declare(place)
    shop.order(1, "a", "49.95")
    pull(place, shop)
    shop.run("UPDATE orders SET customer = 'b', currency = 'USD', updated_at = now()")
    pull(place, shop)
    sums: dict[tuple[str, str], float] = {}
    for _, unit, _, value, currency in events(place):
        sums[unit, currency] = sums.get((unit, currency), 0.0) + value
    assert sums == {("a", "EUR"): 0.0, ("b", "USD"): 49.95}
    shop.refund(1, 1, 10, START + DAY)
    pull(place, shop)
    assert ("shop:refund:1", "b", "order (refund)", -10.0, "USD") in events(place)


def test_bad_rows_are_told_and_taken_once_they_are_mended(place: Workplace, shop: Shop) -> None:
    declare(place)
    shop.order(1, "a", "1.00")
    shop.order(2, "", "2.00")
    shop.order(3, "c", None)
    shop.order(4, "d", "4.00", currency="eu")
    shop.order(5, "e", "5.00", START + 400 * DAY)
    shop.refund(1, 77, "1.00", START)
    assert pull(place, shop).refused == 5
    state = document(place)["state"]
    assert state["refused"] == 5
    assert {(each["part"], each["id"], each["reason"]) for each in state["refusals"]} == {
        ("orders", "2", "customer: there is none"),
        ("orders", "3", "total: null is not a number"),
        ("orders", "4", "currency: 'eu ' is not a currency such as EUR"),
        ("orders", "5", f"created_at: {(START + 400 * DAY).isoformat()} lies in the future"),
        ("refunds", "1", "the order '77' that it takes back has not been pulled"),
    }
    # Nobody touches updated_at: what was refused is asked for by its id.
    shop.run("UPDATE orders SET customer = 'b' WHERE id = 2")
    shop.order(77, "f", "7.00", START - 300 * DAY, updated=START - 300 * DAY)
    shop.run("UPDATE orders SET updated_at = NULL WHERE id = 77")
    done = pull(place, shop)
    assert (done.orders, done.refunds, done.refused) == (2, 1, 3)
    assert document(place)["state"]["refused"] == 3


def test_a_source_that_is_declared_wrongly_stops_before_it_fills_the_database(
    place: Workplace, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("experiments.service.sources.MOST_REFUSED", 3)
    declare(place, orders={**ORDERS, "value": "status"}, refunds=None)
    for number in range(4):
        shop.order(number, "a", 1)
    with pytest.raises(ProefwerkError, match="look at how the source is declared"):
        pull(place, shop)
    state = document(place)["state"]
    assert (state["status"], state["refused"]) == ("failed", 0)
    with place.database.session() as session:
        update_source(session, "shop", parse(SourceForm, {**SOURCE, "refunds": None}), ADMIN)
    assert pull(place, shop).orders == 4


def test_a_source_that_is_declared_anew_while_it_is_pulled_is_read_again_from_the_start(
    place: Workplace, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("experiments.sources.postgresql.BATCH", 1)
    declare(place, refunds=None)
    for number in (1, 2, 3):
        shop.order(number, "a", "1.00", START + number * DAY, margin=2.0)

    def meanwhile(part: str, rows: int) -> None:
        changed = {**SOURCE, "refunds": None, "orders": {**ORDERS, "value": "margin"}}
        with place.database.session() as session:
            update_source(session, "shop", parse(SourceForm, changed), ADMIN)

    with pytest.raises(ProefwerkError, match="declared anew while it was being pulled"):
        pull_source(place, "shop", {VARIABLE: shop.url}, meanwhile)
    assert document(place)["state"]["requested_at"] is not None
    done = pull(place, shop)
    assert (done.orders, done.changes) == (1, 2)
    assert sum(each[3] for each in events(place)) == 6.0


def test_rows_of_one_id_that_differ_are_not_both_taken(place: Workplace, shop: Shop) -> None:
    query = "SELECT o.*, n FROM orders o, generate_series(1, 2) n"
    orders = {**ORDERS, "table": None, "query": query, "properties": ["n"]}
    declare(place, orders=orders, refunds=None)
    shop.order(1, "a", "1.00")
    assert (pull(place, shop).orders, len(events(place))) == (1, 1)
    assert document(place)["state"]["refusals"][0]["reason"] == "id: '1' stands in rows that differ"


def test_refunds_may_stand_among_the_orders(place: Workplace, shop: Shop) -> None:
    own = {"id": "id", "order": "margin", "time": "created_at", "value": "total"}
    shop.order(1, "a", "50.00", status="sale")
    shop.order(2, "a", "20.00", margin=1, status="return")
    shop.order(3, "b", "-5.00", margin=1, status="sale")
    declare(place, refunds={**own, "only": {"column": "status", "values": ["return"]}})
    pull(place, shop)
    assert {each[0]: each[3] for each in events(place)} == {"shop:1": 50, "shop:3": -5, "shop:refund:2": -20}
    declare(place, key="signs", refunds=own)
    pull(place, shop, "signs")
    found = {each[0]: each[3] for each in events(place) if each[0].startswith("signs")}
    assert found == {"signs:1": 50.0, "signs:2": 20.0, "signs:refund:3": -5.0}


def test_orders_of_before_the_first_day_and_times_without_zone_are_read_as_declared(
    place: Workplace, shop: Shop
) -> None:
    shop.run("ALTER TABLE orders ALTER created_at TYPE timestamp, ALTER updated_at TYPE timestamp")
    declare(place, time_zone="Europe/Amsterdam", since="2026-11-02T08:00:00Z", refunds=None)
    shop.order(1, "a", 1, datetime(2026, 11, 2, 8, 59))  # noqa: DTZ001 - as the shop has it
    shop.order(2, "a", 1, datetime(2026, 11, 2, 9, 0))  # noqa: DTZ001
    done = pull(place, shop)
    assert (done.orders, done.before) == (1, 1)
    assert pull(place, shop).unchanged == 1


def test_an_interrupted_pull_goes_on_where_it_was(
    place: Workplace, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("experiments.sources.postgresql.BATCH", 10)
    for number in range(35):
        shop.order(number, f"u{number}", number, START + number * timedelta(hours=2))
    declare(place)
    added = 0

    def broken(self: Lake, rows: Any) -> Any:
        nonlocal added
        added += 1
        done = add(self, rows)
        if added == 2:
            raise OSError("the disk is gone")
        return done

    add = Lake.add
    monkeypatch.setattr(Lake, "add", broken)
    with pytest.raises(OSError, match="the disk is gone"):
        pull(place, shop)
    assert document(place)["state"]["status"] == "failed"
    assert len(events(place)) == 20
    done = pull(place, shop)
    assert (done.orders, len(events(place))) == (15, 35)
    assert done.rows < 35


def test_a_killed_pull_loses_nothing_and_counts_nothing_twice(
    tmp_path: Path, place: Workplace, shop: Shop
) -> None:
    rows = [
        [n, f"u{n}", START, START + n * timedelta(seconds=1), n, "EUR", None, "paid"] for n in range(1000)
    ]
    shop.run("INSERT INTO orders VALUES (%s, %s, %s, %s, %s, %s, %s, %s)", rows)
    declare(place)
    script = (
        "import experiments.sources.postgresql as p; p.BATCH = 20\n"
        "from experiments.pulling import pull_source\nfrom tests.experiments.sources.shop import *\n"
        f"pull_source(workplace(Path({str(tmp_path)!r})), 'shop', {{{VARIABLE!r}: {shop.url!r}}})\n"
    )
    process = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + 60
    while place.lake.view().manifest.generation < 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    process.kill()
    process.wait()
    assert 0 < len(events(place)) < 1000
    pull(place, shop)
    assert len(events(place)) == 1000
    assert sum(each[3] for each in events(place)) == sum(range(1000))


def test_the_report_agrees_with_the_shop_to_the_cent_in_two_currencies(place: Workplace, shop: Shop) -> None:
    draw = random.Random(5)
    units = [f"u{number}" for number in range(60)]
    expose(place, units)
    declare(place)
    rows = []
    for number in range(400):
        at = START + timedelta(minutes=draw.randrange(5 * 24 * 60))
        total, currency = draw.randrange(1, 90_000) / 100, draw.choice(["EUR", "USD"])
        rows.append([number, draw.choice(units), at, at, total, currency, total / 3, "paid"])
    shop.run("INSERT INTO orders VALUES (%s, %s, %s, %s, %s, %s, %s, %s)", rows)
    pull(place, shop)
    later = START + 7 * DAY
    refunded = [[n, n, later, draw.randrange(1, 500) / 100, later] for n in range(0, 400, 7)]
    shop.run("INSERT INTO refunds VALUES (%s, %s, %s, %s, %s)", refunded)
    shop.run("UPDATE orders SET total = total + 1.11, updated_at = now() WHERE mod(id, 5) = 0")
    pull(place, shop)
    days = [START.date() + timedelta(days=number) for number in range(8)]
    rates = {day: f"1.{80 + number:03d}" for number, day in enumerate(days)}
    since = START - 100 * DAY
    defined = replace(
        definition(metric(REVENUE, unit="EUR"), metric({**REVENUE, "key": "m"}, field="margin", unit="EUR")),
        rates=tuple(Rate("EUR", "USD", day, value, since) for day, value in rates.items()),
    )
    found = report(place, defined)
    shop.run("CREATE TABLE rates (day date, rate double precision)")
    shop.run("INSERT INTO rates VALUES (%s, %s)", [[day, value] for day, value in rates.items()])
    expected = shop.ask(
        """SELECT right(customer, -1)::int % 2 AS arm,
          sum((total - coalesce(amount, 0)) / CASE currency WHEN 'USD' THEN rate ELSE 1 END),
          sum(margin / CASE currency WHEN 'USD' THEN rate ELSE 1 END), count(*)
        FROM orders JOIN rates ON day = (created_at AT TIME ZONE 'UTC')::date
        LEFT JOIN (SELECT order_id, sum(amount) AS amount FROM refunds GROUP BY order_id) r ON order_id = id
        GROUP BY arm ORDER BY arm"""
    )
    for place_of, metric_found in enumerate(found["metrics"]):
        sums = [arm["sum"] for arm in metric_found["variants"]]
        assert sums == [pytest.approx(float(row[place_of + 1]), abs=1e-6) for row in expected]
    assert verify(json.loads(json.dumps(found)), defined, place.lake.view()) == []


def test_a_source_that_fails_keeps_no_other_waiting_and_tells_no_password(
    place: Workplace, shop: Shop, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    declare(place)
    declare(place, key="broken", url_variable="PROEFWERK_SOURCE_BROKEN")
    declare(place, key="unset", url_variable="PROEFWERK_SOURCE_UNSET")
    monkeypatch.setenv(VARIABLE, shop.url)
    monkeypatch.setenv("PROEFWERK_SOURCE_BROKEN", "postgresql://someone:s3cret%21@/none?host=/nowhere")
    shop.order(1, "a", 1)
    assert sorted(pull_due(place)) == ["broken", "shop", "unset"]
    deadline = time.monotonic() + 30
    while place.pulling and time.monotonic() < deadline:
        time.sleep(0.02)
    states = {key: document(place, key)["state"] for key in ("shop", "broken", "unset")}
    assert [states[key]["status"] for key in states] == ["ok", "failed", "failed"]
    assert "cannot be read" in states["broken"]["error"]
    assert "PROEFWERK_SOURCE_UNSET is not set" in states["unset"]["error"]
    assert "s3cret" not in json.dumps(states) + caplog.text
    assert pull_due(place) == []
    with place.database.session() as session:
        request_pull(session, "shop", ADMIN)
    assert pull_due(place) == ["shop"]
    while place.pulling and time.monotonic() < deadline:
        time.sleep(0.02)


def test_orders_of_a_person_who_was_erased_do_not_come_back(place: Workplace, shop: Shop) -> None:
    declare(place)
    shop.order(1, "a", "49.95")
    shop.order(2, "b", "10.00")
    pull(place, shop)
    erase(place.lake, ["a"], microseconds(utc_now()))
    shop.run("UPDATE orders SET total = total + 1, updated_at = now()")
    shop.refund(1, 1, "5.00", START + DAY)
    done = pull(place, shop)
    assert (done.changes, done.refunds, done.refused) == (1, 0, 0)
    assert {each[1] for each in events(place)} == {"b"}


def test_a_table_that_is_not_there_is_told_in_the_words_of_the_database(place: Workplace, shop: Shop) -> None:
    declare(place, orders={**ORDERS, "table": "nothing"}, refunds=None)
    with pytest.raises(ProefwerkError, match='relation "nothing" does not exist'):
        pull(place, shop)


def test_a_source_cannot_write(place: Workplace, shop: Shop) -> None:
    query = "WITH gone AS (DELETE FROM orders RETURNING *) SELECT * FROM gone"
    declare(place, orders={**ORDERS, "table": None, "query": query}, refunds=None)
    shop.order(1, "a", 1)
    with pytest.raises(ProefwerkError):
        pull(place, shop)
    assert shop.ask("SELECT count(*) FROM orders") == [(1,)]


def test_a_per_cent_sign_in_a_name_or_a_query_is_one(place: Workplace, shop: Shop) -> None:
    query = 'SELECT *, id % 2 AS "odd%", total AS "total%s" FROM orders WHERE status NOT LIKE \'gone%\''
    orders = {**ORDERS, "table": None, "query": query, "value": "total%s", "properties": ["odd%"]}
    declare(place, orders=orders, refunds=None)
    shop.order(1, "a", "1.50")
    with place.database.reading() as session:
        form = form_of_source(find_source(session, "shop"))
    shown = check_source(form, {VARIABLE: shop.url})["orders"]["rows"]
    assert [each["reads"]["properties"] for each in shown] == [{"odd%": 1}]
    pull(place, shop)
    assert [each[3] for each in events(place)] == [1.5]
