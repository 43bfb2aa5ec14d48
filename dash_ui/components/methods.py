"""What an analyst checks: moments, p-values, methods and why they were chosen, and where they come from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from dash_ui.components.numbers import difference_span, difference_text, lift_range, p_text, value_text
from dash_ui.components.table import Column, table
from dash_ui.format import number, percent, signed_percent
from dash_ui.i18n import _
from dash_ui.method_words import method_reason, references, statistic_names
from dash_ui.report_records import ArmValue, Effect, Report
from dash_ui.report_words import covariate_word, method_word


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
            *_unadjusted(report.effects),
            html.H3(_("Names in statistics"), className="pw-small"),
            html.Dl(
                [html.Div([html.Dt(word), html.Dd(name)]) for word, name in statistic_names(report)],
                className="pw-names pw-small",
            ),
            html.H3(_("References"), className="pw-small"),
            html.Ul(
                [html.Li(each) for each in references(report.effects, segments=bool(report.differences))],
                className="pw-sentences pw-quiet pw-small",
                lang="en",
            ),
        ],
        open=True,
    )


def _unadjusted(effects: Sequence[Effect]) -> list[Any]:
    """Beside each adjusted effect what it is without covariates, for one look; nothing where none is."""
    adjusted = [effect for effect in effects if effect.unadjusted is not None]
    if not adjusted:
        return []
    title = _("Without CUPED, for reference")
    columns = [
        Column(_("Metric")),
        Column(_("Variant")),
        Column(_("Difference"), number=True),
        Column(_("In units"), number=True),
        Column(_("p at a fixed size"), number=True),
        Column(_("Method")),
    ]
    note = _(
        "The same shoppers without covariates, as if read once: not protected against looking early, and not"
        " corrected. The adjusted range above decides."
    )
    return [
        html.H3(title, className="pw-small"),
        html.P(note, className="pw-quiet pw-small"),
        table(title, columns, [_plain_row(effect) for effect in adjusted], "pw-methods"),
    ]


def _plain_row(effect: Effect) -> Sequence[Any]:
    found = effect.unadjusted
    if found is None:
        return ()
    return (
        effect.metric_name,
        effect.variant_name,
        _above(signed_percent(found.relative.estimate), lift_range(found.relative)),
        _above(
            difference_text(found.absolute.estimate, effect.kind, effect.unit),
            difference_span(found.absolute, effect.kind, effect.unit),
        ),
        p_text(found.p_value),
        method_word(found.method),
    )


def _above(estimate: str, ends: str) -> html.Div:
    return html.Div([html.Div(estimate), html.Div(ends, className="pw-quiet pw-small")])


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
                html.Div(method_reason(effect), className="pw-quiet pw-small"),
                _covariates(effect),
                _cap(effect),
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


def _cap(effect: Effect) -> html.Div | None:
    """The most that a shopper counts for; nothing without a cap."""
    if effect.cap is None:
        return None
    most = value_text(effect.cap, effect.kind, effect.unit)
    return html.Div(_("A shopper counts for {most} at most.", most=most), className="pw-quiet pw-small")


def _two(effect: Effect, write: Any) -> html.Div:
    values: tuple[ArmValue, ArmValue] = (effect.control_value, effect.variant_value)
    return html.Div([html.Div(write(value)) for value in values])


def _exact(value: float | None) -> str:
    if value is None:
        return "–"
    size = abs(value)
    return number(value, 6 if size < 1 else 4 if size < 1000 else 2)
