"""The result of one experiment: verdict first, then whether to trust it, then everything behind it."""

from __future__ import annotations

from typing import Any, Final

from dash import Dash, Input, Output, State, dcc, html, no_update

from dash_ui.browser import in_browser
from dash_ui.components.attributes import data
from dash_ui.components.chain import chain
from dash_ui.components.rehearsal import rehearsal_card
from dash_ui.gateway import Gateway
from dash_ui.i18n import _
from dash_ui.page import Page, View
from dash_ui.pages import (
    result_actions,
    result_files,
    result_journal,
    result_marks,
    result_previews,
    result_rehearsal,
    result_split,
)
from dash_ui.pages.result_choices import effect_value
from dash_ui.pages.result_sections import SECTIONS, digests, draw, live_words
from dash_ui.records import Refused
from dash_ui.session import current_person

TICK_MILLISECONDS: Final = 4000
_VIEWS: Final = ("marketer", "analyst")
_SCALES: Final = ("relative", "absolute")


def render(view: View) -> Any:
    """The whole page for one person; who reads how, and which effect over time, is in the address."""
    key = view.params["key"]
    result = view.gateway.result(key, view.query.get("metric"), view.query.get("treatment"))
    reader = _one_of(view.query.get("view"), _VIEWS)
    scale = _one_of(view.query.get("scale"), _SCALES)
    parts = draw(result, view.person, reader, scale)
    held = {
        "key": key,
        "stamp": result.stamp,
        "digests": digests(parts),
        "effect": effect_value(result.evidence_of),
    }
    return html.Div(
        [
            dcc.Store(id="result-held", data=held),
            dcc.Store(id="result-address"),
            dcc.Store(id="result-changed"),
            dcc.Interval(id="result-tick", interval=TICK_MILLISECONDS),
            html.Div(live_words(result), id="result-live", role="status", className="pw-hidden"),
            *(html.Div(parts[name], id=f"result-{name}", className="pw-part") for name in SECTIONS[:-1]),
            rehearsal_card(view.gateway.rehearsal(key)) if result.report and result.report.units else None,
            result_marks.card() if result.report and result.report.units else None,
            html.Div(chain(view.gateway.chain(key)), className="pw-part"),
            result_journal.card(
                parts["journal"], result_actions.refine_button(view.person), view.query.get("journal")
            ),
            result_actions.stop_dialog(result),
            result_split.split_dialog(result),
        ],
        id="result",
        className=f"pw-result pw-{reader} pw-{scale}-scale",
        **data(headline=result.report.headline if result.report else "none"),
    )


def register(app: Dash, gateway: Gateway) -> None:
    """Live refresh, switches, actions and downloads."""
    _register_refresh(app, gateway)
    in_browser(
        app,
        "resultLook",
        Output("result", "className"),
        Output("result-address", "data"),
        Input("result-view", "value"),
        Input("result-scale", "value"),
        Input("result-effect", "value"),
        State("result-held", "data"),
        skip_first=True,
    )
    in_browser(
        app, "printPage", Output("result-print", "title"), Input("result-print", "n_clicks"), skip_first=True
    )
    result_actions.register(app, gateway)
    result_split.register(app, gateway)
    result_files.register(app, gateway)
    result_previews.register(app, gateway)
    result_rehearsal.register(app, gateway)
    result_marks.register(app, gateway)
    result_journal.register(app)


def _register_refresh(app: Dash, gateway: Gateway) -> None:
    @app.callback(
        *(Output(f"result-{name}", "children") for name in SECTIONS),
        Output("result-held", "data"),
        Output("result-live", "children"),
        Output("result-tick", "disabled"),
        Input("result-tick", "n_intervals"),
        Input("result-changed", "data"),
        Input("result-effect", "value"),
        State("result-view", "value"),
        State("result-scale", "value"),
        State("result-held", "data"),
        prevent_initial_call=True,
    )
    def refresh(
        _ticks: int | None, _changed: Any, chosen: str | None, reader: str, scale: str, held: dict[str, Any]
    ) -> tuple[Any, ...]:
        nothing = (no_update,) * (len(SECTIONS) + 2)
        try:
            if held["effect"] == chosen and gateway.result_stamp(held["key"]) == held["stamp"]:
                return (*nothing, no_update)
            metric, _colon, variant = (chosen or "").partition(":")
            result = gateway.result(held["key"], metric or None, variant or None)
        except Refused as refused:
            if refused.status == 404:
                return (*nothing, True)
            raise
        parts = draw(result, current_person(), reader, scale)
        now = digests(parts)
        changed = [parts[name] if now[name] != held["digests"].get(name) else no_update for name in SECTIONS]
        kept = {**held, "stamp": result.stamp, "digests": now, "effect": chosen}
        return (*changed, kept, live_words(result), result.experiment.status in ("stopped", "archived"))


def _one_of(wanted: str | None, known: tuple[str, ...]) -> str:
    return wanted if wanted in known else known[0]


PAGE = Page("/ui/e/<key>", lambda: _("Result"), render, register)
