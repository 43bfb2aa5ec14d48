"""Tables of bots: the rules that shoppers fit, and these shoppers."""

from __future__ import annotations

from typing import Any

from dash import html

from dash_ui.bot_records import BotPage, BotRule, BotUnit
from dash_ui.bot_words import rule_name, source_name
from dash_ui.components.attributes import aria
from dash_ui.components.badges import badge
from dash_ui.components.table import Column, table
from dash_ui.format import NONE, day, number
from dash_ui.i18n import _, ngettext

ACQUIT_RULE, ACQUIT_UNIT, TAKE_BACK, TURN = "bot-acquit-rule", "bot-acquit", "bot-take-back", "bot-page"


def rules_table(bots: BotPage) -> Any:
    """Every rule that shoppers fit, with what can be done about it."""
    if not bots.rules:
        return html.P(_("No bot was seen yet."), className="pw-quiet")
    columns = [
        Column(_("Rule")),
        Column(_("Known by")),
        Column(_("Shoppers"), number=True),
        Column(_("Last seen")),
        Column(_("State")),
        Column(_("Change")),
    ]
    return table(
        _("Table of rules"), columns, [_rule(each) for each in bots.rules], "pw-list pw-inset pw-cards"
    )


def units_table(bots: BotPage) -> Any:
    """One page of the shoppers, with buttons to the others."""
    if not bots.units:
        return html.P(_("No shopper fits this."), className="pw-quiet")
    columns = [
        Column(_("Shopper")),
        Column(_("Rule")),
        Column(_("User agent")),
        Column(_("Last seen")),
        Column(_("State")),
        Column(_("Change")),
    ]
    rows = [_unit(each) for each in bots.units]
    return html.Div([table(_("Table of bots"), columns, rows, "pw-list pw-inset pw-cards"), _pager(bots)])


def _rule(rule: BotRule) -> list[Any]:
    name = rule_name(rule.name)
    if rule.verdict is not None:
        change = _button(
            TAKE_BACK, rule.verdict, _("Take back"), _("Take back the acquittal of {name}", name=name)
        )
    else:
        change = _button(ACQUIT_RULE, rule.name, _("Acquit"), _("Acquit the rule {name}", name=name))
    seen = day(rule.seen_at) if rule.seen_at is not None else NONE
    state = _state(excluded=rule.verdict is None)
    return [name, source_name(rule.source), number(rule.units), seen, state, change]


def _unit(unit: BotUnit) -> list[Any]:
    if unit.verdict is not None:
        change = _button(
            TAKE_BACK, unit.verdict, _("Take back"), _("Take back what was said of {name}", name=unit.unit)
        )
    else:
        change = _button(ACQUIT_UNIT, unit.unit, _("Acquit"), _("Acquit {name}", name=unit.unit))
    return [
        html.Code(unit.unit),
        rule_name(unit.rule),
        html.Span(unit.agent or NONE, className="pw-quiet pw-small"),
        day(unit.seen_at),
        _state(excluded=unit.excluded),
        change,
    ]


def _state(*, excluded: bool) -> Any:
    return badge(_("Left out")) if excluded else badge(_("Counts"), "accent")


def _button(kind: str, of: Any, text: str, label: str) -> Any:
    return html.Button(
        text,
        id={"type": kind, "of": of},
        type="button",
        className="pw-button pw-compact",
        n_clicks=0,
        **aria(label=label),
    )


def _pager(bots: BotPage) -> Any:
    where = ngettext(
        "Page {page} of {pages}, {count} shopper",
        "Page {page} of {pages}, {count} shoppers",
        bots.total,
        page=bots.page,
        pages=bots.pages,
    )
    return html.Nav(
        [
            _turn(bots.page - 1, _("Previous"), bots.page > 1),
            html.Span(where, className="pw-quiet pw-small"),
            _turn(bots.page + 1, _("Next"), bots.page < bots.pages),
        ],
        className="pw-bar",
        **aria(label=_("Pages")),
    )


def _turn(page: int, text: str, enabled: bool) -> Any:
    return html.Button(
        text,
        id={"type": TURN, "of": page},
        type="button",
        className="pw-button pw-compact",
        n_clicks=0,
        disabled=not enabled,
    )
