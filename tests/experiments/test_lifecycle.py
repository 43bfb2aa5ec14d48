"""Which action fits which state; nothing else is possible."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest

from assignment.errors import ProefwerkError
from experiments.forms import MetricForm
from experiments.lifecycle import (
    Action,
    Status,
    check_change,
    check_phase,
    check_transition,
    start_refusals,
)
from experiments.validation import parse
from tests.experiments.examples import METRICS, fields, form

NOW = datetime(2030, 1, 1, tzinfo=UTC)
KNOWN = {metric["key"]: parse(MetricForm, metric) for metric in METRICS}
ALLOWED = {
    (Status.DRAFT, Action.START),
    (Status.SCHEDULED, Action.START),
    (Status.RUNNING, Action.PAUSE),
    (Status.PAUSED, Action.RESUME),
    (Status.RUNNING, Action.STOP),
    (Status.PAUSED, Action.STOP),
    (Status.DRAFT, Action.ARCHIVE),
    (Status.SCHEDULED, Action.ARCHIVE),
    (Status.STOPPED, Action.ARCHIVE),
}


@pytest.mark.parametrize(("status", "action"), list(product(Status, Action)))
def test_only_these_actions_fit_these_states(status: Status, action: Action) -> None:
    if (status, action) in ALLOWED:
        check_transition("bar", status, action)
        return
    with pytest.raises(ProefwerkError) as caught:
        check_transition("bar", status, action)
    assert caught.value.status == 409
    assert f"'bar' is {status.value}; '{action.value}' is possible only when it is" in caught.value.detail


def test_a_complete_draft_may_start() -> None:
    assert start_refusals(form(), KNOWN, NOW) == ()


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"metrics": {"primary": []}}, "metrics.primary"),
        ({"metrics": {"secondary": ["clicks"]}}, "metrics.secondary.0"),
        ({"plan": {"method": "group_sequential"}}, "plan.looks"),
        ({"plan": {"exact": True}}, "metrics.primary.0"),
        ({"end_at": "2029-12-31T00:00:00Z"}, "end_at"),
        ({"end_at": "2030-01-01T00:00:00Z"}, "end_at"),
    ],
)
def test_an_incomplete_draft_may_not(changes: dict[str, Any], field: str) -> None:
    assert [item.field for item in start_refusals(form(**changes), KNOWN, NOW)] == [field]


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"window_hours": 48}, None),
        ({}, "no window"),
        ({"window_hours": 48, "cap": None}, "without such a bound"),
        ({"window_hours": 48, "cap": {"quantile": 0.99}}, "without such a bound"),
    ],
)
def test_an_exact_plan_needs_primaries_with_a_registered_bound_and_a_window(
    changes: dict[str, Any], refusal: str | None
) -> None:
    capped = parse(MetricForm, {**METRICS[1], **changes})
    exact = form(plan={"exact": True}, metrics={"primary": ["revenue"], "secondary": [], "guardrails": []})
    found = start_refusals(exact, {**KNOWN, "revenue": capped}, NOW)
    assert (refusal is None) == (found == ())
    assert all(refusal in each.message for each in found if refusal)


@pytest.mark.parametrize("status", [Status.DRAFT, Status.SCHEDULED])
def test_before_the_start_everything_may_change(status: Status) -> None:
    assert check_change("bar", status, {"variants": [1], "name": "a"}, {"variants": [2], "name": "a"}) == (
        "variants",
    )


@pytest.mark.parametrize(
    ("status", "before", "after", "refused"),
    [
        (Status.RUNNING, {"name": "a"}, {"name": "b"}, []),
        (Status.STOPPED, {"hypothesis": "a"}, {"hypothesis": "b"}, []),
        (Status.ARCHIVED, {"name": "a"}, {"name": "b"}, ["name"]),
        (Status.RUNNING, {"traffic": 0.5}, {"traffic": 0.6}, []),
        (Status.STOPPED, {"traffic": 0.5}, {"traffic": 0.6}, ["traffic"]),
        (Status.PAUSED, {"end_at": None}, {"end_at": "2031-01-01T00:00:00Z"}, []),
        (Status.PAUSED, {"audience": {}}, {"audience": {"a": 1}}, []),
        (Status.STOPPED, {"audience": {}}, {"audience": {"a": 1}}, ["audience"]),
        (Status.RUNNING, {"segments": []}, {"segments": ["a"]}, ["segments"]),
        (Status.RUNNING, {"plan": {"alpha": 0.05}}, {"plan": {"alpha": 0.1}}, ["plan"]),
    ],
)
def test_after_the_start_only_words_the_split_and_the_end_may_change(
    status: Status, before: dict[str, Any], after: dict[str, Any], refused: list[str]
) -> None:
    if not refused:
        assert check_change("bar", status, before, after) == tuple(after)
        return
    with pytest.raises(ProefwerkError) as caught:
        check_change("bar", status, before, after)
    assert (caught.value.status, fields(caught.value)) == (409, refused)


@pytest.mark.parametrize("status", list(Status))
def test_only_what_divides_shoppers_has_a_next_phase(status: Status) -> None:
    if status in (Status.RUNNING, Status.PAUSED):
        check_phase("bar", status)
        return
    with pytest.raises(ProefwerkError) as caught:
        check_phase("bar", status)
    assert (caught.value.status, fields(caught.value)) == (409, ["new_phase"])
