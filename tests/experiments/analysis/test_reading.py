"""One word per number, the same on screens and in files."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from experiments.analysis.reading import annotate, featured, headline, margin_of, row_verdict
from tests.dash_ui import sample_reports as samples

Document = dict[str, Any]


def _guardrail(estimate: float, half: float, margin: float | None) -> Document:
    return samples.metric(
        "refunds", "guardrail", 0.02, [samples.comparison(0.02, estimate, half)], margin=margin
    )


def _word(metric: Document, mde: float | None = None) -> str:
    return row_verdict(metric, metric["comparisons"][0], mde)


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        (samples.conclusive, "better"),
        (samples.harmful, "worse"),
        (samples.unclear, "unclear"),
        (samples.no_difference, "no_difference"),
        (samples.too_early, "collecting"),
        (samples.unhealthy, "distrust"),
        (samples.three_arms, "better"),
    ],
)
def test_every_report_has_exactly_one_headline(story: Callable[[], Document], expected: str) -> None:
    assert headline(story()) == expected


def test_a_failed_check_outranks_a_ready_decision() -> None:
    report = {**samples.conclusive(), "health": samples.unhealthy()["health"]}
    assert report["decision"]["verdict"] == "ship"
    assert headline(report) == "distrust"


def test_direction_is_by_benefit() -> None:
    fewer = samples.metric("refunds", "primary", 0.02, [samples.comparison(0.02, -0.3, 0.1)])
    more = samples.metric("refunds", "primary", 0.02, [samples.comparison(0.02, 0.3, 0.1)])
    assert (_word(fewer), _word(more)) == ("better", "worse")


def test_a_guardrail_within_its_margin_says_so_even_when_it_is_worse() -> None:
    slightly_worse = _guardrail(0.03, 0.01, margin=0.05)
    assert slightly_worse["comparisons"][0]["significant"]
    assert _word(slightly_worse) == "within_limit"


def test_a_guardrail_beyond_its_margin_is_worse() -> None:
    metric = _guardrail(0.2, 0.05, margin=0.05)
    metric["comparisons"][0]["non_inferior"] = False
    assert _word(metric) == "worse"


def test_a_guardrail_without_margin_only_says_that_no_harm_is_shown() -> None:
    assert _word(_guardrail(0.01, 0.05, margin=None)) == "no_harm"


def test_small_effects_are_no_difference_only_against_a_planned_size() -> None:
    metric = samples.metric("conversion", "primary", 0.1, [samples.comparison(0.1, 0.001, 0.01)])
    assert _word(metric) == "unclear"
    assert _word(metric, mde=0.02) == "no_difference"
    assert _word(metric, mde=0.005) == "unclear"


def test_what_cannot_be_said_is_never_given_a_verdict() -> None:
    metric = samples.too_early()["metrics"][0]
    metric["comparisons"][0]["significant"] = True
    assert _word(metric) == "undetermined"


def test_the_headline_is_about_the_variant_that_the_decision_names() -> None:
    report = samples.three_arms()
    report["decision"]["variant"] = "badge"
    pair = featured(report)
    assert pair is not None
    assert pair[1]["variant"] == "badge"


def test_a_report_without_comparisons_features_nothing() -> None:
    report = {**samples.unclear(), "metrics": []}
    assert featured(report) is None
    assert annotate(report)["reading"]["metric"] is None


def test_annotating_leaves_the_report_as_it_is() -> None:
    report = samples.with_segments()
    before = repr(report)
    read = annotate(report, 0.02)
    assert repr(report) == before
    assert [metric["role"] for metric in read["metrics"]] == [
        "primary",
        "guardrail",
        "guardrail",
        "secondary",
        "secondary",
    ]
    assert read["segments"][0]["metrics"][0]["comparisons"][0]["reading"] == "better"


def test_a_guardrails_limit_lies_on_the_side_of_harm() -> None:
    read = annotate(samples.conclusive())
    limits = {metric["metric"]: metric["comparisons"][0]["limit"] for metric in read["metrics"]}
    assert limits["refunds"] == pytest.approx(0.10)
    assert limits["conversion"] is None
    assert margin_of({"non_inferiority": {"margin": 0.1, "status": "within"}}) == 0.1
