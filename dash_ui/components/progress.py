"""What would change the verdict, how far the experiment is, and how much of the outcomes is known."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from dash import html

from dash_ui.components.attributes import aria
from dash_ui.components.verdict import days_sentence
from dash_ui.format import day, number, percent
from dash_ui.i18n import _
from dash_ui.outlook_words import change_sentence
from dash_ui.report_records import Experiment, Report


def ahead(report: Report, experiment: Experiment) -> html.Div:
    """What would change the verdict beside progress, next date and maturity."""
    running = experiment.status in ("running", "paused")
    found = (change_sentence(change) for change in report.changes) if running else ()
    sentences = [sentence for sentence in found if sentence]
    parts: list[Any] = [progress(report, experiment)]
    if sentences:
        changes = html.Section(
            [
                html.H2(_("What would change it")),
                html.Ul([html.Li(sentence) for sentence in sentences], className="pw-changes"),
            ],
            className="pw-card pw-numbers" if report.headline != "distrust" else "pw-card",
            id="changes",
        )
        parts.insert(0, changes)
    return html.Div(parts, className="pw-two" if sentences else "")


def progress(report: Report, experiment: Experiment) -> html.Section:
    """Units against the plan as a bar, the days left with their date, and how mature the outcomes are."""
    done = report.progress
    share = min(1.0, done.share or 0.0)
    if done.planned_units:
        sentence = _(
            "{units} of {planned} planned shoppers ({share})",
            units=number(done.units),
            planned=number(done.planned_units),
            share=percent(done.share, 0),
        )
    else:
        sentence = _("{units} shoppers so far", units=number(done.units))
    return html.Section(
        [
            html.H2(_("Progress to the decision")),
            _meter(share, _("Planned shoppers reached"), sentence),
            html.P(sentence, className="pw-small"),
            html.P(_outlook(report, experiment), className="pw-strong"),
            html.P(" ".join(_dates(report, experiment)), className="pw-quiet pw-small"),
            *_maturity(report),
        ],
        className="pw-card",
    )


def _meter(share: float, label: str, sentence: str) -> html.Div:
    return html.Div(
        html.Div(style={"width": f"{share * 100:.1f}%"}, className="pw-meter-fill"),
        className="pw-meter",
        role="progressbar",
        **aria(label=label, valuemin=0, valuemax=100, valuenow=round(share * 100), valuetext=sentence),
    )


def _maturity(report: Report) -> list[Any]:
    """Which share of the shoppers has completed the windows; nothing where no metric has one."""
    if report.known is None:
        return []
    sentence = (
        _("All outcomes are known: every shopper's window has closed.")
        if report.known >= 1
        else _(
            "Of {share} of the shoppers the outcome is complete; what the others still order or return counts"
            " later.",
            share=percent(report.known, 0),
        )
    )
    return [
        _meter(report.known, _("Shoppers whose outcome is complete"), sentence),
        html.P(sentence, className="pw-small"),
    ]


def _outlook(report: Report, experiment: Experiment) -> str:
    if experiment.status in ("stopped", "archived"):
        return _("It no longer runs.")
    if report.headline == "distrust":
        return _("Progress does not count while a check fails.")
    if experiment.status == "paused":
        return _("It is paused: nobody new takes part.")
    days = days_sentence(report)
    if days:
        return days
    if (report.progress.share or 0) >= 1:
        return _("The planned number of shoppers is reached.")
    return _("How long it still takes shows once there is some traffic to go by.")


def _dates(report: Report, experiment: Experiment) -> list[str]:
    """When the planned size is expected, and when a reading counts."""
    if experiment.status != "running" or report.headline == "distrust":
        return []
    said, left = [], report.progress.days_left
    if left and (report.progress.share or 0) < 1:
        due = day(report.as_of + timedelta(days=left))
        said.append(_("The planned size is expected on {day}.", day=due))
    if report.looks is not None:
        following = report.looks.next
        if following is not None and report.looks.next_at is not None:
            due = day(report.looks.next_at)
            said.append(_("Next look: {look}, around {day}.", look=number(following.number), day=due))
    elif report.method in ("sequential", "group_sequential"):
        said.append(_("It may be read at any moment: every new report counts."))
    elif report.method == "fixed":
        said.append(_("It is read once, at the planned size."))
    return said
