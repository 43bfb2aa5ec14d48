"""Other experiments that shoppers of a draft would meet, with what can be done about it."""

from __future__ import annotations

from typing import Any

from dash import html

from dash_ui.components.icon import icon
from dash_ui.format import number, percent
from dash_ui.gateway import Gateway
from dash_ui.i18n import _
from dash_ui.launch_records import Meeting
from dash_ui.wizard.fields import button
from dash_ui.wizard.state import State

SHOWN = 5
APART = "keep-apart"


def meeting_sentence(each: Meeting) -> str:
    """Whom it meets, and how often."""
    if each.units is None or each.share is None:
        if each.same_placement:
            return _(
                "“{name}” changes the same place ({placement}); how many would see both cannot be told yet.",
                name=each.name,
                placement=each.placement,
            )
        return _("“{name}”: how many would see both cannot be told yet.", name=each.name)
    if each.same_placement:
        return _(
            "“{name}” changes the same place ({placement}): about {units} shoppers a week would see both,"
            " {share} of yours.",
            name=each.name,
            placement=each.placement,
            units=number(each.units),
            share=percent(each.share, 0),
        )
    return _(
        "“{name}”: about {units} shoppers a week would see both, {share} of yours.",
        name=each.name,
        units=number(each.units),
        share=percent(each.share, 0),
    )


def meetings(state: State, gateway: Gateway) -> html.Div:
    """Those that it meets, the same place first, and the ways out."""
    found = gateway.meetings(state["document"])
    if not found:
        words = _("Shoppers of this experiment meet no other one.")
        return html.Div(
            [_heading(), html.P([icon("check", 18), words], className="pw-health pw-good-text")],
            className="pw-estimate",
        )
    clashing = any(each.same_placement for each in found)
    rows = [_row(place, each) for place, each in enumerate(found[:SHOWN])]
    more = len(found) - SHOWN
    return html.Div(
        [
            _heading(),
            html.Ul(rows, className="pw-plain-list pw-stack"),
            html.P(_("And {count} more.", count=number(more)), className="pw-quiet pw-small")
            if more > 0
            else None,
            html.P(_advice(clashing), className="pw-quiet pw-small"),
        ],
        className="pw-estimate",
    )


def _heading() -> Any:
    return html.H3(_("Who meets another experiment too"), className="pw-label")


def _row(place: int, each: Meeting) -> html.Li:
    tone, mask = ("pw-warn-text", "warning") if each.same_placement else ("pw-quiet", "users")
    said = html.Span(meeting_sentence(each))
    parts: list[Any] = [html.Span([icon(mask, 18), said], className=f"pw-check {tone}")]
    if each.same_placement and each.layer is not None:
        words = _("Keep them apart: a free slice of layer {layer}", layer=each.layer)
        parts.append(html.Div(button(APART, [icon("split", 16), words], place), className="pw-bar"))
    return html.Li(parts, className="pw-field")


def _advice(clashing: bool) -> str:
    if clashing:
        return _(
            "In the same place one hides the other. Keep them apart in a layer, start after the other has"
            " ended, choose another place, or accept that each is measured among shoppers of both."
        )
    return _(
        "Each is drawn by its own lot, so the variants of one are spread evenly over those of the other, and"
        " both stay fair."
    )
