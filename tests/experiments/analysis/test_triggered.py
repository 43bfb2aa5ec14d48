"""Where a trigger is declared, the units that reached it decide, from that moment on, in all variants."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.stats import ttest_ind

from assignment.events import Event
from experiments.analysis.lake import Lake
from experiments.analysis.render import render_csv, render_html
from experiments.analysis.report import analyse
from experiments.analysis.rows import Rows, microseconds
from experiments.analysis.verify import verify
from experiments.cli.reports import summary
from experiments.definition import freeze, plan_document
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

Document = dict[str, Any]
TRIGGER = {"event": "cart_viewed"}
MINUTE = timedelta(minutes=1)
ONCE = {"method": "fixed", "planned_units": 10, "cuped": False}


@dataclass
class Shop:
    """Shoppers with what they did, kept apart from the product's own counting.

    Attributes:
        events: Everything that was sent.
        orders: Per variant, unit and whether it reached the trigger, the sum of orders from the trigger on.
    """

    events: list[Event] = field(default_factory=list)
    orders: dict[str, dict[str, float]] = field(default_factory=lambda: defaultdict(dict))

    def visit(
        self, unit: str, variant: str, at: Any, *, cart: Any = None, orders: Sequence[Any] = ()
    ) -> None:
        """One shopper: exposure, perhaps the cart, and orders as (moment, amount)."""
        self.events.append(exposure(unit, variant, at))
        if cart is not None:
            self.events.append(conversion(unit, 1.0, cart, name="cart_viewed"))
            self.orders[variant][unit] = sum(value for moment, value in orders if moment >= cart)
        self.events += [conversion(unit, value, moment) for moment, value in orders]

    def arms(self) -> list[np.ndarray[Any, Any]]:
        """Sums of the triggered units by variant."""
        return [np.array(list(self.orders[key].values())) for key in ("control", "treatment")]


def shop(
    units: int = 1_200, rates: tuple[float, float] = (0.3, 0.3), lift: float = 0.0, seed: int = 1
) -> Shop:
    """Shoppers of whom some view the cart; only then can the treatment work, and all order now and then."""
    draw, made = random.Random(seed), Shop()
    for number in range(units):
        arm = draw.randrange(2)
        at = START + number * MINUTE
        cart = at + draw.randrange(1, 90) * MINUTE if draw.random() < rates[arm] else None
        orders = [
            (at + draw.randrange(1, 400) * MINUTE, draw.lognormvariate(3, 0.6))
            for _ in range(draw.randrange(3))
        ]
        if cart is not None and draw.random() < 0.3 + lift * arm:
            orders.append((cart + HOUR, draw.lognormvariate(3, 0.6)))
        made.visit(f"u{number}", ("control", "treatment")[arm], at, cart=cart, orders=orders)
    return made


def report_of(made: Shop, folder: Path, *metrics: Any, **changes: Any) -> Document:
    """The report on a shop with the trigger."""
    plan = definition(*(metrics or (metric(REVENUE),)), **{"trigger": TRIGGER, "plan": ONCE, **changes})
    return analyse(plan, lake_of(folder, made.events).view(), LATER)


def test_triggered_units_are_counted_from_the_trigger_on_as_by_hand(tmp_path: Path) -> None:
    made = shop(lift=0.2)
    report = report_of(made, tmp_path)
    (row,) = report["trigger"]["metrics"]
    control, treatment = made.arms()
    assert [arm["units"] for arm in row["variants"]] == [len(control), len(treatment)]
    assert [arm["mean"] for arm in row["variants"]] == pytest.approx(
        [control.mean(), treatment.mean()], rel=1e-12
    )
    # Referee: scipy's Welch test on the sums per unit, made apart from the lake.
    assert row["comparisons"][0]["p_value"] == pytest.approx(
        ttest_ind(treatment, control, equal_var=False).pvalue, rel=1e-9
    )
    assert report["trigger"]["units"] == len(control) + len(treatment)
    assert report["progress"]["units"] == report["trigger"]["units"]
    assert report["metrics"][0]["variants"][0]["units"] > len(control)


def test_a_trigger_before_the_exposure_is_none(tmp_path: Path) -> None:
    made = Shop()
    for number in range(40):
        variant = ("control", "treatment")[number % 2]
        made.visit(f"u{number}", variant, START, cart=START - HOUR if number < 20 else START + HOUR)
    report = report_of(made, tmp_path)
    assert [arm["units"] for arm in report["trigger"]["variants"]] == [10, 10]
    assert [arm["exposed"] for arm in report["trigger"]["variants"]] == [20, 20]


def test_what_was_done_before_the_trigger_is_a_covariate_and_no_outcome(tmp_path: Path) -> None:
    draw, made = random.Random(5), Shop()
    for number in range(2_000):
        at, habit = START + number * MINUTE, draw.lognormvariate(3, 1)
        cart = at + 2 * HOUR
        orders = [(at + HOUR, habit), (cart + HOUR, habit * draw.uniform(0.8, 1.2))]
        made.visit(f"u{number}", draw.choice(("control", "treatment")), at, cart=cart, orders=orders)
    report = report_of(made, tmp_path, plan={**ONCE, "cuped": True})
    comparison = report["trigger"]["metrics"][0]["comparisons"][0]
    assert comparison["covariates"][0] == "pre_value"
    assert comparison["variance_reduction"] > 0.9
    # From exposure on both orders count, and nothing came before.
    assert report["metrics"][0]["comparisons"][0]["variance_reduction"] == pytest.approx(0, abs=1e-9)


def test_the_effect_on_everybody_is_that_of_the_triggered_spread_over_all(tmp_path: Path) -> None:
    made = Shop()
    for number in range(4_000):
        arm, triggered = number % 2, number % 10 < 2
        at = START + number * MINUTE
        cart = at + MINUTE if triggered else None
        orders = [(at + HOUR, 10.0 + number % 7 + arm)] if triggered or number % 3 == 0 else []
        made.visit(f"u{number}", ("control", "treatment")[arm], at, cart=cart, orders=orders)
    report = report_of(made, tmp_path, metric(REVENUE), metric(ORDERS, key="pace", kind="ratio", event=None,
        numerator={"event": "order", "field": "value"}, denominator={"event": "order"}))  # fmt: skip
    revenue, pace = report["trigger"]["metrics"]
    comparison = revenue["comparisons"][0]
    for side in ("estimate", "lower", "upper"):
        assert comparison["everybody"]["absolute"][side] == pytest.approx(
            comparison["absolute"][side] / 5, rel=1e-12
        )
    # The control's triggered units brought this share of its whole total.
    totals = [row["variants"][0]["sum"] for row in (revenue, report["metrics"][0])]
    assert comparison["everybody"]["relative"]["upper"] == pytest.approx(
        comparison["relative"]["upper"] * totals[0] / totals[1], rel=1e-12
    )
    assert pace["comparisons"][0]["everybody"]["absolute"]["estimate"] is None
    assert "ratio" in pace["comparisons"][0]["everybody"]["undetermined"]


def test_the_triggered_units_decide(tmp_path: Path) -> None:
    report = report_of(shop(lift=0.35, seed=3), tmp_path, metric(CONVERSION))
    assert report["trigger"]["decides"]
    assert report["trigger"]["metrics"][0]["comparisons"][0]["significant"]
    assert not report["metrics"][0]["comparisons"][0]["significant"]
    assert report["decision"]["verdict"] == "ship"
    assert report["health"]["trigger_balance"]["status"] == "ok"


def test_a_trigger_that_the_treatment_moves_withdraws_the_reading(tmp_path: Path) -> None:
    report = report_of(shop(rates=(0.3, 0.6), lift=0.35), tmp_path)
    check = report["health"]["trigger_balance"]
    assert (check["status"], check["code"]) == ("failed", "trigger_unbalanced")
    assert report["health"]["srm"]["status"] == "ok"
    assert report["trigger"]["withdrawn"]
    comparison = report["trigger"]["metrics"][0]["comparisons"][0]
    assert comparison["undetermined_code"] == "trigger_unbalanced"
    assert comparison["absolute"]["estimate"] is None
    assert comparison["everybody"]["relative"]["estimate"] is None
    assert report["decision"]["verdict"] == "unhealthy"


def test_a_treatment_that_works_before_the_trigger_withdraws_the_reading(tmp_path: Path) -> None:
    draw, made = random.Random(6), Shop()
    for number in range(3_000):
        arm, at = draw.randrange(2), START + number * MINUTE
        before = [(at + HOUR, draw.lognormvariate(3, 0.3))] if draw.random() < 0.4 + 0.3 * arm else []
        made.visit(f"u{number}", ("control", "treatment")[arm], at, cart=at + 2 * HOUR, orders=before)
    report = report_of(made, tmp_path, plan={**ONCE, "cuped": True})
    assert report["health"]["trigger_balance"]["code"] == "unlike_before_trigger"
    assert report["decision"]["verdict"] == "unhealthy"


def test_what_was_found_at_the_planned_size_of_triggered_units_stays_found(tmp_path: Path) -> None:
    made = Shop()
    draw = random.Random(8)
    for number in range(4_000):
        arm, at = draw.randrange(2), START + number * MINUTE
        lift = 0.25 * arm if number < 2_000 else 0.0
        orders = [(at + 2 * MINUTE, 20.0)] if draw.random() < 0.3 + lift else []
        cart = at + MINUTE if number % 2 else None
        made.visit(f"u{number}", ("control", "treatment")[arm], at, cart=cart, orders=orders)
    plan = {"method": "sequential", "planned_units": 1_000, "cuped": False}
    whole = definition(metric(CONVERSION), trigger=TRIGGER, plan=plan)
    rows = Rows()
    for event in made.events:
        moment = event.time or START
        rows.extend([event], microseconds(moment))
    lake = Lake(tmp_path)
    lake.add(rows)
    report = analyse(whole, lake.view(), LATER)
    comparison = report["trigger"]["metrics"][0]["comparisons"][0]
    assert report["progress"]["reached_at"] is not None
    assert comparison["at_planned_size"]
    assert comparison["significant"]
    assert verify(report, whole, lake.view()) == []


def test_a_trigger_is_sealed_with_the_plan() -> None:
    plain, other = definition(metric(REVENUE)), definition(metric(REVENUE), trigger=TRIGGER)
    sealed = [freeze(plan_document(each.form, each.metrics, 1))[1] for each in (plain, other)]
    assert sealed[0] != sealed[1]
    # A plan without a trigger keeps the seal that it had before there were triggers.
    assert "trigger" not in plan_document(plain.form, plain.metrics, 1)["experiment"]


def test_planned_looks_have_no_trigger() -> None:
    with pytest.raises(ValidationError, match="planned looks are due by exposures"):
        definition(
            metric(REVENUE),
            trigger=TRIGGER,
            plan={"method": "group_sequential", "looks": 3, "planned_units": 100},
        )


def test_the_files_tell_of_the_triggered_units_in_both_languages(tmp_path: Path) -> None:
    report = report_of(shop(lift=0.3), tmp_path)
    assert "Units that reached the trigger" in render_html(report)
    assert "Eenheden die de trigger bereikten" in render_html(report, language="nl")
    assert "(trigger),cart_viewed,revenue" in render_csv(report)
    assert "reached 'cart_viewed'; these decide:" in summary(report)
    withdrawn = report_of(shop(rates=(0.3, 0.6)), tmp_path / "moved")
    assert "Withdrawn" in render_html(withdrawn)
