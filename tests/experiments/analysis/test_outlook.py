"""What a year brings, and what would change a verdict."""

from __future__ import annotations

from typing import Any

import pytest
from scipy import stats

from experiments.analysis.beside_moments import heterogeneity, unadjusted
from experiments.analysis.reading import annotate
from experiments.analysis.yearly import yearly_amount, yearly_basis
from tests.dash_ui import sample_looks
from tests.dash_ui import sample_reports as samples

Document = dict[str, Any]


def _changes(report: Document, mde: float | None = 0.02) -> dict[str, Document]:
    return {each["code"]: each["params"] for each in annotate(report, mde, 1.0)["reading"]["changes"]}


def test_a_year_brings_what_the_days_so_far_brought_were_all_of_the_audience_in() -> None:
    report = samples.conclusive()
    whole = yearly_basis(report, 73_025, 1.0)
    assert whole["units"] == pytest.approx(73_025 / 28 * 365)
    assert yearly_basis(report, 73_025, 0.5)["units"] == pytest.approx(2 * whole["units"])


def test_a_split_that_grew_counts_each_span_at_its_own_traffic() -> None:
    start, later = samples.START.isoformat(), samples.START.replace(day=26).isoformat()
    splits = [{"from": start, "traffic": 0.1}, {"from": later, "traffic": 0.5}]
    basis = yearly_basis({**samples.conclusive(), "splits": splits}, 1_000, None)
    assert basis["units"] == pytest.approx(1_000 / (7 * 0.1 + 21 * 0.5) * 365)
    assert basis["traffic"] == 0.5


@pytest.mark.parametrize(
    ("changed", "traffic", "code"),
    [
        ({"as_of": samples.START.replace(day=24).isoformat()}, 1.0, "too_short"),
        ({}, None, "traffic_unknown"),
        ({}, 0.0, "traffic_unknown"),
        ({"started_at": None}, 1.0, "too_short"),
    ],
)
def test_less_than_a_week_or_unknown_traffic_says_nothing_of_a_year(
    changed: Document, traffic: float | None, code: str
) -> None:
    basis = yearly_basis({**samples.conclusive(), **changed}, 100, traffic)
    assert (basis["units"], basis["code"]) == (None, code)


def test_only_what_adds_up_has_an_amount_a_year() -> None:
    metrics = {each["metric"]: each for each in samples.conclusive()["metrics"]}
    amounts = {key: yearly_amount(each, each["comparisons"][0], 1_000_000.0) for key, each in metrics.items()}
    assert amounts["items"] is None
    assert amounts["page_time"] is None
    assert amounts["revenue"] is not None
    assert amounts["revenue"]["estimate"] == pytest.approx(0.043 * 6.23 * 1e6)
    assert amounts["conversion"] is not None
    assert amounts["conversion"]["lower"] == pytest.approx(0.030 * 0.1077 * 1e6)


def test_an_open_verdict_tells_when_the_smallest_lift_or_the_one_measured_would_show() -> None:
    row = samples.comparison(0.1077, 0.05, 0.067)
    reach = {"metric": "conversion", "smallest": 0.02, "needed_days": 9}
    report = samples.report([samples.metric("conversion", "primary", 0.1077, [row])], "keep_running")
    said = _changes({**report, "reach": reach})
    assert said["true_effect"] == {"smallest": 0.02, "days": 9}
    assert 50 <= said["as_measured"]["days"] <= 90
    assert _changes({**report, "reach": {**reach, "needed_days": 0}})["would_have_shown"]["smallest"] == 0.02


def test_what_this_traffic_does_not_settle_within_a_year_is_said() -> None:
    assert _changes(samples.unclear()) == {"beyond_a_year": {"estimate": 0.021}}


def test_a_settled_verdict_tells_its_nearest_end_and_the_room_of_guardrails() -> None:
    better = _changes(samples.conclusive())
    assert better["nearest_end"]["end"] == pytest.approx(0.03)
    assert better["guardrail_room"]["limit"] == 0.02
    assert _changes(samples.harmful()) == {"nearest_end": {"end": pytest.approx(-0.029)}}
    assert _changes(samples.no_difference())["still_possible"] == {"lower": -0.01, "upper": 0.014}


def test_nothing_changes_a_failed_check_but_a_repair_and_nothing_what_has_ended() -> None:
    assert _changes(samples.unhealthy()) == {"repair": {}}
    assert _changes({**samples.unclear(), "status": "stopped"}) == {}


@pytest.mark.parametrize("method", ["fixed", "sequential", "bayesian", "group_sequential"])
def test_a_report_of_before_without_progress_levels_or_reach_is_read_all_the_same(method: str) -> None:
    report = {**samples.unclear(), "method": method}
    for name in ("progress", "started_at"):
        del report[name]
    for metric in report["metrics"]:
        for row in metric["comparisons"]:
            for name in ("level", "assumptions", "covariates", "own_p_value"):
                del row[name]
    read = annotate(report, 0.02)["reading"]
    assert read["yearly"]["units"] is None
    assert read["headline"] == "unclear"


def test_a_plan_of_looks_tells_the_next_one_and_what_it_needs() -> None:
    said = _changes(sample_looks.between_looks())["next_look"]
    assert said["look"] == 4
    assert 0 < said["effect"] < 0.2
    assert _changes(sample_looks.windows_before_the_first_look())["next_look"]["effect"] is None


def test_without_covariates_the_difference_is_that_of_the_moments() -> None:
    metric = samples.metric("revenue", "secondary", 6.23, [samples.comparison(6.23, 0.043, 0.055)])
    found = unadjusted(metric, metric["comparisons"][0])
    control, variant = metric["variants"]
    referee = stats.ttest_ind_from_stats(
        variant["mean"], variant["std"], variant["units"],
        control["mean"], control["std"], control["units"], equal_var=False,
    )  # fmt: skip
    assert found is not None
    assert found["p_value"] == pytest.approx(referee.pvalue, rel=1e-6)
    assert unadjusted(metric, {**metric["comparisons"][0], "covariates": []}) is None


def test_segments_are_compared_within_and_corrected_for_their_number() -> None:
    rows = heterogeneity(samples.with_segments())
    assert {row["segment"] for row in rows} == {"device", "visitor"}
    one = samples.with_segments()
    one["segments"] = [each for each in one["segments"] if each["segment"] == "device"]
    alone = heterogeneity(one)[0]
    both = next(row for row in rows if row["segment"] == "device")
    assert both["p_value"] == pytest.approx(min(1.0, 2 * alone["p_value"]))
