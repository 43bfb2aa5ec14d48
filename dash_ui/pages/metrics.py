"""What can be measured: a list in words, and a form to add or change one."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote

from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.exceptions import PreventUpdate

from dash_ui.browser import in_browser
from dash_ui.components.icon import icon
from dash_ui.components.metric_form import document_of, draw, problems_of
from dash_ui.components.metric_words import sentence_of
from dash_ui.components.settings_parts import only_when_clicked, refusal
from dash_ui.components.table import Column, table
from dash_ui.format import NONE, day
from dash_ui.gateway import Gateway
from dash_ui.i18n import _, ngettext
from dash_ui.metric_lately_words import kind_explained, lately_sentence, uses_words, value_text
from dash_ui.page import Page, View
from dash_ui.pages import metric_one
from dash_ui.pages.audiences import crumbs
from dash_ui.pages.metric_one import marks
from dash_ui.records import Baseline, Metric, Person, Refused
from dash_ui.session import current_person
from dash_ui.wizard.fields import elsewhere

_FIELD: Final = {"type": "metric-field", "name": ALL, "group": ALL}
_KIND: Final = {"type": "metric-plain", "name": "kind"}


def render(view: View) -> Any:
    """The list, one metric (`show=`), or the form (`edit=`, `copy=` or `new`)."""
    asked = next((view.query[name] for name in ("show", "edit", "copy") if name in view.query), None)
    metric = view.gateway.metric(asked) if asked else None
    if asked and metric is None:
        return html.Div(
            [html.H1(_("Not found")), html.P(_("There is no metric with this key."))], className="pw-empty"
        )
    if metric is not None and "show" in view.query:
        return metric_one.draw(view, metric)
    if metric is not None or "new" in view.query:
        return _editor(view, metric)
    return _list(view)


def _list(view: View) -> Any:
    archived = view.query.get("archived") == "yes"
    metrics = view.gateway.metrics(archived=archived)
    total = ngettext("{count} metric", "{count} metrics", len(metrics))
    return html.Div(
        [
            html.Div(
                [
                    html.Div([html.H1(_("Metrics")), html.P(total, className="pw-quiet")]),
                    _new_button(view.person),
                ],
                className="pw-head",
            ),
            _table(view, metrics) if metrics else _nothing(view.person),
            dcc.Link(
                _("Hide the archived ones") if archived else _("Show the archived ones too"),
                href="/ui/metrics" if archived else "/ui/metrics?archived=yes",
                className="pw-link pw-below",
            ),
        ]
    )


def _new_button(person: Person) -> Any:
    label: Any = [icon("plus"), _("New metric")]
    if person.may("marketer"):
        return dcc.Link(label, href="/ui/metrics?new", className="pw-button pw-primary")
    return html.Div(
        [
            html.Button(label, type="button", disabled=True, className="pw-button"),
            html.P(_("Your role reads only; ask an admin."), className="pw-quiet pw-small"),
        ]
    )


def _nothing(person: Person) -> Any:
    words = _("A metric turns events, such as orders and refunds, into a number that an experiment can move.")
    return html.Div(
        [html.H2(_("No metrics yet")), html.P(words, className="pw-quiet"), _new_button(person)],
        className="pw-card pw-empty",
    )


def _table(view: View, metrics: tuple[Metric, ...]) -> Any:
    columns = [
        Column(_("Name")),
        Column(_("What it says")),
        Column(_("Lately"), number=True),
        Column(_("Used by")),
        Column(_("Changed")),
    ]
    baselines = view.gateway.baselines()
    rows = [_row(metric, baselines.get(metric.key)) for metric in metrics]
    return html.Div(
        table(_("Table of metrics"), columns, rows, "pw-list pw-cards pw-labelled"),
        className="pw-card pw-flush",
    )


def _row(metric: Metric, baseline: Baseline | None) -> list[Any]:
    less = metric.direction == "decrease"
    good: Any = [icon("down" if less else "up", 16), _("less is good") if less else _("more is good")]
    name = dcc.Link(metric.name, href=f"/ui/metrics?show={quote(metric.key)}", className="pw-link")
    return [
        [name, html.Div([html.Code(metric.key, className="pw-quiet"), *marks(metric)], className="pw-bar")],
        [html.Div(sentence_of(metric.document)), html.Span(good, className="pw-health pw-quiet pw-small")],
        value_text(baseline.mean, metric.document) if baseline else NONE,
        uses_words([use.role for use in metric.uses]),
        [day(metric.changed_at), html.Div(metric.changed_by, className="pw-quiet pw-small")],
    ]


def _editor(view: View, metric: Metric | None) -> Any:
    if not view.person.may("marketer"):
        return html.Div(
            [html.H1(_("Metrics")), html.P(_("Your role reads only; ask an admin."))], className="pw-empty"
        )
    saved = metric is not None and "edit" in view.query
    document: dict[str, Any] = {"kind": "proportion", "direction": "increase"}
    if metric is not None:
        document = dict(metric.document)
        if not saved:
            document |= {"name": _("Copy of {name}", name=metric.name), "key": ""}
    title = metric.name if metric and saved else _("New metric")
    back = f"/ui/metrics?show={quote(metric.key)}" if metric else "/ui/metrics"
    lock = metric_one.lock_words(metric) if metric and saved else None
    form = _form(view.gateway, document, saved=saved, locked=lock is not None)
    note = html.P([icon("lock", 16), lock], className="pw-note pw-space") if lock else None
    save = html.Button(
        _("Save metric"), id="metric-save", type="button", className="pw-button pw-primary", n_clicks=0
    )
    foot = [html.Div(className="pw-grow"), dcc.Link(_("Cancel"), href=back, className="pw-button"), save]
    return html.Div(
        [
            crumbs(_("Metrics"), "/ui/metrics", title),
            html.Div(html.H1(title), className="pw-head"),
            html.Div(
                [
                    note,
                    html.Div(form, id="metric-form"),
                    html.Div(
                        _preview(view.gateway, document),
                        id="metric-preview",
                        role="status",
                        className="pw-in-shop",
                    ),
                    html.Div(id="metric-problem", role="alert"),
                    html.Div(foot, className="pw-bar pw-wizard-foot"),
                ],
                className="pw-card pw-wizard",
            ),
            dcc.Store(id="metric-key", data=metric.key if metric and saved else None),
            dcc.Store(id="metric-locked", data=lock is not None),
            dcc.Store(id="metric-signal"),
            html.Div(id="metric-go", hidden=True),
        ]
    )


def _form(gateway: Gateway, document: dict[str, Any], *, saved: bool, locked: bool = False) -> Any:
    found = gateway.metric_lately(document)
    seen = found.seen if found is not None else ()
    own = document.get("event")
    event = own if own in seen else next(iter(seen), "order")
    parts = draw(document, saved=saved, locked=locked)
    explained = html.P(kind_explained(document["kind"], event), className="pw-quiet")
    return elsewhere("metric", [parts[0], explained, *parts[1:]])


def _preview(gateway: Gateway, document: dict[str, Any]) -> list[Any]:
    found = gateway.metric_lately(document)
    rough = _("Without the window and the cap; the baseline has them.")
    limited = document.get("window_hours") is not None or document.get("cap") is not None
    return [
        html.H2(_("In your shop"), className="pw-label"),
        html.P(lately_sentence(found, document), className="pw-strong"),
        html.P(rough, className="pw-quiet pw-small") if limited and found and found.value else None,
    ]


def register(app: Dash, gateway: Gateway) -> None:
    """Callbacks of the metrics."""

    @app.callback(
        Output("metric-form", "children"),
        Input(_KIND, "value"),
        State(_FIELD, "value"),
        State("metric-key", "data"),
        prevent_initial_call=True,
    )
    def another_kind(kind: str, _typed: list[Any], key: str | None) -> Any:
        document = document_of(_named(ctx.states_list[0]), kind)
        document["direction"] = document.get("direction") or "increase"
        return _form(gateway, document, saved=key is not None)

    @app.callback(
        Output("metric-preview", "children"),
        Input(_FIELD, "value"),
        State(_KIND, "value"),
        prevent_initial_call=True,
    )
    def preview(_typed: list[Any], kind: str) -> Any:
        return _preview(gateway, document_of(_named(ctx.inputs_list[0]), kind))

    @app.callback(
        Output(_FIELD, "error"),
        Output("metric-problem", "children"),
        Output("metric-signal", "data"),
        Output("metric-go", "children"),
        Input("metric-save", "n_clicks"),
        State(_FIELD, "value"),
        State(_KIND, "value"),
        State("metric-key", "data"),
        prevent_initial_call=True,
    )
    def save(_saves: int, _typed: list[Any], kind: str, key: str | None) -> Any:
        only_when_clicked()
        named = _named(ctx.states_list[0])
        problems = _store(gateway, named, kind, key)
        if not problems:
            shown = key or document_of(named, kind)["key"]
            return [no_update] * len(named), no_update, no_update, f"/ui/metrics?show={quote(shown)}"
        others = [message for name, message in problems.items() if name not in named]
        box = html.Ul([html.Li(message) for message in others], className="pw-problems") if others else None
        return [problems.get(name, False) for name in named], box, {"focus": "error"}, no_update

    _register_marks(app, gateway)
    in_browser(app, "go", Output("metric-go", "id"), Input("metric-go", "children"), skip_first=True)
    signal = Input("metric-signal", "data")
    in_browser(app, "wizardSignal", Output("metric-signal", "id"), signal, skip_first=True)


def _register_marks(app: Dash, gateway: Gateway) -> None:
    @app.callback(
        Output("metric-answer", "children"),
        Output("metric-go", "children", allow_duplicate=True),
        Input({"type": "metric-mark", "act": ALL, "key": ALL}, "n_clicks"),
        Input({"type": "metric-delete", "key": ALL}, "n_clicks"),
        prevent_initial_call=True,
    )
    def mark(_marks: list[int], _deletes: list[int]) -> tuple[Any, Any]:
        only_when_clicked()
        asked, person = ctx.triggered_id, current_person()
        metric = gateway.metric(asked["key"]) if isinstance(asked, dict) else None
        if metric is None:
            raise PreventUpdate
        try:
            if asked["type"] == "metric-delete":
                gateway.delete_metric(person, metric.key)
                return no_update, "/ui/metrics"
            certified, archived = metric.certified_by is not None, metric.archived
            if asked["act"] == "certify":
                certified = not certified
            else:
                archived = not archived
            gateway.mark_metric(person, metric.key, certified=certified, archived=archived)
        except Refused as refused:
            return refusal(refused), no_update
        # An address of its own, so that the page is drawn again.
        done = f"{certified:d}{archived:d}"
        return no_update, f"/ui/metrics?show={quote(metric.key)}&done={done}"


def _store(gateway: Gateway, named: dict[str, Any], kind: str, key: str | None) -> dict[str, str]:
    try:
        document = document_of(named, kind)
        problems = problems_of(document, named)
        metric = gateway.metric(key) if key else None
        if metric is not None and metric.held_by:
            # Inputs that show an amount rounded, or know no such field, must not count as changes.
            document = {**metric.document, "name": document.get("name", "")}
        if not problems:
            gateway.save_metric(current_person(), document, key)
    except Refused as refusal:
        return {item.field: item.message for item in refusal.fields} or {"": refusal.detail}
    return problems


def _named(states: list[dict[str, Any]]) -> dict[str, Any]:
    return {item["id"]["name"]: item.get("value") for item in states}


PAGE = Page("/ui/metrics", lambda: _("Metrics"), render, register)
