"""Effects per segment, labelled with how they are corrected."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from dash_ui.components.forest import forest_axis, forest_bar
from dash_ui.components.scorecard import difference_cell, verdict_mark
from dash_ui.components.table import Column, table
from dash_ui.format import number
from dash_ui.i18n import _
from dash_ui.report_records import Effect, Report, Segment
from dash_ui.report_words import method_word


def segments(report: Report) -> html.Section | None:
    """A row per segment and treatment on the primary metrics; `None` without segments."""
    rows = [_row(segment, effect, report) for segment in report.segments for effect in segment.effects]
    if not rows:
        return None
    columns = [
        Column(_("Segment")),
        Column(_("Metric")),
        Column(_("Shoppers"), number=True),
        Column(_("Difference"), number=True),
        Column(
            [html.Span(_("Plausible range"), className="pw-hidden"), forest_axis(report.forest)],
            name="pw-col-forest",
            label=_("Plausible range"),
        ),
        Column(_("Verdict"), name="pw-col-verdict"),
    ]
    return html.Section(
        [
            html.Div(
                [html.H2(_("Segments")), html.Span(correction(report), className="pw-quiet pw-small")],
                className="pw-section-head",
            ),
            table(_("Segments"), columns, rows, "pw-scorecard pw-numbers"),
        ],
        className="pw-card",
    )


def correction(report: Report) -> str:
    """How the segments' intervals allow for their number."""
    used = {effect.adjustment for segment in report.segments for effect in segment.effects}
    if used <= {"none"}:
        return _("Declared before the start; not corrected for many comparisons, so read it as exploration.")
    names = ", ".join(sorted(method_word(name) for name in used if name != "none"))
    return _("Declared before the start; corrected for many comparisons ({method}).", method=names)


def _row(segment: Segment, effect: Effect, report: Report) -> Sequence[Any]:
    several = len(report.treatments) > 1
    return (
        html.Div(
            [
                html.Div(segment.value or _("(empty)"), className="pw-strong"),
                html.Div(segment.name, className="pw-quiet pw-small"),
            ]
        ),
        f"{effect.metric_name} · {effect.variant_name}" if several else effect.metric_name,
        number(segment.units),
        difference_cell(effect),
        forest_bar(effect, report.forest),
        verdict_mark(effect),
    )
