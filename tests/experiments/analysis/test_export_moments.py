"""Exported moments are enough to compute the headline of a report again."""

from __future__ import annotations

import csv
import io
import json
import math
import random
from pathlib import Path
from typing import Any

import pytest
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from assignment.events import Event
from experiments.analysis.export_moments import moments_document, write_csv, write_json
from experiments.analysis.measure import measure
from experiments.analysis.report import analyse
from tests.experiments.analysis.build import (
    CONVERSION,
    HOUR,
    LATER,
    REVENUE,
    START,
    conversion,
    definition,
    exposure,
    lake_of,
    metric,
)

PLAN: dict[str, Any] = {"method": "fixed", "planned_units": 300, "cuped": False}
FORMS = (metric(REVENUE), metric(CONVERSION))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], dict[str, Any]]:
    """The report of a fixed plan at its planned size, and the moments it rests on."""
    drawn, events = random.Random(7), list[Event]()
    for number in range(300):
        variant = ("control", "treatment")[number % 2]
        events.append(exposure(f"u{number}", variant, attributes={"device": ("a", "b")[number % 3 > 0]}))
        if drawn.random() < 0.4:
            events.append(conversion(f"u{number}", round(drawn.lognormvariate(3, 1), 2), START + HOUR))
    lake = lake_of(tmp_path_factory.mktemp("moments"), events)
    roles = {"primary": ["revenue"], "secondary": ["conversion"]}
    planned = definition(*FORMS, plan=PLAN, segments=["device"], metrics=roles)
    view = lake.view()
    return analyse(planned, view, LATER), moments_document(planned, measure(planned, view, LATER), LATER)


def sample(moments: dict[str, Any]) -> DescrStatsW:
    """Two values with the units, mean and variance that the moments tell."""
    units, mean = moments["units"], moments["means"][0]
    spread = math.sqrt(moments["comoments"][0][0] / units)
    return DescrStatsW([mean - spread, mean + spread], weights=[units / 2, units / 2])


def test_statsmodels_finds_the_headline_of_the_report_from_the_moments(world: Any) -> None:
    report, document = world
    row = report["metrics"][0]["comparisons"][0]
    control, treatment = (sample(each) for each in document["metrics"][0]["moments"])
    compared = CompareMeans(treatment, control)
    _, p_value, _ = compared.ttest_ind(usevar="unequal")
    lower, upper = compared.tconfint_diff(alpha=1 - 0.95, usevar="unequal")
    assert row["absolute"]["estimate"] == pytest.approx(treatment.mean - control.mean, rel=1e-9)
    assert row["p_value"] == pytest.approx(p_value, rel=1e-6)
    assert (row["absolute"]["lower"], row["absolute"]["upper"]) == pytest.approx((lower, upper), rel=1e-6)


def test_segments_add_up_to_the_whole(world: Any) -> None:
    _, document = world
    whole = {(arm["variant"]): arm for arm in document["metrics"][0]["moments"]}
    for variant, arm in whole.items():
        parts = [
            each
            for part in document["segments"]
            for found in part["metrics"]
            if found["metric"] == "revenue"
            for each in found["moments"]
            if each["variant"] == variant
        ]
        assert sum(each["units"] for each in parts) == arm["units"]
        total = sum(each["units"] * each["means"][0] for each in parts)
        assert total == pytest.approx(arm["units"] * arm["means"][0], rel=1e-12)


def test_the_table_has_what_the_document_has(world: Any) -> None:
    _, document = world
    text = io.StringIO()
    write_csv(document, text)
    rows = list(csv.DictReader(io.StringIO(text.getvalue())))
    arm = document["metrics"][0]["moments"][1]
    found = [
        row for row in rows
        if (row["metric"], row["segment"], row["variant"], row["column"], row["other"])
        == ("revenue", "", "treatment", "outcome", "outcome")
    ]  # fmt: skip
    assert len(found) == 1
    assert float(found[0]["mean"]) == arm["means"][0]
    assert float(found[0]["covariance"]) == pytest.approx(
        arm["comoments"][0][0] / (arm["units"] - 1), rel=1e-15
    )
    assert {row["value"] for row in rows} == {"", "a", "b"}
    again = io.StringIO()
    write_json(document, again)
    assert json.loads(again.getvalue()) == document


def test_moments_with_covariates_give_the_variance_that_they_leave(tmp_path: Path) -> None:
    drawn, events = random.Random(8), list[Event]()
    for number in range(200):
        unit, before = f"u{number}", round(drawn.lognormvariate(3, 1), 2)
        events.append(exposure(unit, ("control", "treatment")[number % 2]))
        events.append(conversion(unit, before, START - HOUR))
        events.append(conversion(unit, round(before + drawn.random(), 2), START + HOUR))
    planned = definition(metric(REVENUE), plan={"method": "fixed", "planned_units": 200, "cuped": True})
    view = lake_of(tmp_path, events).view()
    arm = moments_document(planned, measure(planned, view, LATER), LATER)["metrics"][0]["moments"][0]
    columns, second = arm["columns"], arm["comoments"]
    place = columns.index("covariate")
    left = 1 - second[0][place] ** 2 / (second[0][0] * second[place][place])
    assert left < 0.01
