"""Evidence over time: the band chart, its conclusion in words and its numbers in a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from dash import html

from dash_ui.components.graph import graph
from dash_ui.components.numbers import lift_range
from dash_ui.components.table import Column, table
from dash_ui.figures.evidence import decided_at, evidence_figure, when
from dash_ui.format import moment, signed_percent
from dash_ui.i18n import _, language
from dash_ui.report_records import Effect, EvidencePoint, Result
from dash_ui.report_words import verdict_word

HEIGHT = 330
LEAST_POINTS = 2
MOST_ROWS = 20


def evidence(result: Result, choice: Any = None) -> html.Section:
    """The chart for one treatment on one metric; `choice` picks another."""
    effect = result.evidence_of
    enough = len(result.evidence) >= LEAST_POINTS
    body = _drawn(result, effect, result.evidence) if effect and enough else [_waiting(result)]
    return html.Section(
        [
            html.Div([html.H2(_("Evidence over time")), choice], className="pw-section-head"),
            html.P(
                _(
                    "The band is where the true effect can be."
                    " When it leaves the zero line, the result is conclusive."
                ),
                className="pw-quiet pw-small",
            ),
            *body,
        ],
        className="pw-card pw-numbers",
    )


def conclusion(effect: Effect, points: Sequence[EvidencePoint]) -> str:
    """What the chart shows, in one sentence."""
    since = decided_at(points)
    last = points[-1]
    if since is None:
        return _(
            "{metric}, {variant}: the range is now {range} and still includes zero.",
            metric=effect.metric_name,
            variant=effect.variant_name,
            range=lift_range(last.relative),
        )
    return _(
        "{metric}, {variant}: conclusive since {day}. The range is now {range}: {verdict}.",
        metric=effect.metric_name,
        variant=effect.variant_name,
        day=when(since.moment, points[0].moment, last.moment),
        range=lift_range(last.relative),
        verdict=verdict_word(effect.verdict).lower(),
    )


def time_span(result: Result) -> tuple[datetime, datetime]:
    """From the start to the day on which the plan expects to be done."""
    points = result.evidence
    first = min(result.experiment.started_at or points[0].moment, points[0].moment)
    last = points[-1].moment
    report = result.report
    if report is not None and result.experiment.status == "running" and report.progress.days_left:
        last = max(
            last, report.as_of + timedelta(days=min(report.progress.days_left, 2 * _days(first, last)))
        )
    return first, last


def _days(first: datetime, last: datetime) -> float:
    return max((last - first) / timedelta(days=1), 0.02)


def _drawn(result: Result, effect: Effect, points: Sequence[EvidencePoint]) -> list[Any]:
    words = conclusion(effect, points)
    first, last = time_span(result)
    rows = [
        (moment(point.moment), signed_percent(point.relative.estimate), lift_range(point.relative))
        for point in _thinned(points)
    ]
    columns = [
        Column(_("Report of")),
        Column(_("Difference"), number=True),
        Column(_("Plausible range"), number=True),
    ]
    return [
        graph("evidence", evidence_figure(points, result.band, first, last), words, HEIGHT, language()),
        html.P(words, className="pw-small pw-conclusion"),
        html.Details(
            [html.Summary(_("Show the numbers")), table(_("Evidence over time"), columns, rows)],
            className="pw-numbers-table",
        ),
    ]


def _waiting(result: Result) -> html.P:
    words = _("The band starts with the second report that has an interval for this metric.")
    if result.evidence:
        first = result.evidence[0]
        words = _(
            "The first report, of {moment}, gives the range {range}. The band starts with the second.",
            moment=moment(first.moment),
            range=lift_range(first.relative),
        )
    return html.P(words, className="pw-waiting")


def _thinned(points: Sequence[EvidencePoint]) -> list[EvidencePoint]:
    step = max(1, -(-len(points) // MOST_ROWS))
    return list(reversed(list(reversed(points))[::step]))
