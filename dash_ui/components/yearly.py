"""What an effect comes to in a year, in money or as a count, and what that rests on."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dash import html

from dash_ui.components.numbers import RATES
from dash_ui.format import NONE, signed, signed_money
from dash_ui.i18n import _
from dash_ui.outlook_words import year_sentence
from dash_ui.report_records import Effect, Report

FIGURES = 3
"""More of them would claim what a year does not let one know."""


def yearly_text(effect: Effect, value: float | None) -> str:
    """An amount a year, rounded to `FIGURES` figures."""
    if value is None:
        return NONE
    size = abs(value)
    rounded = round(value, -max(0, math.floor(math.log10(size)) + 1 - FIGURES)) if size >= 1 else value
    return signed(rounded, 0) if effect.unit is None else signed_money(rounded, effect.unit, 0)


def yearly_cell(effect: Effect) -> html.Div:
    """Amount a year above its range."""
    year = effect.yearly
    if year is None:
        return html.Div(NONE)
    return html.Div(
        [
            html.Div(yearly_text(effect, year.estimate), className="pw-strong"),
            html.Div(yearly_range(effect), className="pw-quiet pw-small"),
            html.Div(_("shoppers"), className="pw-quiet pw-small") if effect.kind in RATES else None,
        ]
    )


def yearly_range(effect: Effect) -> str:
    """Both ends of the amount a year; one that has no end says so."""
    year = effect.yearly
    if year is None or (year.lower is None and year.upper is None):
        return NONE
    lower, upper = yearly_text(effect, year.lower), yearly_text(effect, year.upper)
    if year.upper is None:
        return _("above {lower}", lower=lower)
    if year.lower is None:
        return _("below {upper}", upper=upper)
    return f"{lower}\u00a0… {upper}"


def has_year(effects: Sequence[Effect], report: Report) -> bool:
    """Whether there are amounts a year that the report's year explains: only those of who decides."""
    decide = report.entered.effects if report.entered else report.effects
    return effects is decide and any(effect.yearly for effect in effects)


def worth(report: Report) -> Effect | None:
    """The effect that says what the headline's variant is worth: in money where any metric is."""
    featured = report.featured
    if featured is None:
        return None
    effects = report.entered.effects if report.entered else report.effects
    own = [each for each in effects if each.variant == featured.variant and each.yearly is not None]
    return next((each for each in own if each.unit), featured if featured.yearly else None)


def yearly_sentence(report: Report) -> str | None:
    """What the headline's variant comes to in a year; nothing where that cannot be told."""
    effect = worth(report)
    if effect is None or effect.yearly is None or effect.yearly.lower is None or effect.yearly.upper is None:
        return None
    words = {
        "metric": effect.metric_name,
        "amount": yearly_text(effect, effect.yearly.estimate),
        "lower": yearly_text(effect, effect.yearly.lower),
        "upper": yearly_text(effect, effect.yearly.upper),
    }
    if effect.kind in RATES:
        return _(
            "{metric}: {amount} shoppers a year (from {lower} to {upper}), were everyone to see it.", **words
        )
    return _("{metric}: {amount} a year (from {lower} to {upper}), were everyone to see it.", **words)


def year_note(report: Report) -> html.Details | html.P | None:
    """What the amounts a year rest on, behind a summary; or why there are none."""
    if report.year is None:
        return None
    words = year_sentence(report.year)
    if report.year.units is None:
        return html.P(words, className="pw-quiet pw-small")
    return html.Details(
        [html.Summary(_("What a year rests on")), html.P(words, className="pw-quiet pw-small")],
        className="pw-note",
    )
