"""One row per metric and treatment: values, difference, interval on a common axis, verdict in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from dash_ui.components.forest import forest_axis, forest_bar
from dash_ui.components.icon import icon
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
from dash_ui.format import number, percent
from dash_ui.i18n import _
from dash_ui.report_records import ArmValue, Effect, Report
from dash_ui.report_words import (
    covariate_word,
    method_word,
    role_word,
    tone,
    undetermined_sentence,
    verdict_word,
)


def scorecard(report: Report, scale: Any = None) -> html.Section:
    """All metrics: primary on top, then guardrails, then secondary ones; `scale` switches the unit."""
    several = len(report.treatments) > 1
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
        Column(_("Verdict"), name="pw-col-verdict"),
    ]
    rows = [_row(effect, report.forest, several) for effect in report.effects]
    return html.Section(
        [
            html.Div([html.H2(_("All metrics")), scale], className="pw-section-head"),
            html.P(
                _(
                    "Better and worse are by benefit: fewer refunds is better."
                    " A filled dot is conclusive; an open one is not."
                ),
                className="pw-quiet pw-small",
            ),
            table(_("All metrics"), columns, rows, "pw-scorecard pw-numbers"),
            html.P(
                _("The numbers are withheld while a check fails; the analyst's view shows them."),
                className="pw-withheld pw-quiet",
            ),
            html.Div(methods(report), className="pw-analyst-only"),
        ],
        className="pw-card",
    )


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


def methods(report: Report) -> html.Details:
    """What an analyst checks: moments, p-values, methods and why they were chosen."""
    columns = [
        Column(_("Metric")),
        Column(_("Variant")),
        Column("n", number=True),
        Column(_("Mean"), number=True),
        Column(_("Standard deviation"), number=True),
        Column("p", number=True),
        Column(_("Correction")),
        Column(_("CUPED variance saved"), number=True),
        Column(_("Method")),
    ]
    rows = [_method_row(effect) for effect in report.effects]
    return html.Details(
        [
            html.Summary(_("Methods, moments and p-values")),
            table(_("Methods, moments and p-values"), columns, rows, "pw-methods"),
            html.P(
                _(
                    "Each range is at the level that agrees with its corrected p-value at {alpha}, so that"
                    " range, p-value and verdict are one statement.",
                    alpha=percent(report.alpha, 0),
                ),
                className="pw-quiet pw-small",
            ),
        ],
        open=True,
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


def _row(effect: Effect, limit: float, several: bool) -> Sequence[Any]:
    return (
        html.Div(
            [
                html.Div(effect.metric_name, className="pw-strong"),
                html.Div(
                    f"{role_word(effect.role)} · {effect.variant_name}"
                    if several
                    else role_word(effect.role),
                    className="pw-quiet pw-small",
                ),
            ]
        ),
        _value(effect, control=True),
        _value(effect, control=False),
        difference_cell(effect),
        forest_bar(effect, limit),
        _verdict(effect),
    )


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
    return html.Div(parts)


def _limit(value: float) -> str:
    sign = "+" if value > 0 else "−"
    return f"{sign}{percent(abs(value), 1)}"


def _method_row(effect: Effect) -> Sequence[Any]:
    return (
        effect.metric_name,
        effect.variant_name,
        _two(effect, lambda value: number(value.units) if value.units is not None else "–"),
        _two(effect, lambda value: _exact(value.mean)),
        _two(effect, lambda value: _exact(value.std)),
        p_text(effect.p_value),
        _correction(effect),
        percent(effect.variance_reduction, 1) if effect.variance_reduction else "–",
        html.Div(
            [
                html.Div(method_word(effect.method)),
                html.Div(effect.undetermined or effect.method_reason, className="pw-quiet pw-small"),
                _covariates(effect),
            ]
        ),
    )


def _correction(effect: Effect) -> html.Div:
    """The correction, above the level of the range that agrees with it."""
    parts: list[Any] = [html.Div(method_word(effect.adjustment))]
    if effect.level is not None:
        words = _("range at {level}", level=percent(1 - effect.level, 2))
        parts.append(html.Div(words, className="pw-quiet pw-small"))
    return html.Div(parts)


def _covariates(effect: Effect) -> html.Div | None:
    """What the numbers are adjusted for; nothing where they are not."""
    if not effect.covariates:
        return None
    names = ", ".join(covariate_word(name) for name in effect.covariates)
    return html.Div(_("Adjusted for {covariates}.", covariates=names), className="pw-quiet pw-small")


def _two(effect: Effect, write: Any) -> html.Div:
    values: tuple[ArmValue, ArmValue] = (effect.control_value, effect.variant_value)
    return html.Div([html.Div(write(value)) for value in values])


def _exact(value: float | None) -> str:
    if value is None:
        return "–"
    size = abs(value)
    return number(value, 6 if size < 1 else 4 if size < 1000 else 2)
