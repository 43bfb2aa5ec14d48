"""The head of the result page: where one is, what the experiment is called and how it stands."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import dash_mantine_components as dmc
from dash import dcc, html

from dash_ui.components.attributes import aria
from dash_ui.components.badges import phase_badge
from dash_ui.components.icon import icon
from dash_ui.format import moment
from dash_ui.i18n import _, ngettext
from dash_ui.pages.result_actions import action_bar
from dash_ui.records import Person
from dash_ui.report_records import Experiment, Result
from dash_ui.words import surface_name

STALE: Final = timedelta(hours=2)


def phase(result: Result) -> str:
    """Where the experiment stands, as the list names it."""
    status, report = result.experiment.status, result.report
    if status != "running" or report is None:
        return status
    if report.headline == "distrust":
        return "attention"
    return "ready" if report.headline in ("better", "worse", "no_difference") else status


def head(result: Result, person: Person, reader: str) -> html.Div:
    """Trail, name, state, age, last update, and what one can do."""
    experiment = result.experiment
    trail = html.Nav(
        [
            dcc.Link(_("Experiments"), href="/ui/", className="pw-link"),
            html.Span("/", className="pw-quiet", **aria(hidden=True)),
            html.Span(experiment.name, **aria(current="page")),
        ],
        className="pw-crumbs pw-noprint",
        **aria(label=_("You are here")),
    )
    return html.Div(
        [
            trail,
            html.Div(
                [
                    html.Div([html.H1(experiment.name), _meta(result)], className="pw-title"),
                    html.Div(
                        [_view_switch(reader), action_bar(result, person)], className="pw-tools pw-noprint"
                    ),
                ],
                className="pw-head",
            ),
            _stale(result),
        ]
    )


def _meta(result: Result) -> html.Div:
    experiment = result.experiment
    kind = _("Holdout") if experiment.is_holdout else surface_name(experiment.surface)
    facts = [kind, *_age(experiment)]
    if result.report is not None:
        facts.append(_("Updated {moment}", moment=moment(result.report.as_of)))
    return html.Div(
        [
            phase_badge(phase(result)),
            html.Code(experiment.key),
            html.Span(" · ".join(facts), className="pw-quiet"),
        ],
        className="pw-meta",
    )


def _view_switch(reader: str) -> html.Div:
    return html.Div(
        dmc.SegmentedControl(
            id="result-view",
            value=reader,
            size="xs",
            data=[
                {"value": "marketer", "label": _("Marketer")},
                {"value": "analyst", "label": _("Analyst")},
            ],
        ),
        role="group",
        className="pw-noprint",
        **aria(label=_("Read as")),
    )


def _age(experiment: Experiment) -> list[str]:
    if experiment.started_at is None:
        return []
    end = experiment.stopped_at or datetime.now(UTC)
    return [ngettext("{count} day", "{count} days", max(0, (end - experiment.started_at).days))]


def _stale(result: Result) -> html.P | None:
    report = result.report
    if report is None or result.experiment.status != "running" or datetime.now(UTC) - report.as_of < STALE:
        return None
    words = _(
        "These numbers are of {moment}; newer ones have not been computed.", moment=moment(report.as_of)
    )
    return html.P([icon("clock", 16), words], className="pw-stale")
