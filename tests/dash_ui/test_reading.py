"""What a result page says of what would change it, of a year, of maturity, and to analysts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dash_ui.components import verdict
from dash_ui.components.health import strip, summary
from dash_ui.components.methods import methods
from dash_ui.components.progress import ahead
from dash_ui.components.scorecard import scorecard
from dash_ui.components.segments import correction, segments
from dash_ui.components.triggered import triggered
from dash_ui.components.yearly import yearly_range, yearly_text
from dash_ui.i18n import speaking
from dash_ui.method_words import method_reason
from dash_ui.outlook_words import change_sentence
from dash_ui.pages.result_expected import expected
from dash_ui.reading_records import Coded
from dash_ui.report_reader import read_report
from dash_ui.report_records import Report
from experiments.analysis.pairing import STAYS
from experiments.analysis.reading import annotate
from stats import bayes, betting_reading, mixture_reading, quantile_reading, sequential
from stats.fixed import one_look
from tests.dash_ui import sample_looks, sample_over_time
from tests.dash_ui import sample_reports as samples
from tests.dash_ui.stories import experiment_of
from tests.dash_ui.trees import every, property_of, with_class, with_property, words

Document = dict[str, Any]
RATES = {
    "hash": "7a" * 32, "count": 28, "first_day": "2026-10-19", "last_day": "2026-11-15",
    "currencies": [
        {"metric": "revenue", "unit": "EUR", "currency": "GBP", "converted": 1_204, "left_out": 0},
        {"metric": "revenue", "unit": "EUR", "currency": "SEK", "converted": 0, "left_out": 3},
    ],
}  # fmt: skip
WINDOWS = {"status": "ok", "code": "maturing", "detail": "", "share": 0.62, "metrics": {"revenue": 0.62}}


def _report(document: Document) -> Report:
    return read_report(annotate(document, 0.02, 0.5))


def _said(part: Any) -> str:
    return words(part).replace("\u00a0", " ")


def test_a_verdict_tells_what_it_is_worth_in_a_year_and_the_card_on_what_that_rests() -> None:
    report, experiment = _report(samples.conclusive()), experiment_of(samples.conclusive())
    said = _said(verdict.banner(report, experiment))
    assert "Revenue per shopper: +€510,000 a year (from −€142,000 to +€1,160,000)" in said
    card = _said(scorecard(report))
    assert "A year stands for 1,904,000 new shoppers: 73,025 came in 28 days with 50% of the traffic." in card
    assert "+19,900 +6,150 … +33,600 shoppers" in card
    withdrawn = _report({**samples.conclusive(), "as_of": samples.START.replace(day=22).isoformat()})
    assert "a year (" not in _said(verdict.banner(withdrawn, experiment))
    assert "A year" not in [words(each) for each in with_property(scorecard(withdrawn), "scope", "col")]


def test_amounts_a_year_claim_no_more_than_three_figures_and_say_where_they_have_no_end() -> None:
    revenue = next(each for each in _report(samples.conclusive()).effects if each.metric == "revenue")
    assert revenue.yearly is not None
    assert yearly_text(revenue, 1_234_567.0) == "+€1,230,000"
    assert yearly_text(revenue, -987.6) == "−€988"
    assert yearly_text(revenue, 0.0) == "€0"
    open_end = replace(revenue, yearly=replace(revenue.yearly, upper=None, lower=1_000.0))
    assert yearly_range(open_end) == "above +€1,000"


def test_only_amounts_of_those_who_decide_are_told_a_year() -> None:
    report = _report(sample_over_time.with_trigger())
    columns = {words(each) for each in with_property(scorecard(report), "scope", "col")}
    assert "A year" not in columns
    assert "A year" in {words(each) for each in with_property(triggered(report), "scope", "col")}
    assert "those who reached the trigger decide" in words(scorecard(report))


def test_what_would_change_it_stands_beside_days_dates_and_maturity() -> None:
    document = samples.unclear()
    document["health"] = samples.checked(maturity=WINDOWS)
    document["reach"] = {"smallest": 0.02, "needed_days": 9}
    part = ahead(_report(document), experiment_of(document))
    said = _said(part)
    assert "If the true difference is 2.0% or more, expect the answer in about 9 days." in said
    assert "About 3 days to go. The planned size is expected on 19 Nov 2026." in said
    assert "Of 62% of the shoppers the outcome is complete" in said
    assert [property_of(each, "aria-valuenow") for each in with_property(part, "role", "progressbar")] == [
        91,
        62,
    ]
    assert "outcome known of 62%" in words(scorecard(_report(document)))
    ended = ahead(_report(document), experiment_of(document, "stopped"))
    assert "What would change it" not in words(ended)
    assert "It no longer runs." in words(ended)


def test_a_plan_of_looks_names_the_next_one_and_what_it_needs() -> None:
    said = _said(ahead(_report(sample_looks.between_looks()), experiment_of(samples.conclusive())))
    assert (
        "Look 4 decides, at 64,000 shoppers, around 12 Nov 2026: the difference then has to be about" in said
    )
    assert "Next look: 4, around 12 Nov 2026." in said


@pytest.mark.parametrize("language", ["en", "nl"])
def test_every_code_of_a_change_has_a_whole_sentence(language: Any) -> None:
    room = {"metric": "Refunds", "limit": 0.1, "worst": 0.12}
    at = "2026-11-12T08:00:00+00:00"
    changes: list[tuple[str, Document]] = [
        ("true_effect", {"smallest": 0.02, "days": 1}), ("would_have_shown", {"smallest": 0.02, "days": 0}),
        ("as_measured", {"estimate": 0.02, "days": 9}), ("no_effect", {"smallest": 0.02, "days": 9}),
        ("beyond_a_year", {"estimate": 0.02}), ("nearest_end", {"end": 0.03}),
        ("narrower", {"days": 7, "now": 0.06, "then": 0.05}), ("guardrail_room", room),
        ("guardrail_open", {**room, "days": 4}), ("guardrail_open", {**room, "days": None}),
        ("still_possible", {"lower": -0.01, "upper": 0.01}), ("repair", {}),
        ("needed", {"assumption": "events_per_arm", "value": 3.0, "needed": 20}),
        ("next_look", {"look": 2, "units": 100, "at": None, "effect": None}),
        ("next_look", {"look": 2, "units": 100, "at": at, "effect": None}),
        ("next_look", {"look": 2, "units": 100, "at": at, "effect": 0.04}),
        ("single_look", {"planned": 100, "days": 3}), ("single_look", {"planned": 100, "days": None}),
    ]  # fmt: skip
    with speaking(language):
        sentences = [change_sentence(Coded(code, params)) for code, params in changes]
    assert all(sentence and sentence.endswith(".") and "{" not in sentence for sentence in sentences)
    assert change_sentence(Coded("of a later version", {})) is None


def test_the_checks_are_summed_up_and_the_principal_ones_stand_by_themselves() -> None:
    healthy = _report({**samples.conclusive(), "health": samples.checked()})
    titles = [words(each) for each in every(strip(healthy)) if each._type == "Summary"]
    assert titles[:4] == [
        "Traffic split is healthy",
        "Seen in one variant only",
        "Data arriving",
        "Alike before the start",
    ]
    assert summary(healthy) == "All 11 checks are in order; open one to see what it found."
    assert summary(_report(samples.unhealthy())).startswith("1 check failed")
    warned = samples.checked(delay={"status": "warning", "code": "late_events", "share": 0.2})
    assert "1 check asks for a look" in summary(_report({**samples.conclusive(), "health": warned}))


def test_declared_segments_come_first_and_others_are_tagged_as_exploration() -> None:
    report = _report(samples.with_segments())
    part = segments(report, ["visitor"])
    heads = [words(each) for each in with_class(part, "pw-segment-head")]
    assert heads[0].startswith("visitor declared Corrected for")
    assert heads[1].startswith("device exploratory, corrected Corrected for")
    assert "Checkout conversion, Bar at 50: no sign that the effect differs between these values" in words(
        part
    )
    assert correction(report, "device").startswith("Corrected for")


def test_few_shoppers_of_a_value_are_said_and_a_differing_effect_is_an_idea_for_a_follow_up() -> None:
    document = samples.with_segments()
    for arm in document["segments"][0]["metrics"][0]["variants"]:
        arm["units"] = 120
    assert "few: read with care" in words(segments(_report(document)))
    differing = _report(samples.with_segments())
    found = tuple(replace(each, p_value=0.003) for each in differing.differences)
    assert "Test it in a follow-up." in words(segments(replace(differing, differences=found)))


def test_converted_money_shows_its_rates_and_what_was_left_out() -> None:
    report = _report({**samples.conclusive(), "rates": RATES})
    said = words(scorecard(report))
    assert "28 rates, from 19 Oct 2026 to 15 Nov 2026" in said
    details = with_property(scorecard(report), "id", "converted")[0]
    assert property_of(details, "open") is True
    assert "Revenue per shopper SEK EUR 0 3" in words(details)
    assert not with_property(scorecard(_report(samples.conclusive())), "id", "converted")


def test_reasons_of_methods_speak_dutch_and_stay_as_written_in_reports_of_before() -> None:
    effect = _report(samples.conclusive()).effects[0]
    assert (
        method_reason(effect) == "Each arm has more than 100 shoppers with an event and the split is 50/50."
    )
    coded = replace(effect, reasons=(Coded("one_look_to_come", {"planned": 10_000, "units": 900}),))
    with speaking("nl"):
        assert "geplande 10.000 bezoekers; het zijn er nu 900" in method_reason(coded)
    later = replace(effect, reasons=(Coded("of a later version", {}),))
    assert method_reason(later) == effect.method_reason


def test_every_reason_that_statistics_give_has_words() -> None:
    effect = _report(samples.conclusive()).effects[0]
    known = [
        STAYS, one_look(100, 200), one_look(100, 50), bayes.UNIFORM, bayes.FLAT, bayes.UNPROTECTED,
        betting_reading.REASON, mixture_reading.REASON, quantile_reading.COUNTS_BELOW,
        quantile_reading.BEYOND_VALUES, quantile_reading.NO_PERCENTAGE, sequential.ANY_MOMENT,
        sequential.SIDE_ONLY,
    ]  # fmt: skip
    with speaking("nl"):
        for each in known:
            coded = replace(effect, reasons=(Coded(each.code, dict(each.numbers)),))
            assert method_reason(coded) != effect.method_reason, each.code


def test_an_analyst_compares_with_the_unadjusted_numbers_and_finds_the_sources() -> None:
    document = samples.conclusive()
    document["metrics"][1]["cap"] = 500.0
    said = words(methods(_report(document)))
    assert "Without CUPED, for reference" in said
    assert "A shopper counts for €500.00 at most." in said
    assert "Plausible range 95% confidence sequence, at the corrected level" in said
    assert "Plausible range 95% credible interval" in words(
        methods(replace(_report(document), method="bayesian"))
    )
    assert "Waudby-Smith" in said
    assert "Deng, Xu, Kohavi & Walker (2013)" in said


def test_a_start_that_stays_without_shoppers_says_where_to_look() -> None:
    fresh = experiment_of(samples.conclusive(), started_at=datetime.now(UTC))
    assert "A verdict takes some days." in words(expected(fresh))
    old = experiment_of(samples.conclusive(), started_at=datetime.now(UTC) - timedelta(hours=5))
    assert "It started 5 hours ago and no shopper has come." in words(expected(old))
