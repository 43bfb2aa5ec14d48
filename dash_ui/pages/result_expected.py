"""What a result page says before there are numbers."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

from dash import dcc, html

from dash_ui.components.attributes import data
from dash_ui.components.icon import icon
from dash_ui.format import ago, moment
from dash_ui.i18n import _
from dash_ui.report_records import Experiment

PATIENCE: Final = timedelta(hours=2)
"""After so long without shoppers, something is to be looked at."""


def expected(experiment: Experiment) -> html.Section:
    """What is waited for, and one action where there is any."""
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
        since = datetime.now(UTC) - (experiment.started_at or datetime.now(UTC))
        if since > PATIENCE:
            words = _(
                "It started {ago} and no shopper has come. Look whether the shop asks for this experiment on"
                " its page, whether anyone fits the audience, and whether exposures are sent.",
                ago=ago(experiment.started_at or datetime.now(UTC)),
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
