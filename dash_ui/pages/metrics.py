"""What can be measured: a list in words, and a form to add or change one."""

from __future__ import annotations

from typing import Any, Final

from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update
from dash.exceptions import PreventUpdate

from dash_ui.browser import in_browser
from dash_ui.components.attributes import aria
from dash_ui.components.badges import badge
from dash_ui.components.icon import icon
from dash_ui.components.metric_form import document_of, draw, problems_of
from dash_ui.components.metric_words import sentence_of
from dash_ui.gateway import Gateway
from dash_ui.i18n import _, ngettext
from dash_ui.page import Page, View
from dash_ui.records import Metric, Person, Refused
from dash_ui.session import current_person

_FIELD: Final = {"type": "field", "name": ALL, "group": ALL}


def render(view: View) -> Any:
    """The list, or the form of the metric that the address names (`edit=` or `new`)."""
    edited = view.query.get("edit")
    if edited is not None or "new" in view.query:
        return _editor(view, edited)
    metrics = view.gateway.metrics()
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
            _table(metrics, view.person) if metrics else _nothing(view.person),
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


def _table(metrics: tuple[Metric, ...], person: Person) -> Any:
    names = (_("Name"), _("What it says"), _("Good is"), _("Used by"))
    head = html.Tr(
        [
            html.Th(name, scope="col", className="pw-number" if place == 3 else "")
            for place, name in enumerate(names)
        ]
    )
    body = html.Tbody([_row(metric, person) for metric in metrics])
    caption = html.Caption(_("Metrics"), className="pw-hidden")
    table = html.Table([caption, html.Thead(head), body], className="pw-table pw-list pw-cards")
    return html.Div(
        table,
        className="pw-card pw-flush pw-scroll",
        tabIndex=0,
        role="region",
        **aria(label=_("Table of metrics")),
    )


def _row(metric: Metric, person: Person) -> Any:
    name: Any = metric.name
    if person.may("marketer"):
        name = dcc.Link(metric.name, href=f"/ui/metrics?edit={metric.key}", className="pw-link")
    less = metric.direction == "decrease"
    good: Any = [icon("down" if less else "up", 16), _("less") if less else _("more")]
    marks: list[Any] = [html.Div(sentence_of(metric.document))]
    if metric.document.get("non_inferiority_margin") is not None:
        marks.append(badge(_("guardrail"), "accent", "shield"))
    return html.Tr(
        [
            html.Th([name, html.Div(html.Code(metric.key), className="pw-quiet")], scope="row"),
            html.Td(marks),
            html.Td(html.Span(good, className="pw-health")),
            html.Td(
                ngettext("{count} experiment", "{count} experiments", metric.used_by), className="pw-number"
            ),
        ]
    )


def _editor(view: View, key: str | None) -> Any:
    if not view.person.may("marketer"):
        return html.Div(
            [html.H1(_("Metrics")), html.P(_("Your role reads only; ask an admin."))], className="pw-empty"
        )
    metric = view.gateway.metric(key) if key else None
    if key and metric is None:
        return html.Div(
            [html.H1(_("Not found")), html.P(_("There is no metric with this key."))], className="pw-empty"
        )
    document = metric.document if metric else {"kind": "proportion", "direction": "increase"}
    return html.Div(
        [
            html.Nav(
                [
                    dcc.Link(_("Metrics"), href="/ui/metrics", className="pw-link"),
                    " / ",
                    metric.name if metric else _("New metric"),
                ],
                className="pw-crumbs",
                **aria(label=_("Breadcrumb")),
            ),
            html.Div(html.H1(metric.name if metric else _("New metric")), className="pw-head"),
            html.Div(
                [
                    html.Div(draw(document, saved=metric is not None), id="metric-form"),
                    html.Div(id="metric-problem", role="alert"),
                    _footer(metric),
                ],
                className="pw-card pw-wizard",
            ),
            dcc.Store(id="metric-key", data=key),
            dcc.Store(id="metric-signal"),
            dcc.Store(id="metric-go"),
        ]
    )


def _footer(metric: Metric | None) -> Any:
    parts: list[Any] = []
    if metric and not metric.used_by:
        gone: Any = [icon("trash", 16), _("Delete metric")]
        parts.append(
            html.Button(
                gone,
                id={"type": "metric-delete", "key": metric.key},
                type="button",
                className="pw-button pw-quiet-button",
                n_clicks=0,
            )
        )
    elif metric:
        used = ngettext(
            "Used by {count} experiment, so it stays.",
            "Used by {count} experiments, so it stays.",
            metric.used_by,
        )
        parts.append(html.Span(used, className="pw-quiet pw-small"))
    parts += [
        html.Div(className="pw-grow"),
        dcc.Link(_("Cancel"), href="/ui/metrics", className="pw-button"),
        html.Button(
            _("Save metric"), id="metric-save", type="button", className="pw-button pw-primary", n_clicks=0
        ),
    ]
    return html.Div(parts, className="pw-bar pw-wizard-foot")


def register(app: Dash, gateway: Gateway) -> None:
    """Callbacks of the metrics."""

    @app.callback(
        Output("metric-form", "children"),
        Input({"type": "plain", "name": "kind"}, "value"),
        State(_FIELD, "value"),
        State("metric-key", "data"),
        prevent_initial_call=True,
    )
    def another_kind(kind: str, _typed: list[Any], key: str | None) -> Any:
        document = document_of(_named(ctx.states_list[0]), kind)
        document["direction"] = document.get("direction") or "increase"
        return draw(document, saved=key is not None)

    @app.callback(
        Output(_FIELD, "error"),
        Output("metric-problem", "children"),
        Output("metric-signal", "data"),
        Output("metric-go", "data"),
        Input("metric-save", "n_clicks"),
        Input({"type": "metric-delete", "key": ALL}, "n_clicks"),
        State(_FIELD, "value"),
        State({"type": "plain", "name": "kind"}, "value"),
        State("metric-key", "data"),
        prevent_initial_call=True,
    )
    def save(_saves: int, _deletes: list[int], _typed: list[Any], kind: str, key: str | None) -> Any:
        if not any(item["value"] for item in ctx.triggered):
            raise PreventUpdate
        named = _named(ctx.states_list[0])
        problems = _store(gateway, named, kind, key)
        if not problems:
            return [no_update] * len(named), no_update, no_update, "/ui/metrics"
        others = [message for name, message in problems.items() if name not in named]
        box = html.Ul([html.Li(message) for message in others], className="pw-problems") if others else None
        return [problems.get(name, False) for name in named], box, {"focus": "error"}, no_update

    in_browser(app, "go", Output("metric-go", "id"), Input("metric-go", "data"), skip_first=True)
    signal = Input("metric-signal", "data")
    in_browser(app, "wizardSignal", Output("metric-signal", "id"), signal, skip_first=True)


def _store(gateway: Gateway, named: dict[str, Any], kind: str, key: str | None) -> dict[str, str]:
    try:
        if isinstance(ctx.triggered_id, dict):
            gateway.delete_metric(current_person(), ctx.triggered_id["key"])
            return {}
        document = document_of(named, kind)
        problems = problems_of(document, named)
        if not problems:
            gateway.save_metric(current_person(), document, key)
    except Refused as refusal:
        return {item.field: item.message for item in refusal.fields} or {"": refusal.detail}
    return problems


def _named(states: list[dict[str, Any]]) -> dict[str, Any]:
    return {item["id"]["name"]: item.get("value") for item in states}


PAGE = Page("/ui/metrics", lambda: _("Metrics"), render, register)
