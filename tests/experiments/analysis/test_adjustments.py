"""Refunds and changes are added up with the events that they adjust, and never counted as one of them."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from assignment.events import Event
from experiments.analysis.report import analyse
from experiments.definition import Definition
from tests.experiments.analysis.build import (
    CONVERSION,
    HOUR,
    LATER,
    ORDERS,
    REVENUE,
    START,
    conversion,
    definition,
    exposure,
    lake_of,
    metric,
)

REFUND: dict[str, Any] = {"name": "order (refund)"}
CHANGE: dict[str, Any] = {"name": "order (change)"}
BASKET = {
    "key": "basket", "name": "Basket", "kind": "ratio",
    "numerator": {"event": "order", "field": "value"}, "denominator": {"event": "order"},
}  # fmt: skip


def arms(folder: Path, defined: Definition, events: list[Event]) -> list[dict[str, Any]]:
    report = analyse(defined, lake_of(folder, events).view(), LATER)
    return [each["variants"][0] for each in report["metrics"]]


def test_an_amount_is_lowered_and_an_order_stays_one_order(tmp_path: Path) -> None:
    events = [
        exposure("a"), exposure("b"),
        conversion("a", 50), conversion("a", -20, **REFUND), conversion("a", 5, **CHANGE),
        conversion("b", 30),
    ]  # fmt: skip
    every = definition(*(metric(each) for each in (REVENUE, ORDERS, CONVERSION, BASKET)))
    revenue, orders, bought, basket = arms(tmp_path, every, events)
    assert (revenue["sum"], orders["sum"], bought["sum"]) == (65.0, 2.0, 2.0)
    assert (basket["numerator"], basket["denominator"]) == (65.0, 2.0)


def test_a_refund_of_an_order_from_before_exposure_is_no_order_after_it(tmp_path: Path) -> None:
    events = [exposure("a"), conversion("a", 50, START - HOUR), conversion("a", -50, START + HOUR, **REFUND)]
    for forms in ((CONVERSION,), (CONVERSION, ORDERS), (CONVERSION, REVENUE)):
        found = arms(tmp_path / str(len(forms)), definition(*map(metric, forms)), events)
        assert found[0]["sum"] == 0.0


def test_orders_alone_are_counted_when_refunds_lie_beside_them(tmp_path: Path) -> None:
    events = [exposure("a"), conversion("a", 50), conversion("a", -50, **REFUND)]
    assert arms(tmp_path, definition(metric(ORDERS)), events)[0]["sum"] == 1.0


def test_refunds_can_be_a_metric_of_their_own(tmp_path: Path) -> None:
    events = [exposure("a"), conversion("a", 50), conversion("a", -20, **REFUND)]
    refunded = metric(REVENUE, key="refunded", event="order (refund)", direction="decrease")
    assert arms(tmp_path, definition(refunded), events)[0]["sum"] == -20.0


def test_an_adjustment_changes_a_property_only_where_it_names_it(tmp_path: Path) -> None:
    events = [
        exposure("a"),
        conversion("a", 50, properties={"margin": 20}),
        conversion("a", -10, **REFUND),
        conversion("a", -10, properties={"margin": -4}, **REFUND),
    ]
    report = analyse(definition(metric(REVENUE, field="margin")), lake_of(tmp_path, events).view(), LATER)
    assert report["metrics"][0]["variants"][0]["sum"] == 16.0
    assert report["health"]["missing_fields"]["status"] == "ok"


def test_a_refund_that_comes_late_says_nothing_of_how_soon_events_are_sent(tmp_path: Path) -> None:
    events: list[Event] = [exposure(f"u{number}") for number in range(50)]
    events += [conversion(f"u{number}", 10) for number in range(50)]
    lake = lake_of(tmp_path, events)
    late = START + timedelta(days=20)
    lake_of(tmp_path, [conversion(f"u{number}", -10, START, **REFUND) for number in range(20)], late)
    report = analyse(definition(metric(REVENUE)), lake.view(), LATER)
    assert report["metrics"][0]["variants"][0]["sum"] == 300.0
    assert report["health"]["delay"]["status"] == "ok"
