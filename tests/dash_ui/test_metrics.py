"""Metrics from form to sentence."""

from __future__ import annotations

from typing import Any

import pytest

from dash_ui.components.metric_form import KINDS, document_of, draw, problems_of
from dash_ui.components.metric_words import sentence_of
from dash_ui.gateway import Gateway
from dash_ui.records import Refused
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
