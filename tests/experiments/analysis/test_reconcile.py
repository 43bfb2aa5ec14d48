"""Every order of an export is in exactly one class, and the classes explain the report to the cent."""

from __future__ import annotations

import tempfile
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from assignment.errors import ProefwerkError
from assignment.events import Event
from experiments.adjustments import change_of, refund_of
from experiments.analysis.lake import Lake
from experiments.analysis.orders import load_orders
from experiments.analysis.reconcile import Question, metric_of, reconciled
from experiments.analysis.report import analyse
from experiments.definition import Definition
from experiments.phases import Period
from experiments.rates import Rate
from tests.experiments.analysis.build import (
    CONVERSION,
    HOUR,
    LATER,
    REVENUE,
    START,
    add,
    conversion,
    definition,
    exposure,
    lake_of,
    link,
    metric,
)
from tests.experiments.analysis.order_world import (
    CAP,
    MAX_AGE,
    STOPPED,
    WINDOW,
    World,
    lake_of_world,
    world_of,
    write_csv,
)


def stopped(cap: dict[str, float] | None) -> Definition:
    """The experiment of the world."""
    form = metric(REVENUE, unit="EUR", window_hours=WINDOW, cap=cap)
    return replace(definition(form, status="stopped", fallback_attribute="device"), stopped_at=STOPPED)


def result(folder: Path, world: World, cap: dict[str, float] | None) -> tuple[dict[str, Any], list[Any]]:
    """The document, and order, class and amount of each row."""
    view = Lake(folder / "lake").view()
    planned = stopped(cap)
    report = analyse(planned, view, LATER)
    orders = load_orders(write_csv(folder / "orders.csv", world.rows), {})
    with reconciled(Question(planned, report, max_age=MAX_AGE), view, orders) as (document, engine):
        rows = engine.execute(
            "SELECT order_id, fate, amount, coalesce(counts_for, 0) FROM fates ORDER BY place"
        ).fetchall()
    return document, rows


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, World]:
    """A hundred thousand orders, in a lake."""
    folder, world = tmp_path_factory.mktemp("orders"), world_of(100_000, 1)
    lake_of_world(folder, world)
    return folder, world


@pytest.mark.parametrize("cap", [None, {"value": CAP}, {"quantile": 0.95}])
def test_a_hundred_thousand_orders_have_the_class_of_their_story_and_no_cent_is_unexplained(
    large: tuple[Path, World], cap: dict[str, float] | None
) -> None:
    folder, world = large
    document, rows = result(folder, world, cap)
    wrong = [
        (row, found)
        for row, found in zip(world.rows, rows, strict=True)
        if (row.order, row.fate, row.value, row.counts_for) != found
    ]
    assert wrong == []
    assert document["explained"] is True
    assert all(Decimal(each["unexplained"]) == 0 for each in (*document["variants"], *document["totals"]))
    assert sum(Decimal(each["amount"]) for each in document["only_here"]) == world.only_here
    by_class: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in world.rows:
        by_class[row.fate, row.currency or "EUR"] += row.value
    assert by_class == {
        (each["class"], part["currency"]): Decimal(part["amount"])
        for each in document["classes"]
        for part in each["amounts"]
    }


def asked(
    folder: Path, planned: Definition, events: list[Event], lines: list[str], **question: Any
) -> tuple[dict[str, Any], dict[str, str]]:
    """The document, and the class of each order, of a file with the header of the contract."""
    view = lake_of(folder, events).view()
    path = folder / "orders.csv"
    path.write_text("\n".join(["order_id,unit,time,value,currency", *lines]))
    with reconciled(
        Question(planned, analyse(planned, view, LATER), **question), view, load_orders(path, {})
    ) as (document, engine):
        return document, dict(engine.execute("SELECT order_id, fate FROM fates ORDER BY place").fetchall())


def test_an_order_is_matched_by_its_number_whoever_the_export_says_it_is_of(tmp_path: Path) -> None:
    events = [exposure("visitor"), conversion("visitor", 12.5, properties={"order_id": "A"})]
    document, found = asked(tmp_path, definition(metric(REVENUE)), events, ["A,customer,,12.50,"])
    assert found == {"A": "counted"}
    assert document["variants"][0]["report"] == "12.50"


@pytest.mark.parametrize(
    ("match", "classes"),
    [
        (None, {"A": "counted", "B": "counted", "C": "missing"}),
        ("id", {"A": "missing", "B": "counted", "C": "missing"}),
        ("number", {"A": "missing", "B": "missing", "C": "counted"}),
    ],
)
def test_what_is_matched_can_be_told(tmp_path: Path, match: str | None, classes: dict[str, str]) -> None:
    events = [
        exposure("a"),
        conversion("a", 1, id="x", properties={"order_id": "A"}),
        conversion("a", 2, id="B"),
        conversion("a", 3, id="y", properties={"number": "C"}),
    ]
    lines = ["A,a,2026-11-01T12:00:00Z,1,", "B,a,2026-11-01T12:00:00Z,2,", "C,a,2026-11-01T12:00:00Z,3,"]
    document, found = asked(tmp_path, definition(metric(REVENUE)), events, lines, match=match)
    assert found == classes
    assert document["explained"]


def test_events_that_the_export_lacks_are_told_apart_by_why(tmp_path: Path) -> None:
    events = [
        exposure("a"),
        conversion("a", 10, id="A"),
        conversion("a", 10, id="B", properties={"order_id": "A"}),
        conversion("a", 4, START + 2 * HOUR),
        conversion("a", 3, START + 48 * HOUR),
    ]
    lines = ["A,a,2026-11-01T12:00:00Z,10,"]
    document, _ = asked(tmp_path, definition(metric(REVENUE)), events, lines)
    told = {each["reason"]: (each["events"], each["amount"]) for each in document["only_here"]}
    assert told == {"again": (1, "10.00"), "not_in_export": (1, "4.00"), "outside_export": (1, "3.00")}
    assert document["variants"][0] | {"unexplained": "0.00"} == document["variants"][0]


def test_an_event_without_the_field_that_is_summed_has_no_value(tmp_path: Path) -> None:
    events = [
        exposure("a"),
        conversion("a", 99, id="A", properties={"margin": 3.25}),
        conversion("a", 99, id="B"),
    ]
    planned = definition(metric(REVENUE, field="margin", unit="EUR"))
    document, found = asked(tmp_path, planned, events, ["A,a,,3.25,EUR", "B,a,,3.25,EUR"])
    assert found == {"A": "counted", "B": "no_value"}
    assert document["explained"]


def test_shoppers_of_an_earlier_phase_are_set_aside(tmp_path: Path) -> None:
    events = [
        exposure("old", at=START), exposure("new", at=START + 30 * HOUR),
        conversion("old", 5, START + 31 * HOUR, id="A"), conversion("new", 7, START + 31 * HOUR, id="B"),
    ]  # fmt: skip
    planned = replace(
        definition(metric(REVENUE)),
        version=2,
        phases=(
            Period(1, START, START + 24 * HOUR, "one", ""),
            Period(2, START + 24 * HOUR, None, "two", ""),
        ),
    )
    document, found = asked(tmp_path, planned, events, ["A,old,,5,", "B,new,,7,"])
    assert found == {"A": "set_aside", "B": "counted"}
    assert document["explained"]


def test_an_order_that_counts_against_the_shoppers_will_is_told(tmp_path: Path) -> None:
    view = lake_of(tmp_path, [exposure("a"), conversion("a", 5, id="A")]).view()
    path = tmp_path / "orders.ndjson"
    path.write_text('{"id": "A", "amount": 5.00, "consent": false}\n')
    planned = definition(metric(REVENUE))
    question = Question(planned, analyse(planned, view, LATER))
    with reconciled(question, view, load_orders(path, {})) as (document, _):
        assert document["counted_without_consent"] == 1
        assert [each["class"] for each in document["classes"] if each["orders"]] == ["counted"]


def test_a_report_that_no_longer_follows_from_the_events_is_not_explained(tmp_path: Path) -> None:
    planned = definition(metric(REVENUE))
    view = lake_of(tmp_path, [exposure("a"), conversion("a", 5, id="A")]).view()
    report = analyse(planned, view, LATER)
    report["metrics"][0]["variants"][0]["sum"] += 0.01
    path = tmp_path / "orders.csv"
    path.write_text("order;bedrag\nA;5,00\n")
    with reconciled(Question(planned, report), view, load_orders(path, {})) as (document, _):
        assert document["explained"] is False
        assert document["variants"][0]["unexplained"] == "0.01"


def test_an_amount_with_a_rate_counts_converted_and_reconciles_in_both_currencies(tmp_path: Path) -> None:
    events = [
        exposure("a"),
        *(conversion("a", 100, id=name, currency="USD") for name in ("A", "B")),
        conversion("a", 100, id="C", currency="GBP"),
    ]
    planned = replace(
        definition(metric(REVENUE, unit="EUR")), rates=(Rate("EUR", "USD", START.date(), "1.0837", START),)
    )
    moment = START.isoformat()
    lines = [f"A,a,{moment},100,USD", f"B,a,{moment},92.28,EUR", f"C,a,{moment},100,GBP",
             f"D,a,{moment},7,USD", f"E,a,{moment},7,GBP"]  # fmt: skip
    document, found = asked(tmp_path, planned, events, lines)
    assert found == {"A": "counted", "B": "counted", "C": "currency", "D": "missing", "E": "currency"}
    assert document["explained"]
    assert Decimal(document["variants"][0]["counted"]).quantize(Decimal("0.01")) == Decimal("184.55")


def test_an_export_of_orders_after_refunds_and_changes_is_reconciled_with_all_of_their_events(
    tmp_path: Path,
) -> None:
    events = [
        exposure("a"),
        conversion("a", 50, id="A"),
        conversion("a", -20, id="r", name=refund_of("order"), properties={"order_id": "A"}),
        conversion("a", -0.5, id="c", name=change_of("order"), properties={"order_id": "A"}),
        conversion("a", 8, id="B"),
        conversion("a", -8, id="s", name=refund_of("order"), properties={"order_id": "B"}),
    ]
    lines = ["A,a,,29.50,", "B,a,,8,"]
    document, found = asked(tmp_path, definition(metric(REVENUE)), events, lines)
    assert found == {"A": "counted", "B": "counted"}
    assert document["explained"]
    told = [(each["reason"], each["amount"]) for each in document["only_here"]]
    assert told == [("again", "-8.00")], "the export has the order without its refund"


def test_the_first_metric_that_sums_money_is_reconciled(tmp_path: Path) -> None:
    pieces = metric(REVENUE, key="pieces", field="items", unit="pieces")
    basket = metric(
        {"key": "basket", "name": "Basket", "kind": "ratio"},
        numerator={"event": "order", "field": "value"}, denominator={"event": "order"}, unit="EUR",
    )  # fmt: skip
    assert metric_of(definition(metric(CONVERSION), pieces, basket), None).key == "basket"
    assert metric_of(definition(metric(CONVERSION), pieces), None).key == "pieces"
    with pytest.raises(ProefwerkError, match="sums a field"):
        metric_of(definition(metric(CONVERSION)), None)
    with pytest.raises(ProefwerkError, match="'conversion' is no metric"):
        metric_of(definition(metric(CONVERSION), pieces), "conversion")


AMOUNTS = st.sampled_from([Decimal("10.00"), Decimal("20.05"), Decimal("-5.00"), Decimal("0.10"), Decimal(0)])
UNITS = st.sampled_from(["a", "b", "c", "d"])
NUMBERS = st.sampled_from(["1", "2", "3"])
HOURS = st.integers(-3, 30)
MONEY = st.sampled_from(["EUR", "USD", None])


@given(
    exposed=st.lists(st.tuples(UNITS, st.sampled_from(["control", "treatment", "gone"]), HOURS), max_size=8),
    linked=st.lists(st.tuples(UNITS, UNITS), max_size=2),
    told=st.lists(
        st.tuples(UNITS, NUMBERS, AMOUNTS, HOURS, MONEY, st.booleans(), st.booleans()), max_size=12
    ),
    rows=st.lists(
        st.tuples(NUMBERS, st.sampled_from(["a", "b", "c", "d", ""]), AMOUNTS, HOURS, MONEY,
                  st.sampled_from(["yes", "no", ""])),
        min_size=1, max_size=12,
    ),
    cap=st.sampled_from([None, {"value": 12.5}, {"quantile": 0.75}]),
    unit=st.sampled_from(["EUR", None]),
    rated=st.booleans(),
)  # fmt: skip
@settings(max_examples=12, deadline=None)
def test_whatever_happened_classes_partition_the_export_and_explain_the_report(
    exposed: list[Any],
    linked: list[Any],
    told: list[Any],
    rows: list[Any],
    cap: Any,
    unit: str | None,
    rated: bool,
) -> None:
    events: list[Event] = [exposure(who, variant, START + at * HOUR) for who, variant, at in exposed]
    events += [link(one, other) for one, other in linked if one != other]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lake = lake_of(folder, events)
        for late in (False, True):
            add(
                lake,
                [
                    conversion(
                        who, float(amount), START + at * HOUR, currency=money,
                        properties={"order_id": number, **({"bot": True} if bot else {})},
                    )
                    for who, number, amount, at, money, bot, is_late in told
                    if is_late is late
                ],
                LATER + HOUR if late else START,
            )  # fmt: skip
        view = lake.view()
        path = folder / "orders.csv"
        lines = [
            f"{number},{who},{(START + at * HOUR).isoformat()},{amount},{money or ''},{consent}"
            for number, who, amount, at, money, consent in rows
        ]
        path.write_text("\n".join(["id,unit,time,value,currency,consent", *lines]))
        form = metric(REVENUE, unit=unit, window_hours=24, cap=cap)
        rates = (Rate("EUR", "USD", START.date(), "1.0837", START),) if rated else ()
        planned = replace(definition(form, fallback_attribute="device"), rates=rates)
        question = Question(planned, analyse(planned, view, LATER))
        with reconciled(question, view, load_orders(path, {})) as (document, engine):
            paired = engine.execute("SELECT count(*), count(DISTINCT event_id) FROM paired").fetchall()[0]
    assert document["explained"], document
    assert document["orders"] == len(rows)
    assert paired[0] == paired[1]
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for each in document["classes"]:
        for part in each["amounts"]:
            sums[part["currency"]] += Decimal(part["amount"])
    expected: dict[str, Decimal] = defaultdict(Decimal)
    for *_, amount, _at, money, _consent in rows:
        expected[money or unit or ""] += amount
    assert sums == expected
