"""How experiments share the shoppers: layers, and the holdout that measures them all together."""

from __future__ import annotations

from typing import Any, Final

from dash import ALL, Dash, Input, Output, State, ctx, html, no_update
from dash.exceptions import PreventUpdate

from dash_ui.browser import in_browser
from dash_ui.components.attributes import aria
from dash_ui.components.holdout_card import holdout_card
from dash_ui.components.icon import icon
from dash_ui.components.layer_picture import layer_picture
from dash_ui.gateway import Gateway
from dash_ui.i18n import _
from dash_ui.page import Page, View
from dash_ui.records import Refused
from dash_ui.session import current_person
from dash_ui.wizard.fields import choice_field, number_field, text_field
from dash_ui.wizard.state import share_of, slug

_FIELD: Final = {"type": "field", "name": ALL, "group": ALL}
_USUAL_PERCENT: Final = 5
_MOST_PERCENT: Final = 50


def render(view: View) -> Any:
    """The holdout, then every layer."""
    may = view.person.may("marketer")
    layers = view.gateway.layer_pictures()
    words = _(
        "In one layer, experiments hold different slices of the shoppers, so that nobody meets two of them."
    )
    pictures: list[Any] = [layer_picture(layer, may_define=may) for layer in layers]
    nothing = html.P(
        _("No experiment is in a layer. Choose one at “How many” when experiments get in each other's way."),
        className="pw-quiet",
    )
    return html.Div(
        [
            html.Div(html.H1(_("Layers and holdout")), className="pw-head"),
            _holdout_section(view, may=may),
            html.H2(_("Layers"), className="pw-section-title"),
            html.P(words, className="pw-quiet"),
            *(pictures or [html.Div(nothing, className="pw-card pw-section")]),
        ]
    )


def _holdout_section(view: View, *, may: bool) -> html.Section:
    holdouts = view.gateway.holdouts()
    waiting = any(item.status in ("draft", "scheduled", "running") for item in holdouts)
    words = _(
        "A holdout is a small share of shoppers whom experiments leave alone. Comparing them with everyone"
        " else shows what all of testing together brings."
    )
    return html.Section(
        [
            html.H2(_("Holdout"), id="holdout-title"),
            html.P(words, className="pw-quiet"),
            *(holdout_card(item) for item in holdouts),
            _form(view) if may and not waiting else None,
        ],
        className="pw-card pw-section",
        **aria(labelledby="holdout-title"),
    )


def _form(view: View) -> html.Div:
    metrics = [(metric.key, metric.name) for metric in view.gateway.metrics()]
    return html.Div(
        [
            html.Div(
                [
                    text_field("holdout.name", _("Name"), _("Holdout")),
                    number_field(
                        "holdout.share",
                        _("Share that is held out (%)"),
                        _USUAL_PERCENT,
                        min=0.1,
                        max=_MOST_PERCENT,
                        decimalScale=2,
                    ),
                    choice_field(
                        "holdout.metric",
                        _("Measured by"),
                        metrics[0][0] if metrics else None,
                        metrics,
                    ),
                    html.Button(
                        [icon("users", 16), _("Make a draft of a holdout")],
                        id="holdout-create",
                        type="button",
                        className="pw-button",
                        n_clicks=0,
                    ),
                ],
                className="pw-form-row",
            ),
            html.Div(id="holdout-problem", role="alert"),
            html.Div(id="holdout-go", hidden=True),
        ]
    )


def register(app: Dash, gateway: Gateway) -> None:
    """Callbacks of the form."""

    @app.callback(
        Output("holdout-problem", "children"),
        Output("holdout-go", "title"),
        Input("holdout-create", "n_clicks"),
        State(_FIELD, "value"),
        prevent_initial_call=True,
    )
    def create(clicks: int | None, _typed: list[Any]) -> tuple[Any, Any]:
        if not clicks:
            raise PreventUpdate
        values = {item["id"]["name"]: item.get("value") for item in ctx.states_list[0]}
        try:
            key = gateway.create_holdout(current_person(), holdout_document(values))
        except Refused as refusal:
            messages = [item.message for item in refusal.fields] or [refusal.detail]
            return html.Ul([html.Li(words) for words in messages], className="pw-problems"), no_update
        return None, f"/ui/new?draft={key}&step=measures"

    in_browser(app, "go", Output("holdout-go", "id"), Input("holdout-go", "title"), skip_first=True)


def holdout_document(values: dict[str, Any]) -> dict[str, Any]:
    """The contract's document of a holdout that somebody described."""
    name = (values.get("holdout.name") or "").strip() or _("Holdout")
    share = share_of(values.get("holdout.share"))
    metric = values.get("holdout.metric")
    return {
        "key": slug(name) or "holdout",
        "name": name,
        "hypothesis": _(
            "If we hold some shoppers out of all experiments, then we see what testing brings, because they"
            " differ from everyone else in nothing but that."
        ),
        "role": "holdout",
        "variants": [
            {"key": "held-out", "name": _("Held out"), "weight": share},
            {"key": "everyone", "name": _("Everyone else"), "weight": round(1 - share, 9)},
        ],
        "metrics": {"primary": [metric] if metric else []},
    }


PAGE = Page("/ui/layers", lambda: _("Layers and holdout"), render, register)
