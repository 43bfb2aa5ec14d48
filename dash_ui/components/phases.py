"""The phases of an experiment and how each divided shoppers, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dash import html

from dash_ui.components.table import Column, table
from dash_ui.format import moment, number, percent
from dash_ui.i18n import _
from dash_ui.report_records import Experiment


def phases(experiment: Experiment) -> Any:
    """Every split in time; nothing while there has been one only."""
    found = experiment.document.get("phases") or []
    if sum(len(phase["splits"]) for phase in found) < 2:
        return None
    columns = [
        Column(_("Phase"), number=True),
        Column(_("Since")),
        Column(_("Traffic"), number=True),
        Column(_("Variants")),
        Column(_("Why")),
    ]
    rows: list[Sequence[Any]] = [
        (
            number(phase["version"]),
            moment(datetime.fromisoformat(split["from"])),
            percent(split["traffic"], 1),
            " / ".join(f"{item['key']} {percent(item['weight'], 1)}" for item in split["variants"]),
            _why(phase) if place == 0 else _("Growth: nobody moved."),
        )
        for phase in found
        for place, split in enumerate(phase["splits"])
    ]
    return html.Div([html.H3(_("Phases")), table(_("Phases"), columns, rows, "pw-plain")], id="phases")


def _why(phase: dict[str, Any]) -> str:
    return str(phase["reason"]) or _("Started by {person}.", person=phase["opened_by"])
