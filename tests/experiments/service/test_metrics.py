"""Metrics: named once, kept while something is measured by them."""

from __future__ import annotations

from typing import Any

import pytest
from sqlmodel import Session

from assignment.errors import ProefwerkError
from experiments.forms import MetricForm
from experiments.requests import Decision, MetricMarksForm, StopForm
from experiments.service.metrics import (
    create_metric,
    delete_metric,
    get_metric,
    list_metrics,
    mark_metric,
    marks_document,
    metric_document,
    update_metric,
)
from experiments.service.transitions import archive, stop
from experiments.validation import parse
from tests.experiments.conftest import ALICE, BOB, CHARLIE
from tests.experiments.examples import METRICS, add_metrics, draft, fields, last_audit, running


def changed(**changes: Any) -> MetricForm:
    return parse(MetricForm, {**METRICS[1], **changes})


def test_a_metric_comes_back_as_defined_with_its_defaults(session: Session) -> None:
    add_metrics(session)
    shown = metric_document(get_metric(session, "revenue"))
    assert {name: shown[name] for name in METRICS[1]} == {
        **METRICS[1],
        "cap": {"value": 500.0, "quantile": None},
    }
    assert (shown["field"], shown["direction"], shown["window_hours"]) == ("value", "increase", None)


def test_a_metrics_key_is_used_once(session: Session) -> None:
    add_metrics(session)
    with pytest.raises(ProefwerkError) as caught:
        create_metric(session, changed(), BOB)
    assert (caught.value.status, fields(caught.value)) == (409, ["key"])


def test_a_metric_of_a_draft_may_change(session: Session) -> None:
    draft(session)
    update_metric(session, "revenue", changed(cap=None), BOB)
    assert metric_document(get_metric(session, "revenue"))["cap"] is None
    entry = last_audit(session)
    assert (entry.action, entry.object_kind, entry.object_key) == ("update", "metric", "revenue")
    assert entry.before is not None
    assert entry.before["cap"] == {"value": 500.0, "quantile": None}


def test_a_metric_that_is_measured_by_keeps_its_meaning(session: Session) -> None:
    running(session)
    with pytest.raises(ProefwerkError) as caught:
        update_metric(session, "revenue", changed(cap=None, name="Turnover"), BOB)
    assert (caught.value.status, fields(caught.value)) == (409, ["cap"])
    assert "bar" in caught.value.detail
    update_metric(session, "revenue", changed(name="Turnover"), BOB)


def test_a_metrics_key_never_changes(session: Session) -> None:
    add_metrics(session)
    with pytest.raises(ProefwerkError) as caught:
        update_metric(session, "revenue", changed(key="turnover"), BOB)
    assert (caught.value.status, fields(caught.value)) == (422, ["key"])


def test_a_metric_in_use_is_not_deleted(session: Session) -> None:
    running(session)
    stop(session, "bar", StopForm(decision=Decision.ROLLBACK), BOB)
    with pytest.raises(ProefwerkError) as caught:
        delete_metric(session, "refunds", BOB)
    assert caught.value.status == 409
    archive(session, "bar", BOB)
    delete_metric(session, "refunds", BOB)
    with pytest.raises(ProefwerkError) as gone:
        get_metric(session, "refunds")
    assert gone.value.status == 404


def test_metrics_are_searched_by_key_and_name(session: Session) -> None:
    add_metrics(session)
    assert [row.key for row in list_metrics(session, search="REV")[0]] == ["revenue"]
    create_metric(session, changed(key="m-1", name="Margin"), BOB)
    assert [row.key for row in list_metrics(session, search="margin")[0]] == ["m-1"]
    rows, total = list_metrics(session, page=2, per_page=3)
    assert ([row.key for row in rows], total) == (["revenue"], 4)


def test_an_analyst_changes_no_metric(session: Session) -> None:
    add_metrics(session)
    attempts = (
        lambda: create_metric(session, changed(key="other"), CHARLIE),
        lambda: update_metric(session, "revenue", changed(cap=None), CHARLIE),
        lambda: delete_metric(session, "revenue", CHARLIE),
    )
    for attempt in attempts:
        with pytest.raises(ProefwerkError) as caught:
            attempt()
        assert caught.value.status == 403


def test_who_certifies_a_metric_stands_for_its_definition_and_not_for_the_next(session: Session) -> None:
    add_metrics(session)
    certified = MetricMarksForm(certified=True)
    with pytest.raises(ProefwerkError) as caught:
        mark_metric(session, "revenue", certified, BOB)
    assert caught.value.status == 403
    mark_metric(session, "revenue", certified, ALICE)
    update_metric(session, "revenue", changed(name="Turnover"), BOB)
    assert marks_document(get_metric(session, "revenue"))["certified_by"] == ALICE.name
    update_metric(session, "revenue", changed(cap=None), BOB)
    assert marks_document(get_metric(session, "revenue"))["certified"] is False


def test_a_marketer_archives_a_metric_and_leaves_its_certificate(session: Session) -> None:
    add_metrics(session)
    mark_metric(session, "revenue", MetricMarksForm(certified=True), ALICE)
    mark_metric(session, "revenue", MetricMarksForm(certified=True, archived=True), BOB)
    marks = marks_document(get_metric(session, "revenue"))
    assert (marks["certified_by"], marks["archived"]) == (ALICE.name, True)
    assert last_audit(session).action == "mark"
