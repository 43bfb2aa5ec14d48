"""Every kind of metric counts what its definition says, and says what it could not count."""

from __future__ import annotations

import math
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from assignment.events import Event
from experiments.analysis.report import analyse
from experiments.forms import MetricForm
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


def control(folder: Path, form: MetricForm, events: list[Event], **plan: Any) -> dict[str, Any]:
    """What the report says about the control on the one metric."""
    report = analyse(definition(form, **plan), lake_of(folder, events).view(), LATER)
    arm: dict[str, Any] = report["metrics"][0]["variants"][0]
    return arm


def test_only_events_at_or_after_the_first_exposure_and_within_the_window_count(tmp_path: Path) -> None:
    events = [
        exposure("a", at=START + HOUR),
        exposure("a", at=START + 5 * HOUR),
        conversion("a", 1, START),
        conversion("a", 2, START + HOUR),
        conversion("a", 4, START + 25 * HOUR),
        conversion("a", 8, START + 25.01 * HOUR),
        conversion("a", 16, START + 2 * HOUR, name="return"),
    ]
    assert control(tmp_path, metric(REVENUE, window_hours=24), events)["sum"] == 6.0


def test_an_earlier_exposure_that_comes_in_late_moves_the_window(tmp_path: Path) -> None:
    form, done = metric(REVENUE, window_hours=1), conversion("a", 2, START)
    lake = lake_of(tmp_path, [exposure("a", at=START + HOUR), done])
    one = analyse(definition(form), lake.view(), LATER)
    lake_of(tmp_path, [exposure("a", at=START - HOUR)], LATER)
    two = analyse(definition(form), lake.view(), LATER)
    assert [report["metrics"][0]["variants"][0]["sum"] for report in (one, two)] == [0.0, 2.0]


def test_a_unit_that_met_two_variants_is_left_out_and_counted(tmp_path: Path) -> None:
    events = [
        exposure("a"), exposure("a", "treatment", START + HOUR), conversion("a", at=START + 2 * HOUR),
        exposure("b"), exposure("b", at=START + HOUR), exposure("c", "treatment"),
    ]  # fmt: skip
    report = analyse(definition(metric(ORDERS)), lake_of(tmp_path, events).view(), LATER)
    assert [arm["units"] for arm in report["variants"]] == [1, 1]
    assert report["health"]["multiple_exposure"]["units"] == 1
    assert report["health"]["multiple_exposure"]["status"] == "warning"
    assert report["metrics"][0]["variants"][0]["sum"] == 0


def test_an_exposure_to_an_unknown_variant_is_reported_and_changes_nothing(tmp_path: Path) -> None:
    events = [exposure("a"), exposure("a", "gone", START - HOUR), exposure("b", "gone")]
    report = analyse(definition(metric(ORDERS)), lake_of(tmp_path, events).view(), LATER)
    assert [arm["units"] for arm in report["variants"]] == [1, 0]
    assert report["health"]["unknown_variants"]["events"] == 2
    assert report["health"]["multiple_exposure"]["units"] == 0


def test_a_proportion_counts_units_and_a_count_counts_events(tmp_path: Path) -> None:
    events = [exposure("a"), exposure("b"), *(conversion("a", at=START + HOUR) for _ in range(3))]
    assert control(tmp_path / "p", metric(CONVERSION), events)["mean"] == 0.5
    assert control(tmp_path / "c", metric(ORDERS), events)["mean"] == 1.5


def test_a_mean_sums_a_property_and_says_where_it_is_missing(tmp_path: Path) -> None:
    form = metric(REVENUE, field="margin/net")
    values: list[Any] = [2.5, -1, "3", "much", None, True, "NaN"]
    events: list[Event] = [exposure("a"), conversion("a")]
    events += [conversion("a", properties={"margin/net": value}) for value in values]
    report = analyse(definition(form), lake_of(tmp_path, events).view(), LATER)
    assert report["metrics"][0]["variants"][0]["sum"] == 4.5
    assert report["health"]["missing_fields"]["metrics"] == {"revenue": 5}
    assert report["health"]["missing_fields"]["status"] == "warning"


def test_a_refund_lowers_the_sum(tmp_path: Path) -> None:
    events = [exposure("a"), conversion("a", 50), conversion("a", -80)]
    assert control(tmp_path, metric(REVENUE), events)["sum"] == -30.0


def test_an_order_in_another_currency_is_left_out_and_reported(tmp_path: Path) -> None:
    events = [
        exposure("a"), conversion("a", 10, currency="EUR"), conversion("a", 20),
        conversion("a", 40, currency="USD"), exposure("b"), conversion("b", 5, currency="USD"),
    ]  # fmt: skip
    report = analyse(definition(metric(REVENUE, unit="EUR")), lake_of(tmp_path, events).view(), LATER)
    assert report["metrics"][0]["variants"][0]["sum"] == 30.0
    check = report["health"]["currency"]
    assert (check["status"], check["metrics"]) == ("warning", {"revenue": {"left_out": {"USD": 2}}})


def test_currencies_added_up_without_a_unit_are_reported(tmp_path: Path) -> None:
    events = [exposure("a"), conversion("a", 10, currency="EUR"), conversion("a", 20, currency="USD")]
    report = analyse(definition(metric(REVENUE)), lake_of(tmp_path, events).view(), LATER)
    assert report["health"]["currency"]["metrics"] == {"revenue": {"mixed": ["EUR", "USD"]}}


def test_an_order_in_another_currency_leaves_both_sides_of_a_ratio(tmp_path: Path) -> None:
    basket = {
        "key": "basket", "name": "Basket", "kind": "ratio", "unit": "EUR",
        "numerator": {"event": "order", "field": "value"}, "denominator": {"event": "order"},
    }  # fmt: skip
    events = [exposure("a"), conversion("a", 10, currency="EUR"), conversion("a", 90, currency="USD")]
    arm = control(tmp_path, metric(basket), events)
    assert (arm["mean"], arm["numerator"], arm["denominator"]) == (10.0, 10.0, 1.0)


def test_a_cap_bounds_what_one_unit_counts_for(tmp_path: Path) -> None:
    events = [exposure("a"), exposure("b"), conversion("a", 40), conversion("a", 40), conversion("b", 7)]
    assert control(tmp_path, metric(REVENUE, cap={"value": 50}), events)["sum"] == 57.0


def test_a_cap_by_quantile_is_taken_over_all_units_of_all_variants(tmp_path: Path) -> None:
    draw = random.Random(4)
    values = {f"u{number}": draw.lognormvariate(3, 1) for number in range(40)}
    events: list[Event] = [conversion(unit, value) for unit, value in values.items()]
    for number in range(80):
        events.append(exposure(f"u{number}", ("control", "treatment")[number % 2]))
    whole = np.array([values.get(f"u{number}", 0.0) for number in range(80)])
    expected = np.minimum(whole[::2], np.quantile(whole, 0.9)).sum()
    arm = control(tmp_path, metric(REVENUE, cap={"quantile": 0.9}), events)
    assert arm["sum"] == pytest.approx(expected, rel=1e-12)


def test_a_cap_by_quantile_at_which_nobody_buys_caps_nothing_and_says_so(tmp_path: Path) -> None:
    events: list[Event] = [exposure(f"u{number}") for number in range(20)]
    events.append(conversion("u1", 80))
    for share, cap, total in ((0.9, None, 80.0), (0.99, pytest.approx(64.8), pytest.approx(64.8))):
        form = metric(REVENUE, cap={"quantile": share})
        report = analyse(definition(form), lake_of(tmp_path, events).view(), LATER)
        assert (report["metrics"][0]["cap"], report["metrics"][0]["variants"][0]["sum"]) == (cap, total)


def test_retention_asks_for_an_event_between_two_hours(tmp_path: Path) -> None:
    form = metric(
        {"key": "r", "name": "R", "kind": "retention", "event": "visit", "from_hours": 24, "to_hours": 48}
    )
    events: list[Event] = [exposure(unit) for unit in "abcde"]
    for unit, hours in {"a": 23.9, "b": 24, "c": 48, "d": 48.1, "e": 30}.items():
        events.append(conversion(unit, at=START + hours * HOUR, name="visit"))
    assert control(tmp_path, form, events)["sum"] == 3


@pytest.mark.parametrize("share", [0.1, 0.5, 0.75, 0.99])
def test_a_quantile_is_that_of_all_exposed_units(tmp_path: Path, share: float) -> None:
    draw = random.Random(5)
    values = {f"u{number}": draw.gauss(1, 2) for number in range(30)}
    events: list[Event] = [conversion(unit, value) for unit, value in values.items()]
    events += [exposure(f"u{number}") for number in range(47)]
    form = metric(REVENUE, kind="quantile", quantile=share)
    report = analyse(definition(form), lake_of(tmp_path, events).view(), LATER)
    whole = [values.get(f"u{number}", 0.0) for number in range(47)]
    measured = report["metrics"][0]
    assert measured["variants"][0]["quantile"] == pytest.approx(np.quantile(whole, share), rel=1e-12)


def test_moments_are_those_of_a_direct_computation_however_large_the_mean(tmp_path: Path) -> None:
    draw = np.random.default_rng(6)
    values = 1e8 + draw.standard_normal(3000)
    events: list[Event] = [exposure(f"u{number}") for number in range(3000)]
    events += [conversion(f"u{number}", float(value)) for number, value in enumerate(values)]
    arm = control(tmp_path, metric(REVENUE), events)
    assert arm["mean"] == pytest.approx(values.mean(), rel=1e-15)
    assert arm["std"] == pytest.approx(values.std(ddof=1), rel=1e-9)


def test_moments_of_a_ratio_follow_the_delta_method(tmp_path: Path) -> None:
    draw = np.random.default_rng(7)
    events: list[Event] = []
    above, below = np.zeros(200), np.zeros(200)
    for number in range(200):
        events.append(exposure(f"u{number}"))
        for _ in range(draw.integers(0, 4)):
            value = float(draw.lognormal())
            events.append(conversion(f"u{number}", value))
            above[number] += value
            below[number] += 1
    basket = {
        "key": "basket", "name": "Basket", "kind": "ratio",
        "numerator": {"event": "order", "field": "value"}, "denominator": {"event": "order"},
    }  # fmt: skip
    arm = control(tmp_path, metric(basket), events)
    ratio = above.sum() / below.sum()
    assert arm["mean"] == pytest.approx(ratio, rel=1e-12)
    assert arm["std"] == pytest.approx((above - ratio * below).std(ddof=1) / below.mean(), rel=1e-9)


@pytest.mark.parametrize(("cuped", "reduced"), [(True, True), (False, False)])
def test_what_units_did_before_exposure_reduces_the_variance_where_the_plan_says_so(
    tmp_path: Path, cuped: bool, reduced: bool
) -> None:
    draw = random.Random(8)
    events: list[Event] = []
    for number in range(4000):
        habit = draw.lognormvariate(3, 0.7)
        events.append(exposure(f"u{number}", ("control", "treatment")[number % 2]))
        events.append(conversion(f"u{number}", habit * draw.uniform(0.9, 1.1), START - 24 * HOUR))
        events.append(conversion(f"u{number}", habit * draw.uniform(0.9, 1.1), START + HOUR))
    report = analyse(
        definition(metric(REVENUE), plan={"cuped": cuped}), lake_of(tmp_path, events).view(), LATER
    )
    assert (report["metrics"][0]["comparisons"][0]["variance_reduction"] > 0.9) is reduced


def test_events_longer_ago_than_the_window_are_no_covariate(tmp_path: Path) -> None:
    events: list[Event] = []
    for number in range(200):
        events.append(exposure(f"u{number}", ("control", "treatment")[number % 2]))
        events.append(conversion(f"u{number}", number, START - 25 * HOUR))
        events.append(conversion(f"u{number}", number, START + HOUR))
    form = metric(REVENUE, window_hours=24)
    report = analyse(definition(form), lake_of(tmp_path, events).view(), LATER)
    assert report["metrics"][0]["comparisons"][0]["variance_reduction"] == 0.0


def test_values_too_large_to_compute_with_leave_the_metric_undetermined(tmp_path: Path) -> None:
    events = [exposure("a"), exposure("b", "treatment"), conversion("a", 1e200)]
    report = analyse(definition(metric(REVENUE)), lake_of(tmp_path, events).view(), LATER)
    measured = report["metrics"][0]
    assert measured["variants"][0]["mean"] is None
    assert measured["comparisons"][0]["undetermined_code"] == "values_too_large"


@pytest.mark.parametrize("value", [1e-300, 1e-12, 1e15, 1e99])
def test_sums_are_exact_for_values_of_any_size(tmp_path: Path, value: float) -> None:
    events = [exposure("a"), exposure("b"), conversion("a", value), conversion("a", value * 2)]
    arm = control(tmp_path, metric(REVENUE), events)
    assert arm["sum"] == pytest.approx(3 * value, rel=1e-15)
    assert math.isfinite(arm["std"])


def test_many_cents_add_up_to_the_nearest_double(tmp_path: Path) -> None:
    events: list[Event] = [exposure("a"), *(conversion("a", 0.1) for _ in range(1000))]
    assert control(tmp_path, metric(REVENUE), events)["sum"] == math.fsum([0.1] * 1000)
