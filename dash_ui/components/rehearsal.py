"""How often fake assignments of this experiment's own shoppers would have raised an alarm."""

from __future__ import annotations

from typing import Any

from dash import dcc, html

from dash_ui.components.badges import badge
from dash_ui.components.icon import icon
from dash_ui.components.table import Column, table
from dash_ui.components.trust_table import range_of
from dash_ui.format import NONE, moment, number, percent
from dash_ui.i18n import _
from dash_ui.trust_records import Rehearsal, RehearsedMetric

TICK_MILLISECONDS = 2000


def rehearsal_card(rehearsal: Rehearsal) -> html.Section:
    """The button, what it does, and what came of it."""
    return html.Section(
        [
            html.Div(
                [
                    html.H2(_("False alarms on our own data")),
                    html.Button(
                        [icon("shield", 16), _("Check on our own data")],
                        id="rehearsal-start",
                        type="button",
                        className="pw-button pw-noprint",
                        disabled=rehearsal.running,
                        n_clicks=0,
                    ),
                ],
                className="pw-section-head",
            ),
            html.P(
                _(
                    "We assign the shoppers of this experiment anew, a thousand times, by chance alone. "
                    "Nothing has an effect then, so any difference that a report calls is a false alarm."
                ),
                className="pw-quiet",
            ),
            html.Div(findings(rehearsal), id="rehearsal-found", role="status"),
            dcc.Interval(id="rehearsal-tick", interval=TICK_MILLISECONDS, disabled=not rehearsal.running),
        ],
        className="pw-card pw-part pw-analyst-only",
    )


def findings(rehearsal: Rehearsal) -> Any:
    """The table, or how far it is."""
    parts: list[Any] = []
    if rehearsal.running:
        words = _("Under way. It may take some minutes; you can leave this page.")
        parts.append(html.P([icon("hourglass", 16), words], className="pw-small"))
    elif rehearsal.failed:
        parts.append(
            html.P(_("The last check failed; the scheduler's log says why."), className="pw-problem")
        )
    if rehearsal.metrics:
        parts += [_sentence(rehearsal), _table(rehearsal), _colophon(rehearsal)]
    return parts


def _sentence(rehearsal: Rehearsal) -> Any:
    known = [metric for metric in rehearsal.metrics if metric.false_alarms is not None]
    if not known:
        return None
    first = known[0]
    assert first.false_alarms is not None
    return html.P(
        _(
            "{metric}: of {replicates} fake experiments {share} would have raised a false alarm. At most "
            "{promised} was promised.",
            metric=first.name,
            replicates=number(rehearsal.replicates),
            share=percent(first.false_alarms.value, 1),
            promised=percent(first.promised, 1),
        )
    )


def _table(rehearsal: Rehearsal) -> html.Div:
    columns = [
        Column(_("Metric")),
        Column(_("False alarms"), number=True),
        Column(_("Promised, at most"), number=True),
        Column(_("Finding")),
        Column(_("t-test at every look"), number=True),
    ]
    rows = [_row(metric) for metric in rehearsal.metrics]
    return table(_("False alarms on our own data"), columns, rows, "pw-scorecard pw-rates")


def _row(metric: RehearsedMetric) -> list[Any]:
    if metric.false_alarms is None:
        return [metric.name, NONE, percent(metric.promised, 1), _why(metric.why or ""), NONE]
    word = (
        badge(_("keeps the promise"), "good", "check")
        if metric.kept
        else badge(_("breaks the promise"), "danger", "warning")
    )
    rate = [
        html.Span(percent(metric.false_alarms.value, 1)),
        html.Div(range_of(metric.false_alarms), className="pw-quiet pw-small pw-margin"),
    ]
    return [metric.name, rate, percent(metric.promised, 1), word, percent(metric.every_look, 1)]


def _why(code: str) -> str:
    return {
        "no_promise": _("A Bayesian plan makes no promise about false alarms."),
        "needs_values": _("A quantile is not read from sums, so it cannot be rehearsed."),
        "values_too_large": _("The values are too large to compute with; cap the metric."),
        "too_few_units": _("There are too few shoppers yet."),
    }.get(code, _("It cannot be said."))


def _colophon(rehearsal: Rehearsal) -> html.P:
    return html.P(
        _(
            "{units} of {in_all} shoppers, each fake experiment read {looks} times; made {moment}. The "
            "margin holds the true rate with 99.9% certainty.",
            units=number(rehearsal.units),
            in_all=number(rehearsal.units_in_all),
            looks=number(rehearsal.looks),
            moment=moment(rehearsal.as_of),
        ),
        className="pw-quiet pw-small",
    )
