"""The parts of the result page in their order, and which of them changed."""

from __future__ import annotations

import hashlib
from typing import Any, Final

from dash import html
from plotly.utils import PlotlyJSONEncoder

from dash_ui.components import verdict
from dash_ui.components.health import strip
from dash_ui.components.journal import entries
from dash_ui.components.looks import looks
from dash_ui.components.previews import previews
from dash_ui.components.progress import ahead
from dash_ui.components.scorecard import scorecard
from dash_ui.components.segments import segments
from dash_ui.components.setup import setup
from dash_ui.components.triggered import triggered
from dash_ui.components.ways import ways
from dash_ui.pages import result_time
from dash_ui.pages.result_actions import verdict_action
from dash_ui.pages.result_choices import effect_choice, scale_switch
from dash_ui.pages.result_expected import expected
from dash_ui.pages.result_head import head
from dash_ui.records import Person
from dash_ui.report_records import Result

SECTIONS: Final = (
    "head",
    "verdict",
    "ahead",
    "trust",
    "facts",
    "triggered",
    "scorecard",
    "looks",
    *result_time.SECTIONS,
    "segments",
    "ways",
    "setup",
    "previews",
    "journal",
)


def draw(result: Result, person: Person, reader: str, scale: str) -> dict[str, Any]:
    """Every part by name; before there are data, what to expect instead of empty charts."""
    report, experiment = result.report, result.experiment
    parts: dict[str, Any] = dict.fromkeys(SECTIONS)
    parts["head"] = head(result, person, reader)
    parts["setup"] = setup(experiment)
    if not experiment.is_holdout and experiment.status != "archived":
        parts["previews"] = previews(experiment, person)
    parts["journal"] = entries(result.journal, dict(experiment.variants))
    if report is None or not report.units:
        parts["verdict"] = expected(experiment)
        parts["scorecard"] = html.Div([scale_switch(scale), effect_choice(result)], hidden=True)
        return parts
    parts["verdict"] = verdict.banner(report, experiment, verdict_action(result, person))
    parts["facts"] = verdict.facts(report)
    parts["ahead"] = ahead(report, experiment)
    parts["trust"] = strip(report)
    parts["triggered"] = triggered(report)
    parts["scorecard"] = scorecard(report, scale_switch(scale))
    parts["looks"] = looks(report, result.evidence_of)
    parts["ways"] = ways(report, result.together)
    parts["segments"] = segments(report, experiment.document.get("segments"))
    return parts | result_time.draw(result, report, effect_choice(result))


def digests(parts: dict[str, Any]) -> dict[str, str]:
    """A short hash of each part, so that only what changed is drawn again."""
    encode = PlotlyJSONEncoder(sort_keys=True).encode
    texts = {name: encode(part) for name, part in parts.items()}
    return {name: hashlib.blake2b(text.encode(), digest_size=8).hexdigest() for name, text in texts.items()}


def live_words(result: Result) -> str:
    """What a screen reader hears when the verdict changes."""
    return verdict.title(result.report) if result.report and result.report.units else ""
