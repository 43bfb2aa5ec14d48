"""What a result page says of a trigger, and of effects over time."""

from __future__ import annotations

from pathlib import Path

import pytest

from dash_ui.components import verdict
from dash_ui.components.over_time import over_time
from dash_ui.components.triggered import triggered
from dash_ui.health_words import finding
from dash_ui.i18n import speaking
from dash_ui.report_records import Report
from experiments.analysis.report import analyse
from tests.dash_ui import sample_reports as samples
from tests.dash_ui.stories import experiment_of, report_of
from tests.dash_ui.trees import words
from tests.experiments.analysis import test_cuts as cuts
from tests.experiments.analysis import test_triggered as triggers
from tests.experiments.analysis.build import REVENUE, definition, lake_of, metric


@pytest.fixture(scope="module")
def entered(tmp_path_factory: pytest.TempPathFactory) -> Report:
    """A report in which those who reached the trigger decide."""
    return report_of(triggers.report_of(triggers.shop(lift=0.35, seed=3), tmp_path_factory.mktemp("lake")))


def test_the_verdict_says_of_whom_it_is(entered: Report) -> None:
    said = words(verdict.banner(entered, experiment_of(samples.conclusive())))
    assert f"That is of the {entered.entered.units if entered.entered else 0} shoppers (" in said
    assert "who reached cart_viewed, from that moment on." in said


def test_the_triggered_shoppers_have_a_row_per_metric_with_the_effect_on_everybody(entered: Report) -> None:
    said = words(triggered(entered))
    assert "Shoppers who reached the trigger" in said
    assert "On everybody" in said
    with speaking("nl"):
        assert "Bezoekers die de trigger bereikten" in words(triggered(entered))


def test_a_withdrawn_reading_shows_no_number_and_says_why(tmp_path: Path) -> None:
    report = report_of(triggers.report_of(triggers.shop(rates=(0.3, 0.6)), tmp_path))
    assert "Withdrawn: the variant has a part in who reached cart_viewed." in words(triggered(report))
    (check,) = report.failed
    assert "are divided" in finding(check, report)


def test_effects_over_time_are_told_in_words_and_as_tables(tmp_path: Path) -> None:
    plan = definition(metric(REVENUE), plan={"method": "sequential", "planned_units": 3_000})
    report = report_of(analyse(plan, lake_of(tmp_path, cuts.shop(3_000, fading=0.5)).view(), cuts.NOW))
    said = words(over_time(report))
    assert "Revenue, treatment: the effect fades with the days (p-value" in said
    assert "By days since first exposure" in said
    assert "none of this decides" in said


def test_reports_of_before_triggers_and_cuts_show_neither() -> None:
    report = report_of(samples.conclusive())
    assert triggered(report) is None
    assert over_time(report) is None
