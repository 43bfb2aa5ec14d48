"""What the parts of a result page say for each story."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from dash import html

from dash_ui.components import verdict
from dash_ui.components.evidence import evidence
from dash_ui.components.exposures import exposures
from dash_ui.components.forest import forest_bar
from dash_ui.components.health import strip
from dash_ui.components.journal import entries
from dash_ui.components.methods import methods
from dash_ui.components.numbers import (
    counts_text,
    difference_range,
    difference_text,
    lift_range,
    per_ten_thousand,
    size_range,
    size_text,
    value_text,
)
from dash_ui.components.progress import progress
from dash_ui.components.scorecard import scorecard
from dash_ui.components.segments import correction, segments
from dash_ui.components.setup import setup
from dash_ui.components.ways import ways
from dash_ui.i18n import speaking
from dash_ui.report_records import JournalLine, Range, Reason
from dash_ui.report_words import reason_sentence
from dash_ui.way_records import Together
from tests.dash_ui import sample_reports as samples
from tests.dash_ui.stories import experiment_of, report_of, result_of
from tests.dash_ui.trees import every, property_of, with_class, with_property, words

Document = dict[str, Any]
STORIES: tuple[Callable[[], Document], ...] = (
    samples.conclusive,
    samples.unclear,
    samples.harmful,
    samples.no_difference,
    samples.unhealthy,
    samples.too_early,
    samples.undetermined_guardrail,
    samples.three_arms,
    samples.with_segments,
)
TITLES = {
    "conclusive": "Bar at 50 is better",
    "unclear": "Not clear yet",
    "harmful": "Bar at 50 is worse",
    "no_difference": "No meaningful difference",
    "unhealthy": "Don't trust this yet",
    "too_early": "Not clear yet",
}


def _banner(document: Document, **changes: Any) -> str:
    return words(verdict.banner(report_of(document), experiment_of(document, **changes)))


@pytest.mark.parametrize("story", list(TITLES))
def test_the_banner_says_exactly_one_of_five_verdicts(story: str) -> None:
    said = _banner(getattr(samples, story)())
    assert [title for title in set(TITLES.values()) if title in said] == [TITLES[story]]


def test_the_banner_gives_size_range_and_advice() -> None:
    said = _banner(samples.conclusive()).replace("\u00a0", " ")
    assert "Checkout conversion goes from 10.77% to 11.81%" in said
    assert "+9.7%" in said
    assert "+3.0% … +16.4%" in said
    assert "looking early is safe" in said
    assert "About +104 per 10,000 shoppers (from +32 to +177)." in said


def test_looking_early_is_called_safe_only_where_it_is() -> None:
    assert "safe" not in _banner({**samples.conclusive(), "method": "fixed"})


@pytest.mark.parametrize(
    ("method", "share", "advised"),
    [("fixed", 1.0, "stop now and ship it"), ("group_sequential", 0.5, "stop now and ship it"),
     ("bayesian", 0.5, "Decide when the planned number")],
)  # fmt: skip
def test_a_reached_plan_is_not_waited_for(method: str, share: float, advised: str) -> None:
    document = {**samples.conclusive(), "method": method}
    document["progress"] = {"units": 100, "planned_units": 100, "share": share, "days_left": None}
    assert advised in _banner(document)


@pytest.mark.parametrize(("share", "waits"), [(0.0, True), (0.9, False)])
def test_an_effect_is_not_shipped_while_most_windows_are_open(share: float, waits: bool) -> None:
    document = samples.conclusive()
    document["decision"]["details"] = [{"code": "preliminary", "params": {"share": share}}]
    document["decision"]["reasons"] = ["Why."]
    assert ("Wait with shipping" in _banner(document)) == waits


@pytest.mark.parametrize(
    ("code", "advised"),
    [
        ("guardrail_open", "a guardrail is not settled yet"),
        ("between_looks", "only a planned reading decides"),
    ],
)
def test_waiting_names_what_it_waits_for(code: str, advised: str) -> None:
    document = samples.unclear()
    document["decision"] = {
        "verdict": "keep_running",
        "variant": None,
        "reasons": ["Why."],
        "details": [
            {"code": code, "params": {"variant": "bar", "metric": "Refunds", "margin": 0.1, "units": 9}}
        ],
    }
    said = _banner(document)
    assert advised in said
    assert "includes zero" not in said
    assert "you may stop" not in said


def test_a_failed_check_replaces_every_number_by_cause_and_remedy() -> None:
    said = _banner(samples.unhealthy())
    assert "The split is 52.3% / 47.7%, planned was 50.0% / 50.0%" in said
    assert "start again" in said
    assert "+9.7%" not in said


def test_too_early_says_how_long_it_takes() -> None:
    said = _banner(samples.too_early())
    assert "it is too early for a verdict" in said
    assert "About 12 days to go." in said


def test_a_planned_size_without_outcome_may_be_stopped() -> None:
    document = samples.unclear()
    document["progress"] = {"units": 80000, "planned_units": 80000, "share": 1.0, "days_left": 0}
    assert "you may stop" in _banner(document)


def test_a_decision_is_repeated_with_its_note() -> None:
    said = _banner(
        samples.conclusive(),
        status="stopped",
        decision="ship",
        decision_variant="bar",
        decision_note="Clear.",
    )
    assert "Decided: ship Bar at 50. Clear." in said


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
@pytest.mark.parametrize("language", ["en", "nl"])
def test_no_part_claims_proof_or_a_chance_of_winning(story: Callable[[], Document], language: Any) -> None:
    with speaking(language):
        result = result_of(story())
        report = report_of(story())
        said = " ".join(
            words(part)
            for part in (
                verdict.banner(report, result.experiment),
                verdict.facts(report),
                strip(report),
                scorecard(report),
                ways(report),
                evidence(result),
                segments(report),
                setup(result.experiment),
            )
        )
    assert not re.search(r"\bproven\b|\bbewezen\b|wins|wint|% chance that|% kans dat", said)
    assert not re.search(r"(?<![\w-])-\d", said.replace("2026-", "")), "a hyphen stands for a minus"
    assert "None" not in said
    assert "nan" not in said.lower().split()


def test_every_metric_and_treatment_has_a_row_primary_first() -> None:
    rows = with_property(scorecard(report_of(samples.three_arms())), "scope", "row")
    assert [words(row) for row in rows[:4]] == [
        "Checkout conversion Primary metric · Bar at 50",
        "Checkout conversion Primary metric · Badge on the product page",
        "Revenue per shopper Secondary · Bar at 50",
        "Revenue per shopper Secondary · Badge on the product page",
    ]


def test_what_cannot_be_said_shows_its_reason_and_no_bar() -> None:
    report = report_of(samples.undetermined_guardrail())
    effect = next(effect for effect in report.effects if effect.metric == "page_time")
    bar = forest_bar(effect, report.forest)
    assert not with_class(bar, "pw-forest-dot")
    assert "no interval yet" in property_of(bar, "aria-label")
    said = words(scorecard(report))
    assert "Cannot be said yet" in said
    assert "Too few shoppers with an event so far." in said


def test_bars_are_filled_only_when_conclusive_and_coloured_by_benefit() -> None:
    report = report_of(samples.harmful())
    dots = {
        effect.metric: property_of(
            with_class(forest_bar(effect, report.forest), "pw-forest-dot")[0], "className"
        )
        for effect in report.effects
    }
    assert "pw-full" in dots["conversion"]
    assert "pw-bad" in dots["conversion"]
    assert "pw-open" in dots["revenue"]
    assert "pw-unclear" in dots["revenue"]


def test_bars_beyond_the_axis_end_in_an_arrow() -> None:
    report = report_of(samples.conclusive())
    effect = report.effects[0]
    assert not with_class(forest_bar(effect, 1.0), "pw-forest-cut")
    assert len(with_class(forest_bar(effect, 0.05), "pw-forest-right")) == 1


def test_every_chart_has_a_label_that_concludes_and_a_table() -> None:
    result = result_of(samples.conclusive())
    assert result.report is not None
    for part in (evidence(result), exposures(result.report)):
        images = [item for item in every(part) if getattr(item, "role", None) == "img"]
        assert len(images) == 1
        assert property_of(images[0], "aria-label")
        assert [item for item in every(part) if item._type == "Table"]
    label = property_of(with_property(evidence(result), "role", "img")[0], "aria-label")
    assert "conclusive since" in label


def test_health_items_open_to_finding_cause_and_remedy() -> None:
    said = words(strip(report_of(samples.unhealthy())))
    for part in ("Traffic split is broken", "chance does not do this", "Likely cause:", "Remedy:"):
        assert part in said


def test_a_broken_split_is_traced_to_its_shoppers_in_banner_and_health() -> None:
    for said in (_banner(samples.broken_segment()), words(strip(report_of(samples.broken_segment())))):
        assert "It is off among device = mobile: 61.0% / 39.0%; elsewhere it is as planned." in said
        assert "Look at exactly these shoppers" in said
        assert "No shopper of Bar at 50 did anything for 31 hours, of the others 412 did." in said


def test_what_is_in_order_stays_out_of_the_way() -> None:
    said = words(strip(report_of(samples.broken_segment())))
    assert said.index("Traffic split is broken") < said.index("Events on time: look at this")
    assert "3 other checks in order" in said
    assert "Before they saw anything, the shoppers of all variants were alike." in said
    assert "All 3 checks are in order" in words(strip(report_of(samples.conclusive())))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"srm": {"status": "failed", "code": "sample_ratio_mismatch_in_part", "origin": {
            "kind": "since", "segment": None, "values": ["2026-11-10"], "units": [600, 400]}}},
         "as planned, but not in every part. It is off since 10 Nov 2026: 60.0% / 40.0%"),
        ({"srm": {"status": "failed", "code": "sample_ratio_mismatch", "origin": {
            "kind": "day", "segment": None, "values": ["2026-11-10", "2026-11-12"], "units": [600, 400]}}},
         "first came on 10 Nov 2026, 12 Nov 2026"),
        ({"srm": {"status": "failed", "code": "units_in_empty_variant", "origin": None}}, "should get none"),
        ({"multiple_exposure": {"status": "failed", "code": "one_sided_exposure", "units": 900, "share": 0.12,
                                "first": [90, 810]}}, "They saw 10.0% / 90.0% of the variants first"),
        ({"pre_period": {"status": "failed", "code": "unlike_before", "metric": "Revenue", "variant": "bar"}},
         "shoppers of Bar at 50 already differed on Revenue"),
        ({"silence": {"status": "failed", "code": "variant_silent", "kind": "exposures", "variant": "bar",
                      "hours": 8.2, "units": 60}}, "Bar at 50 got no new shopper for 8 hours"),
        ({"delay": {"status": "warning", "code": "clock_ahead", "share": 0.2}}, "20.0% of the events carry"),
        ({"assignment": {"status": "warning", "code": "other_variant", "share": 0.04}},
         "4.0% of a sample of shoppers saw another variant"),
        ({"assignment": {}}, "A sample of 2,000 shoppers was assigned again"),
        ({"delay": {}}, "Half of the events came in within 1 minute, 95% within 15 minutes."),
    ],
)  # fmt: skip
def test_each_finding_is_said_in_words(change: dict[str, Any], expected: str) -> None:
    document = {**samples.conclusive(), "health": samples.checked(**change)}
    assert expected in words(strip(report_of(document)))


def test_traffic_that_cannot_decide_gets_other_advice_than_waiting() -> None:
    said = _banner(samples.undecidable())
    assert "This traffic cannot answer the question." in said
    assert (
        "180 days at this pace bring 9,000 shoppers, who show a lift of 21.0% on Checkout conversion" in said
    )
    assert "Keep it running" not in said


def test_analysts_see_every_way_side_by_side_and_which_one_decides() -> None:
    section = ways(report_of(samples.conclusive()))
    assert section is not None
    first = next(item for item in every(section) if isinstance(item, html.Details))
    rows = [words(row) for row in with_property(first, "role", "row")[1:]]
    assert [row.count("Decides") for row in rows] == [1, 0, 0, 0, 0]
    assert rows[0].startswith("Always valid")
    assert "0.021" in rows[0], "the p-value before the correction"
    assert "Preliminary" in rows[2]
    assert "> 99.9%" in rows[3], "a chance is never rounded to certainty"
    assert "Before the data, every value was as likely as any other." in rows[3]
    said = " ".join(words(first).split())
    assert "Met Shoppers in the smallest variant: 36,320; at least 50 are needed." in said
    assert "Not met Shoppers whose window has closed: 93%" in said
    assert with_class(section, "pw-analyst-only") == [section]


def test_analysts_see_what_holds_over_all_running_experiments() -> None:
    report = report_of(samples.conclusive())
    said = words(ways(report, Together(5, 12, 3, 0.05, (("conversion", "bar"), ("revenue", "bar")))))
    assert "have 12 primary results together; 3 hold, with at most 5% false alarms" in said
    assert "Of this experiment: Checkout conversion · Bar at 50." in said, "secondary ones have no part in it"
    assert "None is of this experiment." in words(ways(report, Together(1, 1, 0, 0.05, ())))
    assert "running experiment" not in words(ways(report))


def test_reports_of_before_other_ways_were_read_show_none() -> None:
    document = samples.conclusive()
    for metric in document["metrics"]:
        for each in metric["comparisons"]:
            for name in ("way", "promise", "assumes", "assumptions", "alternatives", "own_p_value", "level"):
                del each[name]
    assert ways(report_of(document)) is None


def test_progress_shows_units_against_the_plan_and_days_left() -> None:
    result = result_of(samples.unclear())
    assert result.report is not None
    part = progress(result.report, result.experiment)
    assert "73,025 of 80,000 planned shoppers (91%)" in words(part)
    assert "About 3 days to go." in words(part)
    assert property_of(with_property(part, "role", "progressbar")[0], "aria-valuenow") == 91


def test_segments_name_their_correction() -> None:
    report = report_of(samples.with_segments())
    assert "Bonferroni" in correction(report)
    assert "mobile" in words(segments(report))
    assert segments(report_of(samples.conclusive())) is None
    document = samples.with_segments()
    for segment in document["segments"]:
        segment["metrics"][0]["comparisons"][0]["adjustment"] = "none"
    assert "exploration" in correction(report_of(document))


def test_the_setup_repeats_plan_variants_and_hash() -> None:
    said = words(setup(experiment_of(samples.conclusive())))
    for part in (
        "Decided by: Checkout conversion.",
        "80,000 shoppers",
        '{"show": true}',
        "9f9f",
        "Shoppers for whom this holds: country is NL.",
    ):
        assert part in said


def test_the_journal_is_newest_first_and_keeps_words_as_they_are() -> None:
    lines = [JournalLine(samples.START, "mark", "comment", text) for text in ("first", "<b>second</b>")]
    said = words(entries(lines))
    assert said.index("<b>second</b>") < said.index("first")


def test_values_have_their_unit_and_differences_their_sign() -> None:
    assert value_text(0.1077, "proportion", None) == "10.77%"
    assert value_text(6.234, "mean", "EUR") == "€6.23"
    assert value_text(1240.4, "mean", "ms") == "1,240 ms"
    assert difference_text(0.0104, "proportion", None) == "+1.04 pp"
    assert difference_text(-0.3, "mean", "EUR") == "−€0.30"
    assert value_text(None, "mean", None) == value_text(float("nan"), "mean", None) == "–"
    with speaking("nl"):
        assert value_text(1234.5, "mean", "EUR").replace("\u00a0", " ") == "€ 1.234,50"


def test_an_interval_without_an_end_says_so() -> None:
    assert lift_range(Range(0.1, 0.02, None)) == "above +2.0%"
    assert lift_range(Range(0.1, None, 0.2)) == "below +20.0%"
    assert lift_range(Range(0.1, None, None)) == "–"


def test_where_there_is_no_percentage_the_difference_is_told_in_the_metrics_unit() -> None:
    document = samples.conclusive()
    revenue = next(each for each in document["metrics"] if each["metric"] == "revenue")
    revenue["comparisons"][0]["relative"] = {"estimate": None, "lower": None, "upper": None}
    effect = next(each for each in report_of(document).effects if each.metric == "revenue")
    assert size_text(effect) == difference_text(effect.absolute.estimate, "mean", "EUR")
    assert size_range(effect) == difference_range(effect)
    assert "€" in verdict.size_sentence(effect).split("The plausible range")[1]
    usual = next(each for each in report_of(samples.conclusive()).effects if each.metric == "revenue")
    assert "%" in size_text(usual)
    assert "%" in size_range(usual)


def test_counts_are_events_of_units_for_rates_and_units_for_others() -> None:
    effects = {effect.metric: effect for effect in report_of(samples.conclusive()).effects}
    assert counts_text(effects["conversion"], control=True) == "3,877 / 36,000"
    assert counts_text(effects["revenue"], control=True) == "36,000 shoppers"
    assert per_ten_thousand(effects["page_time"]) is None
    assert (per_ten_thousand(effects["revenue"]) or "").startswith("About +€2,679")
    # Ten thousand times a difference of medians is no amount that anybody earns.
    assert per_ten_thousand(replace(effects["revenue"], kind="quantile")) is None


def test_reasons_are_told_in_the_readers_language_and_unknown_ones_as_they_came() -> None:
    known = Reason("…", "guardrail_open", {"metric": "Refunds", "variant": "bar", "margin": 0.1})
    with speaking("nl"):
        assert "Van vangrail Refunds is nog niet gebleken" in reason_sentence(known, {"bar": "Balk"})
        assert "Balk" in reason_sentence(known, {"bar": "Balk"})
    assert reason_sentence(Reason("As written.", "new_code", {}), {}) == "As written."


def test_an_analyst_reads_what_the_numbers_are_adjusted_for() -> None:
    report = report_of(samples.conclusive())
    sentence = "Adjusted for the value before exposure, whether there were any events before exposure."
    assert sentence in words(methods(report))
    with speaking("nl"):
        assert "Gecorrigeerd voor de waarde voor de blootstelling, of er" in words(methods(report))
    plain = samples.conclusive()
    for measured in plain["metrics"]:
        for comparison in measured["comparisons"]:
            del comparison["covariates"]
    assert "Adjusted for" not in words(methods(report_of(plain)))
