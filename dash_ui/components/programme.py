"""The programme's figures: velocity, win rate, what winners are worth, and what holdouts show."""

from __future__ import annotations

from typing import Any

from dash import html

from dash_ui.components.attributes import aria
from dash_ui.components.graph import graph
from dash_ui.components.table import Column, table
from dash_ui.figures.programme import value_figure
from dash_ui.format import interval_percent, number, percent, signed_money, signed_percent
from dash_ui.format import month as month_name
from dash_ui.i18n import _, language, ngettext
from dash_ui.programme_records import Money, Month, Programme, Winners
from dash_ui.report_records import Range


def headline(found: Programme) -> Any:
    """Four figures over all experiments."""
    months = found.months[-3:]
    pace = sum(month.decided for month in months) / max(len(months), 1)
    rate = "–" if found.rate is None else percent(found.rate.estimate, 0)
    shown = (
        (_("Decided"), number(found.decided), ""),
        (_("Decided a month"), number(pace, 1), _("mean of the last three months")),
        (
            _("Median days to a decision"),
            number(found.days, 0),
            _("from start to decision"),
        ),
        (_("Win rate"), rate, _rate_words(found)),
    )
    return html.Dl(
        [
            html.Div(
                [
                    html.Dt(label, className="pw-label"),
                    html.Dd([value, html.Div(words, className="pw-quiet pw-small")]),
                ],
                className="pw-card pw-count",
            )
            for label, value, words in shown
        ],
        className="pw-counts",
    )


def _rate_words(found: Programme) -> str:
    if found.rate is None:
        return _("nothing decided yet")
    return _(
        "{shipped} of {decided} shipped; plausibly between {lower} and {upper}",
        shipped=found.shipped,
        decided=found.decided,
        lower=percent(found.rate.lower, 0),
        upper=percent(found.rate.upper, 0),
    )


def winners_card(found: Programme) -> Any:
    """What shipped variants were measured at, and what is left once luck is taken out."""
    body: list[Any] = [html.H2(_("What the winners are really worth"))]
    if found.winners is None:
        body.append(html.P(_too_few(found), className="pw-quiet"))
    else:
        body += _winners(found.winners)
    body += [_holdout(row.name, row.measured) for row in found.holdouts]
    return html.Section(body, className="pw-card pw-space")


def _too_few(found: Programme) -> str:
    if found.finished >= found.needed:
        return _("Nothing with a measured effect was shipped yet, so there are no winners to weigh.")
    return ngettext(
        "Too few finished experiments to say: {count} with a measured effect, and {needed} are needed.",
        "Too few finished experiments to say: {count} with a measured effect, and {needed} are needed.",
        found.finished,
        needed=found.needed,
    )


def _winners(winners: Winners) -> list[Any]:
    told = ngettext(
        "{count} shipped variant was measured at {measured}; {shrunk} is the honest expectation.",
        "{count} shipped variants were measured at {measured}, on average; {shrunk} is the honest "
        "expectation.",
        winners.count,
        measured=signed_percent(winners.measured),
        shrunk=signed_percent(winners.shrunk.estimate),
    )
    why = _(
        "Whoever picks winners also picks luck: the best results of many are partly chance. "
        "Each effect is therefore drawn towards the mean of all {finished} finished experiments, "
        "the more so the noisier it is.",
        finished=winners.finished,
    )
    better = _(
        "Of what was shipped, {share} is expected to be truly better than what it replaced.",
        share=percent(winners.better, 0),
    )
    rows = [
        [_("As measured"), signed_percent(winners.measured), "–"],
        [
            _("After shrinkage"),
            signed_percent(winners.shrunk.estimate),
            interval_percent(winners.shrunk.lower, winners.shrunk.upper),
        ],
    ]
    columns = [
        Column(_("Mean effect of what was shipped")),
        Column(_("Effect"), number=True),
        Column(_("Plausible range"), number=True),
    ]
    return [
        html.P(told, className="pw-strong"),
        html.P(better),
        html.P(why, className="pw-quiet"),
        table(_("Mean effect of what was shipped"), columns, rows),
    ]


def _holdout(name: str, effect: Range | None) -> Any:
    if effect is None or effect.estimate is None:
        return html.P(_("The holdout {name} has no result yet.", name=name))
    words = _(
        "The holdout {name} shows what all that was shipped does together: {effect}, plausibly {range}.",
        name=name,
        effect=signed_percent(effect.estimate),
        range=interval_percent(effect.lower, effect.upper),
    )
    return html.P(words)


def money_card(found: Programme) -> Any:
    """What shipped variants bring in a year, by currency, with the interval of the sum."""
    title = html.H2(_("Value of what was shipped, in money a year"))
    if not found.money:
        words = _(
            "Nothing to say yet: this needs {needed} finished experiments with a metric in money, "
            "and one shipped.",
            needed=found.needed,
        )
        return html.Section([title, html.P(words, className="pw-quiet")], className="pw-card pw-space")
    told = [
        ngettext(
            "{count} shipped variant brings about {amount} a year, plausibly {lower} to {upper}.",
            "{count} shipped variants bring about {amount} a year together, plausibly {lower} to {upper}.",
            money.shipped,
            amount=_amount(money.total.estimate, money.unit),
            lower=_amount(money.total.lower, money.unit),
            upper=_amount(money.total.upper, money.unit),
        )
        for money in found.money
    ]
    rows = [
        [
            money.unit,
            _amount(money.measured, money.unit),
            _amount(money.total.estimate, money.unit),
            _(
                "{lower} to {upper}",
                lower=_amount(money.total.lower, money.unit),
                upper=_amount(money.total.upper, money.unit),
            ),
            number(money.shipped),
            number(money.finished),
        ]
        for money in found.money
    ]
    columns = [
        Column(_("Currency")),
        Column(_("As measured"), number=True),
        Column(_("After shrinkage"), number=True),
        Column(_("Plausible range"), number=True),
        Column(_("Shipped"), number=True),
        Column(_("Finished"), number=True),
    ]
    note = _(
        "At the shoppers a year that each experiment saw, as if effects lasted and added up; "
        "a holdout checks that."
    )
    return html.Section(
        [
            title,
            *(html.P(words, className="pw-strong") for words in told),
            html.P(note, className="pw-quiet"),
            table(_("Value of what was shipped, in money a year"), columns, rows),
            *(part for money in found.money for part in _over_time(money)),
        ],
        className="pw-card pw-space",
    )


def _over_time(money: Money) -> list[Any]:
    """How the sum grew with what was shipped, as a curve and in a table."""
    if len(money.months) < 2:
        return []
    (first, before), (_last, now) = money.months[0], money.months[-1]
    told = _(
        "What was shipped up to {month} brings {before} a year; with what was shipped since, {now}.",
        month=month_name(first),
        before=_amount(before.estimate, money.unit),
        now=_amount(now.estimate, money.unit),
    )
    if money.without:
        left = ngettext(
            "{count} shipped experiment without an amount in {unit} is not in it.",
            "{count} shipped experiments without an amount in {unit} are not in it.",
            money.without,
            unit=money.unit,
        )
        told = f"{told} {left}"
    rows = [
        [
            month_name(first),
            _amount(span.estimate, money.unit),
            _(
                "{lower} to {upper}",
                lower=_amount(span.lower, money.unit),
                upper=_amount(span.upper, money.unit),
            ),
        ]
        for first, span in money.months
    ]
    columns = [
        Column(_("By the end of")),
        Column(_("A year"), number=True),
        Column(_("Plausible range"), number=True),
    ]
    figure = value_figure(money.months, money.unit)
    return [
        html.P(told, className="pw-space"),
        graph(f"programme-value-{money.unit}", figure, told, 240, language()),
        html.Details(
            [html.Summary(_("The numbers as a table")), table(_("Value by month"), columns, rows)],
            className="pw-note",
        ),
    ]


def _amount(value: float | None, unit: str) -> str:
    """Three figures, for a year does not let one know more."""
    return signed_money(None if value is None else float(f"{value:.3g}"), unit, 0)


def months_card(months: tuple[Month, ...]) -> Any:
    """Experiments started and decided by month, as bars and in a table."""
    most = max([1, *(max(month.started, month.decided) for month in months)])
    started, decided = sum(month.started for month in months), sum(month.decided for month in months)
    told = _(
        "In twelve months {started} experiments started and {decided} were decided.",
        started=number(started),
        decided=number(decided),
    )
    bars = [
        html.Div(
            [
                html.Span(
                    className="pw-pace-started", style={"height": f"{100 * month.started / most:.0f}%"}
                ),
                html.Span(
                    className="pw-pace-decided", style={"height": f"{100 * month.decided / most:.0f}%"}
                ),
            ],
            className="pw-pace-month",
        )
        for month in months
    ]
    rows = [[month_name(month.first), number(month.started), number(month.decided)] for month in months]
    columns = [Column(_("Month")), Column(_("Started"), number=True), Column(_("Decided"), number=True)]
    numbers = html.Details(
        [html.Summary(_("The numbers as a table")), table(_("Velocity"), columns, rows)], className="pw-space"
    )
    legend = _("Grey: started. Blue: decided.")
    return html.Section(
        [
            html.H2(_("Velocity")),
            html.P(told, className="pw-strong"),
            html.Div(bars, className="pw-pace", role="img", **aria(label=told)),
            html.P(legend, className="pw-quiet pw-small"),
            numbers,
        ],
        className="pw-card pw-space",
    )
