"""What holds over all running experiments, from their newest reports."""

from __future__ import annotations

from typing import Any

from sqlmodel import Session

from experiments.service.across import across_running
from experiments.service.reports import save_report
from experiments.service.transitions import pause
from tests.experiments.conftest import BOB
from tests.experiments.examples import running


def report(key: str, hour: int, log_e_value: float | None) -> dict[str, Any]:
    """A report with one primary result."""
    return {
        "id": f"across-{key}-{hour}",
        "experiment": key,
        "as_of": f"2026-11-01T{hour:02}:00:00+00:00",
        "plan_hash": "p",
        "data_hash": "d",
        "alpha": 0.05,
        "health": {},
        "metrics": [
            {
                "metric": "conversion",
                "role": "primary",
                "comparisons": [{"variant": "bar", "log_e_value": log_e_value}],
            }
        ],
    }


def test_the_newest_reports_of_running_experiments_are_read_together(session: Session) -> None:
    assert across_running(session) is None
    first, second = running(session), running(session, key="second")
    for each in (report(first.key, 1, 0.0), report(first.key, 2, 9.0), report(second.key, 1, 0.5)):
        save_report(session, each)
    found = across_running(session)
    assert found is not None
    assert (found.experiments, found.results) == (2, 2)
    assert found.holding == {(first.key, "conversion", "bar")}
    pause(session, second.key, BOB)
    alone = across_running(session)
    assert alone is not None
    assert alone.results == 1
