"""e-BH over the primary results of all running experiments."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from experiments.analysis.across import Evidence, across, evidence_of
from stats.multiple import benjamini_hochberg


def evidence(*values: float | None, alpha: float = 0.05) -> tuple[Evidence, ...]:
    """One result per e-value."""
    return tuple(
        Evidence(f"m{place}", "bar", alpha, None if value is None else math.log(value))
        for place, value in enumerate(values)
    )


def report(*values: float | None, status: str = "ok", **more: Any) -> dict[str, Any]:
    """A report with primary results of these e-values, and a secondary one that is certain."""
    metrics = [
        {
            "metric": f"m{place}",
            "role": "primary",
            "comparisons": [{"variant": "bar", "log_e_value": None if value is None else math.log(value)}],
        }
        for place, value in enumerate(values)
    ]
    metrics.append(
        {"metric": "s", "role": "secondary", "comparisons": [{"variant": "bar", "log_e_value": 99.0}]}
    )
    return {"alpha": 0.05, "health": {"srm": {"status": status}}, "metrics": metrics, **more}


def test_more_experiments_ask_for_more_evidence() -> None:
    alone = across({"a": evidence(30.0)})
    among = across({"a": evidence(30.0), "b": evidence(1.0), "c": evidence(0.4)})
    assert alone is not None
    assert among is not None
    assert alone.holding == {("a", "m0", "bar")}
    assert among.holding == set()
    assert (among.experiments, among.results, among.alpha) == (3, 3, 0.05)


def test_results_help_each_other_as_in_benjamini_hochberg() -> None:
    values = np.exp(np.random.default_rng(4).normal(3, 2, 12)).tolist()
    found = across({"a": evidence(*values[:5]), "b": evidence(*values[5:])})
    expected = [item.significant for item in benjamini_hochberg([min(1.0, 1 / v) for v in values], 0.05)]
    assert found is not None
    assert len(found.holding) == sum(expected) > 1


def test_what_cannot_be_told_counts_and_the_smallest_alpha_rules() -> None:
    found = across({"a": evidence(150.0, None, None), "b": evidence(90.0, alpha=0.02), "c": ()})
    assert found is not None
    assert (found.experiments, found.results, found.alpha) == (2, 4, 0.02)
    # Four results at 2 %: one alone would need 200, two need 100 each.
    assert found.holding == set()


def test_only_primaries_of_plans_with_e_values_take_part() -> None:
    assert [each.metric for each in evidence_of(report(20.0, None))] == ["m0", "m1"]
    assert (
        evidence_of({"alpha": 0.05, "metrics": [{"metric": "m", "role": "primary", "comparisons": [{}]}]})
        == ()
    )
    assert across({"a": (), "b": ()}) is None


def test_data_that_cannot_be_trusted_cannot_hold() -> None:
    assert [each.log_e_value for each in evidence_of(report(1e6, status="failed"))] == [None]


def test_the_expected_share_of_false_alarms_stays_below_alpha_at_the_least_friendly_moment() -> None:
    """Mixture e-processes of 30 experiments, 5 with an effect, watched at every look."""
    rng = np.random.default_rng(9)
    replicates, looks, size = 300, 40, 30
    times = np.arange(1, looks + 1)[:, None] / looks
    shares = []
    for _ in range(replicates):
        walk = np.cumsum(rng.standard_normal((looks, size)) / math.sqrt(looks), axis=0)
        walk[:, :5] += 4 * times
        # Robbins (1970): normal mixture of variance 10 on Brownian motion.
        logs = walk**2 * 10 / (2 * (1 + 10 * times)) - np.log1p(10 * times) / 2
        worst = 0.0
        for look in logs[logs[:, 5:].max(axis=1) > math.log(1 / 0.05)]:
            found = across({str(k): (Evidence("m", "bar", 0.05, float(v)),) for k, v in enumerate(look)})
            assert found is not None
            false = sum(int(key) >= 5 for key, _, _ in found.holding)
            worst = max(worst, false / max(len(found.holding), 1))
        shares.append(worst)
    assert np.mean(shares) - 3.3 * np.std(shares) / math.sqrt(replicates) <= 0.05


@pytest.mark.parametrize("size", [1, 200])
def test_the_order_of_experiments_does_not_matter(size: int) -> None:
    values = np.exp(np.random.default_rng(size).normal(2, 2, size)).tolist()
    groups = {f"e{place}": evidence(value) for place, value in enumerate(values)}
    assert across(groups) == across(dict(reversed(groups.items())))
