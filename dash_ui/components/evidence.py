"""Evidence over time: the band chart, its conclusion in words and its numbers in a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from dash_ui.components.graph import graph
from dash_ui.components.mark_list import mark_list
from dash_ui.components.numbers import lift_range
from dash_ui.components.table import Column, table
from dash_ui.figures.evidence import decided_at, evidence_figure, when
from dash_ui.figures.marks import with_marks
from dash_ui.format import moment, signed_percent
from dash_ui.i18n import _, language
from dash_ui.report_records import Effect, EvidencePoint, Result
from dash_ui.report_words import verdict_word
from dash_ui.time_marks import timeline
from dash_ui.time_records import Timeline

HEIGHT = 330
LEAST_POINTS = 2
MOST_ROWS = 20


def evidence(result: Result, choice: Any = None, line: Timeline | None = None) -> html.Section:
    """The chart for one treatment on one metric; `choice` picks another, `line` is the axis."""
    effect = result.evidence_of
    enough = len(result.evidence) >= LEAST_POINTS
    body: list[Any] = [_waiting(result)]
    if effect is not None and enough:
        body = _drawn(result, effect, result.evidence, line or timeline(result))
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


def _drawn(result: Result, effect: Effect, points: Sequence[EvidencePoint], line: Timeline) -> list[Any]:
    words = conclusion(effect, points)
    rows = [
        (moment(point.moment), signed_percent(point.relative.estimate), lift_range(point.relative))
        for point in _thinned(points)
    ]
    columns = [
        Column(_("Report of")),
        Column(_("Difference"), number=True),
        Column(_("Plausible range"), number=True),
    ]
    figure = evidence_figure(points, result.band, line.first, line.last)
    figure = {**figure, "layout": with_marks(figure["layout"], line)}
    return [
        graph("evidence", figure, words, HEIGHT, language()),
        html.P(words, className="pw-small pw-conclusion"),
        mark_list(line.marks),
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
