"""Spark computes every report to the bit as DuckDB does, whatever the plan, the metrics and the events."""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings

from assignment.errors import ProefwerkError
from assignment.events import Event
from experiments.analysis import spark_session
from experiments.analysis.baseline import baselines
from experiments.analysis.engine import connection, exact_sum, scale_for
from experiments.analysis.lake import Lake
from experiments.analysis.rehearsal import rehearsed
from experiments.analysis.report import analyse
from experiments.analysis.sightings import sightings
from experiments.analysis.spark import Opener
from experiments.analysis.view import View
from experiments.analysis.visitors import Window, visitors
from experiments.bots import BotRules, Says, Subject, Verdict
from experiments.definition import Definition, Membership
from experiments.rates import Rate
from tests.experiments.analysis import (
    test_exact,
    test_looks,
    test_phases,
    test_triggered,
)
from tests.experiments.analysis.build import (
    CONVERSION,
    HOUR,
    LATER,
    ORDERS,
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
from tests.experiments.analysis.spark import environment
from tests.experiments.analysis.test_histories import DEFINITION, histories

pytestmark = pytest.mark.timeout(900)
DAY = timedelta(days=1)
ODD = "it's a 'key' with ~ / \\ [*] . and 😀"
"""A name that paths into JSON cannot spell without care."""
METRICS = (
    metric(CONVERSION, window_hours=48),
    metric(ORDERS),
    metric(REVENUE, window_hours=48, cap={"value": 150}, unit="EUR"),
    metric(REVENUE, key="top", cap={"quantile": 0.95}),
    metric(REVENUE, key="margin", field=ODD),
    metric(REVENUE, key="median", kind="quantile", quantile=0.5),
    metric(CONVERSION, key="back", kind="retention", event="visit", from_hours=6.0, to_hours=72.0),
    metric(
        {
            "key": "basket",
            "name": "Basket",
            "kind": "ratio",
            "unit": "EUR",
            "numerator": {"event": "order", "field": "value"},
            "denominator": {"event": "order"},
        }
    ),
)
PROPERTIES = [
    0.1,
    1e-7,
    -3,
    2**60 + 1,
    1e300,
    "12.50",
    " +7 ",
    "1_000",
    "n/a",
    "1d",
    "0x10",
    "inf",
    True,
    None,
    "",
]
"""What shops send where a number belongs."""


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opener]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(tmp_path_factory.mktemp("spark")).items():
            patch.setenv(name, value)
        spark_session.stop()
        yield Opener("local[2]")
        spark_session.stop()


def shop(units: int = 250, seed: int = 1) -> list[Event]:
    """Shoppers with all that can happen: several variants, bots, refunds, currencies, odd values."""
    draw, events = random.Random(seed), list[Event]()
    for number in range(units):
        unit, at = f"u{number}", START + draw.random() * 6 * DAY
        variants = draw.choices(["control", "treatment", "gone"], [10, 10, 1], k=1 + (draw.random() < 0.1))
        attributes = {
            "device": draw.choice(["phone", "desk", None]),
            ODD: draw.choice(["a", 7, 0.5, [1, "b"]]),
        }
        if draw.random() < 0.05:
            attributes["bot"] = True
        for variant in variants:
            events.append(exposure(unit, variant, at + draw.random() * HOUR, attributes=attributes))
        for _ in range(draw.choice([0, 0, 1, 2, 5])):
            events.append(
                conversion(
                    unit,
                    draw.choice([draw.lognormvariate(3, 1), -12.34, 1e-9, 0.1]),
                    at + draw.uniform(-90, 120) * HOUR,
                    name=draw.choice(["order", "order", "visit"]),
                    currency=draw.choice(["EUR", "EUR", "USD", "SEK", None]),
                    properties={ODD: draw.choice(PROPERTIES)},
                )
            )
    events += [conversion("u0", at=START + 7 * DAY + number * timedelta(seconds=20)) for number in range(40)]
    return events


def both(spark: Opener, view: View, work: Callable[[View], Any]) -> Any:
    """What both engines make of the events; it must be the same to the bit."""
    found, other = (plain(work(replace(view, opener=opener))) for opener in (connection, spark))
    assert found == other
    return found


def plain(document: Any) -> Any:
    """As text, but for the id that every report gets anew; so -0.0 is not 0.0."""
    if isinstance(document, dict):
        document = {name: each for name, each in document.items() if name != "id"}
    return json.dumps(document, default=repr, sort_keys=True)


def same_report(spark: Opener, lake: Lake, plan: Definition, at: datetime = LATER) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(both(spark, lake.view(), lambda view: analyse(plan, view, at)))
    return found


def test_every_kind_of_metric_with_caps_segments_bots_and_currencies(spark: Opener, tmp_path: Path) -> None:
    lake = lake_of(tmp_path, shop())
    plan = replace(
        definition(*METRICS, segments=["device", ODD]),
        bots=(
            Verdict(Subject.UNIT, "u1", Says.BOT, None, START),
            Verdict(Subject.UNIT, "u2", Says.SHOPPER, None, START),
            Verdict(Subject.LIMIT, "", None, 30, START),
        ),
        rates=(Rate("EUR", "USD", START.date(), "1.0843", START - 30 * DAY),),
    )
    report = same_report(spark, lake, plan)
    assert report["health"]["bots"]["units"] > 2
    assert report["health"]["multiple_exposure"]["units"] > 5
    assert len(report["segments"]) > 5
    assert all(row["comparisons"] for row in report["metrics"])


def test_ids_that_are_one_person_and_growth_in_phases(spark: Opener, tmp_path: Path) -> None:
    first = test_phases.rule(0.2, 0.5, 0.5)
    plan, second = test_phases.grown(first, 0.8, 0.25, 0.25, 0.5)
    rules = [(START, first), (test_phases.GROWN, second)]
    lake = lake_of(tmp_path, test_phases.shoppers(rules, 1_500))
    draw = random.Random(3)
    ids = [f"s-1-{number}" for number in range(1_500)]
    add(
        lake, [link(draw.choice(ids), draw.choice(ids), START + draw.random() * 20 * DAY) for _ in range(200)]
    )
    add(lake, [link(f"s-1-{number}", "till") for number in range(150)])
    form = plan.form.model_copy(update={"fallback_attribute": "anonymousId", "segments": ["device"]})
    report = same_report(spark, lake, replace(plan, form=form))
    assert report["health"]["growth"]["units"] > 20
    assert report["health"]["linked"]["persons"] > 5
    lake = lake_of(tmp_path / "phases", test_phases.seen_twice())
    add(lake, [link("a", "d", START + HOUR)])
    later = test_phases.followed(test_phases.new_phase("exclude", planned_units=2))
    assert same_report(spark, lake, later)["health"]["carry_over"]["units"] > 0


def test_planned_looks_with_windows(spark: Opener, tmp_path: Path) -> None:
    lake = test_looks.shop(tmp_path, (0.3, 0.4), days=4)
    window = metric(CONVERSION, window_hours=48)
    report = same_report(spark, lake, test_looks.plan_of(window, looks=2, units=1_200))
    assert len(test_looks.taken_of(report)) == 1


def test_a_reading_without_assumptions(spark: Opener, tmp_path: Path) -> None:
    lake = lake_of(tmp_path, test_exact.shop(400, 1.5))
    plan = definition(test_exact.CAPPED, plan={**test_exact.EXACT, "planned_units": 400})
    assert same_report(spark, lake, plan)["metrics"][0]["comparisons"][0]["p_value"] < 1


def test_a_trigger_and_a_holdout(spark: Opener, tmp_path: Path) -> None:
    lake = lake_of(tmp_path, test_triggered.shop(200).events)
    report = same_report(spark, lake, definition(metric(REVENUE), trigger=test_triggered.TRIGGER))
    assert report["trigger"]["units"] > 30
    members = (Membership("k2", START, None), Membership("k3", START, START + DAY))
    add(lake, [exposure(f"u{number}", at=START + HOUR, experiment=f"k{number % 5}") for number in range(150)])
    report = same_report(spark, lake, replace(definition(metric(ORDERS)), members=members))
    assert report["health"]["held_out"]["units"] > 3


def test_what_is_read_beside_reports(spark: Opener, tmp_path: Path) -> None:
    lake = lake_of(tmp_path, shop(400), START + 7 * DAY)
    view, late, rules = lake.view(), START + 12 * DAY, BotRules(("u3",), limit=30)
    plan = definition(*METRICS[:3])
    assert "null" not in both(spark, view, lambda view: baselines(view, METRICS[:1], late, rules))
    assert '"units": []' not in both(spark, view, lambda view: sightings(view, 30, late))
    window = Window("k", {"device": "phone"}, 0.5, None)
    assert both(spark, view, lambda view: visitors(view, "id", [window], rules)) != "null"
    both(spark, view, lambda view: rehearsed(plan, view, late)["data_hash"])


def test_a_lake_without_events(spark: Opener, tmp_path: Path) -> None:
    report = same_report(spark, Lake(tmp_path / "lake"), definition(*METRICS[:3]))
    assert report["progress"]["units"] == 0


@pytest.mark.parametrize("bound", [1.0, 2.0**40, 1e-300])
def test_sums_and_their_doubles_are_those_of_128_bit_integers(spark: Opener, bound: float) -> None:
    draw = random.Random(5)
    sizes = [bound * 2.0 ** -draw.choice([0, 1, 5, 30, 31, 32, 33, 64, 95, 96, 97]) for _ in range(3_000)]
    values = [size * draw.choice([1.0, -1.0, draw.random(), -draw.random()]) for size in sizes]
    # Groups of one row, of a few, and of many; some of them cancel out.
    groups = [
        place if place < 1_000 else 1_000 + place % (500 if place < 2_000 else 2) for place in range(3_000)
    ]
    table = pa.table({"place": groups, "value": values})
    total = exact_sum("value", scale_for(bound))
    query = (
        f"SELECT place, {total}, ({total} FILTER (value > 0))::DOUBLE, ({total})::DOUBLE FROM numbers "
        "GROUP BY place ORDER BY place"
    )
    found = []
    for opener in (connection, spark):
        with opener(None) as engine:
            engine.register("numbers", table)
            found.append([(*row[:2], *map(repr, row[2:])) for row in engine.execute(query).fetchall()])
    assert found[0] == found[1]


def test_texts_are_read_as_numbers_alike(spark: Opener, tmp_path: Path) -> None:
    texts = [
        json.dumps({"x": text})
        for text in (
            *PROPERTIES,
            1e300,
            1e16,
            2**60 + 1,
            ".5",
            "5.",
            "1e400",
            "-.5e-3",
            "1__0",
            "+-1",
            "\t1\n",
        )
    ]
    table = pa.table({"properties": [*texts, None]})
    field = "TRY_CAST(json_extract_string(properties, '/x') AS DOUBLE)"
    found = []
    for opener in (connection, spark):
        with opener(None) as engine:
            engine.register("texts", table)
            rows = engine.execute(
                f"SELECT CASE WHEN isfinite({field}) THEN {field} END FROM texts"
            ).fetchall()
            found.append([repr(value) for (value,) in rows])
    assert found[0] == found[1]


@pytest.mark.slow
def test_compiled_statements_give_the_same(spark: Opener, tmp_path: Path) -> None:
    compiled = {
        "spark.sql.codegen.wholeStage": "true",
        "spark.sql.codegen.factoryMode": "FALLBACK",
        "spark.sql.adaptive.enabled": "true",
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment(tmp_path / "spark", compiled).items():
            patch.setenv(name, value)
        spark_session.stop()
        plan = definition(*METRICS, segments=["device", ODD])
        same_report(spark, lake_of(tmp_path, shop()), plan)
        spark_session.stop()


@pytest.mark.slow
@settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
@given(histories())
def test_whatever_the_history(spark: Opener, history: list[list[Event] | None]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        lake = Lake(Path(folder) / "lake")
        for batch in history:
            add(lake, batch or [])
        same_report(spark, lake, DEFINITION)


def test_a_master_that_does_not_answer_is_named(spark: Opener) -> None:
    spark_session.stop()
    with pytest.raises(
        ProefwerkError, match=r"^Spark cannot be used now: no master answers at 127\.0\.0\.1:9: "
    ):
        spark_session.session("spark://127.0.0.1:9")
