"""The parts of the result page in their order, and which of them changed."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import dash_mantine_components as dmc
from dash import dcc, html
from plotly.utils import PlotlyJSONEncoder

from dash_ui.components import verdict
from dash_ui.components.attributes import aria, data
from dash_ui.components.badges import phase_badge
from dash_ui.components.evidence import evidence
from dash_ui.components.exposures import exposures
from dash_ui.components.health import strip
from dash_ui.components.icon import icon
from dash_ui.components.journal import entries
from dash_ui.components.looks import looks
from dash_ui.components.over_time import over_time
from dash_ui.components.previews import previews
from dash_ui.components.progress import progress
from dash_ui.components.scorecard import scorecard
from dash_ui.components.segments import segments
from dash_ui.components.setup import setup
from dash_ui.components.triggered import triggered
from dash_ui.components.ways import ways
from dash_ui.format import moment
from dash_ui.i18n import _, ngettext
from dash_ui.pages.result_actions import action_bar, verdict_action
from dash_ui.records import Person
from dash_ui.report_records import Effect, Experiment, Report, Result
from dash_ui.words import surface_name

SECTIONS: Final = (
    "head",
    "verdict",
    "facts",
    "trust",
    "triggered",
    "scorecard",
    "looks",
    "ways",
    "evidence",
    "exposures",
    "segments",
    "over_time",
    "setup",
    "previews",
    "journal",
)
STALE: Final = timedelta(hours=2)


def draw(result: Result, person: Person, reader: str, scale: str) -> dict[str, Any]:
    """Every part by name; before there are data, what to expect instead of empty charts."""
    report, experiment = result.report, result.experiment
    parts: dict[str, Any] = dict.fromkeys(SECTIONS)
    parts["head"] = _head(result, person, reader)
    parts["setup"] = setup(experiment)
    if not experiment.is_holdout and experiment.status != "archived":
        parts["previews"] = previews(experiment, person)
    parts["journal"] = entries(result.journal)
    if report is None or not report.units:
        parts["verdict"] = _expected(experiment)
        parts["scorecard"] = html.Div([_scale_switch(scale), _effect_choice(result)], hidden=True)
        return parts
    parts["verdict"] = verdict.banner(report, experiment, verdict_action(result, person))
    parts["facts"] = verdict.facts(report)
    parts["trust"] = html.Div([strip(report), progress(report, experiment)], className="pw-two")
    parts["triggered"] = triggered(report)
    parts["scorecard"] = scorecard(report, _scale_switch(scale))
    parts["looks"] = looks(report, result.evidence_of)
    parts["ways"] = ways(report, result.together)
    parts["evidence"] = evidence(result, _effect_choice(result))
    parts["exposures"] = exposures(report)
    parts["segments"] = segments(report)
    parts["over_time"] = over_time(report)
    return parts


def digests(parts: dict[str, Any]) -> dict[str, str]:
    """A short hash of each part, so that only what changed is drawn again."""
    encode = PlotlyJSONEncoder(sort_keys=True).encode
    texts = {name: encode(part) for name, part in parts.items()}
    return {name: hashlib.blake2b(text.encode(), digest_size=8).hexdigest() for name, text in texts.items()}


def live_words(result: Result) -> str:
    """What a screen reader hears when the verdict changes."""
    return verdict.title(result.report) if result.report and result.report.units else ""


def effect_value(effect: Effect | None) -> str | None:
    """How the choice of an effect over time names it."""
    return None if effect is None else f"{effect.metric}:{effect.variant}"


def phase(result: Result) -> str:
    """Where the experiment stands, as the list names it."""
    status, report = result.experiment.status, result.report
    if status != "running" or report is None:
        return status
    if report.headline == "distrust":
        return "attention"
    return "ready" if report.headline in ("better", "worse", "no_difference") else status


def _head(result: Result, person: Person, reader: str) -> html.Div:
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


def _expected(experiment: Experiment) -> html.Section:
    status = experiment.status
    start = experiment.document.get("start_at")
    if status == "draft":
        title, words = _("Not started yet"), _("The result shows here once the experiment runs.")
    elif status == "scheduled" and start:
        title = _("Starts on {moment}", moment=moment(datetime.fromisoformat(start)))
        words = _("The first numbers come within minutes of the first shopper.")
    elif status == "running":
        title = _("Waiting for the first shoppers")
        words = _(
            "As soon as the shop assigns a variant and reports the exposure, the first numbers show here by"
            " themselves. A verdict takes some days."
        )
    else:
        title, words = _("No data"), _("No shopper took part while this experiment ran.")
    link = None
    if status == "draft":
        link = dcc.Link(
            _("Go on with this draft"), href=f"/ui/new?draft={experiment.key}", className="pw-button"
        )
    return html.Section(
        [
            html.Span(icon("hourglass", 22), className="pw-verdict-icon pw-unclear"),
            html.Div([html.H2(title), html.P(words)], className="pw-verdict-words"),
            html.Div(link, className="pw-verdict-action"),
        ],
        className="pw-card pw-verdict pw-unclear",
        **data(verdict="none"),
    )


def _scale_switch(scale: str) -> html.Div:
    return html.Div(
        dmc.SegmentedControl(
            id="result-scale",
            value=scale,
            size="xs",
            data=[{"value": "relative", "label": "%"}, {"value": "absolute", "label": _("Units")}],
        ),
        role="group",
        className="pw-noprint",
        **aria(label=_("Differences in")),
    )


def _effect_choice(result: Result) -> Any:
    report: Report | None = result.report
    chosen = result.evidence_of
    options = [
        {
            "value": effect_value(effect),
            "label": f"{effect.metric_name} · {effect.variant_name}",
        }
        for effect in (report.effects if report else ())
    ]
    return html.Div(
        dmc.Select(
            id="result-effect",
            data=options,
            value=effect_value(chosen),
            size="xs",
            w=280,
            maw="100%",
            allowDeselect=False,
            label=_("Metric and variant"),
            labelProps={"className": "pw-hidden"},
            comboboxProps={"withinPortal": False, "transitionProps": {"duration": 0}},
        ),
        className="pw-noprint",
    )
