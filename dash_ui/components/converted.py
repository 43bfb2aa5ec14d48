"""Which amounts were converted from other currencies, and with which rates."""

from __future__ import annotations

from dash import dcc, html

from dash_ui.components.table import Column, table
from dash_ui.format import day, number
from dash_ui.i18n import _
from dash_ui.report_records import Report


def converted(report: Report) -> html.Details | None:
    """A row per metric and currency; nothing where every amount was in its metric's currency."""
    rates = report.rates
    if rates is None:
        return None
    names = {effect.metric: effect.metric_name for effect in report.effects}
    columns = [
        Column(_("Metric")),
        Column(_("Currency")),
        Column(_("Counted in")),
        Column(_("Amounts converted"), number=True),
        Column(_("Amounts left out"), number=True),
    ]
    rows = [
        [
            names.get(each.metric, each.metric),
            each.currency,
            each.unit,
            number(each.converted),
            number(each.left_out),
        ]
        for each in rates.currencies
    ]
    note = (
        _(
            "Each amount was divided by the rate of its UTC day: {count} rates, from {first} to {last}.",
            count=number(rates.count),
            first=day(rates.first_day),
            last=day(rates.last_day),
        )
        if rates.count
        else _("No rate was known for these amounts, so they are left out.")
    )
    title = _("Amounts in other currencies")
    return html.Details(
        [
            html.Summary(title),
            html.P(note, className="pw-quiet pw-small"),
            table(title, columns, rows, "pw-list pw-inset pw-cards"),
            html.P(
                [html.Span(_("Hash of the rates:")), " ", html.Code(rates.digest or "–")],
                className="pw-quiet pw-small pw-analyst-only pw-hash",
            ),
            html.P(dcc.Link(_("To the exchange rates"), href="/ui/rates", className="pw-link")),
        ],
        className="pw-note",
        id="converted",
        open=any(each.left_out for each in rates.currencies),
    )
