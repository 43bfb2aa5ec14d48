"""All ways of reading each comparison side by side, the one that decides first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from dash import html

from dash_ui.components.attributes import data
from dash_ui.components.badges import badge
from dash_ui.components.icon import icon
from dash_ui.components.numbers import difference_span, difference_text, lift_range, p_text
from dash_ui.components.scorecard import both_scales
from dash_ui.components.table import Column, table
from dash_ui.format import number, percent, signed_percent
from dash_ui.i18n import _, ngettext
from dash_ui.report_records import Effect, Reading, Report
from dash_ui.report_words import method_word, undetermined_sentence
from dash_ui.way_records import Assumption, Together
from dash_ui.way_words import assumes_sentence, assumption_sentence, promise_sentence, way_name


def ways(report: Report, together: Together | None = None) -> html.Section | None:
    """For analysts: one part per metric and treatment that opens to its table; `None` for old reports."""
    parts = [_part(effect) for effect in report.effects if effect.readings]
    if not parts:
        return None
    return html.Section(
        [
            html.H2(_("Other ways to read it")),
            html.P(
                _(
                    "The same shoppers, read in every way. The way that the plan chose decides; choosing"
                    " another one after seeing the numbers breaks what it promises."
                ),
                className="pw-quiet pw-small",
            ),
            *parts,
            _across(report, together),
        ],
        className="pw-card pw-numbers pw-analyst-only",
        id="ways",
    )


def _across(report: Report, together: Together | None) -> html.P | None:
    """What holds when all running experiments are looked at together."""
    if together is None:
        return None
    said = ngettext(
        "The one running experiment with an always-valid plan has {results} primary results; {holding} hold,"
        " with at most {alpha} false alarms expected among them (e-BH).",
        "The {count} running experiments with an always-valid plan have {results} primary results together;"
        " {holding} hold, with at most {alpha} false alarms expected among them (e-BH).",
        together.experiments,
        results=number(together.results),
        holding=number(together.holding),
        alpha=percent(together.alpha, 0),
    )
    names = [
        _("{metric} · {variant}", metric=effect.metric_name, variant=effect.variant_name)
        for effect in report.effects
        if effect.role == "primary" and (effect.metric, effect.variant) in together.own
    ]
    own = (
        _("Of this experiment: {names}.", names=", ".join(names))
        if names
        else _("None is of this experiment.")
    )
    return html.P([said, " ", own], className="pw-small", id="together")


def _part(effect: Effect) -> html.Details:
    decides = effect.readings[0]
    title = _("{metric} · {variant}", metric=effect.metric_name, variant=effect.variant_name)
    columns = [
        Column(_("Way")),
        Column(_("Difference"), number=True),
        Column(_("Plausible range"), number=True),
        Column(_("p, not corrected"), number=True),
        Column(_("What it promises")),
        Column(_("What it takes for granted")),
    ]
    rows = [_row(effect, each, decides) for each in effect.readings]
    note = _(
        "All ranges are at {level}, the level of the way that decides; a p-value is each way's own, before"
        " the correction for many comparisons.",
        level=percent(1 - decides.level, 2),
    )
    return html.Details(
        [
            html.Summary(title),
            _assumptions(effect.assumptions),
            table(title, columns, rows, "pw-methods pw-ways"),
            html.P(note, className="pw-quiet pw-small"),
        ],
        **data(metric=effect.metric),
    )


def _row(effect: Effect, each: Reading, decides: Reading) -> Sequence[Any]:
    name = [html.Div(way_name(each.way), className="pw-strong")]
    if each is decides:
        name.append(html.Div(badge(_("Decides"), "accent")))
    name.append(html.Div(method_word(each.method), className="pw-quiet pw-small"))
    return (
        html.Div(name),
        html.Div(
            both_scales(
                signed_percent(each.relative.estimate),
                difference_text(each.absolute.estimate, effect.kind, effect.unit),
            )
        ),
        html.Div(
            both_scales(lift_range(each.relative), difference_span(each.absolute, effect.kind, effect.unit))
        ),
        _chance(each),
        _promise(each),
        html.Ul([html.Li(assumes_sentence(code)) for code in each.assumes], className="pw-plain-list"),
    )


def _chance(each: Reading) -> Any:
    if each.probability_better is None:
        return p_text(each.p_value)
    return html.Div(
        [
            html.Div(_percent_inside(each.probability_better)),
            html.Div(_("that the variant's value is higher"), className="pw-quiet pw-small"),
        ]
    )


def _percent_inside(share: float) -> str:
    """A chance with one decimal, never rounded to certainty."""
    if share > 0.999:
        return f"> {percent(0.999, 1)}"
    return f"< {percent(0.001, 1)}" if share < 0.001 else percent(share, 1)


def _promise(each: Reading) -> Any:
    if each.undetermined is not None:
        return undetermined_sentence(each.undetermined_code, each.undetermined)
    parts = [html.Div(promise_sentence(each.promise))]
    if each.preliminary:
        parts.append(html.Div(_("Preliminary: its look is still to come."), className="pw-quiet pw-small"))
    return html.Div(parts)


def _assumptions(found: Sequence[Assumption]) -> Any:
    if not found:
        return None
    return html.Ul(
        [
            html.Li(
                [
                    html.Span(
                        [
                            icon("check" if each.met else "hourglass", 14),
                            _("Met") if each.met else _("Not met"),
                        ],
                        className=f"pw-mark pw-{'good' if each.met else 'unclear'}",
                    ),
                    " ",
                    assumption_sentence(each),
                ]
            )
            for each in found
        ],
        className="pw-plain-list pw-small",
    )
