"""Effects by days since exposure and by its date are those of the raw events, corrected, and never decide."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_ind

from assignment.events import Event
from experiments.analysis.cuts import SPANS
from experiments.analysis.render import render_csv, render_html
from experiments.analysis.report import analyse
from experiments.analysis.verify import verify
from tests.experiments.analysis.build import (
    CONVERSION,
    REVENUE,
    START,
    conversion,
    definition,
    exposure,
    lake_of,
    metric,
)

Document = dict[str, Any]
DAY = timedelta(days=1)
NOW = START + 24 * DAY
FOREVER: Document = {"plan": {"method": "fixed", "planned_units": 10, "cuped": False}}
RATIO = {
    "key": "basket",
    "name": "Basket",
    "kind": "ratio",
    "numerator": {"event": "order", "field": "value"},
    "denominator": {"event": "order"},
}


def shop(units: int = 900, fading: float = 0.0, seed: int = 2) -> list[Event]:
    """Shoppers over twenty days who order for weeks; the treatment's surplus fades by this share a day."""
    draw, events = random.Random(seed), []
    for number in range(units):
        arm, at = draw.randrange(2), START + draw.uniform(0, 20) * DAY
        events.append(exposure(f"u{number}", ("control", "treatment")[arm], at))
        for _ in range(draw.randrange(1, 7)):
            age = 28 * draw.random() ** 2
            if at + age * DAY > NOW:
                continue
            lift = 1 + 0.6 * arm * (1 - fading) ** age if fading else 1.0
            events.append(conversion(f"u{number}", draw.lognormvariate(3, 0.5) * lift, at + age * DAY))
    return events


def frames(events: list[Event]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Units and orders as an analyst would have them, made from the raw events alone."""
    rows: dict[type, list[dict[str, Any]]] = {}
    for event in events:
        rows.setdefault(type(event), []).append(
            {name: getattr(event, name, None) for name in ("unit", "time", "variant", "value")}
        )
    exposures, orders = (pd.DataFrame(each) for each in rows.values())
    units = exposures.groupby("unit").agg(first=("time", "min"), variant=("variant", "first")).reset_index()
    orders = orders.drop(columns="variant").merge(units, on="unit")
    orders["age"] = orders["time"] - orders["first"]
    return units, orders[orders["age"] >= timedelta()]


def by_hand(units: pd.DataFrame, orders: pd.DataFrame) -> list[np.ndarray[Any, Any]]:
    """Revenue per unit by variant, zeros included."""
    totals = units.merge(orders.groupby("unit")["value"].sum().reset_index(), on="unit", how="left")
    totals["value"] = totals["value"].fillna(0.0)
    return [totals.loc[totals["variant"] == arm, "value"].to_numpy() for arm in ("control", "treatment")]


def check(row: Document, arms: list[np.ndarray[Any, Any]]) -> None:
    """A cut's numbers against those by hand; scipy's Welch test is the referee of the p-value."""
    assert [arm["units"] for arm in row["variants"]] == [len(arm) for arm in arms]
    if not len(arms[0]):
        assert row["comparisons"][0]["undetermined"] is not None
        return
    assert [arm["mean"] for arm in row["variants"]] == pytest.approx([arm.mean() for arm in arms], rel=1e-12)
    comparison = row["comparisons"][0]
    if comparison["undetermined"] is None:
        expected = ttest_ind(arms[1], arms[0], equal_var=False).pvalue
        assert comparison["own_p_value"] == pytest.approx(expected, rel=1e-9)


def test_by_age_only_units_that_lived_through_the_days_count_with_what_they_did_in_them(
    tmp_path: Path,
) -> None:
    events = shop()
    units, orders = frames(events)
    report = analyse(definition(metric(REVENUE), **FOREVER), lake_of(tmp_path, events).view(), NOW)
    ages = report["cuts"]["ages"]
    assert [(each["first_day"], each["last_day"]) for each in ages] == [(a, b - 1) for a, b in SPANS]
    for each, (start, end) in zip(ages, SPANS, strict=True):
        old = units[units["first"] + end * DAY <= NOW]
        inside = orders[
            (orders["age"] >= start * DAY) & (orders["age"] < end * DAY) & orders["unit"].isin(old["unit"])
        ]
        check(each["metrics"][0], by_hand(old, inside))
    assert ages[-1]["units"] == 0
    assert ages[-1]["metrics"][0]["comparisons"][0]["undetermined_code"] == "too_few_units"
    assert ages[0]["metrics"][0]["family"] == len(SPANS)


def test_by_date_the_units_of_each_day_or_week_count_with_all_that_they_did(tmp_path: Path) -> None:
    events = shop()
    units, orders = frames(events)
    report = analyse(definition(metric(REVENUE), **FOREVER), lake_of(tmp_path, events).view(), NOW)
    cuts = report["cuts"]
    assert cuts["days_together"] == 7
    assert sum(each["units"] for each in cuts["dates"]) == len(units)
    for each in cuts["dates"]:
        first, last = (datetime.fromisoformat(each[end]).date() for end in ("from", "to"))
        assert (first.weekday(), last - first) == (0, 6 * DAY)
        days = units["first"].dt.date
        same = units[(days >= first) & (days <= last)]
        check(each["metrics"][0], by_hand(same, orders[orders["unit"].isin(same["unit"])]))


def test_a_short_experiment_is_cut_by_single_days(tmp_path: Path) -> None:
    events = [exposure(f"u{number}", "control", START + number % 5 * DAY) for number in range(50)]
    report = analyse(definition(metric(REVENUE)), lake_of(tmp_path, events).view(), NOW)
    assert [(each["from"], each["units"]) for each in report["cuts"]["dates"]] == [
        (f"2026-11-0{day}", 10) for day in range(1, 6)
    ]


def test_days_beyond_the_window_of_a_metric_are_not_cut(tmp_path: Path) -> None:
    plan = definition(metric(REVENUE, window_hours=100), metric(CONVERSION, window_hours=12))
    cuts = analyse(plan, lake_of(tmp_path, shop(200)).view(), NOW)["cuts"]
    assert [each["last_day"] for each in cuts["ages"]] == [0, 1, 3]
    assert [row["metric"] for row in cuts["ages"][0]["metrics"]] == ["revenue"]
    assert cuts["changes"][1]["undetermined_code"] == "no_days"


def test_caps_apply_within_the_days(tmp_path: Path) -> None:
    events = shop(600)
    units, orders = frames(events)
    for cap in ({"value": 25.0}, {"quantile": 0.9}):
        plan = definition(metric(REVENUE, cap=cap), **FOREVER)
        report = analyse(plan, lake_of(tmp_path / str(cap), events).view(), NOW)
        limit = report["metrics"][0]["cap"]
        old = units[units["first"] + DAY <= NOW]
        inside = orders[(orders["age"] < DAY) & orders["unit"].isin(old["unit"])]
        arms = [np.minimum(arm, limit) for arm in by_hand(old, inside)]
        check(report["cuts"]["ages"][0]["metrics"][0], arms)


def test_an_effect_that_fades_is_told_and_one_that_stays_is_not(tmp_path: Path) -> None:
    plan = definition(metric(REVENUE), metric(RATIO), plan={"method": "sequential", "planned_units": 6_000})
    fading = analyse(plan, lake_of(tmp_path / "a", shop(6_000, fading=0.4)).view(), NOW)["cuts"]["changes"]
    for change in fading:
        assert (change["significant"], change["direction"]) == (True, "fades")
        assert change["slope"] < 0
    steady = analyse(plan, lake_of(tmp_path / "b", shop(6_000)).view(), NOW)["cuts"]["changes"]
    assert not any(change["significant"] for change in steady)
    assert all(change["p_value"] is not None for change in steady)


def test_with_too_little_a_change_cannot_be_told(tmp_path: Path) -> None:
    report = analyse(definition(metric(REVENUE)), lake_of(tmp_path, shop(60)).view(), NOW)
    change = report["cuts"]["changes"][0]
    assert change["p_value"] is None
    assert change["undetermined_code"] == "too_few_spans"


def test_cuts_decide_nothing_and_are_computed_again_alike(tmp_path: Path) -> None:
    view = lake_of(tmp_path, shop(400)).view()
    plan = definition(metric(REVENUE))
    report = analyse(plan, view, NOW)
    assert report["cuts"]["exploratory"]
    assert verify(report, plan, view) == []
    # A report from before there were cuts is still one.
    del report["cuts"]
    assert verify(report, plan, view) == []


def test_the_files_have_the_cuts_in_both_languages(tmp_path: Path) -> None:
    report = analyse(definition(metric(REVENUE)), lake_of(tmp_path, shop(400)).view(), NOW)
    assert "By days since first exposure" in render_html(report)
    assert "Naar dagen sinds de eerste blootstelling" in render_html(report, language="nl")
    assert "(days since exposure),4–6,revenue" in render_csv(report)
    assert f"(first exposed from),{report['cuts']['dates'][0]['from']},revenue" in render_csv(report)
