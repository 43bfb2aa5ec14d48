"""What units did before exposure explains as much as least squares on the same units; nothing later does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import statsmodels.api as sm
from numpy.typing import NDArray

from assignment.events import Event, Exposure
from experiments.analysis.measure import measure
from experiments.analysis.report import analyse
from experiments.forms import MetricForm
from stats.summary import Summary
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

Floats = NDArray[np.float64]
WINDOW = 48
VISITS = {"key": "visits", "name": "Visits", "kind": "count", "event": "visit", "window_hours": 24}
BASKET = {
    "key": "basket", "name": "Basket", "kind": "ratio", "window_hours": WINDOW,
    "numerator": {"event": "order", "field": "value"}, "denominator": {"event": "order"},
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shop:
    """Events, and per unit what they come to.

    Attributes:
        treated: Whether the unit is in the treatment.
        after: Values of its orders within the window.
        before: Values of its orders in as long a time before exposure.
        seen: Whether it had an order or a visit then.
    """

    events: list[Event]
    treated: Floats
    after: list[list[float]]
    before: list[list[float]]
    seen: Floats


def shop(seed: int, units: int = 600) -> Shop:
    """Four in ten shoppers are new; the others buy and visit as they always did."""
    draw = np.random.default_rng(seed)
    found = Shop([], draw.integers(0, 2, units).astype(np.float64), [], [], np.zeros(units))
    for place in range(units):
        unit, habit = f"u{place}", draw.gamma(2.0, 0.7)
        at = START + timedelta(minutes=place)
        variant = "treatment" if found.treated[place] else "control"
        found.events.append(exposure(unit, variant, at))
        new = draw.random() < 0.4
        orders = [[float(draw.lognormal(3, 0.6)) for _ in range(draw.poisson(habit))] for _ in range(2)]
        before = [] if new else orders[0]
        found.after.append(orders[1])
        found.before.append(before)
        for values, sign in ((before, -1), (orders[1], 1)):
            moments = [at + sign * draw.uniform(0.1, 47.9) * HOUR for _ in values]
            found.events.extend(map(conversion, [unit] * len(values), values, moments))
        # Too long ago, at the moment of exposure, and too late: none of these may be a covariate.
        if not new:
            found.events.append(conversion(unit, 500.0, at - 48.1 * HOUR))
            found.events.append(conversion(unit, 1.0, at - 47 * HOUR, name="visit"))
        found.events.append(conversion(unit, 1.0, at, name="visit"))
        found.seen[place] = not new
    return found


def sums(values: list[list[float]], cap: float = np.inf) -> Floats:
    return np.array([min(sum(each), cap) for each in values])


def counts(values: list[list[float]]) -> Floats:
    return np.array([len(each) for each in values], dtype=np.float64)


def compared(folder: Path, made: Shop, *forms: MetricForm) -> dict[str, Any]:
    """The comparison of the first of the metrics."""
    report = analyse(definition(*forms), lake_of(folder, made.events).view(), LATER)
    found: dict[str, Any] = report["metrics"][0]["comparisons"][0]
    return found


def by_hand(made: Shop, outcome: Floats, *covariates: Floats) -> tuple[float, float]:
    """Share of the difference's variance that least squares removes, and the difference that is left."""
    left = sm.OLS(outcome, sm.add_constant(np.column_stack(covariates))).fit().resid
    arms = [made.treated == 0, made.treated == 1]
    raw, rest = (sum(each[arm].var(ddof=1) / arm.sum() for arm in arms) for each in (outcome, left))
    return float(1 - rest / raw), float(left[arms[1]].mean() - left[arms[0]].mean())


@pytest.mark.parametrize("cap", [None, 60.0])
def test_revenue_is_adjusted_for_revenue_orders_and_history_before_exposure(
    tmp_path: Path, cap: float | None
) -> None:
    made = shop(1)
    form = metric(REVENUE, window_hours=WINDOW, cap=None if cap is None else {"value": cap})
    found = compared(tmp_path, made, form, metric(VISITS))
    bound = np.inf if cap is None else cap
    share, difference = by_hand(
        made, sums(made.after, bound), sums(made.before, bound), counts(made.before), made.seen
    )
    assert found["covariates"] == ["pre_value", "pre_count", "seen_before"]
    assert found["variance_reduction"] == pytest.approx(share, rel=1e-9)
    assert found["variance_reduction"] > 0.05
    assert found["absolute"]["estimate"] == pytest.approx(difference, rel=1e-9)


def test_orders_are_adjusted_for_orders_and_history(tmp_path: Path) -> None:
    made = shop(2)
    found = compared(tmp_path, made, metric(ORDERS, window_hours=WINDOW), metric(VISITS))
    share, difference = by_hand(made, counts(made.after), counts(made.before), made.seen)
    assert found["covariates"] == ["pre_value", "seen_before"]
    assert found["variance_reduction"] == pytest.approx(share, rel=1e-9)
    assert found["absolute"]["estimate"] == pytest.approx(difference, rel=1e-9)


def test_conversion_is_adjusted_for_conversion_orders_and_history(tmp_path: Path) -> None:
    made = shop(3)
    found = compared(tmp_path, made, metric(CONVERSION, window_hours=WINDOW), metric(VISITS))
    bought, before = (np.minimum(counts(values), 1.0) for values in (made.after, made.before))
    share, difference = by_hand(made, bought, before, counts(made.before), made.seen)
    assert found["covariates"] == ["pre_value", "pre_count", "seen_before"]
    assert found["variance_reduction"] == pytest.approx(share, rel=1e-9)
    assert found["absolute"]["estimate"] == pytest.approx(difference, rel=1e-9)


def test_a_ratio_is_adjusted_for_its_linearised_self_and_history(tmp_path: Path) -> None:
    made = shop(4, 3_000)
    found = compared(tmp_path, made, metric(BASKET), metric(VISITS))
    arms = [made.treated == 0, made.treated == 1]

    def linear(above: Floats, below: Floats, units: NDArray[np.bool_]) -> Floats:
        size = below[units].mean()
        return np.asarray((above - above[units].mean() / size * below) / size)

    everyone = np.ones(3_000, dtype=bool)
    after, before = ((sums(values), counts(values)) for values in (made.after, made.before))
    covariates = np.column_stack([linear(*before, everyone), made.seen])
    theta = sm.OLS(linear(*after, everyone), sm.add_constant(covariates)).fit().params[1:]
    raw = rest = 0.0
    for arm in arms:
        outcome, parts = linear(*after, arm), np.column_stack([linear(*before, arm), made.seen])
        raw += outcome[arm].var(ddof=1) / arm.sum()
        rest += (outcome - parts @ theta)[arm].var(ddof=1) / arm.sum()
    assert found["covariates"] == ["pre_ratio", "seen_before"]
    assert found["variance_reduction"] == pytest.approx(max(1 - rest / raw, 0.0), abs=1e-9)


def test_a_cap_by_quantile_lowers_the_value_before_and_not_the_number_of_events(tmp_path: Path) -> None:
    made = shop(5)
    capped = metric(REVENUE, window_hours=WINDOW, cap={"quantile": 0.9})
    plain = metric(REVENUE, key="plain", window_hours=WINDOW)
    found = compared(tmp_path, made, capped, plain, metric(VISITS))
    bound = float(np.quantile(sums(made.after), 0.9))
    share, _ = by_hand(
        made, sums(made.after, bound), sums(made.before, bound), counts(made.before), made.seen
    )
    assert found["variance_reduction"] == pytest.approx(share, rel=1e-9)
    share, _ = by_hand(made, sums(made.after), sums(made.before), counts(made.before), made.seen)
    found = compared(tmp_path / "plain", made, plain, capped, metric(VISITS))
    assert found["variance_reduction"] == pytest.approx(share, rel=1e-9)


def test_third_moments_are_those_of_the_residuals_in_every_variant_and_segment(tmp_path: Path) -> None:
    made = shop(7)
    for place, event in enumerate(made.events):
        if isinstance(event, Exposure):
            made.events[place] = msgspec.structs.replace(event, attributes={"odd": int(event.unit[1:]) % 2})
    odd = np.arange(600) % 2
    form = metric(REVENUE, window_hours=WINDOW)
    plan = definition(form, segments=["odd"])
    measured = measure(plan, lake_of(tmp_path, made.events).view(), LATER)
    orders = counts(made.before)
    outcome, covariates = sums(made.after), np.column_stack([sums(made.before), orders, orders > 0])

    def cubes(units: NDArray[np.bool_], summaries: Sequence[Summary] | None) -> None:
        left = np.zeros(600)
        left[units] = sm.OLS(outcome[units], sm.add_constant(covariates[units])).fit().resid
        for treated, summary in enumerate(summaries or ()):
            rest = left[units & (made.treated == treated)]
            assert summary.residual == pytest.approx(((rest - rest.mean()) ** 3).sum(), rel=1e-9)

    cubes(np.ones(600, dtype=bool), measured.metrics[0].summaries)
    assert len(measured.slices) == 2
    for part in measured.slices:
        cubes(odd == int(part.value), part.metrics["revenue"])


def test_history_of_everybody_is_no_covariate(tmp_path: Path) -> None:
    made = shop(6)
    moments = [START + timedelta(minutes=place) - HOUR for place in range(600)]
    made.events.extend(conversion(f"u{place}", 1.0, at, name="visit") for place, at in enumerate(moments))
    found = compared(tmp_path, made, metric(REVENUE, window_hours=WINDOW), metric(VISITS))
    assert found["covariates"] == ["pre_value", "pre_count"]


def test_without_events_before_exposure_there_are_no_covariates(tmp_path: Path) -> None:
    events: list[Event] = [exposure(f"u{place}", ("control", "treatment")[place % 2]) for place in range(200)]
    events += [conversion(f"u{place}", place + 1.0, START) for place in range(150)]
    report = analyse(definition(metric(REVENUE)), lake_of(tmp_path, events).view(), LATER)
    found = report["metrics"][0]["comparisons"][0]
    assert (found["covariates"], found["variance_reduction"]) == ([], 0.0)
    assert found["undetermined"] is None
