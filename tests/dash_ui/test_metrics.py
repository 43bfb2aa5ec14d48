"""Metrics from form to sentence."""

from __future__ import annotations

from typing import Any

import pytest

from dash_ui.components.metric_form import KINDS, document_of, draw, problems_of
from dash_ui.components.metric_words import sentence_of
from dash_ui.gateway import Gateway
from dash_ui.gateway.lately import lately
from dash_ui.metric_lately_words import lately_sentence
from dash_ui.page import View
from dash_ui.pages import metrics
from dash_ui.records import Person, Refused
from tests.dash_ui.shop import MARKETER, PASSWORD

VALUES: dict[str, dict[str, Any]] = {
    "proportion": {"event": "order"},
    "count": {"event": "order", "window": 7, "cap": 10},
    "mean": {"event": "order", "field": "value", "cap": 500, "window": 14},
    "ratio": {
        "numerator.event": "order",
        "numerator.field": "value",
        "denominator.event": "order",
        "denominator.field": "",
    },
    "retention": {"event": "visit", "from_hours": 24, "to_hours": 168},
    "quantile": {"event": "order", "field": "value", "quantile": 0.5},
}

SUMS: dict[str, Any] = {
    "until": "2026-11-25T20:00:00+00:00",
    "week": {
        "days": 7,
        "units": 41_000,
        "events": {
            "visit": {"units": 40_000, "events": 90_000, "fields": {}},
            "order": {"units": 1_271, "events": 1_312, "fields": {"value": 86_920.0}},
            "refund": {"units": 60, "events": 61, "fields": {"value": 2_000.0}},
        },
    },
    "days": [
        {
            "until": f"2026-11-2{day}T20:00:00+00:00",
            "units": 6_000,
            "events": {"order": {"units": 170, "events": orders, "fields": {"value": 9_000.0}}},
        }
        for day, orders in ((4, 240), (5, 180))
    ],
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_metric_of_each_kind_is_saved_from_the_form(gateway: Gateway, kind: str) -> None:
    person = gateway.sign_in(MARKETER, PASSWORD)
    assert person is not None
    values = {"name": f"Test {kind}", "direction": "increase", "unit": "", **VALUES[kind]}
    document = document_of(values, kind)
    assert problems_of(document, values) == {}
    gateway.save_metric(person, document, None)
    saved = gateway.metric(f"test-{kind}")
    assert saved is not None
    assert sentence_of(saved.document).endswith(".")
    assert draw(saved.document, saved=True)


def test_a_metric_reads_as_a_sentence() -> None:
    document = document_of({"name": "x", "non_inferiority_margin": 5, **VALUES["mean"]}, "mean")
    assert sentence_of(document) == (
        "Sum of value of 'order' per shopper, within 14 days of first seeing it, "
        "a shopper counts for 500 at most, may get 5.0% worse at most."
    )


def test_a_metric_in_use_cannot_change_its_meaning(gateway: Gateway) -> None:
    person = gateway.sign_in(MARKETER, PASSWORD)
    metric = gateway.metric("conversion")
    assert person is not None
    assert metric is not None
    with pytest.raises(Refused) as refused:
        gateway.save_metric(person, {**metric.document, "event": "visit"}, "conversion")
    assert refused.value.status == 409


def test_missing_answers_are_told_by_field() -> None:
    values = {"name": "", "event": " ", "from_hours": 48, "to_hours": 24}
    problems = problems_of(document_of(values, "retention"), values)
    assert set(problems) == {"name", "event", "to_hours"}


def test_the_preview_gives_the_definition_for_the_shops_own_week() -> None:
    found = lately({"kind": "proportion", "event": "order"}, SUMS)
    assert lately_sentence(found, {"kind": "proportion"}) == "In the last 7 days: 3.10% of 41,000 shoppers."
    mean = {"kind": "mean", "event": "order", "unit": "EUR"}
    assert lately(mean, SUMS).value == pytest.approx(86_920 / 41_000)
    assert "€2.12 per shopper" in lately_sentence(lately(mean, SUMS), mean)
    ratio = document_of(VALUES["ratio"], "ratio")
    assert lately(ratio, SUMS).value == pytest.approx(86_920 / 1_312)
    assert [value for _until, value in lately({"kind": "count", "event": "order"}, SUMS).trend] == [
        0.04,
        0.03,
    ]


def test_the_preview_says_why_there_is_no_number() -> None:
    wrong = lately({"kind": "count", "event": "ordr"}, SUMS)
    assert lately_sentence(wrong, {"kind": "count"}) == (
        "No 'ordr' was seen lately. Seen were: visit, order and refund."
    )
    assert "No 'margin'" in lately_sentence(
        lately({"kind": "mean", "event": "order", "field": "margin"}, SUMS), {}
    )
    quantile = {"kind": "quantile", "event": "order"}
    assert "1,271 of 41,000 shoppers did this" in lately_sentence(lately(quantile, SUMS), quantile)
    assert "Fill in" in lately_sentence(lately({"kind": "count"}, SUMS), {"kind": "count"})
    assert "once events have come in" in lately_sentence(None, {})


def test_a_metric_that_others_rest_on_is_locked_with_their_names(gateway: Gateway) -> None:
    mark = Person(2, MARKETER, "Mark de Wit", "marketer")
    drawn = str(metrics.render(View(gateway, mark, {}, {"edit": "conversion"})))
    assert "Only its name can change now" in drawn
    assert "Loyalty banner on home" in drawn
    assert "id={'type': 'metric-field', 'name': 'event', 'group': 'form'}" in drawn
    metric = gateway.metric("conversion")
    assert metric is not None
    fields = draw(metric.document, saved=True, locked=True)
    assert [field.disabled for row in fields for field in row.children].count(False) == 1


def test_the_page_of_a_metric_tells_its_uses_and_its_history(gateway: Gateway) -> None:
    mark = Person(2, MARKETER, "Mark de Wit", "marketer")
    metric = gateway.metric("conversion")
    assert metric is not None
    gateway.save_metric(mark, {**metric.document, "name": "Buyers"}, "conversion")
    gateway.mark_metric(mark, "conversion", certified=False, archived=True)
    drawn = str(metrics.render(View(gateway, mark, {}, {"show": "conversion"})))
    for words in ("Where it is used", "Decides", "How it changed", "Mark de Wit", "Archived"):
        assert words in drawn
    assert "conversion" not in {each.key for each in gateway.metrics()}
    with pytest.raises(Refused):
        gateway.mark_metric(mark, "revenue", certified=True, archived=False)
    copied = str(metrics.render(View(gateway, mark, {}, {"copy": "conversion"})))
    assert "Copy of Buyers" in copied
