"""Reconcile: the shop's own orders against what a report counts, from a file to the last cent."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from dash import Dash, Input, Output, State, dcc, html, no_update
from flask import Response, jsonify, request, send_file

from dash_ui.browser import in_browser
from dash_ui.components.attributes import aria
from dash_ui.components.icon import icon
from dash_ui.components.reconciled import earlier, findings
from dash_ui.components.settings_parts import named_choice, named_input
from dash_ui.gateway import Gateway
from dash_ui.i18n import _
from dash_ui.page import Page, View
from dash_ui.reconcile_records import OrderExperiment
from dash_ui.records import Refused
from dash_ui.session import PREFIX, current_person

TICK_MILLISECONDS = 1000
COLUMNS = ("order", "unit", "time", "value", "currency", "consent")
OPTIONS = ("match", "timezone")
_UPLOAD = "order_upload"


def render(view: View) -> Any:
    """The question, then the newest answer for the experiment that the address names."""
    experiments = view.gateway.order_experiments()
    if not experiments:
        words = _("No experiment that was started sums anything of orders, so there is nothing to compare.")
        return html.Div([html.H1(_("Reconcile")), html.P(words)], className="pw-empty")
    wanted = view.query.get("experiment")
    chosen = next((each for each in experiments if each.key == wanted), experiments[0])
    runs = view.gateway.reconciliations(chosen.key)
    wanted = view.query.get("run")
    shown = next((run for run in runs if str(run.id) == wanted), next(iter(runs), None))
    running = shown is not None and shown.running
    return html.Div(
        [
            html.Div(html.H1(_("Reconcile")), className="pw-head"),
            _question(experiments, chosen),
            html.Section(
                [
                    html.H2(_("Result"), id="reconcile-title"),
                    html.Div(findings(chosen.key, shown), id="reconcile-found", role="status"),
                    html.Div(earlier(chosen.key, runs), id="reconcile-earlier"),
                ],
                className="pw-card pw-section",
                **aria(labelledby="reconcile-title"),
            ),
            dcc.Interval(id="reconcile-tick", interval=TICK_MILLISECONDS, disabled=not running),
            dcc.Store(id="reconcile-sent"),
            dcc.Store(id="reconcile-address"),
        ]
    )


def _question(experiments: tuple[OrderExperiment, ...], chosen: OrderExperiment) -> Any:
    return html.Section(
        [
            html.P(
                _(
                    "Give a file of your own orders, and see of every one whether the report counts it, and "
                    "if not, why. Only sums are kept; what became of each order can be downloaded for a day."
                ),
                className="pw-quiet",
            ),
            html.Div(
                [
                    named_choice(
                        "reconcile-experiment",
                        _("Experiment"),
                        chosen.key,
                        [(each.key, each.name) for each in experiments],
                    ),
                    named_choice("reconcile-metric", _("Metric"), *_metrics(chosen)),
                    html.Div(
                        [
                            html.Label(
                                _("File of orders"), htmlFor="reconcile-input", className="pw-field-label"
                            ),
                            html.Div(id="reconcile-file"),
                        ]
                    ),
                ],
                className="pw-form-row",
            ),
            html.P(
                _("CSV, NDJSON or Parquet, a row for each order: its number, shopper, moment and amount."),
                className="pw-quiet pw-small",
            ),
            _columns(),
            html.Div(
                html.Button(
                    [icon("scale", 16), _("Reconcile these orders")],
                    id="reconcile-start",
                    type="button",
                    className="pw-button pw-primary",
                    n_clicks=0,
                )
            ),
            html.Div(id="reconcile-problem", role="alert"),
        ],
        className="pw-card pw-section",
        **aria(label=_("What to reconcile")),
    )


def _metrics(chosen: OrderExperiment) -> tuple[str, list[tuple[str, str]]]:
    return chosen.metrics[0].key, [(each.key, each.name) for each in chosen.metrics]


def _columns() -> Any:
    labels = {
        "order": _("Number of the order"),
        "unit": _("Id of the shopper"),
        "time": _("Moment"),
        "value": _("Amount"),
        "currency": _("Currency"),
        "consent": _("Consent"),
    }
    more = [
        named_input(
            "reconcile-match", _("Property of events with the order's number"), placeholder="order_id"
        ),
        named_input("reconcile-timezone", _("Time zone of moments without one"), placeholder="UTC"),
    ]
    fields = [named_input(f"reconcile-{name}", label) for name, label in labels.items()]
    return html.Details(
        [
            html.Summary(_("Columns with other names")),
            html.P(
                _("Common names are found by themselves, in English and Dutch; write only what differs."),
                className="pw-quiet pw-small",
            ),
            html.Div([*fields, *more], className="pw-form-row"),
        ],
        className="pw-section",
    )


def register(app: Dash, gateway: Gateway) -> None:
    """The upload, the download, and what follows an upload until its result is there."""
    _register_files(app, gateway)
    said = [State(f"reconcile-{name}", "value") for name in (*COLUMNS, *OPTIONS)]
    in_browser(app, "reconcileField", Output("reconcile-file", "title"), Input("reconcile-file", "id"))
    in_browser(
        app,
        "reconcileSend",
        Output("reconcile-sent", "data"),
        Input("reconcile-start", "n_clicks"),
        State("reconcile-experiment", "value"),
        State("reconcile-metric", "value"),
        *said,
        skip_first=True,
    )
    in_browser(
        app, "address", Output("reconcile-address", "id"), Input("reconcile-address", "data"), skip_first=True
    )
    _register_choice(app, gateway)
    _register_result(app, gateway)


def _register_choice(app: Dash, gateway: Gateway) -> None:
    @app.callback(
        Output("reconcile-metric", "data"),
        Output("reconcile-metric", "value"),
        Output("reconcile-found", "children", allow_duplicate=True),
        Output("reconcile-earlier", "children", allow_duplicate=True),
        Output("reconcile-address", "data"),
        Input("reconcile-experiment", "value"),
        prevent_initial_call=True,
    )
    def choose(key: str) -> tuple[Any, ...]:
        chosen = next((each for each in gateway.order_experiments() if each.key == key), None)
        if chosen is None:
            return (no_update,) * 5
        value, choices = _metrics(chosen)
        runs = gateway.reconciliations(key)
        data = [{"value": code, "label": words} for code, words in choices]
        shown = findings(key, next(iter(runs), None))
        return data, value, shown, earlier(key, runs), urlencode({"experiment": key})


def _register_result(app: Dash, gateway: Gateway) -> None:
    @app.callback(
        Output("reconcile-found", "children"),
        Output("reconcile-earlier", "children"),
        Output("reconcile-tick", "disabled"),
        Output("reconcile-problem", "children"),
        Output("reconcile-start", "disabled"),
        Input("reconcile-sent", "data"),
        Input("reconcile-tick", "n_intervals"),
        State("reconcile-experiment", "value"),
        prevent_initial_call=True,
    )
    def follow(sent: dict[str, Any] | None, _ticks: int | None, key: str) -> tuple[Any, ...]:
        problem = None
        if sent is not None and sent.get("problem"):
            problem = html.Ul([html.Li(line) for line in sent["problem"]], className="pw-problems")
        elif sent is not None and sent.get("missing"):
            problem = html.Ul([html.Li(_("Choose a file first."))], className="pw-problems")
        runs = gateway.reconciliations(key)
        latest = next(iter(runs), None)
        running = latest is not None and latest.running
        return findings(key, latest), earlier(key, runs), not running, problem, running


def _register_files(app: Dash, gateway: Gateway) -> None:
    server: Any = app.server

    @server.url_value_preprocessor  # type: ignore[untyped-decorator]
    def allow(endpoint: str | None, _values: Any) -> None:
        if endpoint == _UPLOAD:
            # Before the guard looks at the form, which would refuse what other screens never send.
            request.max_content_length = gateway.most_order_bytes

    def upload(key: str) -> Response | tuple[Response, int]:
        said = {name: value for name, value in request.args.items() if name != "file"}
        name = request.args.get("file", "")
        try:
            ident = gateway.start_reconciliation(current_person(), key, name, request.stream, said)
        except Refused as refused:
            lines = [f"{each.field}: {each.message}" for each in refused.fields] or [refused.detail]
            return jsonify(problem=lines), refused.status
        return jsonify(id=ident)

    def download(key: str, ident: int) -> Response | tuple[Response, int]:
        try:
            path = gateway.order_rows(key, ident)
        except Refused as refused:
            return jsonify(title=refused.code, status=refused.status, detail=refused.detail), refused.status
        return send_file(path, "text/csv", as_attachment=True, download_name=f"{key}-orders-{ident}.csv")

    server.add_url_rule(f"{PREFIX}reconcile/<key>/orders", _UPLOAD, upload, methods=["POST"])
    server.add_url_rule(f"{PREFIX}reconcile/<key>/<int:ident>/orders.csv", "order_rows", download)


PAGE = Page("/ui/reconcile", lambda: _("Reconcile"), render, register)
