"""The shop's calendar: what happens in it and around it, month by month, and how to write it down."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Final

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update

from dash_ui.browser import in_browser
from dash_ui.calendar_records import KINDS, CalendarMark
from dash_ui.calendar_words import country_name, day_of, kind_name, marks_of
from dash_ui.components.attributes import aria
from dash_ui.components.calendar_list import REMOVE, calendar_list
from dash_ui.components.icon import icon
from dash_ui.components.settings_parts import (
    day_input,
    named_choice,
    named_input,
    only_when_clicked,
    refusal,
    told,
)
from dash_ui.format import ZONE
from dash_ui.gateway import Gateway
from dash_ui.i18n import _, language, ngettext
from dash_ui.page import Page, View
from dash_ui.records import FieldProblem, Person, Refused
from dash_ui.season import COUNTRIES, holidays, sales
from dash_ui.session import current_person

_YEARS: Final = (2014, 2199)
_WHOLE_SHOP: Final = ""


def render(view: View) -> Any:
    """The form, the start from public holidays, and the year."""
    year = _year(view.query.get("year"))
    may = view.person.may("marketer")
    marks = _of_year(view.gateway, year)
    changed = (
        next((mark for mark in marks if str(mark.id) == view.query.get("change")), None) if may else None
    )
    intro = _(
        "What happens in the shop, and around it. It stands on the charts of results, and plans take it into"
        " account. Release tools can write here too, through the API."
    )
    return html.Div(
        [
            html.Div(
                html.Div([html.H1(_("Calendar")), html.P(intro, className="pw-quiet")]), className="pw-head"
            ),
            _form(changed, view.gateway) if may else None,
            _start(year) if may and changed is None else None,
            html.Section(
                [
                    _years(year),
                    html.Div(id="calendar-answer", role="status"),
                    html.Div(calendar_list(marks, year, may_change=may), id="calendar-list"),
                ],
                className="pw-card pw-section",
                **aria(labelledby="calendar-year-title"),
            ),
            dcc.Store(id="calendar-year", data=year),
            html.Div(id="calendar-go", hidden=True),
        ]
    )


def _year(text: str | None) -> int:
    asked = int(text) if text and text.isdecimal() else datetime.now(ZONE).year
    return min(max(asked, _YEARS[0]), _YEARS[1])


def _of_year(gateway: Gateway, year: int) -> tuple[CalendarMark, ...]:
    return gateway.calendar(date(year, 1, 1), date(year, 12, 31), every_experiment=True)


def _years(year: int) -> Any:
    earlier, later = (
        dcc.Link(words, href=f"/ui/calendar?year={other}", className="pw-button")
        for other, words in (
            (year - 1, [icon("left", 16), html.Span(str(year - 1))]),
            (year + 1, [html.Span(str(year + 1)), icon("right", 16)]),
        )
    )
    title = html.H2(str(year), id="calendar-year-title")
    return html.Div([title, html.Div(className="pw-grow"), earlier, later], className="pw-bar")


def _form(mark: CalendarMark | None, gateway: Gateway) -> Any:
    title = _("Add to the calendar") if mark is None else _("Change {name}", name=mark.name)
    kinds = [(code, kind_name(code)) for code in KINDS]
    kind = named_choice("calendar-kind", _("Kind"), mark.kind if mark else "promotion", kinds)
    name = named_input("calendar-name", _("What"), placeholder=_("For example a campaign on television"))
    name.value = mark.name if mark else ""
    buttons: list[Any] = [
        html.Button(
            [icon("plus" if mark is None else "check", 16), _("Add") if mark is None else _("Save")],
            id="calendar-save",
            type="button",
            className="pw-button pw-primary",
            n_clicks=0,
        )
    ]
    if mark is not None:
        back = f"/ui/calendar?year={mark.first.year}"
        buttons.append(dcc.Link(_("Leave as it was"), href=back, className="pw-button"))
    return html.Section(
        [
            html.H2(title, id="calendar-form-title"),
            html.Div(
                [
                    name,
                    kind,
                    _of(mark, gateway),
                    day_input("calendar-first", _("First day"), mark.first if mark else None),
                    day_input("calendar-last", _("Last day"), mark.last if mark else None),
                    _factor(mark),
                ],
                className="pw-form-grid",
            ),
            html.Div(buttons, className="pw-bar"),
            html.Div(id="calendar-problem", role="alert"),
            dcc.Store(id="calendar-change", data=mark.id if mark else None),
        ],
        className="pw-card pw-section",
        **aria(labelledby="calendar-form-title"),
    )


def _of(mark: CalendarMark | None, gateway: Gateway) -> Any:
    known = {each.key: each.name for each in gateway.experiments_to_mark()}
    value = mark.experiment if mark and mark.experiment else _WHOLE_SHOP
    if value:
        known.setdefault(value, value)
    choices = [(_WHOLE_SHOP, _("The whole shop")), *known.items()]
    field = named_choice("calendar-of", _("Of"), value, choices)
    field.searchable = True
    return field


def _factor(mark: CalendarMark | None) -> Any:
    dutch = language() == "nl"
    return dmc.NumberInput(
        id="calendar-factor",
        label=_("Expected traffic, times an ordinary day"),
        description=_("Empty is as usual, 2 is twice as many. Where entries meet, the shortest counts."),
        inputWrapperOrder=["label", "input", "description", "error"],
        value=mark.factor if mark and mark.factor is not None else "",
        min=0.01,
        max=100,
        step=0.5,
        decimalScale=2,
        decimalSeparator="," if dutch else ".",
        allowedDecimalSeparators=[",", "."],
    )


def _start(year: int) -> Any:
    words = _("Fills in what everybody knows. Change or remove what does not fit; what is there stays.")
    country = named_choice(
        "calendar-country", _("Country"), COUNTRIES[0], [(code, country_name(code)) for code in COUNTRIES]
    )
    buttons = [
        html.Button([icon("calendar", 16), text], id=ident, type="button", className="pw-button", n_clicks=0)
        for ident, text in (
            ("calendar-holidays", _("Add public holidays of {year} and {next}", year=year, next=year + 1)),
            ("calendar-sales", _("Add sales periods of {year} and {next}", year=year, next=year + 1)),
        )
    ]
    return html.Section(
        [
            html.H2(_("Start from public holidays and sales periods"), id="calendar-start-title"),
            html.P(words, className="pw-quiet"),
            html.Div([country, *buttons], className="pw-form-row"),
        ],
        className="pw-card pw-section",
        **aria(labelledby="calendar-start-title"),
    )


def register(app: Dash, gateway: Gateway) -> None:
    """Callbacks of the calendar."""
    _register_form(app, gateway)
    _register_list(app, gateway)
    in_browser(app, "go", Output("calendar-go", "id"), Input("calendar-go", "title"), skip_first=True)


def _register_form(app: Dash, gateway: Gateway) -> None:
    @app.callback(
        Output("calendar-problem", "children"),
        Output("calendar-go", "title"),
        Output("calendar-list", "children", allow_duplicate=True),
        Output("calendar-answer", "children", allow_duplicate=True),
        Output("calendar-name", "value"),
        Input("calendar-save", "n_clicks"),
        *(State(f"calendar-{name}", "value") for name in ("kind", "name", "of", "first", "last", "factor")),
        State("calendar-change", "data"),
        State("calendar-year", "data"),
        prevent_initial_call=True,
    )
    def save(_clicks: int, *said: Any) -> tuple[Any, ...]:
        only_when_clicked()
        *values, ident, year = said
        person = current_person()
        try:
            document = entry_document(*values)
            first = date.fromisoformat(document["starts_on"])
            if ident is not None:
                gateway.change_mark(person, ident, document)
                return None, f"/ui/calendar?year={first.year}", no_update, no_update, no_update
            gateway.mark(
                person,
                document["kind"],
                document["name"],
                first,
                date.fromisoformat(document["ends_on"]),
                document["experiment"],
                document["factor"],
            )
        except Refused as refused:
            return refusal(refused), no_update, no_update, no_update, no_update
        if first.year != year:
            return None, f"/ui/calendar?year={first.year}", no_update, no_update, no_update
        words = told(_("{name} is in the calendar.", name=document["name"]))
        return None, no_update, calendar_list(_of_year(gateway, year), year, may_change=True), words, ""


def entry_document(kind: Any, name: Any, of: Any, first: Any, last: Any, factor: Any) -> dict[str, Any]:
    """What the API takes, of what somebody filled in.

    Raises:
        Refused: 422 naming what is missing or wrong, in the language of who asks.
    """
    starts, ends = day_of(first), day_of(last) if last else day_of(first)
    problems = []
    if not (name or "").strip():
        problems.append(FieldProblem("name", _("Say what it is.")))
    if starts is None or ends is None:
        problems.append(FieldProblem("starts_on", _("Choose the first day, and the last if it is another.")))
    elif ends < starts:
        problems.append(FieldProblem("ends_on", _("The last day is before the first.")))
    if problems or starts is None or ends is None:
        raise Refused(422, "invalid", problems[0].message, tuple(problems))
    return {
        "kind": kind,
        "name": name.strip(),
        "starts_on": starts.isoformat(),
        "ends_on": ends.isoformat(),
        "experiment": of or None,
        "factor": factor if isinstance(factor, int | float) else None,
    }


def _register_list(app: Dash, gateway: Gateway) -> None:
    @app.callback(
        Output("calendar-list", "children"),
        Output("calendar-answer", "children"),
        Input({"type": REMOVE, "of": ALL}, "n_clicks"),
        Input("calendar-holidays", "n_clicks"),
        Input("calendar-sales", "n_clicks"),
        State("calendar-country", "value"),
        State("calendar-year", "data"),
        prevent_initial_call=True,
    )
    def change(_removed: list[int], _holidays: int, _sales: int, country: str, year: int) -> tuple[Any, Any]:
        only_when_clicked()
        trigger, person = ctx.triggered_id, current_person()
        try:
            if isinstance(trigger, dict):
                gateway.remove_mark(person, trigger["of"])
                words = _("It is out of the calendar.")
            else:
                words = fill_in(gateway, person, country, year, selling=trigger == "calendar-sales")
        except Refused as refused:
            return no_update, refusal(refused)
        return calendar_list(_of_year(gateway, year), year, may_change=True), told(words)


def fill_in(gateway: Gateway, person: Person, country: str, year: int, *, selling: bool) -> str:
    """Writes a country's holidays or sales periods of two years down; what was new, in words."""
    known = sales if selling else holidays
    marks = [mark for each in (year, year + 1) for mark in marks_of(known(country, each))]
    new = gateway.mark_all(person, marks)
    if not new:
        return _("They stood in the calendar already.")
    return ngettext("{count} entry was added.", "{count} entries were added.", new)


PAGE = Page("/ui/calendar", lambda: _("Calendar"), render, register)
