"""What people do about a result: pause, decide, comment, refine, print, download."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update

from dash_ui.components.attributes import aria
from dash_ui.components.icon import icon
from dash_ui.finding_words import finding
from dash_ui.gateway import Gateway
from dash_ui.i18n import _
from dash_ui.pages.result_split import open_button
from dash_ui.records import Person, Refused
from dash_ui.report_records import Result
from dash_ui.session import current_person

_DECISIONS = {"better": "ship", "worse": "rollback", "no_difference": "inconclusive"}


def action_bar(result: Result, person: Person) -> html.Div:
    """The buttons that fit the state; without the role, disabled with the reason in words."""
    status, may = result.experiment.status, person.may("marketer")
    live = status in ("running", "paused")
    buttons: list[Any] = []
    if live and not result.experiment.is_holdout:
        name, mask, label = (
            ("pause", "pause", _("Pause")) if status == "running" else ("resume", "play", _("Resume"))
        )
        buttons.append(_button({"type": "result-action", "name": name}, mask, label, disabled=not may))
    undecided = status == "stopped" and result.experiment.decision is None
    if (live and verdict_action(result, person) is None) or undecided:
        label = _("Stop and decide") if live else _("Record the decision")
        buttons.append(_button({"type": "stop-open", "place": "head"}, "stop", label, disabled=not may))
    if live and result.experiment.document.get("role") != "holdout":
        buttons.append(open_button(disabled=not may))
    if live:
        buttons.append(_button("result-update", "refresh", _("Update now")))
    if result.report is not None:
        buttons.append(_downloads(result.experiment.key))
    if may and not result.experiment.is_holdout:
        again = f"/ui/new?{urlencode({'like': result.experiment.key})}"
        buttons.append(dcc.Link([icon("copy", 16), _("Make a copy")], href=again, className="pw-button"))
    buttons.append(_button("result-print", "printer", _("Print")))
    reason = None
    if not may and status in ("running", "paused"):
        reason = html.P(_("Your role reads only; a marketer decides."), className="pw-quiet pw-small")
    return html.Div([html.Div(buttons, className="pw-buttons"), reason])


def verdict_action(result: Result, person: Person) -> Any:
    """The one action that the verdict advises."""
    if result.experiment.status not in ("running", "paused") or not person.may("marketer"):
        return None
    headline = result.report.headline if result.report else ""
    if headline not in _DECISIONS:
        return None
    ident = {"type": "stop-open", "place": "verdict"}
    return _button(ident, "stop", _("Stop and decide"), name="pw-button pw-primary")


def refine_button(person: Person) -> html.Div:
    """Drafts the follow-up and opens it."""
    may = person.may("marketer")
    return html.Div(
        [
            _button("result-refine", "branch", _("Refine"), disabled=not may),
            html.Span(
                _("Drafts a follow-up that starts from this finding.")
                if may
                else _("Your role reads only; a marketer refines."),
                className="pw-quiet pw-small",
            ),
        ],
        className="pw-refine pw-noprint",
    )


def stop_dialog(result: Result) -> Any:
    """Asks for the decision, the variant that ships, and a note."""
    return dmc.Modal(
        [
            *_decision_fields(result),
            html.P(id="stop-problem", role="alert", className="pw-problem"),
            html.P(_meaning_of_stop(result), className="pw-quiet pw-small"),
            html.Div(
                [
                    _button("stop-cancel", "close", _("Cancel")),
                    _button("stop-confirm", "stop", _("Stop and decide"), name="pw-button pw-primary"),
                ],
                className="pw-buttons pw-dialog-buttons",
            ),
        ],
        id="stop-dialog",
        title=_("Stop “{name}”", name=result.experiment.name),
        opened=False,
        transitionProps={"duration": 0},
        closeButtonProps=aria(label=_("Close")),
    )


def _meaning_of_stop(result: Result) -> str:
    if result.experiment.is_holdout:
        return _(
            "Stopping lets in whom it held out, and gives them what was shipped; its data and reports stay."
        )
    return _("Stopping ends the experiment for good; its data and reports stay.")


def _decision_fields(result: Result) -> list[Any]:
    experiment = result.experiment
    headline = result.report.headline if result.report else ""
    featured = result.report.featured if result.report else None
    variants = [{"value": key, "label": name} for key, name in experiment.variants]
    suggested = featured.variant if featured and headline == "better" else experiment.variants[-1][0]
    choices = (
        ("ship", _("Ship a variant: everyone gets it")),
        ("rollback", _("Roll back: everyone keeps the control")),
        ("inconclusive", _("No outcome: everyone keeps the control")),
    )
    return [
        dmc.RadioGroup(
            [dmc.Radio(label=label, value=value, mb="xs") for value, label in choices],
            id="stop-decision",
            label=_("What do you decide?"),
            value=_DECISIONS.get(headline, "inconclusive"),
            mb="sm",
        ),
        html.Div(
            dmc.Select(
                id="stop-variant",
                label=_("Which variant ships?"),
                data=variants,
                value=suggested,
                allowDeselect=False,
            ),
            id="stop-variant-box",
        ),
        html.Label(_("Why? (kept in the journal)"), htmlFor="stop-note", className="pw-field-label"),
        dcc.Textarea(id="stop-note", value="", rows=2, maxLength=4000, className="pw-textarea"),
    ]


def register(app: Dash, gateway: Gateway) -> None:
    """Callbacks of the buttons."""
    _register_dialog(app, gateway)
    _register_buttons(app, gateway)


def _register_dialog(app: Dash, gateway: Gateway) -> None:
    @app.callback(
        Output("stop-dialog", "opened"),
        Input({"type": "stop-open", "place": ALL}, "n_clicks"),
        Input("stop-cancel", "n_clicks"),
        prevent_initial_call=True,
    )
    def toggle(opened: list[int | None], _cancelled: int | None) -> Any:
        if ctx.triggered_id == "stop-cancel":
            return False
        return True if any(opened) else no_update

    @app.callback(Output("stop-variant-box", "hidden"), Input("stop-decision", "value"))
    def show_variant(decision: str) -> bool:
        return decision != "ship"

    @app.callback(
        Output("stop-dialog", "opened", allow_duplicate=True),
        Output("stop-problem", "children"),
        Output("result-changed", "data", allow_duplicate=True),
        Input("stop-confirm", "n_clicks"),
        State("stop-decision", "value"),
        State("stop-variant", "value"),
        State("stop-note", "value"),
        State("result-held", "data"),
        running=[(Output("stop-confirm", "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def stop(
        clicks: int | None, decision: str, variant: str, note: str | None, held: dict[str, Any]
    ) -> tuple[Any, ...]:
        if not clicks:
            return no_update, no_update, no_update
        try:
            gateway.stop(current_person(), held["key"], decision, variant, note or "")
        except Refused as refused:
            return no_update, refused.detail, no_update
        return False, "", clicks


def _register_buttons(app: Dash, gateway: Gateway) -> None:
    @app.callback(
        Output("result-changed", "data"),
        Input({"type": "result-action", "name": ALL}, "n_clicks"),
        State("result-held", "data"),
        prevent_initial_call=True,
    )
    def pause_or_resume(clicks: list[int | None], held: dict[str, Any]) -> Any:
        if not any(clicks) or not isinstance(ctx.triggered_id, dict):
            return no_update
        name = ctx.triggered_id["name"]
        change = gateway.pause if name == "pause" else gateway.resume
        change(current_person(), held["key"])
        return f"{name} {clicks}"

    @app.callback(
        Output("result-changed", "data", allow_duplicate=True),
        Input("result-update", "n_clicks"),
        State("result-held", "data"),
        running=[(Output("result-update", "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def update(clicks: int | None, held: dict[str, Any]) -> Any:
        if not clicks:
            return no_update
        gateway.analyse_now(held["key"])
        return f"update {clicks}"

    @app.callback(
        Output("result-changed", "data", allow_duplicate=True),
        Output("comment-text", "value"),
        Output("comment-problem", "children"),
        Input("comment-send", "n_clicks"),
        State("comment-text", "value"),
        State("result-held", "data"),
        prevent_initial_call=True,
    )
    def comment(clicks: int | None, text: str | None, held: dict[str, Any]) -> tuple[Any, ...]:
        if not clicks:
            return no_update, no_update, no_update
        if not (text or "").strip():
            return no_update, no_update, _("Write something first.")
        gateway.comment(current_person(), held["key"], text or "")
        return f"comment {clicks}", "", ""

    @app.callback(
        Output("url", "href", allow_duplicate=True),
        Input("result-refine", "n_clicks"),
        State("result-held", "data"),
        prevent_initial_call=True,
    )
    def refine(clicks: int | None, held: dict[str, Any]) -> Any:
        if not clicks:
            return no_update
        found = finding(gateway.result(held["key"]))
        return f"/ui/new?draft={gateway.refine(current_person(), held['key'], found)}"


def _downloads(key: str) -> html.Details:
    names = (
        ("html", _("Report for reading (HTML)")),
        ("pdf", _("Report for printing (PDF)")),
        ("csv", _("Table (CSV)")),
        ("json", _("Data (JSON)")),
    )
    links = [
        html.Li(html.A(name, href=f"/ui/e/{key}/report.{form}", download=f"{key}-report.{form}"))
        for form, name in names
    ]
    return html.Details(
        [
            html.Summary([icon("download", 16), _("Download report")], className="pw-button"),
            html.Ul(links, className="pw-menu"),
        ],
        className="pw-dropdown",
    )


def _button(
    ident: str | dict[str, str], mask: str, label: str, *, disabled: bool = False, name: str = "pw-button"
) -> html.Button:
    return html.Button([icon(mask, 16), label], id=ident, type="button", className=name, disabled=disabled)
