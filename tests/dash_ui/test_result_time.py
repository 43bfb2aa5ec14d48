"""What happened stands on every time axis, with the same number and in words."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from dash_ui.calendar_records import CalendarMark
from dash_ui.components.over_time import dates_sentence, over_time
from dash_ui.figures.marks import together, with_marks
from dash_ui.gateway import Gateway
from dash_ui.i18n import speaking
from dash_ui.pages import result_marks, result_time
from dash_ui.records import Person
from dash_ui.report_reader import moment
from dash_ui.report_records import JournalLine, Range, Result
from dash_ui.time_marks import timeline
from dash_ui.time_records import Timeline, TimeMark
from tests.dash_ui import sample_over_time
from tests.dash_ui import sample_reports as samples
from tests.dash_ui.shop import ANALYST
from tests.dash_ui.stories import result_of
from tests.dash_ui.trees import every, property_of, with_class, with_property, words

START = moment(samples.START)
SOMEONE = "sanne@shop.example"


def _line(day: int, kind: str, data: dict[str, object] | None = None) -> JournalLine:
    return JournalLine(START + timedelta(days=day), SOMEONE, kind, "As stored.", data, day)


def _eventful() -> Result:
    lines = (
        _line(0, "start"),
        _line(3, "deviation", {"traffic": {"before": 0.5, "after": 1.0}}),
        _line(8, "edit", {"hypothesis": {"before": "a", "after": "b"}}),
        _line(10, "pause"),
        _line(12, "resume"),
        _line(14, "comment"),
    )
    first = START.date()
    marks = (
        CalendarMark(1, "sale", "Black Friday", first + timedelta(days=20), first + timedelta(days=22)),
        CalendarMark(2, "holiday", "Long before", date(2020, 1, 1), date(2020, 1, 1)),
    )
    return replace(result_of(sample_over_time.with_trigger()), journal=lines, calendar=marks)


def test_marks_are_what_shoppers_could_notice_numbered_in_order_of_time() -> None:
    line = timeline(_eventful())
    assert [(mark.number, mark.kind) for mark in line.marks] == [(1, "deviation"), (2, "pause"), (3, "sale")]
    ramp, pause, sale = line.marks
    assert ramp.words.endswith("Departed from the plan. Share of the traffic: from 50% to 100%.")
    assert pause.last == pause.first + timedelta(days=2)
    assert sale.words.startswith("Sale: Black Friday, ")
    assert sale.last is not None
    assert sale.last - sale.first >= timedelta(days=3, hours=-1)


def test_a_pause_that_goes_on_is_shaded_to_the_end_of_the_axis() -> None:
    line = timeline(replace(_eventful(), journal=(_line(10, "pause"),), calendar=()))
    assert line.marks[0].last == line.last


def test_every_time_axis_has_the_same_range_marks_and_list() -> None:
    result = _eventful()
    assert result.report is not None
    parts = result_time.draw(result, result.report, None)
    graphs = {
        property_of(item, "id"): property_of(item, "figure")["layout"]
        for part in parts.values()
        for item in every(part)
        if type(item).__name__ == "Graph"
    }
    assert set(graphs) == {"evidence", "exposures", "by-age", "by-date"}
    assert graphs["evidence"]["xaxis"]["range"] == graphs["exposures"]["xaxis"]["range"]
    for name in ("evidence", "exposures", "by-date"):
        badges = [each["text"] for each in graphs[name]["annotations"] if each["text"].startswith("<b>")]
        assert badges == ["<b>1</b>", "<b>2</b>", "<b>3</b>"], name
    for part in parts.values():
        numbers = [words(item) for item in with_class(part, "pw-mark-number")]
        assert numbers == ["1", "2", "3"]
    assert "73,025 of the planned 80,000 shoppers (91%) so far" in words(parts["exposures"])
    with speaking("nl"):
        told = words(result_time.draw(result, result.report, None)["evidence"])
        assert "Afgeweken van het plan. Deel van het verkeer: van 50% naar 100%." in told


def test_numbers_that_would_overlap_share_a_badge() -> None:
    marks = tuple(
        TimeMark(place, "note", "x", START + timedelta(days=day)) for place, day in enumerate((1, 2, 20), 1)
    )
    line = Timeline(START, START + timedelta(days=28), marks)
    assert [[mark.number for mark in group] for group in together(line)] == [[1, 2], [3]]
    layout = with_marks({"margin": {"t": 10}}, line)
    assert [each["text"] for each in layout["annotations"]] == ["<b>1–2</b>", "<b>3</b>"]


def test_effects_by_age_and_date_are_drawn_with_their_conclusion_as_label() -> None:
    result = result_of(sample_over_time.with_trigger())
    assert result.report is not None
    part = over_time(result.report, result.evidence_of, timeline(result))
    labels = [property_of(item, "aria-label") for item in with_class(part, "pw-graph")]
    assert labels == [
        "Checkout conversion, Bar at 50: the effect fades with the days (p-value 0.004).",
        "Checkout conversion, Bar at 50: one effect within −3.0% … +16.0% fits the ranges of all 4 dates.",
    ]
    (ages,) = with_property(part, "id", "by-age")
    assert property_of(ages, "figure")["data"][1]["marker"]["symbol"] == ["circle", *["circle-open"] * 3]


def test_dates_whose_ranges_exclude_each_other_are_said_to_differ() -> None:
    effect = result_of(samples.conclusive()).evidence_of
    assert effect is not None
    apart = [Range(0.1, 0.05, 0.15), Range(-0.1, -0.15, -0.05)]
    assert "no single effect fits the ranges of all 2 dates" in dates_sentence(effect, apart)
    assert "fewer than two" in dates_sentence(effect, apart[:1])


def test_a_mark_is_refused_at_its_field_or_stands_on_the_axis(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Person(2, ANALYST, "Ana", "analyst")
    monkeypatch.setattr(result_marks, "current_person", lambda: reader)
    key = "two-column-checkout"
    assert set(result_marks.add(gateway, key, "stock", " ", "", "")) == {"name", "first"}
    assert set(result_marks.add(gateway, key, "stock", "Out", "2026-11-20", "2026-11-19")) == {"last"}
    assert set(result_marks.add(gateway, key, "stock", "x" * 201, "2026-11-20", "")) == {"name"}
    before = gateway.result_stamp(key)
    today = datetime.now(UTC).date().isoformat()
    assert result_marks.add(gateway, key, "stock", "Sold out", today, "") == {}
    assert [mark.name for mark in gateway.result(key).calendar if mark.experiment == key] == ["Sold out"]
    assert gateway.result_stamp(key) != before
