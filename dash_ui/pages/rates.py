"""Exchange rates: the newest of each currency, and how to enter others."""

from __future__ import annotations

from typing import Any

from dash import Dash, Input, Output, State, ctx, html, no_update

from dash_ui.components.attributes import aria
from dash_ui.components.settings_parts import named_input, only_when_clicked, refusal, told
from dash_ui.components.table import Column, table
from dash_ui.fact_records import RatesKept
from dash_ui.format import day, number
from dash_ui.gateway import Gateway
from dash_ui.i18n import _
from dash_ui.page import Page, View
from dash_ui.records import Refused
from dash_ui.session import current_person
from dash_ui.wizard.fields import long_field

SHOWN = 10


def render(view: View) -> Any:
    """The rates, and the forms for those who may enter some."""
    parts = [
        html.Div(html.H1(_("Exchange rates")), className="pw-head"),
        _explanation(),
        _newest(view.gateway),
    ]
    return html.Div([*parts, *([_one(), _many()] if view.person.may("marketer") else [])])


def _explanation() -> Any:
    lines = [
        _("An amount in another currency counts in the currency of its metric, at the rate of its UTC day."),
        _(
            "A day without a rate, such as a Sunday, has the last one before it, at most a week back; without"
            " that the amount is left out, and the report says so."
        ),
        _(
            "A rate is locked once its day has begun. A correction needs a reason: it makes new reports, and"
            " earlier ones keep the rates that they name."
        ),
    ]
    return html.Div([html.P(line, className="pw-quiet") for line in lines], className="pw-card")


def _card(ident: str, title: str, parts: list[Any]) -> Any:
    return html.Section(
        [html.H2(title, id=f"{ident}-title"), *parts],
        className="pw-card pw-section",
        **aria(labelledby=f"{ident}-title"),
    )


def _newest(gateway: Gateway) -> Any:
    return _card("rates", _("Newest rates"), [html.Div(_table(gateway), id="rates-table")])


def _table(gateway: Gateway) -> Any:
    rows = [
        [
            html.Code(f"{rate.base}/{rate.currency}"),
            _("{rate} {currency} for one {base}", rate=rate.rate, currency=rate.currency, base=rate.base),
            day(rate.day),
            rate.actor,
        ]
        for rate in gateway.rates()
    ]
    if not rows:
        return html.P(_("There are no rates yet: amounts in other currencies are left out."))
    columns = [Column(_("Currencies")), Column(_("Rate")), Column(_("Day")), Column(_("Entered by"))]
    return table(_("Table of rates"), columns, rows, "pw-list pw-inset pw-cards")


def _one() -> Any:
    fields = [
        named_input("rate-base", _("Of one"), placeholder="EUR"),
        named_input("rate-currency", _("In"), placeholder="USD"),
        named_input("rate-day", _("UTC day"), placeholder="2026-11-25"),
        named_input("rate-value", _("Rate"), placeholder="1.0842"),
        named_input("rate-reason", _("Reason, to correct a rate that is locked")),
        _button("rate-enter", _("Enter rate")),
    ]
    answer = html.Div(id="rate-answer", role="status")
    return _card("rate-one", _("Enter a rate"), [html.Div(fields, className="pw-form-row"), answer])


def _many() -> Any:
    hint = _("As the European Central Bank publishes it, or with the columns day, currency and rate.")
    pasted = long_field("rates-text", _("Table in CSV"), "", hint, maxRows=12)
    pasted.id = "rates-text"
    fields = [
        named_input("rates-reason", _("Reason, to correct rates that are locked")),
        _button("rates-paste", _("Enter table")),
    ]
    parts = [pasted, html.Div(fields, className="pw-form-row"), html.Div(id="rates-answer", role="status")]
    return _card("rates-many", _("Enter a table of rates"), parts)


def _button(ident: str, text: str) -> Any:
    return html.Button(text, id=ident, type="button", className="pw-button", n_clicks=0)


def register(app: Dash, gateway: Gateway) -> None:
    """Callbacks of the rates."""

    @app.callback(
        Output("rates-table", "children"),
        Output("rate-answer", "children"),
        Output("rates-answer", "children"),
        Input("rate-enter", "n_clicks"),
        Input("rates-paste", "n_clicks"),
        State("rate-base", "value"),
        State("rate-currency", "value"),
        State("rate-day", "value"),
        State("rate-value", "value"),
        State("rate-reason", "value"),
        State("rates-text", "value"),
        State("rates-reason", "value"),
        prevent_initial_call=True,
    )
    def enter(_one: int, _many: int, *given: str | None) -> tuple[Any, Any, Any]:
        only_when_clicked()
        base, currency, on, value, reason, text, reasons = ((each or "").strip() for each in given)
        person = current_person()
        single = ctx.triggered_id == "rate-enter"
        try:
            if single:
                rate = {"base": base.upper(), "currency": currency.upper(), "day": on, "rate": value}
                gateway.enter_rate(person, rate, reason)
                said: Any = told(_("The rate is entered."))
            else:
                said = _kept(gateway.paste_rates(person, text, _("The table"), reasons))
        except Refused as refused:
            said = refusal(refused)
            return no_update, said if single else "", "" if single else said
        return _table(gateway), said if single else "", "" if single else said


def _kept(kept: RatesKept) -> Any:
    words = _(
        "{new} rates are new, {known} were known, {changed} were changed.",
        new=number(kept.new),
        known=number(kept.known),
        changed=number(kept.changed),
    )
    if not kept.refused:
        return told(words)
    listed = [
        html.Li(_("Line {line}: {reason}", line=line, reason=reason)) for line, reason in kept.refused[:SHOWN]
    ]
    refused = _("{count} rates were refused.", count=number(len(kept.refused)))
    return html.Div([told(f"{words} {refused}", "warn"), html.Ul(listed, className="pw-problems")])


PAGE = Page("/ui/rates", lambda: _("Exchange rates"), render, register)
