"""Effects by days since exposure and by its date: for exploration, with what they say in words."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from dash import html

from dash_ui.components.forest import forest_axis, forest_bar
from dash_ui.components.numbers import p_text
from dash_ui.components.scorecard import difference_cell
from dash_ui.components.table import Column, table
from dash_ui.format import day, number
from dash_ui.i18n import _
from dash_ui.report_records import Change, Effect, Report, Segment


def over_time(report: Report) -> html.Section | None:
    """A sentence per effect and two tables; `None` where nobody has lived through a day yet."""
    cuts = report.cuts
    if cuts is None or not any(segment.effects and segment.units for segment in cuts.ages):
        return None
    by_days, by_date = cuts.limits
    return html.Section(
        [
            html.Div(html.H2(_("Over time")), className="pw-section-head"),
            html.P(
                _(
                    "For exploration: none of this decides; corrected for many comparisons. By days, only"
                    " shoppers who have lived through them count, with what they did in them."
                ),
                className="pw-quiet pw-small",
            ),
            *(html.P(change_sentence(change)) for change in cuts.changes),
            _table(_("By days since first exposure"), _("Day"), cuts.ages, by_days, report),
            _table(_("By date of first exposure"), _("From"), cuts.dates, by_date, report),
        ],
        className="pw-card",
    )


def change_sentence(change: Change) -> str:
    """Whether an effect changes with the days since exposure."""
    words = {"metric": change.metric_name, "variant": change.variant_name}
    if change.p_value is None:
        return _("{metric}, {variant}: whether the effect changes with the days cannot be said yet.", **words)
    p_value = p_text(change.p_value)
    if change.direction == "fades":
        return _("{metric}, {variant}: the effect fades with the days (p-value {p}).", **words, p=p_value)
    if change.direction == "grows":
        return _("{metric}, {variant}: the effect grows with the days (p-value {p}).", **words, p=p_value)
    return _("{metric}, {variant}: no change with the days is shown (p-value {p}).", **words, p=p_value)


def _table(title: str, name: str, cuts: Sequence[Segment], limit: float, report: Report) -> html.Div:
    columns = [
        Column(name),
        Column(_("Metric")),
        Column(_("Shoppers"), number=True),
        Column(_("Difference"), number=True),
        Column(
            [html.Span(_("Plausible range"), className="pw-hidden"), forest_axis(limit)],
            name="pw-col-forest",
            label=_("Plausible range"),
        ),
    ]
    rows = [_row(cut, effect, limit, report) for cut in cuts for effect in cut.effects]
    return html.Div(
        [html.H3(title, className="pw-small"), table(title, columns, rows, "pw-scorecard pw-numbers")]
    )


def _row(cut: Segment, effect: Effect, limit: float, report: Report) -> Sequence[Any]:
    several = len(report.treatments) > 1
    return (
        cut.value if cut.name == "age" else day(date.fromisoformat(cut.value)),
        f"{effect.metric_name} · {effect.variant_name}" if several else effect.metric_name,
        number(cut.units),
        difference_cell(effect),
        forest_bar(effect, limit),
    )
