"""Planned looks on the result page and in the wizard."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dash_ui.components.looks import conclusion, looks
from dash_ui.figures.looks import looks_figure
from dash_ui.i18n import speaking
from dash_ui.plan_words import futility_sentence, looks_sentence
from dash_ui.report_records import Report
from dash_ui.wizard import duration
from tests.dash_ui import sample_looks, sample_reports
from tests.dash_ui.stories import report_of
from tests.dash_ui.trees import words


def sentence(report: Report) -> str:
    assert report.featured is not None
    assert report.featured.looks is not None
    assert report.looks is not None
    return conclusion(report.looks, report.featured, report.featured.looks)


def test_a_report_without_planned_looks_has_no_such_part() -> None:
    report = report_of(sample_reports.conclusive())
    assert looks(report, report.featured) is None


def test_what_was_seen_at_each_look_stands_beside_what_it_needed() -> None:
    report = report_of(sample_looks.between_looks())
    part = words(looks(report, report.featured))
    assert "+1.70" in part
    assert "±2.68" in part
    assert "< 0.01%" in part
    assert "0.76%" in part
    assert "around 12 Nov 2026" in part
    assert sentence(report) == (
        "Checkout conversion, Bar at 50: 3 looks taken, no boundary crossed yet."
        " Look 4 is due at 64,000 shoppers, around 12 Nov 2026."
    )


def test_a_difference_found_at_a_look_comes_with_an_estimate_corrected_for_it() -> None:
    report = report_of(sample_looks.better_at_a_look())
    assert sentence(report) == "Checkout conversion, Bar at 50: better, since look 3."
    part = words(looks(report, report.featured))
    assert "the difference is +0.31 pp, plausibly from +0.04 pp to +0.61 pp" in part


def test_stopping_for_futility_is_said_in_plain_words() -> None:
    report = report_of(sample_looks.futile_at_a_look())
    assert "stopped for futility at look 3" in sentence(report)
    with speaking("nl"):
        assert "gestopt wegens te weinig kans bij kijkmoment 3" in sentence(report)


def test_shoppers_who_count_in_part_are_explained() -> None:
    report = report_of(sample_looks.windows_before_the_first_look())
    part = words(looks(report, report.featured))
    assert "6,413 whole shoppers" in part
    assert "Whole shoppers" in part


def test_the_figure_shows_boundaries_looks_and_the_next_one() -> None:
    report = report_of(sample_looks.futile_at_a_look())
    assert report.featured is not None
    assert report.featured.looks is not None
    figure = looks_figure(report.featured.looks, 1, 0.8)
    json.dumps(figure)
    better, worse, too_little, taken = figure["data"]
    assert better["x"] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert better["y"] == [-value for value in worse["y"]]
    assert too_little["y"][2] == pytest.approx(0.9625)
    assert taken["y"] == [0.4, 0.9, 0.3]
    assert figure["layout"]["shapes"][0]["x0"] == 0.8
    assert figure["layout"]["yaxis"]["range"][1] >= max(better["y"])


def test_less_of_a_metric_can_be_the_good_side() -> None:
    report = report_of(sample_looks.between_looks())
    assert report.featured is not None
    assert report.featured.looks is not None
    good, bad, *_rest = looks_figure(report.featured.looks, -1, None)["data"]
    assert max(good["y"]) < 0 < min(bad["y"])


def test_a_plans_looks_are_said_in_sentences() -> None:
    assert looks_sentence({"looks": None}) is None
    assert futility_sentence({}) is None
    plan = {"looks": 5, "spending": "kim_demets", "spending_gamma": 2.0, "futility": "binding"}
    assert "gamma 2.00" in (looks_sentence(plan) or "")
    assert "for good" in (futility_sentence(plan) or "")


def planned(**values: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """A plan as the wizard reads it, and its problems."""
    state: Any = {"document": {"plan": {"looks": None}}, "assume": {}}
    typed = {"plan.mde": 5, "plan.alpha": 5, "plan.power": 80, "plan.method": "group_sequential"}
    problems = duration.read({**typed, **values}, state, strict=True)
    return state["document"]["plan"], problems


def test_the_wizard_reads_how_looks_spend_and_stop() -> None:
    plan, problems = planned(**{"plan.looks": 4, "plan.spending": "pocock", "plan.futility": "non_binding"})
    assert not problems
    assert (plan["looks"], plan["spending"], plan["futility"]) == (4, "pocock", "non_binding")
    assert "spending_gamma" not in plan
    plan, problems = planned(**{"plan.method": "sequential", "plan.futility": "binding"})
    assert not problems
    assert plan["looks"] is None
    assert "futility" not in plan


def test_the_wizard_asks_for_a_gamma_that_fits() -> None:
    assert planned(**{"plan.spending": "kim_demets", "plan.spending_gamma": 2})[0]["spending_gamma"] == 2.0
    assert "plan.spending_gamma" in planned(**{"plan.spending": "kim_demets", "plan.spending_gamma": -1})[1]
    assert "plan.spending_gamma" in planned(**{"plan.spending": "hwang_shih_decani"})[1]
