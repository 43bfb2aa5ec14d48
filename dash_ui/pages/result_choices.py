"""What a reader of the result page chooses: the unit of differences, and the effect over time."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import html

from dash_ui.components.attributes import aria
from dash_ui.i18n import _
from dash_ui.report_records import Effect, Report, Result


def effect_value(effect: Effect | None) -> str | None:
    """How the choice of an effect over time names it."""
    return None if effect is None else f"{effect.metric}:{effect.variant}"


def scale_switch(scale: str) -> html.Div:
    """Differences in percent or in units."""
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


def effect_choice(result: Result) -> Any:
    """Of which metric and variant the charts over time are."""
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
