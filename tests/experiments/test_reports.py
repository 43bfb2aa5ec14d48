"""Reports are kept as they were made, and tell how the evidence grew."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlmodel import Session

from assignment.errors import ProefwerkError
from experiments.service import reports
from experiments.service.reports import evidence, get_report, list_reports, newest_report, save_report
from tests.experiments.examples import running

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def report(number: int, variant: str = "bar") -> dict[str, Any]:
    """A report of so many hours after noon."""
    comparison = {
        "variant": variant,
        "absolute": {"estimate": number, "lower": -1.0, "upper": 9.0},
        "relative": {"estimate": number / 10, "lower": -0.1, "upper": 0.9},
        "p_value": 0.5,
        "significant": False,
    }
    return {
        "id": f"r{number}",
        "experiment": "bar",
        "as_of": (NOON + timedelta(hours=number)).isoformat(),
        "plan_hash": "p",
        "data_hash": "d",
        "metrics": [{"metric": "conversion", "comparisons": [comparison]}],
    }


@pytest.fixture
def experiment(session: Session) -> str:
    """A running experiment's key."""
    return running(session).key


def test_the_newest_report_is_the_one_with_the_latest_moment(session: Session, experiment: str) -> None:
    for number in (1, 3, 2):
        save_report(session, report(number))
    assert newest_report(session, experiment) == report(3)
    rows, total = list_reports(session, experiment, per_page=2)
    assert ([row.id for row in rows], total) == (["r3", "r2"], 3)
    assert get_report(session, experiment, "r1") == report(1)


@pytest.mark.parametrize("ident", ["none", "r1\0"])
def test_a_report_that_does_not_exist_is_refused(session: Session, experiment: str, ident: str) -> None:
    with pytest.raises(ProefwerkError) as refused:
        get_report(session, experiment, ident)
    assert refused.value.status == 404
    with pytest.raises(ProefwerkError, match="no report of 'bar' yet"):
        newest_report(session, experiment)


def test_evidence_is_what_every_report_said_about_one_comparison(session: Session, experiment: str) -> None:
    for number in (2, 1):
        save_report(session, report(number))
    points = evidence(session, experiment, "conversion", "bar")
    assert [(point["as_of"], point["estimate"]) for point in points] == [
        ("2026-11-01T13:00:00+00:00", 1),
        ("2026-11-01T14:00:00+00:00", 2),
    ]
    assert points[0]["relative"] == {"estimate": 0.1, "lower": -0.1, "upper": 0.9}
    assert evidence(session, experiment, "conversion", "other") == []
    assert evidence(session, experiment, "other", "bar") == []


def test_much_evidence_is_thinned_evenly_and_keeps_its_ends(
    session: Session, experiment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "EVIDENCE_POINTS", 4)
    for number in range(10):
        save_report(session, report(number))
    assert [point["estimate"] for point in evidence(session, experiment, "conversion", "bar")] == [0, 3, 6, 9]


def test_a_report_that_json_cannot_hold_is_not_kept(session: Session, experiment: str) -> None:
    with pytest.raises(ValueError, match="JSON"):
        save_report(session, {**report(1), "metrics": [float("nan")]})


def test_what_a_report_said_is_read_once(
    session: Session, experiment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in (1, 2):
        save_report(session, report(number, "once"))
    first = evidence(session, experiment, "conversion", "once")
    monkeypatch.setattr(reports, "_point", lambda *_: pytest.fail("read again"))
    first[0]["relative"] = None
    assert [point["estimate"] for point in evidence(session, experiment, "conversion", "once")] == [1, 2]
    assert evidence(session, experiment, "conversion", "once")[0]["relative"] is not None
