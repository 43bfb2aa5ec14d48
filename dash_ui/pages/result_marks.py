"""Writing a mark on an experiment's time axes, from its result page."""

from __future__ import annotations

from typing import Any

from dash import Dash, Input, Output, State, dcc, html, no_update

from dash_ui.calendar_records import KINDS
from dash_ui.calendar_words import day_of, kind_name
from dash_ui.components.icon import icon
from dash_ui.components.settings_parts import day_input, named_choice, named_input, told
from dash_ui.gateway import Gateway
from dash_ui.i18n import _
from dash_ui.records import Refused
from dash_ui.session import current_person

_FIELDS = ("kind", "name", "first", "last")
_FIELD_OF = {"kind": "kind", "name": "name", "starts_on": "first", "ends_on": "last"}


def card() -> html.Section:
    """The form; it stays as it is when the page refreshes."""
    kinds = [(code, kind_name(code)) for code in KINDS]
    example, most = _("For example a campaign on television"), {"maxLength": 200}
    name = named_input("mark-name", _("What happened"), placeholder=example, inputProps=most)
    name.className = "pw-marks-name"
    return html.Section(
        [
            html.H2(_("Add a mark to the charts")),
            html.P(
                _(
                    "What may explain a bend in a curve. It gets a number on every chart over time of this"
                    " experiment, and shows in the calendar."
                ),
                className="pw-quiet pw-small",
            ),
            html.Div(
                [
                    named_choice("mark-kind", _("Kind"), "note", kinds),
                    name,
                    day_input("mark-first", _("First day"), None),
                    day_input("mark-last", _("Last day (if another)"), None),
                    html.Button(
                        [icon("plus", 16), _("Add mark")],
                        id="mark-save",
                        type="button",
                        className="pw-button",
                    ),
                ],
                className="pw-marks-form",
            ),
            html.Div(id="mark-answer", role="status"),
            dcc.Link(_("Change or remove marks in the calendar"), href="/ui/calendar", className="pw-link"),
        ],
        id="marks",
        className="pw-card pw-part pw-noprint",
    )


def register(app: Dash, gateway: Gateway) -> None:
    """The button: an error at the field it is about, or the mark on the charts at once."""

    @app.callback(
        *(Output(f"mark-{name}", "error") for name in _FIELDS),
        Output("mark-answer", "children"),
        Output("mark-name", "value"),
        Output("result-changed", "data", allow_duplicate=True),
        Input("mark-save", "n_clicks"),
        *(State(f"mark-{name}", "value") for name in _FIELDS),
        State("result-held", "data"),
        prevent_initial_call=True,
    )
    def save(clicks: int | None, *said: Any) -> tuple[Any, ...]:
        if not clicks:
            return (no_update,) * (len(_FIELDS) + 3)
        kind, name, first, last, held = said
        problems = add(gateway, held["key"], kind, name, first, last)
        errors = tuple(problems.get(each) or None for each in _FIELDS)
        if problems:
            whole = problems.get("")
            return (*errors, told(whole, "bad") if whole else "", no_update, no_update)
        words = told(_("{name} is on the charts.", name=(name or "").strip()))
        return (*errors, words, "", f"mark {clicks}")


def add(gateway: Gateway, key: str, kind: Any, name: Any, first: Any, last: Any) -> dict[str, str]:
    """Writes the mark down; what is wrong, by field of the form, or by "" where it is of none."""
    starts, ends = day_of(first), day_of(last) if last else None
    problems = {}
    if not (name or "").strip():
        problems["name"] = _("Say what happened.")
    if starts is None:
        problems["first"] = _("Choose the first day.")
    elif ends is not None and ends < starts:
        problems["last"] = _("The last day is before the first.")
    if problems or starts is None:
        return problems
    try:
        gateway.mark(current_person(), kind, name.strip(), starts, ends or starts, key)
    except Refused as refused:
        return {_FIELD_OF.get(each.field, ""): each.message for each in refused.fields} or {
            "": refused.detail
        }
    return {}
