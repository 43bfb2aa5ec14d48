"""A report that was tampered with is told from one that follows from the events."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from assignment.errors import ProefwerkError
from experiments.analysis.report import analyse
from experiments.analysis.verify import check_report, verify
from tests.experiments.analysis.build import HOUR, LATER, START, add, conversion, definition, lake_of
from tests.experiments.analysis.test_report import PRIMARIES, shop

PLAN = definition(*PRIMARIES)


def test_a_report_verifies_even_after_later_events_and_the_stop(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, shop())
    report = json.loads(json.dumps(analyse(PLAN, lake.view(), LATER)))
    add(lake, [conversion("u1", 5, START + HOUR)], LATER + HOUR)
    stopped = replace(PLAN, status="stopped", stopped_at=LATER + HOUR)
    assert verify(report, stopped, lake.view()) == []


def test_every_number_that_was_changed_is_named_with_its_path(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, shop())
    report = analyse(PLAN, lake.view(), LATER)
    true_units = report["variants"][1]["units"]
    report["variants"][1]["units"] = 12345
    report["metrics"][0]["comparisons"][0]["significant"] = 1
    del report["progress"]
    report["extra"] = "x"
    found = verify(report, PLAN, lake.view())
    assert [line.split(":")[0] for line in found] == [
        "variants.1.units",
        "metrics.0.comparisons.0.significant",
        "extra",
        "progress",
    ]
    assert found[0] == f"variants.1.units: the report says 12345, the events say {true_units}"


def test_a_report_made_before_sums_were_rounded_anew_verifies_but_for_last_digits(tmp_path: Path) -> None:
    lake = lake_of(tmp_path, shop())
    report = analyse(PLAN, lake.view(), LATER)
    del report["arithmetic"]
    report["data_hash"] = "0" * 64
    report["metrics"][0]["variants"][0]["mean"] *= 1 + 1e-12
    assert verify(report, PLAN, lake.view()) == []
    report["metrics"][0]["variants"][0]["mean"] *= 1 + 1e-6
    assert len(verify(report, PLAN, lake.view())) == 1


def test_a_report_made_before_reasons_had_codes_still_verifies_and_a_changed_code_does_not(
    tmp_path: Path,
) -> None:
    view = lake_of(tmp_path, shop()).view()
    report = json.loads(json.dumps(analyse(PLAN, view, LATER)))
    rows = [row for metric in report["metrics"] for row in metric["comparisons"]]
    read = next(row for row in rows if row["undetermined"] is None)
    assert read["method_reasons"], "each sentence has its code"
    read["method_reasons"][0]["code"] = "another"
    assert len(verify(report, PLAN, view)) == 1
    for row in rows:
        del row["method_reasons"]
    for segment in report["segments"]:
        for metric in segment["metrics"]:
            for row in metric["comparisons"]:
                del row["method_reasons"]
    assert verify(report, PLAN, view) == []


def test_events_that_vanished_are_noticed(tmp_path: Path) -> None:
    report = analyse(PLAN, lake_of(tmp_path / "whole", shop()).view(), LATER)
    found = verify(report, PLAN, lake_of(tmp_path / "less", shop()[:-1]).view())
    assert any(line.startswith("data_hash") for line in found)


@pytest.mark.parametrize(
    "document",
    [
        None,
        [],
        "report",
        {},
        {"experiment": 3},
        {"experiment": "k"},
        {"experiment": "k", "schema": 1},
        {"experiment": "k", "schema": 1, "as_of": "2026-11-01T00:00:00"},
    ],
)
def test_what_is_no_report_is_refused_in_words(document: Any) -> None:
    with pytest.raises(ProefwerkError, match=r"report"):
        check_report(document)
