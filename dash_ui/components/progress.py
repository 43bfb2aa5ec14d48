"""How far the experiment is on its way to a decision."""

from __future__ import annotations

from dash import html

from dash_ui.components.attributes import aria
from dash_ui.components.verdict import days_sentence
from dash_ui.format import number, percent
from dash_ui.i18n import _
from dash_ui.report_records import Experiment, Report


def progress(report: Report, experiment: Experiment) -> html.Section:
    """Units against the plan as a bar, with the days left."""
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
            html.Div(
                html.Div(style={"width": f"{share * 100:.1f}%"}, className="pw-meter-fill"),
                className="pw-meter",
                role="progressbar",
                **aria(
                    label=_("Planned shoppers reached"),
                    valuemin=0,
                    valuemax=100,
                    valuenow=round(share * 100),
                    valuetext=sentence,
                ),
            ),
            html.P(sentence, className="pw-small"),
            html.P(_outlook(report, experiment), className="pw-quiet pw-small"),
        ],
        className="pw-card",
    )


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
