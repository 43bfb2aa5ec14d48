"""Changing the split of a running experiment: what will happen in words first, then the change."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import dash_mantine_components as dmc
from dash import ALL, Dash, Input, Output, State, ctx, dcc, html, no_update

from dash_ui.components.attributes import aria
from dash_ui.components.icon import icon
from dash_ui.components.share_slider import share_slider
from dash_ui.format import number, percent
from dash_ui.gateway import Gateway
from dash_ui.i18n import _, language, ngettext
from dash_ui.records import Refused
from dash_ui.report_records import Result
from dash_ui.session import current_person
from dash_ui.split_records import SplitPreview

TOLERANCE = 0.01
"""Percent by which shares may miss 100, as hundredths add up."""
_SHARES = {"type": "share-number", "index": ALL}


def split_dialog(result: Result) -> Any:
    """Sliders for the traffic and the variants' shares, which total 100 %, and what they would do."""
    document = result.experiment.document
    shares = [
        _share(place, variant["name"] or variant["key"], round(variant["weight"] * 100, 2))
        for place, variant in enumerate(document["variants"])
    ]
    return dmc.Modal(
        [
            _traffic(round(document["traffic"] * 100, 2)),
            html.Div(shares, className="pw-split"),
            html.Button(
                [icon("equal", 16), _("Even split")], id="even-split", type="button", className="pw-button"
            ),
            html.Div(id="split-effect", role="status", className="pw-split-effect"),
            html.Div(_anew(), id="split-anew", hidden=True),
            html.P(id="split-problem", role="alert", className="pw-problem"),
            dcc.Store(id="split-phase"),
            html.Div(
                [
                    _button("split-cancel", "close", _("Cancel")),
                    html.Button(
                        _("Change the split"),
                        id="split-confirm",
                        type="button",
                        className="pw-button pw-primary",
                        disabled=True,
                    ),
                ],
                className="pw-buttons pw-dialog-buttons",
            ),
        ],
        id="split-dialog",
        title=_("Change the split of “{name}”", name=result.experiment.name),
        size="lg",
        opened=False,
        transitionProps={"duration": 0},
        closeButtonProps=aria(label=_("Close")),
    )


def open_button(*, disabled: bool) -> html.Button:
    """Opens the dialog."""
    ident = {"type": "split-open", "place": "head"}
    return _button(ident, "equal", _("Change the split"), disabled=disabled)


def _traffic(value: float) -> html.Div:
    label = _("Share of these shoppers that takes part")
    return html.Div(
        [
            html.Label(label, className="pw-field-label"),
            dmc.Slider(
                id="split-traffic",
                value=value,
                min=0,
                max=100,
                step=1,
                thumbLabel=label,
                marks=[{"value": each, "label": f"{each}%"} for each in (0, 25, 50, 75, 100)],
                mb="xl",
            ),
        ],
        className="pw-field",
    )


def _share(place: int, title: str, value: float) -> html.Div:
    label, dutch = _("Share of {variant} (%)", variant=title), language() == "nl"
    return html.Div(
        [
            dmc.NumberInput(
                id={"type": "share-number", "index": place},
                label=label,
                value=value,
                min=0,
                max=100,
                suffix="%",
                decimalScale=2,
                decimalSeparator="," if dutch else ".",
                allowedDecimalSeparators=[",", "."],
                w=200,
            ),
            share_slider(place, label, value),
        ],
        className="pw-share",
    )


def _anew() -> list[Any]:
    return [
        dmc.RadioGroup(
            [
                dmc.Radio(label=_("Count them: they are divided anew like everyone"), value="keep", mb="xs"),
                dmc.Radio(label=_("Leave them out: count newcomers only"), value="exclude", mb="xs"),
            ],
            id="split-carry-over",
            label=_("What about shoppers who have met an earlier phase?"),
            value="keep",
            mb="sm",
        ),
        html.Label(_("Why? (kept in the journal)"), htmlFor="split-reason", className="pw-field-label"),
        dcc.Textarea(id="split-reason", value="", rows=2, maxLength=4000, className="pw-textarea"),
    ]


def effect_lines(preview: SplitPreview) -> list[str]:
    """What a split would do, in whole sentences."""
    if not preview.changed:
        return [_("This is the split as it is now.")]
    taking_part = _("{share} of these shoppers take part.", share=percent(preview.traffic, 1))
    if preview.moves:
        begins = _(
            "Phase {version} begins: all shoppers are divided anew.", version=number(preview.version + 1)
        )
        if not preview.seen:
            return [taking_part, begins]
        return [
            taking_part,
            begins,
            ngettext(
                "The {count} shopper seen until now starts again.",
                "The {count} shoppers seen until now start again.",
                preview.seen,
            ),
            _(
                "What they did until now does not count any more, and the evidence begins anew, with a"
                " false-alarm rate of its own."
            ),
        ]
    lines = [taking_part, _("Nobody moves: everyone keeps the variant that they have.")]
    lines += [
        _("{share} of all shoppers come to {variant}.", share=percent(share, 1), variant=name)
        for name, share in preview.coming.items()
        if round(share, 4) > 0
    ]
    if preview.uneven:
        lines.append(
            _(
                "Who comes to one variant while nobody comes to another is served, but not compared; raise"
                " the traffic for all variants, or begin a new phase, to compare more shoppers."
            )
        )
    return lines


def register(app: Dash, gateway: Gateway) -> None:
    """Callbacks of the dialog."""
    _register_preview(app, gateway)

    @app.callback(
        Output("split-dialog", "opened"),
        Input({"type": "split-open", "place": ALL}, "n_clicks"),
        Input("split-cancel", "n_clicks"),
        prevent_initial_call=True,
    )
    def toggle(opened: list[int | None], _cancelled: int | None) -> Any:
        if ctx.triggered_id == "split-cancel":
            return False
        return True if any(opened) else no_update

    @app.callback(
        Output("split-dialog", "opened", allow_duplicate=True),
        Output("split-problem", "children"),
        Output("result-changed", "data", allow_duplicate=True),
        Input("split-confirm", "n_clicks"),
        State("split-traffic", "value"),
        State(_SHARES, "value"),
        State("split-phase", "data"),
        State("split-carry-over", "value"),
        State("split-reason", "value"),
        State("result-held", "data"),
        running=[(Output("split-confirm", "disabled"), True, False)],
        prevent_initial_call=True,
    )
    def change(
        clicks: int | None,
        traffic: float,
        shares: list[Any],
        phase: int | None,
        carry_over: str,
        reason: str | None,
        held: dict[str, Any],
    ) -> tuple[Any, ...]:
        if not clicks:
            return no_update, no_update, no_update
        try:
            weights, person = _weights(shares) or [], current_person()
            # Only what was said beforehand is done: no new phase where the words were that nobody moves.
            gateway.change_split(person, held["key"], traffic / 100, weights, phase, reason or "", carry_over)
        except Refused as refused:
            return no_update, refused.detail, no_update
        return False, "", f"split {clicks}"


def _register_preview(app: Dash, gateway: Gateway) -> None:
    @app.callback(
        Output("split-effect", "children"),
        Output("split-anew", "hidden"),
        Output("split-confirm", "children"),
        Output("split-confirm", "disabled"),
        Output("split-phase", "data"),
        Input("split-dialog", "opened"),
        Input("split-traffic", "value"),
        Input(_SHARES, "value"),
        State("result-held", "data"),
        prevent_initial_call=True,
    )
    def preview(opened: bool, traffic: float, shares: list[Any], held: dict[str, Any]) -> tuple[Any, ...]:
        if not opened:
            return (no_update,) * 5
        change = _("Change the split")
        weights = _weights(shares)
        if weights is None:
            total = sum(share for share in shares if isinstance(share, int | float))
            wrong = _("The shares total {total}%; they must total 100%.", total=number(total, 0))
            return html.P(wrong), True, change, True, None
        try:
            found = gateway.preview_split(held["key"], traffic / 100, weights)
        except Refused as refused:
            return html.P(refused.detail), True, change, True, None
        lines = [html.P(line) for line in effect_lines(found)]
        if not found.moves:
            return lines, True, change, not found.changed, None
        begin = _("Begin phase {version}", version=number(found.version + 1))
        return lines, False, begin, False, found.version + 1


def _weights(shares: Sequence[Any]) -> list[float] | None:
    """Shares that sum to 1 to the last digit; `None` while they do not total 100 %."""
    if not all(isinstance(share, int | float) and 0 <= share <= 100 for share in shares):
        return None
    total = sum(shares)
    if abs(total - 100) > TOLERANCE:
        return None
    return [share / total for share in shares]


def _button(ident: str | dict[str, str], mask: str, label: str, *, disabled: bool = False) -> html.Button:
    return html.Button(
        [icon(mask, 16), label], id=ident, type="button", className="pw-button", disabled=disabled
    )
