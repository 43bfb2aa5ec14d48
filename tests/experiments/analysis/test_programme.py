"""What a programme adds up to, from the digests of its reports."""

from __future__ import annotations

from typing import Any

import pytest
from statsmodels.stats.proportion import proportion_confint

from experiments.analysis.digest import digest
from experiments.analysis.programme import (
    chosen,
    drawn_together,
    money_effects,
    primary_effects,
    total_of,
    win_rate,
)
from stats.result import Undetermined
from stats.shrinkage import FEWEST, Shrunk


def told(*lifts: float, direction: str = "increase", health: str = "ok") -> dict[str, Any]:
    """A digest of one metric in euros with a treatment for each lift."""
    rows = [
        {
            "metric": "revenue",
            "role": "primary",
            "kind": "mean",
            "unit": "EUR",
            "direction": direction,
            "variant": f"b{place}",
            "relative": {"estimate": lift, "lower": None, "upper": None},
            "control": 2.0,
            "error": 0.01,
        }
        for place, lift in enumerate(lifts)
    ]
    return {"health": health, "verdict": "ship", "year": 1000.0, "comparisons": rows}


def test_the_rate_of_wins_has_wilsons_interval() -> None:
    found = win_rate(3, 10)
    assert (found.lower, found.upper) == pytest.approx(proportion_confint(3, 10, method="wilson"))
    assert win_rate(0, 0).estimate is None


def test_every_treatment_counts_by_benefit_and_broken_reports_do_not() -> None:
    found = primary_effects("e", told(0.1, -0.2, direction="decrease"))
    assert [each.effect for each in found] == [-0.1, 0.2]
    assert primary_effects("e", told(0.1, health="failed")) == ()
    assert [each.worth for each in money_effects("e", told(0.1))] == [2000.0]


def test_the_shipped_treatment_stands_for_its_experiment_and_else_the_first() -> None:
    tries = primary_effects("e", told(0.1, 0.3)) + primary_effects("f", told(0.0, 0.2))
    assert chosen(tries, {"e": "b1", "f": None}) == {"e": 1, "f": 2}


def test_many_treatments_of_few_experiments_are_too_few() -> None:
    tries = primary_effects("e", told(*[0.01 * place for place in range(FEWEST + 2)]))
    assert isinstance(drawn_together(tries), Undetermined)
    assert total_of(tries, (1.0,) * len(tries)).estimate is None
    several = tuple(each for key in "abcde" for each in primary_effects(key, told(0.05)))
    assert isinstance(drawn_together(several), Shrunk)


def test_a_year_is_of_those_who_reached_the_trigger() -> None:
    begun = "2026-10-01T00:00:00+00:00"
    metric: dict[str, Any] = {"metric": "conversion", "role": "primary", "variants": [], "comparisons": []}
    report = {
        "started_at": begun,
        "as_of": "2026-10-11T00:00:00+00:00",
        "variants": [{"key": "control", "units": 5000}, {"key": "b", "units": 5000}],
        "splits": [{"from": begun, "traffic": 1.0}],
        "metrics": [metric],
    }
    assert digest(report)["year"] == pytest.approx(365_000)
    assert digest({**report, "trigger": {"units": 1000, "metrics": [metric]}})["year"] == pytest.approx(
        36_500
    )
