"""One row per metric and treatment: values, difference, interval on a common axis, verdict in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from dash_ui.components.converted import converted
from dash_ui.components.forest import forest_axis, forest_bar
from dash_ui.components.icon import icon
from dash_ui.components.methods import methods
from dash_ui.components.numbers import (
    counts_text,
    difference_range,
    difference_text,
    p_text,
    size_range,
    size_text,
    value_text,
)
from dash_ui.components.table import Column, table
from dash_ui.components.yearly import has_year, year_note, yearly_cell
from dash_ui.format import percent
from dash_ui.i18n import _
from dash_ui.report_records import Effect, Report
from dash_ui.report_words import role_word, tone, undetermined_sentence, verdict_word


def scorecard(report: Report, scale: Any = None) -> html.Section:
    """All metrics: primary on top, then guardrails, then secondary ones; `scale` switches the unit."""
    lead = _(
        "Better and worse are by benefit: fewer refunds is better."
        " A filled dot is conclusive; an open one is not. A dotted tick is the limit of a guardrail."
    )
    if report.entered is not None:
        lead = _("Everybody who was exposed, for comparison: those who reached the trigger decide.")
    return html.Section(
        [
            html.Div([html.H2(_("All metrics")), scale], className="pw-section-head"),
            html.P(lead, className="pw-quiet pw-small"),
            effects_table(_("All metrics"), report.effects, report),
            year_note(report) if has_year(report.effects, report) else None,
            converted(report),
            html.P(
                _("The numbers are withheld while a check fails; the analyst's view shows them."),
                className="pw-withheld pw-quiet",
            ),
            html.Div(methods(report), className="pw-analyst-only"),
        ],
        className="pw-card",
    )


def effects_table(
    title: str, effects: Sequence[Effect], report: Report, more: Sequence[tuple[Column, Sequence[Any]]] = ()
) -> html.Div:
    """A row per effect: values, difference, range, amount a year, what `more` columns hold, verdict."""
    several = len(report.treatments) > 1
    yearly = has_year(effects, report)
    columns = [
        Column(_("Metric"), name="pw-col-metric"),
        Column(_("Control"), number=True),
        Column(_("Variant"), number=True),
        Column(_("Difference"), number=True),
        Column(
            [html.Span(_("Plausible range"), className="pw-hidden"), forest_axis(report.forest)],
            name="pw-col-forest",
            label=_("Plausible range"),
        ),
        *([Column(_("A year"), number=True)] if yearly else []),
        *(column for column, _cells in more),
        Column(_("Verdict"), name="pw-col-verdict"),
    ]
    rows = [
        [
            _named(effect, report, several),
            _value(effect, control=True),
            _value(effect, control=False),
            difference_cell(effect),
            forest_bar(effect, report.forest),
            *([yearly_cell(effect)] if yearly else []),
            *(cells[place] for _column, cells in more),
            _verdict(effect),
        ]
        for place, effect in enumerate(effects)
    ]
    return table(title, columns, rows, "pw-scorecard pw-numbers")


def verdict_mark(effect: Effect) -> html.Span:
    """The verdict as a word with a shape and a colour."""
    shapes = {"better": "up", "worse": "down", "within_limit": "check", "undetermined": "hourglass"}
    shape = shapes.get(effect.verdict)
    if effect.verdict in ("better", "worse") and effect.relative.estimate is not None:
        shape = "up" if effect.relative.estimate > 0 else "down"
    return html.Span(
        [icon(shape, 15) if shape else None, verdict_word(effect.verdict)],
        className=f"pw-mark pw-{tone(effect.verdict)}",
    )


def both_scales(relative: str, absolute: str) -> list[Any]:
    """A difference in percent and in units; a switch shows one of the two."""
    return [
        html.Span(relative, className="pw-relative"),
        html.Span(absolute, className="pw-absolute"),
    ]


def difference_cell(effect: Effect) -> html.Div:
    """Estimate above its range, in both scales."""
    if effect.relative.estimate is None and effect.absolute.estimate is None:
        return html.Div("–")
    return html.Div(
        [
            html.Div(
                both_scales(
                    size_text(effect), difference_text(effect.absolute.estimate, effect.kind, effect.unit)
                ),
                className="pw-strong",
            ),
            html.Div(
                both_scales(size_range(effect), difference_range(effect)),
                className="pw-quiet pw-small",
            ),
        ]
    )


def _named(effect: Effect, report: Report, several: bool) -> html.Div:
    """The metric with its role, which way is good, and how much of its outcome is known."""
    role = f"{role_word(effect.role)} · {effect.variant_name}" if several else role_word(effect.role)
    lines: list[Any] = [
        html.Div(effect.metric_name, className="pw-strong"),
        html.Div(role, className="pw-quiet pw-small"),
    ]
    if effect.direction == "decrease":
        lines.append(html.Div(_("less is better"), className="pw-quiet pw-small"))
    known = report.maturity.get(effect.metric)
    if known is not None and known < 1:
        share = percent(known, 0)
        lines.append(html.Div(_("outcome known of {share}", share=share), className="pw-quiet pw-small"))
    return html.Div(lines)


def _value(effect: Effect, *, control: bool) -> html.Div:
    value = effect.control_value if control else effect.variant_value
    return html.Div(
        [
            html.Div(value_text(value.mean, effect.kind, effect.unit)),
            html.Div(counts_text(effect, control=control), className="pw-quiet pw-small"),
        ]
    )


def _verdict(effect: Effect) -> html.Div:
    parts: list[Any] = [verdict_mark(effect)]
    if effect.verdict == "undetermined":
        why = undetermined_sentence(effect.undetermined_code, effect.undetermined)
        parts.append(html.Div(why, className="pw-quiet pw-small"))
        if effect.undetermined and effect.undetermined != why:
            parts.append(html.Div(effect.undetermined, className="pw-quiet pw-small pw-analyst-only"))
    elif effect.limit is not None:
        parts.append(html.Div(_("limit {limit}", limit=_limit(effect.limit)), className="pw-quiet pw-small"))
    if effect.p_value is not None:
        evidence = html.Div(["p ", p_text(effect.p_value)], className="pw-quiet pw-small pw-analyst-only")
        parts.append(evidence)
    return html.Div(parts)


def _limit(value: float) -> str:
    sign = "+" if value > 0 else "−"
    return f"{sign}{percent(abs(value), 1)}"
