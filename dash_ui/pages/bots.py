"""Bots: who is left out of reports, by which rule, and how to correct that."""

from __future__ import annotations

from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, html, no_update
from dash.exceptions import PreventUpdate

from dash_ui.bot_records import BotPage
from dash_ui.bot_words import rule_name
from dash_ui.components.attributes import aria
from dash_ui.components.bots import ACQUIT_RULE, ACQUIT_UNIT, TAKE_BACK, TURN, rules_table, units_table
from dash_ui.components.settings_parts import named_input, only_when_clicked, refusal, told
from dash_ui.format import day, number
from dash_ui.gateway import Gateway
from dash_ui.i18n import _
from dash_ui.page import Page, View
from dash_ui.records import Person, Refused
from dash_ui.session import current_person


def render(view: View) -> Any:
    """The rules, what can be set, and the shoppers."""
    bots = view.gateway.bots()
    return html.Div(
        [
            html.Div(html.H1(_("Bots")), className="pw-head"),
            _explanation(bots),
            _card("bot-rules", _("Rules"), [html.Div(rules_table(bots), id="bot-rules-table"), _limit(bots)]),
            _card(
                "bot-units",
                _("Shoppers who are left out"),
                [_add(), _search(), html.Div(units_table(bots), id="bot-units-table")],
            ),
        ]
    )


def _explanation(bots: BotPage) -> Any:
    lines = [
        _("Bots see the shop like everybody, by the same rule, and are left out of every report."),
        _(
            "Crawlers are known by their user agent, with the {count} rules of {list} {version}; and the "
            "shop can say of a shopper that it is a bot.",
            count=number(bots.list_rules),
            list=bots.list_name,
            version=bots.list_version,
        ),
        _("What you change here holds from the next report on; earlier reports stay as they were."),
    ]
    if bots.as_of is not None:
        lines.append(_("Events were last looked at on {day}.", day=day(bots.as_of)))
    return html.Div([html.P(line, className="pw-quiet") for line in lines], className="pw-card")


def _card(ident: str, title: str, parts: list[Any]) -> Any:
    return html.Section(
        [html.H2(title, id=f"{ident}-title"), *parts],
        className="pw-card pw-section",
        **aria(labelledby=f"{ident}-title"),
    )


def _limit(bots: BotPage) -> Any:
    field = dmc.NumberInput(
        id="bot-limit",
        label=_("Most events an hour of a shopper"),
        description=_("Exposures of one experiment, or other events; who has more in any hour is a bot."),
        value="" if bots.limit is None else bots.limit,
        min=10,
        max=1_000_000,
        step=100,
        allowDecimal=False,
    )
    return html.Div([field, _button("bot-limit-save", _("Set limit"))], className="pw-form-row")


def _add() -> Any:
    return html.Div(
        [
            html.Div(
                [
                    named_input("bot-unit", _("Id of a shopper")),
                    named_input("bot-note", _("Why"), placeholder=_("For example a price scraper")),
                    _button("bot-add", _("Leave out")),
                    _button("bot-clear", _("Is no bot")),
                ],
                className="pw-form-row",
            ),
            html.Div(id="bot-answer", role="status"),
        ]
    )


def _search() -> Any:
    field = named_input("bot-search", _("Find by id or user agent"))
    field.debounce = 300
    return html.Div(field, className="pw-form-row")


def _button(ident: str, text: str) -> Any:
    return html.Button(text, id=ident, type="button", className="pw-button", n_clicks=0)


def register(app: Dash, gateway: Gateway) -> None:
    """Callbacks of the bots."""

    @app.callback(
        Output("bot-rules-table", "children"),
        Output("bot-units-table", "children"),
        Output("bot-answer", "children"),
        Output("bot-unit", "value"),
        Output("bot-note", "value"),
        Input("bot-add", "n_clicks"),
        Input("bot-clear", "n_clicks"),
        Input("bot-limit-save", "n_clicks"),
        Input({"type": ACQUIT_RULE, "of": ALL}, "n_clicks"),
        Input({"type": ACQUIT_UNIT, "of": ALL}, "n_clicks"),
        Input({"type": TAKE_BACK, "of": ALL}, "n_clicks"),
        State("bot-unit", "value"),
        State("bot-note", "value"),
        State("bot-limit", "value"),
        State("bot-search", "value"),
        prevent_initial_call=True,
    )
    def change(*arguments: Any) -> tuple[Any, ...]:
        only_when_clicked()
        unit, note, limit, search = arguments[-4:]
        try:
            words = _change(gateway, current_person(), unit or "", note or "", limit)
        except Refused as refused:
            return no_update, no_update, refusal(refused), no_update, no_update
        bots = gateway.bots(search or "")
        return rules_table(bots), units_table(bots), told(words), "", ""

    @app.callback(
        Output("bot-units-table", "children", allow_duplicate=True),
        Input("bot-search", "value"),
        Input({"type": TURN, "of": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )
    def look(search: str | None, _turns: list[int]) -> Any:
        trigger = ctx.triggered_id
        if isinstance(trigger, dict):
            only_when_clicked()
            return units_table(gateway.bots(search or "", trigger["of"]))
        if trigger is None:
            raise PreventUpdate
        return units_table(gateway.bots(search or ""))


def _change(gateway: Gateway, person: Person, unit: str, note: str, limit: Any) -> str:
    """Does what was asked; what was done, in words."""
    trigger = ctx.triggered_id
    if trigger == "bot-limit-save":
        gateway.limit_bots(person, limit if limit != "" else None)
        return _("The limit is set.")
    if trigger in ("bot-add", "bot-clear"):
        bot = trigger == "bot-add"
        gateway.judge_bot(person, {"unit": unit, "note": note, "says": "bot" if bot else "shopper"})
        return _("{name} is left out.", name=unit) if bot else _("{name} counts as a shopper.", name=unit)
    assert isinstance(trigger, dict)
    if trigger["type"] == ACQUIT_RULE:
        gateway.judge_bot(person, {"rule": trigger["of"], "says": "shopper"})
        return _("Whoever fits {name} counts as a shopper.", name=rule_name(trigger["of"]))
    if trigger["type"] == ACQUIT_UNIT:
        gateway.judge_bot(person, {"unit": trigger["of"], "says": "shopper"})
        return _("{name} counts as a shopper.", name=trigger["of"])
    gateway.take_back_bot(person, trigger["of"])
    return _("It is taken back.")


PAGE = Page("/ui/bots", lambda: _("Bots"), render, register)
