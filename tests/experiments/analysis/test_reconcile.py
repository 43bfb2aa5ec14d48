"""Every order of an export is in exactly one class, and the classes explain the report to the cent."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from experiments.analysis.lake import Lake
from experiments.analysis.orders import load_orders
from experiments.analysis.reconcile import Question, reconciled
from experiments.analysis.report import analyse
from experiments.definition import Definition
from tests.experiments.analysis.build import LATER, REVENUE, definition, metric
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
    return replace(
        definition(form, status="stopped", fallback_attribute="device"), stopped_at=STOPPED
    )


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
