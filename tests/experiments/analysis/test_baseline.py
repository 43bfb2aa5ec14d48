"""Baselines of metrics, against the same numbers computed from the raw values."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.stats import norm

from assignment.events import Event
from experiments.analysis.baseline import Baseline, baselines
from experiments.forms import MetricForm
from tests.experiments.analysis.build import (
    CONVERSION,
    HOUR,
    ORDERS,
    REVENUE,
    START,
    conversion,
    exposure,
    lake_of,
    metric,
)

DAY = timedelta(days=1)
NOW = START + 40 * DAY
RATIO = {
    "key": "basket",
    "name": "Basket",
    "kind": "ratio",
    "numerator": {"event": "order", "field": "value"},
    "denominator": {"event": "order"},
}
MEDIAN = {"key": "median", "name": "Median", "kind": "quantile", "event": "order", "quantile": 0.9}
WINDOW = metric(REVENUE, window_hours=48)
UNITS = 1_500


def history() -> tuple[list[Event], np.ndarray]:
    """Units that come evenly over 30 days, what each spent within two days, and before."""
    rng = np.random.default_rng(20261125)
    events: list[Event] = []
    spent = np.zeros((UNITS, 3))
    for unit in range(UNITS):
        first = START + 10 * DAY + unit * 25 * DAY / UNITS
        events.append(exposure(f"u{unit}", at=first))
        events.append(exposure(f"u{unit}", "treatment", at=first + DAY, experiment="other"))
        size = float(rng.lognormal(3.0, 0.8))
        if rng.random() < 0.3:
            events.append(conversion(f"u{unit}", size, first + 5 * HOUR))
            spent[unit, :2] += [size, 1]
        if rng.random() < 0.5:
            events.append(conversion(f"u{unit}", size, first - 3 * HOUR))
            spent[unit, 2] += size
        events.append(conversion(f"u{unit}", 1000.0, first + 60 * HOUR, name="late"))
        events.append(conversion(f"u{unit}", 77.0, first + 49 * HOUR))
    return events, spent


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Baseline | None], np.ndarray]:
    events, spent = history()
    forms = [
        WINDOW,
        metric(CONVERSION, window_hours=48),
        metric(ORDERS, window_hours=48),
        metric(RATIO, window_hours=48),
        metric(MEDIAN, window_hours=48),
    ]
    return baselines(lake_of(tmp_path_factory.mktemp("lake"), events).view(), forms, NOW), spent


def found(known: tuple[dict[str, Baseline | None], np.ndarray], key: str) -> Baseline:
    baseline = known[0][key]
    assert baseline is not None
    return baseline


def test_moments_are_those_of_what_each_unit_did_in_its_window(known: Any) -> None:
    spent = known[1]
    revenue, conversions = found(known, "revenue"), found(known, "conversion")
    assert revenue.source == "exposures"
    assert revenue.units == UNITS
    assert revenue.mean == pytest.approx(spent[:, 0].mean())
    assert revenue.std == pytest.approx(spent[:, 0].std(ddof=1))
    deviations = spent[:, 0] - spent[:, 0].mean()
    assert revenue.skewness == pytest.approx((deviations**3).mean() / spent[:, 0].std(ddof=1) ** 3)
    assert revenue.nonzero == conversions.mean == pytest.approx(spent[:, 1].mean())


def test_covariates_leave_the_variance_that_a_regression_leaves(known: Any) -> None:
    spent = known[1]
    design = np.column_stack([np.ones(UNITS), spent[:, 2], spent[:, 2] > 0])
    left = spent[:, 0] - design @ np.linalg.lstsq(design, spent[:, 0], rcond=None)[0]
    assert found(known, "revenue").left == pytest.approx(left.var() / spent[:, 0].var(), abs=0.01)


def test_a_ratio_is_linearised(known: Any) -> None:
    spent = known[1]
    ratio = spent[:, 0].sum() / spent[:, 1].sum()
    basket = found(known, "basket")
    assert basket.mean == pytest.approx(ratio)
    parts = (spent[:, 0] - ratio * spent[:, 1]) / spent[:, 1].mean()
    assert basket.std == pytest.approx(parts.std(ddof=1), rel=1e-3)


def test_a_quantile_has_the_spread_of_its_density(known: Any) -> None:
    spent = known[1]
    median = found(known, "median")
    assert median.mean == pytest.approx(np.quantile(spent[:, 0], 0.9))
    # The 0.9 quantile of all is the 2/3 quantile of a lognormal that three in ten have.
    place = norm.ppf(2 / 3)
    density = 0.3 * norm.pdf(place) / (0.8 * np.exp(3.0 + 0.8 * place))
    assert median.std == pytest.approx(0.3 / density, rel=0.25)


def test_traffic_is_that_of_the_period(known: Any) -> None:
    revenue = found(known, "revenue")
    assert revenue.daily == pytest.approx(UNITS / 26, rel=0.01)
    assert revenue.until == START + 35 * DAY + DAY - 25 * DAY / UNITS


def test_units_whose_window_is_open_do_not_count(tmp_path: Path) -> None:
    events, _ = history()
    view = lake_of(tmp_path, events).view()
    early = baselines(view, [WINDOW], START + 22 * DAY)["revenue"]
    assert early is not None
    assert early.until <= START + 20 * DAY
    assert early.units == 601


def test_only_the_last_four_weeks_count(tmp_path: Path) -> None:
    old = [exposure(f"old{unit}", at=START) for unit in range(200)]
    events, _ = history()
    later = [exposure(f"new{unit}", at=START + 38 * DAY) for unit in range(5)]
    baseline = baselines(lake_of(tmp_path, [*old, *events, *later]).view(), [metric(REVENUE)], NOW)["revenue"]
    assert baseline is not None
    assert baseline.since >= START + 10 * DAY
    assert 0 < baseline.units <= UNITS + 5


def test_the_same_events_in_another_order_give_the_same_numbers(tmp_path: Path) -> None:
    events, _ = history()
    one = baselines(lake_of(tmp_path / "a", events).view(), [WINDOW], NOW)
    other = baselines(lake_of(tmp_path / "b", events[::-1]).view(), [WINDOW], NOW)
    assert one == other


def visits(buyers_seen: bool) -> list[Event]:
    events: list[Event] = []
    for unit in range(400):
        first = START + unit * 10 * DAY / 400
        if unit % 4 or buyers_seen:
            events.append(conversion(f"u{unit}", at=first, name="view"))
        if unit % 4 == 0:
            events.append(conversion(f"u{unit}", 10.0 + unit % 7, at=first + HOUR))
    return events


def test_without_exposures_units_are_those_seen_in_other_events(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, visits(buyers_seen=True))
    baseline = baselines(lake.view(), [metric(CONVERSION, window_hours=24)], NOW)["conversion"]
    assert baseline is not None
    assert (baseline.source, baseline.units, baseline.mean) == ("events", 400, 0.25)
    assert baseline.daily == pytest.approx(40, rel=0.01)


@pytest.mark.parametrize("form", [CONVERSION, REVENUE])
def test_events_that_show_few_of_the_buyers_stand_for_no_visits(tmp_path: Path, form: Any) -> None:
    lake = lake_of(tmp_path, visits(buyers_seen=False))
    assert baselines(lake.view(), [metric(form)], NOW) == {form["key"]: None}


def test_a_shop_without_events_has_no_baseline(tmp_path: Path) -> None:
    assert baselines(lake_of(tmp_path, []).view(), [WINDOW], NOW) == {"revenue": None}


@pytest.mark.parametrize(
    "form", [metric(CONVERSION, event="never"), metric(REVENUE, event="late", field="x")]
)
def test_a_metric_that_nobody_moves_has_no_baseline(tmp_path: Path, form: MetricForm) -> None:
    events, _ = history()
    assert baselines(lake_of(tmp_path, events).view(), [form], NOW)[form.key] is None


def test_bots_are_no_part_of_what_a_plan_is_made_of(tmp_path: Path) -> None:
    def shop(folder: str, *bots: Event) -> Baseline | None:
        events = [exposure(f"u{unit}", at=START + unit * DAY / 100) for unit in range(400)]
        events += [conversion(f"u{unit}", at=START + unit * DAY / 100 + HOUR) for unit in range(0, 400, 4)]
        return baselines(lake_of(tmp_path / folder, [*events, *bots]).view(), [metric(CONVERSION)], NOW)[
            "conversion"
        ]

    bots = [
        exposure(f"b{unit}", at=START + unit * DAY / 100, attributes={"bot": True}) for unit in range(200)
    ]
    assert shop("with", *bots) == shop("without")
    assert shop("without") is not None
