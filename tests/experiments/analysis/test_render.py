"""The report as a file: complete, self-contained, in two languages."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any

import pytest

from experiments.analysis import render_text
from experiments.analysis.reasons import SENTENCES
from experiments.analysis.render import CSV_COLUMNS, render_csv, render_html
from experiments.analysis.render_health import CAUSES, CHECKS, FINDINGS, ORIGINS, REMEDIES
from experiments.analysis.render_text import MINUS, Text
from experiments.analysis.render_ways import ASSUMES, ASSUMPTIONS, PROMISES, WAYS
from experiments.analysis.render_words import DUTCH
from stats.alternatives import PROMISES as PROMISE_OF
from tests.dash_ui import sample_looks, sample_over_time
from tests.dash_ui import sample_reports as samples

Document = dict[str, Any]
STORIES: tuple[Callable[[], Document], ...] = (
    samples.conclusive,
    samples.unclear,
    samples.harmful,
    samples.no_difference,
    samples.unhealthy,
    samples.broken_segment,
    samples.undecidable,
    samples.too_early,
    samples.undetermined_guardrail,
    samples.three_arms,
    samples.with_segments,
    sample_over_time.with_trigger,
    sample_looks.between_looks,
    sample_looks.better_at_a_look,
    sample_looks.futile_at_a_look,
    sample_looks.windows_before_the_first_look,
)
EXPERIMENT: Document = {
    "hypothesis": "If we show <b>it</b>, then more people order.",
    "plan": {"mde": 0.02, "power": 0.8, "planned_units": 80000, "cuped": True},
    "audience": {"country": "NL"},
    "variants": [{"key": "bar", "payload": {"text": "</script><script>alert(1)</script>"}}],
    "decision": {"decision": "ship", "variant": "bar", "note": "Clear."},
}


class _Page(HTMLParser):
    """Collects tags, attributes and text; complains about tags that are not closed."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] != "style":
            self.words += data


def _page(report: Document, **options: Any) -> tuple[str, _Page]:
    text = render_html(report, **options)
    page = _Page()
    page.feed(text)
    assert page.open == []
    return text, page


def _whole(report: Document, language: str = "en") -> tuple[str, _Page]:
    return _page(
        report,
        language=language,
        experiment=EXPERIMENT,
        evidence={("conversion", "bar"): samples.evidence()},
        journal=[{"at": samples.START, "actor": "sanne", "kind": "comment", "text": "<i>note</i>"}],
    )


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
@pytest.mark.parametrize("language", ["en", "nl"])
def test_the_file_needs_nothing_from_elsewhere(story: Callable[[], Document], language: str) -> None:
    text, page = _whole(story(), language)
    assert not {"script", "link", "img", "iframe", "object"} & {tag for tag, _ in page.tags}
    assert "http" not in re.sub(r"<style>.*?</style>", "", text)
    assert not re.search(r"url\(|@import", text)
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]


def test_every_chart_states_its_conclusion() -> None:
    _, page = _whole(samples.conclusive())
    labels = [
        attributes.get("aria-label") for tag, attributes in page.tags if attributes.get("role") == "img"
    ]
    assert len(labels) == 7
    assert all(labels)
    assert any("The range has excluded zero since" in (label or "") for label in labels)


def test_every_sentence_of_the_file_has_its_dutch(monkeypatch: pytest.MonkeyPatch) -> None:
    missing = set()

    class Strict(dict[str, str]):
        def get(self, key: str, default: Any = None) -> Any:
            if key not in self:
                missing.add(key)
            return super().get(key, default)

    monkeypatch.setattr(render_text, "DUTCH", Strict(DUTCH))
    for story in STORIES:
        _whole(story(), "nl")
    reasons = {
        each["method_reason"] for metric in samples.conclusive()["metrics"] for each in metric["comparisons"]
    }
    assert missing <= reasons


def test_planned_looks_stand_in_the_file_with_the_estimate_after_stopping() -> None:
    _, page = _whole(sample_looks.better_at_a_look())
    assert "corrected for stopping at a look, the difference is +0.31 pp" in page.words
    assert "±2.68" in page.words
    _, page = _whole(sample_looks.futile_at_a_look(), "nl")
    assert "te weinig om door te gaan" in page.words
    assert "Stopped for futility" not in page.words
    _, page = _whole(samples.conclusive())
    assert "Planned looks" not in page.words


def test_the_verdict_comes_first_and_a_failed_check_takes_its_place() -> None:
    _, page = _whole(samples.conclusive())
    assert page.words.index("Bar at 50 is better") < page.words.index("Question and plan")
    _, page = _whole(samples.unhealthy())
    assert "Don't trust this yet" in page.words
    assert "Bar at 50 is better" not in page.words


def test_what_is_wrong_with_the_data_has_its_place_cause_and_remedy() -> None:
    _, page = _whole(samples.broken_segment())
    for said in (
        "It is off among device = mobile: 61.0% / 39.0%; elsewhere it is as planned.",
        "Nothing came from Bar at 50 for 31 hours, while 412 units of the others were seen.",
        "Likely cause: A variant that loads slowly",
        "Remedy: Place an order in this variant",
    ):
        assert said in page.words
    _, dutch = _whole(samples.broken_segment(), "nl")
    assert "De afwijking zit bij device = mobile: 61,0% / 39,0%; elders is de verdeling" in dutch.words
    assert "English detail" not in dutch.words


def test_every_finding_of_the_health_has_words_in_both_languages() -> None:
    sentences = {
        *FINDINGS.values(),
        *ORIGINS.values(),
        *CAUSES.values(),
        *REMEDIES.values(),
        *CHECKS.values(),
    }
    assert sentences - DUTCH.keys() == set()
    assert CAUSES.keys() == REMEDIES.keys() == CHECKS.keys() - {"maturity", "carry_over"}


def test_reasons_are_said_in_the_language_of_the_file() -> None:
    _, page = _whole(samples.undecidable())
    assert "180 days at this pace bring 9,000 units, which show a lift of 21.00%" in page.words
    _, dutch = _whole(samples.undecidable(), "nl")
    assert "180 dagen in dit tempo brengen 9.000 eenheden, die een effect van 21,00% op" in dutch.words
    old = samples.undecidable()
    old["decision"] = {**old["decision"], "details": [{"code": "of_another_version", "params": {}}]}
    _, plain = _whole(old, "nl")
    assert "Cannot be decided with this traffic." in plain.words


def test_every_reason_has_its_dutch_with_the_same_numbers() -> None:
    for sentence in SENTENCES.values():
        fields = [sorted(re.findall(r"\{[^}]*\}", text)) for text in (sentence, DUTCH[sentence])]
        assert fields[0] == fields[1]


def test_where_there_is_no_percentage_the_difference_is_told_in_the_metrics_unit() -> None:
    report = samples.conclusive()
    revenue = next(each for each in report["metrics"] if each["metric"] == "revenue")
    revenue["comparisons"][0]["relative"] = {"estimate": None, "lower": None, "upper": None}
    revenue["comparisons"][0]["absolute"] = {"estimate": 0.25, "lower": 0.15, "upper": 0.5}
    assert "+€0.15 … +€0.50" in re.sub(r"<[^>]+>", " ", render_html(report))


def test_every_way_of_reading_has_its_dutch_with_the_same_numbers() -> None:
    sentences = [*WAYS.values(), *PROMISES.values(), *ASSUMES.values(), *ASSUMPTIONS.values()]
    for sentence in sentences:
        fields = [sorted(re.findall(r"\{[^}]*\}", text)) for text in (sentence, DUTCH[sentence])]
        assert fields[0] == fields[1]
    assert WAYS.keys() == PROMISE_OF.keys()
    assert PROMISES.keys() == set(PROMISE_OF.values())


def test_every_way_of_reading_stands_beside_the_one_that_decides() -> None:
    _, page = _whole(samples.conclusive())
    assert "Every way to read it, at 95.00%" in page.words
    assert "Always valid (decides)" in page.words
    assert "Not met: Units whose window has closed: 93.0%" in page.words
    assert "> 99.9% that the value is higher" in page.words
    old = samples.conclusive()
    for metric in old["metrics"]:
        for each in metric["comparisons"]:
            del each["way"]
    _, without = _whole(old)
    assert "Every way to read it" not in without.words


def test_words_of_people_stay_words() -> None:
    text, page = _whole(samples.conclusive())
    assert "<b>it</b>" not in text
    assert "<i>note</i>" not in text
    assert "If we show <b>it</b>, then more people order." in page.words


def test_nothing_claims_a_proof_or_a_chance_of_winning() -> None:
    for story in STORIES:
        _, page = _whole(story())
        assert not re.search(r"proven|chance that (B|the variant|it) wins|significant(?! ?ie)", page.words)


def test_dutch_numbers_have_dutch_marks() -> None:
    _, page = _whole(samples.conclusive(), "nl")
    assert "+9,7%" in page.words
    assert "36.320" in page.words
    assert "€ 6,23" in page.words.replace("\u00a0", " ")


def test_an_unknown_language_is_refused() -> None:
    with pytest.raises(ValueError, match="language is 'fr'"):
        render_html(samples.conclusive(), language="fr")


def test_numbers_show_their_sign_with_a_true_minus() -> None:
    text = Text("en")
    assert text.percent(-0.0312, signed=True) == f"{MINUS}3.1%"
    assert text.percent(0.0312, signed=True) == "+3.1%"
    assert text.percent(-0.00001, signed=True) == "0.0%"
    assert text.value(-0.0104, "proportion", None, signed=True) == f"{MINUS}1.04 pp"
    assert text.value(-0.3, "mean", "EUR", signed=True) == f"{MINUS}€0.30"
    assert text.percent(None) == text.percent(float("nan")) == "–"
    assert text.p_value(0.0000001) == "< 0.001"


def test_csv_has_a_line_per_comparison_with_unrounded_numbers() -> None:
    report = samples.with_segments()
    rows = list(csv.DictReader(io.StringIO(render_csv(report))))
    assert list(rows[0]) == list(CSV_COLUMNS)
    assert len(rows) == 5 + 4
    first = report["metrics"][0]["comparisons"][0]
    assert float(rows[0]["absolute_estimate"]) == first["absolute"]["estimate"]
    assert rows[0]["reading"] == "better"
    assert rows[-1]["segment_value"] == "returning"


def test_csv_leaves_out_what_cannot_be_said() -> None:
    rows = list(csv.DictReader(io.StringIO(render_csv(samples.too_early()))))
    assert rows[0]["relative_estimate"] == rows[0]["p_value"] == ""
    assert "at least 20 are needed" in rows[0]["undetermined"]


def test_csv_never_starts_a_formula() -> None:
    report = json.loads(json.dumps(samples.with_segments()))
    report["segments"][0]["value"] = "=cmd|' /C calc'!A0"
    rows = list(csv.DictReader(io.StringIO(render_csv(report))))
    assert rows[5]["segment_value"] == "'=cmd|' /C calc'!A0"


def test_the_file_says_what_a_comparison_is_adjusted_for_and_older_reports_say_nothing() -> None:
    report = samples.conclusive()
    comparison = report["metrics"][0]["comparisons"][0]
    comparison["covariates"] = ["pre_value", "pre_ratio", "pre_count", "seen_before"]
    assert "Adjusted for" in render_html(report)
    for phrase in ("the value", "the ratio", "the number of events", "whether there were any events"):
        assert f"{phrase} before exposure" in DUTCH
        assert f"{phrase} before exposure" in render_html(report)
    rows = list(csv.DictReader(io.StringIO(render_csv(report))))
    assert rows[0]["covariates"] == "pre_value pre_ratio pre_count seen_before"
    for measured in report["metrics"]:
        for each in measured["comparisons"]:
            each.pop("covariates")
    assert "Adjusted for" not in render_html(report)
    assert next(csv.DictReader(io.StringIO(render_csv(report))))["covariates"] == ""
