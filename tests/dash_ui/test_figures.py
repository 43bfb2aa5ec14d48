"""Charts as plain dicts: what they draw, and where their axes end."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from dash_ui.components.exposures import exposures
from dash_ui.figures.axis import effect_axis, effect_ticks, time_axis, units_axis
from dash_ui.figures.evidence import decided_at, evidence_figure
from dash_ui.figures.exposures import exposures_figure
from dash_ui.i18n import speaking
from dash_ui.report_reader import read_evidence
from tests.dash_ui import sample_reports as samples
from tests.dash_ui.stories import report_of, result_of
from tests.dash_ui.trees import words

FIRST = datetime(2026, 10, 19, 8, 0, tzinfo=UTC)


def test_the_effect_axis_is_symmetric_around_zero_and_signed() -> None:
    axis = effect_axis(0.35)
    assert axis["range"] == [-0.35, 0.35]
    assert axis["ticktext"] == ["−30%", "−20%", "−10%", "0%", "+10%", "+20%", "+30%"]
    assert axis["fixedrange"]


@pytest.mark.parametrize("limit", [0.0004, 0.004, 0.03, 0.07, 0.18, 0.5, 1.7, 26.0])
@pytest.mark.parametrize("per_side", [1, 3])
def test_ticks_are_few_and_within_the_axis(limit: float, per_side: int) -> None:
    found = effect_ticks(limit, per_side)
    assert 1 <= len(found) // 2 <= per_side
    assert max(found) <= limit


def test_dates_are_written_in_the_language_of_the_request() -> None:
    with speaking("nl"):
        texts = time_axis(FIRST, FIRST + timedelta(days=28))["ticktext"]
    assert "2 nov" in texts
    assert any("okt" in text for text in texts)


def test_a_first_day_shows_hours() -> None:
    texts = time_axis(FIRST, FIRST + timedelta(hours=10))["ticktext"]
    assert texts[0] == "11:00"


def test_the_units_axis_starts_at_zero() -> None:
    axis = units_axis(36_000)
    assert axis["range"][0] == axis["tickvals"][0] == 0
    assert axis["ticktext"][1] == "10,000"


def test_the_band_is_conclusive_from_the_day_since_which_it_excludes_zero() -> None:
    points = read_evidence(samples.evidence())
    since = decided_at(points)
    assert since is not None
    place = points.index(since)
    assert all(point.relative.lower and point.relative.lower > 0 for point in points[place:])
    assert (points[place - 1].relative.lower or 0) <= 0


def test_a_band_that_came_back_to_zero_is_not_conclusive() -> None:
    documents = samples.evidence()
    documents[-1]["relative"]["lower"] = -0.01
    assert decided_at(read_evidence(documents)) is None


def test_the_evidence_chart_marks_the_decision_and_nothing_else() -> None:
    result = result_of(samples.conclusive())
    figure = evidence_figure(result.evidence, result.band, FIRST, FIRST + timedelta(days=31))
    assert figure["layout"]["annotations"][0]["text"].startswith("Conclusive since ")
    assert figure["layout"]["xaxis"]["range"] == ["2026-10-19T10:00:00", "2026-11-19T09:00:00"]
    open_result = result_of(samples.unclear())
    figure = evidence_figure(open_result.evidence, open_result.band, FIRST, FIRST + timedelta(days=31))
    assert "annotations" not in figure["layout"]
    assert len(figure["data"]) == 3
    json.dumps(figure)


def test_an_interval_without_an_end_reaches_beyond_the_axis() -> None:
    documents = samples.evidence(days=3)
    documents[0]["relative"]["upper"] = None
    figure = evidence_figure(read_evidence(documents), 0.2, FIRST, FIRST + timedelta(days=3))
    assert figure["data"][1]["y"][0] > 0.2


def test_exposures_have_a_line_per_variant_and_one_per_planned_share() -> None:
    report = report_of(samples.three_arms())
    figure = exposures_figure(report.exposures, report.arms)
    assert len(figure["data"]) == 1 + 3
    assert figure["data"][-1]["y"][-1] == 21387
    assert figure["data"][0]["y"][-1] == pytest.approx(64000 / 3, rel=1e-6)
    assert len({json.dumps(trace["line"]) for trace in figure["data"]}) == 4


def test_a_variant_that_came_later_counts_zero_before() -> None:
    document = samples.conclusive()
    points = document["series"]["exposures"]
    document["series"]["exposures"] = [point for point in points if point["variant"] == "control"] + points[
        -1:
    ]
    report = report_of(document)
    figure = exposures_figure(report.exposures, report.arms)
    assert figure["data"][-1]["y"][0] == 0


def test_the_moments_at_which_the_split_grew_are_marked() -> None:
    document = samples.conclusive()
    moments = sorted({point["time"] for point in document["series"]["exposures"]})
    splits = [moments[0], moments[len(moments) // 2], "2031-01-01T00:00:00+00:00"]
    document["splits"] = [{"from": moment, "traffic": 1.0, "variants": []} for moment in splits]
    report = report_of(document)
    shapes = exposures_figure(report.exposures, report.arms, report.grown_at)["layout"]["shapes"]
    assert len(report.grown_at) == 2
    assert [shape["x0"][:10] for shape in shapes] == [splits[1][:10]]
    assert "The split grew on" in words(exposures(report))


def test_figures_are_transparent_still_and_need_no_network() -> None:
    report = report_of(samples.conclusive())
    layout = exposures_figure(report.exposures, report.arms)["layout"]
    assert layout["paper_bgcolor"] == layout["plot_bgcolor"] == "rgba(0,0,0,0)"
    assert layout["hovermode"] is False
    assert layout["xaxis"]["fixedrange"]
